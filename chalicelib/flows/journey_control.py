"""Pausing, resuming and moving journeys, and letting a segment's members in: each told in numbers first.

Pausing and resuming change the journey's file in the bucket, which is the truth; publishing does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from chalicelib.domain.definitions import Program
from chalicelib.domain.jobs import Job
from chalicelib.domain.journeys import (
    BroadcastTrigger,
    DateTrigger,
    EventTrigger,
    Journey,
    JourneyStatus,
    SegmentTrigger,
    version_of,
)
from chalicelib.domain.moving import Places, places
from chalicelib.errors import ActRefusedError, DefinitionError, FileMissingError
from chalicelib.flows.counting import Answer, Left, Question, answer, count, counts_of, forever, program_of
from chalicelib.flows.definitions_in_force import current, with_version
from chalicelib.flows.jobs import Clock
from chalicelib.storage import bucket, jobs

Progress = Callable[[Job], object]


class Listed(Struct, frozen=True, omit_defaults=True):
    """A journey in force; `runs` (how many people stand in it) only when they were asked for and have been counted."""

    journey: str
    status: JourneyStatus
    version: str
    starts: str
    runs: int | None = None


class Listing(Struct, frozen=True, omit_defaults=True):
    """All journeys in force by name; `counting` tells that the runs are not counted to the end."""

    journeys: tuple[Listed, ...]
    counting: bool = False


def listing(clock: Clock, *, runs: bool = False, left: Left = forever, progress: Progress | None = None) -> Listing:
    """The journeys in force, with their numbers of runs when asked for, which takes a look at every customer."""
    definitions = current(clock())
    job = count(Question("list", "count"), clock, left, progress) if runs else None
    counted = job.counts if job is not None and job.status == "done" else None
    return Listing(
        tuple(
            Listed(
                name, program.journey.status, program.version, _starts(program.journey),
                None if counted is None else counted.get(name, 0),
            )
            for name, program in sorted(definitions.journeys.items())
        ),
        counting=job is not None and counted is None,
    )


def _starts(journey: Journey) -> str:
    match journey.trigger:
        case EventTrigger(names=names):
            return f"on {', '.join(names)}"
        case SegmentTrigger(segment=segment, left=left):
            return f"on {'leaving' if left else 'entering'} {segment}"
        case DateTrigger(path=path):
            return f"on the date {path}"
        case BroadcastTrigger(at=at):
            return f"broadcast at {at:%Y-%m-%d %H:%M}"


def pause(
    journey: str, clock: Clock, *, basis: str = "", left: Left = forever, progress: Progress | None = None
) -> Answer:
    """Pause a journey (semantics 26): how many stand in it, or, given the `basis` of these counts, do it.

    Raises ActRefusedError, StorageUnavailableError.
    """
    program = program_of(journey, current(clock()))
    _expect(program, "live")
    question = Question.about("pause", "count", program)
    if not basis:
        job = count(question, clock, left, progress)
        runs = job.counts.get("runs", 0)
        return answer(job, "pause", (
            f"{runs} people stand in {journey}; while it is paused nobody enters it and nothing of it is sent",
        ))
    job = counts_of(question, basis, clock())
    _edit(program, "paused", "", clock())
    return Answer("pause", journey, "done", job.counts, ("the file says `status: paused`; in force within a minute",))


class Resumption(Struct, frozen=True):
    """What becomes of what came due while a journey was paused: `drop`, `late` (at most so many seconds), `shift`."""

    choice: Literal["drop", "late", "shift"]
    at_most: int = 0

    @property
    def written(self) -> str:
        """As the file's `resume:` says it."""
        return f"{{at-most: {_span(self.at_most)}}}" if self.choice == "late" else self.choice


def resume(
    journey: str, clock: Clock, *, wanted: Resumption | None = None, basis: str = "", left: Left = forever,
    progress: Progress | None = None,
) -> Answer:
    """Resume a paused journey (semantics 26), by the choice of its file unless another is `wanted`: what came due
    meanwhile and what becomes of it, or, given the `basis` of these counts, do it.

    Raises ActRefusedError, StorageUnavailableError.
    """
    program = program_of(journey, current(clock()))
    _expect(program, "paused")
    own = program.journey.resume
    at_most = own.at_most if own.at_most is not None else program.journey.max_lateness
    chosen = wanted or Resumption(own.choice, at_most)
    question = Question.about(
        "resume", "count", program, **{"choice": chosen.choice, "at-most": str(chosen.at_most)},
    )
    if not basis:
        job = count(question, clock, left, progress)
        return answer(job, "resume", (_fate(job, chosen),))
    job = counts_of(question, basis, clock())
    _edit(program, "live", chosen.written if wanted is not None else "", clock())
    return Answer("resume", journey, "done", job.counts, ("the file says `status: live`; in force within a minute",))


def _fate(job: Job, chosen: Resumption) -> str:
    runs, due = job.counts.get("runs", 0), job.counts.get("due", 0)
    begun = f"{runs} people stand in {job.journey}; for {due} of them something came due meanwhile"
    if chosen.choice == "drop":
        return f"{begun}: it is skipped"
    if chosen.choice == "shift":
        return f"{begun}: it happens as much later as the pause was long"
    late, most = job.counts.get("due too late", 0), _span(chosen.at_most)
    return f"{begun}: for {due - late} it happens now, for {late} it is more than {most} late and is skipped"


def move(
    journey: str, clock: Clock, *, said: Mapping[str, str] | None = None, basis: str = "", left: Left = forever,
    progress: Progress | None = None,
) -> Answer:
    """Move those who stand in earlier versions to the one in force (semantics 25): who stands where and would go where,
    or, given the `basis` of these counts, do it. `said` leads steps that have no place by themselves, old to new.

    Raises ActRefusedError, StorageUnavailableError.
    """
    said = dict(said or {})
    program = program_of(journey, current(clock()))
    question = Question.about("move", "count", program, **{f"step {old}": new for old, new in said.items()})
    if not basis:
        job = count(question, clock, left, progress)
        told = _told_of(job, _places(program, job, said)) if job.status == "done" else ()
        return answer(job, "move", told)
    job = counts_of(question, basis, clock())
    found = _places(program, job, said)
    asked = [f"{path} of {version}" for version, each in found.items() for path in each.asked]
    if asked:
        raise ActRefusedError(f"say where those go on who stand at {', '.join(asked)}: as `--step 3=4`")
    steps = {version: each.steps for version, each in found.items()}
    if not steps:
        raise ActRefusedError(f"nobody stands in an earlier version of {journey}")
    now = clock()
    begun = Job(f"move:{journey}", "move", now, now, journey=journey, version=program.version, steps=steps)
    return _begun(begun, "move", job.counts)


def _places(program: Program, job: Job, said: Mapping[str, str]) -> dict[str, Places]:
    """Where the people counted in earlier versions go on, by version."""
    found: dict[str, Places] = {}
    for version, standing in _standing(job).items():
        if version == program.version:
            continue
        definitions = with_version(program.journey.name, version)
        if definitions is None:
            raise ActRefusedError(f"version {version} of {program.journey.name} is not kept any more")
        old = definitions.program(program.journey.name, version).journey
        try:
            found[version] = places(old, program.journey, standing, said)
        except ValueError as error:
            raise ActRefusedError(str(error)) from error
    return found


def _standing(job: Job) -> dict[str, dict[str, int]]:
    """How many stand at each step, by version."""
    found: dict[str, dict[str, int]] = {}
    for name, number in job.counts.items():
        if name.startswith("at "):
            _, version, step = name.split(" ", 2)
            found.setdefault(version, {})[step] = number
    return found


def _told_of(job: Job, found: Mapping[str, Places]) -> tuple[str, ...]:
    told = []
    for version, steps in sorted(_standing(job).items()):
        for step, number in sorted(steps.items()):
            if version not in found:
                told.append(f"{number} stand at {step} of the version in force, and stay")
            elif step in found[version].steps:
                told.append(f"{number} stand at {step} of {version}: they go on at {found[version].steps[step]}")
            else:
                told.append(f"{number} stand at {step} of {version}: say where they go on")
    return tuple(told) or ("nobody stands in this journey",)


def enrol(
    journey: str, clock: Clock, *, basis: str = "", left: Left = forever, progress: Progress | None = None
) -> Answer:
    """Let those who are in the journey's segment already enter it (`current-and-future`, semantics 5): how many they
    are and what they would get at once, or, given the `basis` of these counts, do it.

    Raises ActRefusedError, StorageUnavailableError.
    """
    program = program_of(journey, current(clock()))
    _expect(program, "live")
    if not isinstance(program.journey.trigger, SegmentTrigger):
        raise ActRefusedError(f"{journey} does not start by a segment, so there are no members to let in")
    question = Question.about("enrol", "enrol", program)
    if not basis:
        job = count(question, clock, left, progress)
        members, kept_out = job.counts.get("members", 0), job.counts.get("not entered", 0)
        inside = job.counts.get("in the journey already", 0)
        return answer(job, "enrol", (
            f"{members} customers are members; {inside} are in the journey already, {kept_out} may not enter "
            f"(`for`, `again`), {members - inside - kept_out} enter",
        ))
    job = counts_of(question, basis, clock())
    now = clock()
    return _begun(
        Job(f"enrol:{journey}", "enrol", now, now, journey=journey, version=program.version), "enrol", job.counts,
    )


def _begun(job: Job, act: str, counts: dict[str, int]) -> Answer:
    if not jobs.put_new(job):
        raise ActRefusedError(f"{job.job_id} is under way already")
    return Answer(act, job.journey, "done", counts, ("it begins within a minute",), job=job.job_id)


def _expect(program: Program, status: JourneyStatus) -> None:
    if program.journey.status != status:
        raise ActRefusedError(f"{program.journey.name} is {program.journey.status}, not {status}")


def _edit(program: Program, status: str, resume: str, now: datetime) -> None:
    """Write another status into the journey's file, which must be the one in force."""
    from chalicelib.definitions.journey_files import read_journey  # pulls in yaml, as the next does
    from chalicelib.definitions.status_edit import with_status

    definitions, key = current(now), f"journeys/{program.journey.name}.yaml"
    try:
        file = bucket.read(key)
        assert file is not None
        text = file.body.decode("utf-8", errors="replace")
        journey = read_journey(text, key, definitions.messages, definitions.segments)
        edited = with_status(text, key, status, resume)
    except FileMissingError as error:
        raise ActRefusedError(f"the file {key} has been taken away") from error
    except DefinitionError as error:
        raise ActRefusedError(str(error)) from error
    if version_of(journey) != program.version or journey.status != program.journey.status:
        raise ActRefusedError(f"{key} is not the version in force: see {key}.problems.txt, or wait a minute")
    if not bucket.replace(key, edited.encode(), file.etag):
        raise ActRefusedError(f"{key} was changed just now: look again")


def _span(seconds: int) -> str:
    """A span as a file writes it: in the largest unit that comes out even."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds and seconds % length == 0:
            number = seconds // length
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
