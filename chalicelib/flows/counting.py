"""Counting before an act on many customers: the counts are shown first, and the act names the counts it goes by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal

import msgspec
from msgspec import Struct

from chalicelib.domain.definitions import Definitions, Program
from chalicelib.domain.jobs import Job, JobKind
from chalicelib.errors import ActRefusedError, UnknownJourneyError
from chalicelib.flows import jobs as flow
from chalicelib.flows.jobs import Clock
from chalicelib.storage import jobs

FRESH = timedelta(minutes=5)
"""How long counts are shown again instead of being made anew."""
VALID = timedelta(hours=1)
"""How long an act may go by counts."""

Left = Callable[[], float]


def forever() -> float:
    """The seconds left for counting where nobody waits for an answer."""
    return float("inf")


class Answer(Struct, frozen=True, omit_defaults=True):
    """What somebody is told who asked for an act.

    `counting`: not every customer has been looked at; ask again. `counted`: these are the counts, and the act is done
    when asked for with their `basis`. `done`: it is done, or under way as `job`. `told` are sentences for people.
    """

    act: str
    journey: str
    state: Literal["counting", "counted", "done"]
    counts: dict[str, int] = {}
    told: tuple[str, ...] = ()
    basis: str = ""
    counted_at: datetime | None = None
    looked_at: int = 0
    job: str = ""


def program_of(journey: str, definitions: Definitions) -> Program:
    """The journey in force of that name; raises UnknownJourneyError."""
    found = definitions.journeys.get(journey)
    if found is None:
        raise UnknownJourneyError(journey, definitions.journeys)
    return found


class Question(Struct, frozen=True):
    """What is counted for an act: by which kind of job, of which journey (None: of all), under which conditions.

    Counts made under other `arguments`, or of another version or status, do not answer it.
    """

    act: str
    kind: JobKind
    journey: str = ""
    version: str = ""
    arguments: dict[str, str] = {}

    @classmethod
    def about(cls, act: str, kind: JobKind, program: Program, **arguments: str) -> Question:
        """A question about a journey as it is in force."""
        conditions = {"status": program.journey.status} | arguments
        return cls(act, kind, program.journey.name, program.version, conditions)

    @property
    def job_id(self) -> str:
        """The id of the job that counts."""
        return f"plan:{self.act}:{self.journey}"

    def is_answered_by(self, job: Job) -> bool:
        """Whether a job counts, or has counted, just this."""
        return job.status != "cancelled" and (job.version, job.arguments) == (self.version, self.arguments)


def count(question: Question, clock: Clock, left: Left, progress: Callable[[Job], object] | None = None) -> Job:
    """Count, for as long as there are seconds `left`; the job that counts, over or not.

    What is not finished by then, the function `audience` finishes: asking again shows how far it is.
    Raises StorageUnavailableError.
    """
    now = clock()
    over = jobs.find_over(question.job_id)
    open_job = jobs.find(question.job_id)
    if open_job is not None and not question.is_answered_by(open_job.job):
        flow.cancel(question.job_id, now)
        open_job = None
    if open_job is None:
        fresh = over is not None and over.finished_at is not None and now - over.finished_at < FRESH
        if over is not None and fresh and question.is_answered_by(over):
            return over
        jobs.put_new(Job(
            question.job_id, question.kind, now, now, journey=question.journey, version=question.version,
            plan=True, arguments=question.arguments,
        ))
    worked = flow.work(question.job_id, clock, lambda: flow.RESERVE + left(), progress)
    if worked is not None:
        return worked
    # Somebody else is counting just now.
    found = jobs.find(question.job_id)
    job = found.job if found else jobs.find_over(question.job_id)
    assert job is not None
    return job


def answer(job: Job, act: str, told: tuple[str, ...] = ()) -> Answer:
    """What a count so far is told as; sentences only once it is finished."""
    if job.status != "done":
        return Answer(act, job.journey, "counting", job.counts, looked_at=job.looked_at)
    return Answer(
        act, job.journey, "counted", job.counts, told, basis=basis_of(job), counted_at=job.finished_at,
        looked_at=job.looked_at,
    )


def basis_of(job: Job) -> str:
    """What names the counts of a job, and the conditions they were made under."""
    content = msgspec.json.encode(
        (job.job_id, job.created_at, job.version, job.arguments, job.counts), order="deterministic",
    )
    return blake2b(content, digest_size=6).hexdigest()


def counts_of(question: Question, basis: str, now: datetime) -> Job:
    """The counts that an act goes by.

    Raises ActRefusedError when these are not the latest, too old, or of another situation than now.
    """
    job = jobs.find_over(question.job_id)
    if job is None or job.finished_at is None or basis_of(job) != basis:
        raise ActRefusedError(f"{basis!r} does not name the last counts of this: ask for the counts and look at them")
    if not question.is_answered_by(job):
        raise ActRefusedError(
            f"{question.journey} has changed since it was counted, or something else is asked for now: count anew"
        )
    if now - job.finished_at > VALID:
        raise ActRefusedError("the counts are more than an hour old: ask for them anew")
    return job
