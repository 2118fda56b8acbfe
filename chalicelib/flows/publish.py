"""Putting the bucket's files in force: read, check, play the examples, render samples; what is wrong stays as it was.

What is wrong with a file stands beside it as `<file>.problems.txt` until it is right, and goes to the shop by mail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.content.template_files import PinnedFiles, TemplateFile, decoded
from chalicelib.domain.jobs import Job
from chalicelib.domain.journeys import DateTrigger, Pause, Resume, SegmentTrigger, version_of
from chalicelib.domain.problems import Problem
from chalicelib.flows import editions, snapshot
from chalicelib.flows.check import PROBLEMS, Checked, Files, check_files
from chalicelib.flows.definitions_in_force import FRESH, InForce, forget, put_in_force, read_in_force
from chalicelib.flows.problem_mail import mail_problems
from chalicelib.flows.snapshot import Listing, Snapshot
from chalicelib.observability import logger
from chalicelib.storage import bucket, jobs

LOOKED_AT_AGAIN = timedelta(hours=1)
"""After what time files that have not changed are gone through again, for what is a matter of time: pauses end."""
PAUSES_KEPT = timedelta(days=400)
"""How long a pause is remembered after its end: as long as the log."""


@dataclass(slots=True)
class Published:
    """What came of a publishing: how many journeys and messages are in force, and what is wrong and what is doubtful
    in each file. `withdrawn` are journeys whose files are gone: whoever is in one leaves it (semantics 28)."""

    journeys: int = 0
    messages: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()


class _Last(Struct):
    """What this process's last publishing found, what it left in force, and what came of it."""

    listing: Listing | None = None
    in_force: InForce = InForce()
    published: Published = msgspec.field(default_factory=Published)
    at: datetime = datetime.min.replace(tzinfo=UTC)

    def is_still_so(self, listing: Listing, in_force: InForce, now: datetime) -> bool:
        """Whether nothing has changed since: the uploads of a deployment are over long before their publishings are."""
        return self.at <= now < self.at + LOOKED_AT_AGAIN and (self.listing, self.in_force) == (listing, in_force)


_last = _Last()


def publish(now: datetime) -> Published:
    """Read every definition of the bucket and put in force what is right.

    A wrong file is refused with file, line and reason, and the version last in force stays. A message of which a
    template cannot be rendered stays as it was too, with all the files that it was rendered from; the problem is that
    of the file which the error names. What is checked is what was read, and what was read is what will be sent.
    Several publishings may run at once, one for each file uploaded: one that was overtaken reads everything anew, and
    one that finds everything as this process left it is done.
    """
    while True:
        kept, listing = read_in_force(), snapshot.look()
        if _last.is_still_so(listing, kept.in_force, now):
            return _last.published
        found = snapshot.take(listing)
        checked = check_files(_files(found), kept.in_force, now)
        in_force = replace(checked.in_force, pauses=_pauses(kept.in_force, checked.in_force, now))
        if in_force == kept.in_force:
            break
        _keep_editions(kept.in_force, checked)
        _plan_jobs(kept.in_force, in_force, now)
        if not in_force.decides_as(kept.in_force):
            in_force = replace(in_force, since=now)
        if put_in_force(in_force, kept):
            break
    forget()
    published = _published(kept.in_force, checked)
    if published.withdrawn:
        logger.info("journeys withdrawn", extra={"journeys": published.withdrawn})
    mail_problems(_tell(found, checked.problems), in_force.settings)
    _last.listing, _last.in_force, _last.at = listing, in_force, now
    _last.published = Published(published.journeys, published.messages, published.problems, published.warnings)
    return published


def _files(found: Snapshot) -> Files:
    versions = found.versions
    templates = {key.removeprefix("templates/"): version for key, version in versions.items()}

    def read(name: str, version: str) -> TemplateFile:
        return decoded(name, found.files[f"templates/{name}"].body, version)

    templates_read = PinnedFiles(templates, read)
    return Files(versions, lambda key: found.files[key].body, templates_read, found.unpinned, found.unread)


def _keep_editions(before: InForce, checked: Checked) -> None:
    """Keep the editions that are new, before anything names them: after a crash in between they are not used."""
    known = {message.edition for message in before.messages}
    for edition in checked.editions:
        if edition.id not in known:
            editions.keep(edition)


def _published(before: InForce, checked: Checked) -> Published:
    published = Published(len(checked.in_force.journeys), len(checked.in_force.messages))
    for problem in checked.problems:
        told = published.problems if problem.severity == "error" else published.warnings
        told[problem.file] = "\n".join(filter(None, (told.get(problem.file, ""), str(problem))))
    left = {journey.name for journey in checked.in_force.journeys}
    published.withdrawn = tuple(journey.name for journey in before.journeys if journey.name not in left)
    return published


def _pauses(before: InForce, after: InForce, now: datetime) -> tuple[Pause, ...]:
    """The pauses once these journeys are in force: begun by `status: paused`, ended by another (semantics 26)."""
    pauses = [
        pause for pause in before.pauses if pause.resumed_at is None or pause.resumed_at > now - PAUSES_KEPT
    ]
    for journey in after.journeys:
        begun = next((pause for pause in pauses if pause.journey == journey.name and pause.resumed_at is None), None)
        if journey.status == "paused" and begun is None:
            pauses.append(Pause(journey.name, now))
        elif journey.status != "paused" and begun is not None:
            choice = journey.resume
            at_most = choice.at_most if choice.at_most is not None else journey.max_lateness
            ended = replace(begun, resumed_at=now, resume=Resume(choice.choice, at_most))
            pauses[pauses.index(begun)] = ended
    return tuple(pauses)


def _plan_jobs(before: InForce, after: InForce, now: datetime) -> None:
    """Plan what must be done to customers who are known already.

    Planned first and put off until every process has read the new definitions: a crash in between leaves a job that has
    nothing to do, rather than customers whom nobody wakes.
    """
    if _moments_watched(after) - _moments_watched(before):
        _plan(Job(f"review:{now.isoformat()}", "review", now, now + FRESH))
    versions = {journey.name: version_of(journey) for journey in after.journeys}
    open_before = {pause.journey for pause in before.pauses if pause.resumed_at is None}
    for name in sorted(open_before - {pause.journey for pause in after.pauses if pause.resumed_at is None}):
        if name in versions:
            _plan(Job(f"resume:{name}:{now.isoformat()}", "resume", now, now + FRESH, journey=name,
                      version=versions[name]))


def _plan(job: Job) -> None:
    if not jobs.put_new(job):
        logger.info("job planned already", extra={"job": job.job_id})


def _moments_watched(in_force: InForce) -> set[tuple[str, ...]]:
    """What time alone brings customers into: for each live journey, its date or its segment's rule.

    The timer of a customer who is known is not armed for what was not watched when it was armed.
    """
    definitions = in_force.compiled()
    clocks = (in_force.settings.time_zone, in_force.settings.country)
    watched: set[tuple[str, ...]] = set()
    for name, program in definitions.journeys.items():
        trigger = program.journey.trigger
        if program.journey.status != "live":
            continue
        if isinstance(trigger, DateTrigger):
            date = (trigger.path, str(trigger.yearly), str(trigger.offset), trigger.at.isoformat())
            watched.add((name, *date, *clocks))
        elif isinstance(trigger, SegmentTrigger) and definitions.segments[trigger.segment].timed:
            rule = definitions.segments[trigger.segment]
            named = sorted({f"{inner}: {definitions.segments[inner].source}" for inner in rule.segments})
            watched.add((name, rule.source, *named))
    return watched


def _tell(found: Snapshot, problems: list[Problem]) -> dict[str, list[Problem]]:
    """Write what is wrong beside each file; the answer is what was not told before, by file.

    Of publishings that run at once one writes, and answers.
    """
    told: dict[str, list[Problem]] = {}
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file, []).append(problem)
    for key, wrong in by_file.items():
        beside = f"{key}{PROBLEMS}"
        body = "".join(f"{problem}\n" for problem in wrong).encode()
        there = bucket.read(beside) if beside in found.beside else None
        if there is None:
            written = bucket.put(beside, body, overwrite=False)
        else:
            written = there.body != body and bucket.replace(beside, body, there.etag)
        if written:
            told[key] = wrong
    for key in found.beside:
        if key.removesuffix(PROBLEMS) not in by_file:
            bucket.delete(key)
    return told
