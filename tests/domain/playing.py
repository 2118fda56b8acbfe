"""One customer's log played through the fold with a virtual clock: as `Rehearsal` does for all, but plainly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from chalicelib.domain.customer import Customer
from chalicelib.domain.decisions import Decision
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import ArmTimer, PutMessage
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import TIMER_DUE, fold
from chalicelib.domain.messages import Message
from chalicelib.domain.rehearsal import timer_entry


@dataclass(frozen=True, slots=True)
class Played:
    """The state at the end, each message decided in order (a deferred one each time), and the decisions asked for."""

    customer: Customer
    messages: tuple[Message, ...]
    decisions: tuple[Decision, ...]


def play(
    customer: Customer, entries: Iterable[Entry], definitions: Definitions, *, until: datetime, trace: bool = False
) -> Played:
    """Fold a customer's entries (in the order of their recording) and the timers they set, up to `until`.

    Timers found in the entries are left out: the virtual clock fires its own.
    """
    messages: list[Message] = []
    decisions: list[Decision] = []
    timers = [customer.timer_at] if customer.timer_at is not None else []
    waiting = [entry for entry in entries if not _is_timer(entry)]
    waiting.reverse()
    while waiting or timers:
        if timers and (not waiting or timers[0] <= waiting[-1].recorded_at):
            due = heappop(timers)
            entry = timer_entry(customer.customer_id, due, due)
        else:
            entry = waiting.pop()
        if entry.recorded_at > until:
            break
        folded = fold(customer, entry, definitions, trace=trace)
        customer = folded.customer
        decisions.extend(folded.decisions)
        for effect in folded.effects:
            if isinstance(effect, PutMessage):
                messages.append(effect.message)
            elif isinstance(effect, ArmTimer):
                heappush(timers, effect.due)
    return Played(customer, tuple(messages), tuple(decisions))


def _is_timer(entry: Entry) -> bool:
    return all(event.name == TIMER_DUE for event in entry.events)
