"""Playing a log through the fold with a virtual clock: timers fire when they are due, nothing is sent.

What examples in journey files run on, and what any journey can be tried on before it is switched on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import ArmTimer, PutMessage
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.fold import TIMER_DUE, fold
from chalicelib.domain.messages import Message
from chalicelib.domain.walk import Decision


@dataclass(frozen=True, slots=True)
class Played:
    """The state at the end, each message decided in order (a deferred one each time), and the decisions asked for."""

    customer: Customer
    messages: tuple[Message, ...]
    decisions: tuple[Decision, ...]


def timer_entry(customer_id: str, due: datetime, clock: datetime) -> Entry:
    """The log entry by which a timer wakes its customer; recorded at the clock's time, never before it was due."""
    return Entry(
        customer_id=customer_id,
        entry_id=f"{due:%Y-%m-%dT%H:%M:%S.%fZ}#timer#",
        recorded_at=max(due, clock),
        source="timer",
        events=(Event(TIMER_DUE, due),),
    )


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
