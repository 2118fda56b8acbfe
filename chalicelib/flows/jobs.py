"""Jobs over all customers, page by page: broadcasts, enrolments, moves, resuming, counts.

    tick ─▶ free job? ─▶ function `audience`: take the lease ─▶ page ─▶ look ─▶ append ─▶ keep the cursor ─▶ page …

Whoever dies on the way leaves a cursor a few seconds old. The next one looks at those customers again; entries have ids
that follow from the job, so the log refuses what it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions, UnknownVersionError
from chalicelib.domain.job_looks import LOOKS, LookAt
from chalicelib.domain.jobs import FAILED, LEASE, Job, Look
from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError
from chalicelib.flows.broadcast_pace import Allowance, paced
from chalicelib.flows.definitions_in_force import current, with_version
from chalicelib.observability import logger
from chalicelib.storage import customers, jobs, log
from chalicelib.storage.jobs import Kept

TOGETHER = 100
"""Customers dealt with between two looks at the time: what is appended, is appended side by side."""
WRITERS = 10
"""Entries appended at a time, as many as botocore keeps connections: the wait is for DynamoDB."""
KEEP_EVERY = timedelta(seconds=5)
"""How often the cursor is kept: what is looked at again after a crash."""
RESERVE = 15.0
"""Seconds before the function's end at which work stops, so that what it came to can be kept."""
PUT_OFF = timedelta(minutes=1)
"""When a job is tried again whose journey is paused, or whose provider did not tell its quota."""
NEXT_DAY = timedelta(minutes=15)
"""When a broadcast that has used up the day's quota looks again what is left."""

Clock = Callable[[], datetime]


def work(
    job_id: str, clock: Clock, remaining: Callable[[], float] = lambda: float("inf"),
    told: Callable[[Job], object] | None = None,
) -> Job | None:
    """Go on with a job until it is over, must wait, or the time is up; how far it has come, None when it is not ours.

    `remaining` are the seconds left for it; `told` is called with each state that is kept. Raises
    StorageUnavailableError; what was done by then is kept, up to a few seconds.
    """
    kept = jobs.find(job_id)
    if kept is None:
        return None
    if kept.job.status != "running":
        jobs.tidy(kept)
        return kept.job
    if not kept.job.is_free(clock()):
        return None
    taken = jobs.keep(_taken(kept.job, clock()), kept)
    return _Work(taken, clock, remaining, told).run() if taken is not None else None


def cancel(job_id: str, now: datetime) -> bool:
    """Let a job end where it stands; False when there is none that is not over. What it has appended stays.

    Raises StorageUnavailableError.
    """
    while (kept := jobs.find(job_id)) is not None and kept.job.status == "running":
        over = replace(kept.job, status="cancelled", finished_at=now, leased_until=None, told="cancelled")
        if jobs.keep(over, kept) is not None:
            return True
    return False


def _taken(job: Job, now: datetime) -> Job:
    """The job in the hands of this process. A pass of a broadcast is for all whose moment has come when it begins."""
    if job.kind == "broadcast" and not job.plan and job.pass_until is None:
        job = replace(job, pass_until=now)
    return replace(job, leased_until=now + LEASE)


class _Work:
    """One invocation's work on one job."""

    def __init__(
        self, kept: Kept, clock: Clock, remaining: Callable[[], float], told: Callable[[Job], object] | None
    ) -> None:
        self._kept = kept
        self._job = kept.job
        self._clock, self._remaining, self._told = clock, remaining, told
        self._kept_at = clock()
        self._looks_by: Definitions | None = None
        self._look_of: LookAt | None = None

    def run(self) -> Job:
        try:
            pace = paced(self._job, self._clock)
        except (ProviderRefusedError, ProviderOutcomeUnknownError) as error:
            logger.warning("the provider did not tell its quota", extra={"job": self._job.job_id, "cause": str(error)})
            return self._put_off(PUT_OFF, "the mail provider does not tell its quota")
        with ThreadPoolExecutor(WRITERS) as pool:
            for some, is_last in self._pages(pace):
                left = list(some)
                while left:
                    definitions = self._definitions()
                    if _is_outdated(self._job, definitions):
                        return self._stop("the journey was changed or taken away meanwhile")
                    if _is_held(self._job, definitions):
                        return self._put_off(PUT_OFF, "the journey is not live")
                    allowed = pace.allowance()
                    if allowed is None:
                        return self._put_off(NEXT_DAY, "today's quota of the mail provider is used up")
                    looks = self._look(left, allowed, definitions)
                    left = left[len(looks):]
                    list(pool.map(log.append, [look.entry for look in looks.values() if look.entry is not None]))
                    pace.use(sum(look.entry is not None for look in looks.values()))
                    self._job = self._job.after(looks, self._clock())
                    if not self._go_on():
                        return self._job
                    if not looks:
                        time.sleep(pace.pause)
                if is_last:
                    self._job = self._job.pass_ended(self._clock())
                    self._keep(replace(self._job, leased_until=None))
        return self._job

    def _pages(self, pace: Allowance) -> Iterator[tuple[tuple[Customer, ...], bool]]:
        while True:
            page = customers.page(self._job.cursor, pace.page)
            yield page.customers, page.is_last
            if page.is_last:
                return

    def _definitions(self) -> Definitions:
        """What is in force; read anew where what this process knows is not what the job was made for."""
        definitions = current(self._clock())
        if _is_outdated(self._job, definitions):
            return with_version(self._job.journey, self._job.version) or definitions
        return definitions

    def _look(self, some: list[Customer], allowed: int, definitions: Definitions) -> dict[str, Look]:
        """Looks at the next customers, until so many entries as are allowed came of it; by customer, in order."""
        looks: dict[str, Look] = {}
        now, entries = self._clock(), 0
        for customer in some[:TOGETHER]:
            if entries >= allowed:
                break
            look = Look() if customer.forwarded_to else self._look_at(customer, definitions, now)
            entries += look.entry is not None
            looks[customer.customer_id] = look
        return looks

    def _look_at(self, customer: Customer, definitions: Definitions, now: datetime) -> Look:
        if definitions is not self._looks_by or self._look_of is None:
            self._looks_by, self._look_of = definitions, LOOKS[self._job.kind](self._job, definitions)
        while True:
            try:
                return self._look_of(customer, now)
            except UnknownVersionError as unknown:
                found = with_version(unknown.journey, unknown.version)
                if found is None:
                    return self._failed(customer)
                self._look_of = LOOKS[self._job.kind](self._job, found)
            except Exception:  # whatever it is: one customer holds nobody else back (semantics 24)
                return self._failed(customer)

    def _failed(self, customer: Customer) -> Look:
        told = {"job": self._job.job_id, "customer_id": customer.customer_id}
        logger.exception("customer left out of a job", extra=told)
        return Look((FAILED,))

    def _go_on(self) -> bool:
        """Keep what was done every few seconds; whether there is time left, and the job is still ours."""
        if self._remaining() < RESERVE:
            self._keep(replace(self._job, leased_until=None))
            return False
        now = self._clock()
        if now - self._kept_at >= KEEP_EVERY:
            self._kept_at = now
            return self._keep(replace(self._job, leased_until=now + LEASE))
        return True

    def _put_off(self, span: timedelta, why: str) -> Job:
        self._keep(replace(self._job, due_at=self._clock() + span, leased_until=None, told=why))
        return self._job

    def _stop(self, why: str) -> Job:
        self._keep(replace(
            self._job, status="cancelled", finished_at=self._clock(), leased_until=None, told=why,
        ))
        return self._job

    def _keep(self, job: Job) -> bool:
        """Keep the job's state; False when it was cancelled, or somebody else has taken it over."""
        self._job = job
        kept = jobs.keep(job, self._kept)
        if kept is None:
            found = jobs.find(job.job_id)
            self._job = found.job if found else jobs.find_over(job.job_id) or job
            return False
        self._kept = kept
        if self._told is not None:
            self._told(job)
        return True


def _is_outdated(job: Job, definitions: Definitions) -> bool:
    """Whether the job was made for another version of its journey than the one in force, which matters to this kind."""
    if job.kind not in ("broadcast", "enrol", "move"):
        return False
    program = definitions.journeys.get(job.journey)
    return program is None or program.version != job.version


def _is_held(job: Job, definitions: Definitions) -> bool:
    """Whether the job lets customers enter a journey that takes none just now: they would be lost."""
    if job.plan or job.kind not in ("broadcast", "enrol"):
        return False
    return definitions.journeys[job.journey].journey.status != "live"
