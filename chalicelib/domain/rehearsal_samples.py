"""Ten customers' ways through a rehearsal, chosen so that they show different outcomes.

While the logs are played, the timelines of `WATCHED` customers are kept: those with the smallest hashes of their ids,
so that the same log always watches the same ones, and a shop of no more customers watches all. Of these, each next
sample is the one that shows most outcomes not shown yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappop, heappush
from itertools import groupby
from typing import Final

from chalicelib.domain.decisions import ENDINGS
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import TIMER_DUE, Folded
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.rehearsal_report import Sample, SampleRow

WATCHED: Final = 2000
ROWS: Final = 60
"""Rows kept of one timeline: the first."""
SHOWN: Final = 10

_KINDS: Final = {Status.QUEUED: "sent", Status.SKIPPED: "skipped", Status.DEFERRED: "put-off"}


@dataclass(slots=True)
class _Kept:
    rank: int
    rows: list[SampleRow] = field(default_factory=list)
    left_out: int = 0
    outcomes: dict[str, None] = field(default_factory=dict)


class Samples:
    """Keeps timelines while a rehearsal goes on. `names` are the journeys to show the outcomes of, all when empty."""

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._kept: dict[str, _Kept] = {}
        self._largest: list[tuple[int, str]] = []
        self._passed_by: set[str] = set()

    def note(self, entry: Entry, folded: Folded) -> None:
        """Keep what an entry came to, if its customer is watched."""
        kept = self._kept.get(entry.customer_id) or self._begin(entry.customer_id)
        if kept is None:
            return
        if entry.source != "timer" or entry.events[0].name != TIMER_DUE:
            for name, same in groupby(event.name for event in entry.events):
                _keep(kept, SampleRow(entry.recorded_at, "event", name, times=len(list(same))))
        for decision in folded.decisions:
            if decision.decided == "entered":
                _keep(kept, SampleRow(decision.at, "entered", decision.journey, decision.journey))
        for effect in folded.effects:
            if isinstance(effect, PutMessage):
                self._message(kept, effect.message)
        for decision in folded.decisions:
            if decision.decided in ENDINGS:
                _keep(kept, SampleRow(decision.at, "ended", decision.decided, decision.journey))
                self._reached(kept, decision.journey, decision.decided)

    def _message(self, kept: _Kept, message: Message) -> None:
        kind = _KINDS.get(message.status)
        if kind is None:
            return
        detail = message.channels[0] if kind == "sent" else str(message.reason)
        _keep(kept, SampleRow(message.decided_at, kind, message.name, message.journey, detail))
        self._reached(kept, message.journey, f"{kind} {message.name if kind == 'sent' else detail}")

    def _reached(self, kept: _Kept, journey: str, outcome: str) -> None:
        if not self._names or journey in self._names:
            kept.outcomes[f"{journey}: {outcome}"] = None

    def _begin(self, customer_id: str) -> _Kept | None:
        """Watch a customer from their first entry on, in place of the watched one with the largest hash."""
        if customer_id in self._passed_by:
            return None
        rank = int.from_bytes(blake2b(customer_id.encode(), digest_size=8, person=b"rehearsal-sample").digest())
        self._kept[customer_id] = _Kept(rank)
        heappush(self._largest, (-rank, customer_id))
        if len(self._kept) > WATCHED:
            _, passed_by = heappop(self._largest)
            self._passed_by.add(passed_by)
            del self._kept[passed_by]
        return self._kept.get(customer_id)

    def chosen(self) -> tuple[Sample, ...]:
        """The samples: each the one with most outcomes not shown yet, then the one with the shortest timeline."""
        left = {customer_id: kept for customer_id, kept in self._kept.items() if kept.outcomes}
        shown: set[str] = set()
        samples: list[Sample] = []
        while left and len(samples) < SHOWN:
            chosen = min(left, key=lambda one: _dullness(left[one], shown))
            kept = left.pop(chosen)
            new = tuple(outcome for outcome in kept.outcomes if outcome not in shown)
            shown |= kept.outcomes.keys()
            samples.append(Sample(chosen, new or tuple(kept.outcomes), tuple(kept.rows), kept.left_out))
        return tuple(samples)


def _keep(kept: _Kept, row: SampleRow) -> None:
    if len(kept.rows) < ROWS:
        kept.rows.append(row)
    else:
        kept.left_out += 1


def _dullness(kept: _Kept, shown: set[str]) -> tuple[int, int, int]:
    """The smallest is the next to show: most that is new, then the fewest rows; the hash decides between equals."""
    return -len(kept.outcomes.keys() - shown), len(kept.rows), kept.rank
