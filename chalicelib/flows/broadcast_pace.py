"""How fast a broadcast may go on right now, by the provider's quota and what the others under way take of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Protocol

from chalicelib.channels.email_quota import quota
from chalicelib.domain.broadcasts import Pace, pace
from chalicelib.domain.jobs import Job
from chalicelib.domain.shop import ShopSettings
from chalicelib.flows.definitions_in_force import current
from chalicelib.storage import clients, jobs

ASKED_EVERY = timedelta(minutes=1)
"""How often the provider is asked for its quota, and the table for other broadcasts."""
UNBOUNDED = 10**9
SMALLEST_PAGE, LARGEST_PAGE = 50, 2000
"""Customers read at a time, at least and at most; a page holds 1 MB besides."""


class Allowance(Protocol):
    """How many more customers may be reached now: None when today's quota is used up."""

    pause: float

    @property
    def page(self) -> int:
        """How many customers to read ahead: what is known of them grows old while they wait for their turn."""

    def allowance(self) -> int | None:
        """The number, 0 for none just now: ask again after `pause` seconds."""

    def use(self, number: int) -> None:
        """So many have been reached."""


class Unpaced:
    """The allowance of jobs that send nothing by themselves."""

    pause = 0.0
    page = LARGEST_PAGE

    def allowance(self) -> int | None:
        """No bound."""
        return UNBOUNDED

    def use(self, number: int) -> None:
        """Nothing is counted."""


class Throttle:
    """The allowance of a broadcast: an even flow, no more than a second's worth at once."""

    pause = 0.25

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Ask for the quota. Raises ProviderRefusedError and ProviderOutcomeUnknownError when it is not told."""
        self._clock = clock
        self._ask()

    def _ask(self) -> None:
        self._asked_at = self._flows_since = now = self._clock()
        self._pace = pace_now(current(now).settings, now)
        self._used = 0

    @property
    def page(self) -> int:
        """As many as are reached in half a minute."""
        return max(SMALLEST_PAGE, min(LARGEST_PAGE, int(self._pace.per_second * 30)))

    def allowance(self) -> int | None:
        """How many may be reached now."""
        now = self._clock()
        if now - self._asked_at >= ASKED_EVERY:
            self._ask()
        if self._pace.left is not None and self._used >= self._pace.left:
            return None
        due = floor((now - self._flows_since).total_seconds() * self._pace.per_second) - self._used
        second = ceil(self._pace.per_second)
        left = UNBOUNDED if self._pace.left is None else self._pace.left - self._used
        return max(0, min(due, second, left))

    def use(self, number: int) -> None:
        """So many have been reached."""
        self._used += number


def pace_now(settings: ShopSettings, now: datetime, *, joining: int = 0) -> Pace:
    """The pace at which each broadcast under way goes on now, if so many more are `joining` them.

    Raises ProviderRefusedError and ProviderOutcomeUnknownError when SES does not tell its quota.
    """
    open_jobs = [kept.job for kept in jobs.unfinished()]
    under_way = tuple(
        job for job in open_jobs
        if job.kind == "broadcast" and not job.plan and job.status == "running" and job.due_at <= now
    )
    return pace(quota(clients.client("sesv2")), settings, under_way, now, joining=joining)


def paced(job: Job, clock: Callable[[], datetime]) -> Allowance:
    """What bounds a job: the provider's quota where it is a broadcast, else nothing."""
    return Throttle(clock) if job.kind == "broadcast" and not job.plan else Unpaced()
