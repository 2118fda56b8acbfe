"""Jobs: what is done to many customers, one after another, and can be cut short anywhere.

A job looks at each customer once in a pass and says of each what is counted and which entry is appended. Entries have
ids that follow from the job alone, so looking at a customer again appends nothing new. Pure; `flows/jobs.py` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.events import Entry, Event

JobKind = Literal["broadcast", "review", "enrol", "resume", "move", "count"]
JobStatus = Literal["running", "done", "cancelled"]

LEASE = timedelta(minutes=2)
"""How long whoever works on a job is left alone without a sign of life; signs come every few seconds."""

REACHED, TOO_LATE = "reached", "too-late"
"""What is counted of a broadcast's recipients."""
FAILED = "failed"
"""What is counted of a customer whom a job cannot deal with; the log says why."""


class Job(Struct, frozen=True, omit_defaults=True):
    """One job and how far it has come.

    `version` is the journey's content hash when the job was made; `stamped_at` stands in the ids of its entries (else
    `created_at`): the same for two jobs that must not reach anybody twice. `plan` tells that it only counts. `due_at`
    is when it goes on; `leased_until` until when somebody works on it. `cursor` is the last customer dealt with in this
    pass, empty at its beginning; `looked_at` counts the looks. `arguments` are the job's own (see `flows/`), `steps`
    the mapping of a move: by version, old path to new. `told` is a word for people on why it waits or has ended.

    Of a broadcast: a pass is for those whose own moment lies after `pass_from` and not after `pass_until`; `ahead` are
    later moments seen meanwhile; `released` counts the recipients of the last day, by hour.
    """

    job_id: str
    kind: JobKind
    created_at: datetime
    due_at: datetime
    stamped_at: datetime | None = None
    journey: str = ""
    version: str = ""
    plan: bool = False
    status: JobStatus = "running"
    arguments: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    cursor: str = ""
    looked_at: int = 0
    counts: dict[str, int] = {}
    pass_from: datetime | None = None
    pass_until: datetime | None = None
    ahead: tuple[datetime, ...] = ()
    released: dict[str, int] = {}
    leased_until: datetime | None = None
    finished_at: datetime | None = None
    told: str = ""

    def is_free(self, now: datetime) -> bool:
        """Whether the job wants to go on and nobody works on it."""
        waits = self.due_at > now or (self.leased_until is not None and self.leased_until > now)
        return self.status == "running" and not waits

    def entry(self, customer_id: str, now: datetime, *events: Event) -> Entry:
        """The entry by which this job reaches a customer: its id follows from the job, whenever it is appended."""
        stamp = (self.stamped_at or self.created_at).astimezone(UTC)
        return Entry(
            customer_id=customer_id,
            entry_id=f"{stamp:%Y-%m-%dT%H:%M:%S.%fZ}#{self.kind}#{self.job_id}",
            recorded_at=now,
            source=self.kind,
            events=events,
        )

    def after(self, looks: dict[str, Look], now: datetime) -> Job:
        """The job once these customers (in the order of the scan) have been dealt with."""
        counts, released = dict(self.counts), dict(self.released)
        ahead = set(self.ahead)
        for look in looks.values():
            for name in look.counts:
                counts[name] = counts.get(name, 0) + 1
            if look.ahead is not None:
                ahead.add(look.ahead)
        if self.kind == "broadcast" and not self.plan:
            number = sum(look.entry is not None for look in looks.values())
            hour = f"{now.astimezone(UTC):%Y-%m-%dT%H}"
            released = {then: count for then, count in released.items() if then > _hour(now - timedelta(hours=24))}
            released[hour] = released.get(hour, 0) + number
        return replace(
            self, cursor=next(reversed(looks), self.cursor), looked_at=self.looked_at + len(looks), counts=counts,
            ahead=tuple(sorted(ahead)), released=released,
        )

    def pass_ended(self, now: datetime) -> Job:
        """The job once every customer has been looked at: over, or waiting for the next moment of those ahead."""
        if self.ahead and not self.plan:
            return replace(
                self, cursor="", pass_from=self.pass_until, pass_until=None, due_at=self.ahead[0], ahead=(),
            )
        return replace(self, status="done", finished_at=now, leased_until=None)


@dataclass(frozen=True, slots=True)
class Look:
    """What looking at one customer came to: what is counted, what is appended, and a later moment of their own."""

    counts: tuple[str, ...] = ()
    entry: Entry | None = None
    ahead: datetime | None = None


NOTHING = Look()


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H}"
