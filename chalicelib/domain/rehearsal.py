"""Playing logs through the fold with a virtual clock: timers fire when they are due, nothing is sent.

What examples in journey files run on, and what journeys are tried on over everything that was recorded before they are
switched on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from heapq import heappop, heappush
from typing import Protocol

from msgspec.structs import replace

from chalicelib.domain.broadcasts import broadcast_id, moment_of
from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions, UnknownVersionError
from chalicelib.domain.effects import AppendEntry, ArmTimer
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.fold import TIMER_DUE, Folded, fold
from chalicelib.domain.journeys import BROADCAST_REACHED, JOURNEY_MOVED, BroadcastTrigger

ENGINES_OWN = frozenset({TIMER_DUE, "customer.absorbed", JOURNEY_MOVED})
"""Events in a recorded log that follow from the definitions then in force: a rehearsal makes its own."""
AWARDED = "loyalty.points-awarded"
AWARDER = "journey"
"""The source of entries by which a journey awards points; points awarded by others are facts."""
_PERHAPS_OWN = ENGINES_OWN | {AWARDED, BROADCAST_REACHED}


def timer_entry(customer_id: str, due: datetime, clock: datetime) -> Entry:
    """The log entry by which a timer wakes its customer; recorded at the clock's time, never before it was due."""
    return Entry(
        customer_id=customer_id,
        entry_id=f"{due:%Y-%m-%dT%H:%M:%S.%fZ}#timer#",
        recorded_at=max(due, clock),
        source="timer",
        events=(Event(TIMER_DUE, due),),
    )


def broadcast_entry(customer_id: str, journey: str, trigger: BroadcastTrigger, moment: datetime) -> Entry:
    """The log entry by which a broadcast reaches a customer."""
    broadcast = broadcast_id(journey, trigger)
    event = Event(BROADCAST_REACHED, moment, data={"journey": journey, "broadcast": broadcast})
    return Entry(
        customer_id, f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}#broadcast#{broadcast}", moment, "broadcast", events=(event,)
    )


class Audience(Protocol):
    """Who watches a rehearsal and notes what comes of it."""

    def folded(self, entry: Entry, folded: Folded) -> None:
        """An entry was folded into a customer's state."""

    def set_aside(self, entry: Entry, error: Exception) -> None:
        """An entry that the fold cannot bear was left out, as the engine leaves it out."""


class Rehearsal:
    """The logs of many customers, played in the order of recording as if the definitions had always been in force.

    Memory is bounded by the customers: their states, and the timers that they wait for.
    """

    def __init__(self, definitions: Definitions, audience: Audience, customers: Iterable[Customer] = ()) -> None:
        """Begin with these states; a customer who is not among them begins with an empty one.

        `take` raises UnknownVersionError when a given state has a run of a version that `definitions` lacks.
        """
        self.customers = {customer.customer_id: customer for customer in customers}
        self.now: datetime | None = None
        self._definitions = definitions
        self._audience = audience
        self._wakes: list[tuple[datetime, str, str]] = []
        self._broadcasts = {
            name: program
            for name, program in definitions.journeys.items()
            if isinstance(program.journey.trigger, BroadcastTrigger) and program.journey.status == "live"
        }
        self._here: set[tuple[str, str]] = set()
        for customer in self.customers.values():
            if customer.timer_at is not None:
                heappush(self._wakes, (customer.timer_at, customer.customer_id, ""))
            self._await_broadcasts(customer)

    def take(self, entry: Entry) -> None:
        """Let time pass up to an entry's recording, then fold it.

        Left out is what the engine itself had written: timers, forwarded copies, and what journeys told the log.
        """
        self.run_until(entry.recorded_at)
        entry = self._facts_of(entry)
        if entry.events:
            self._fold(entry)

    def run_until(self, moment: datetime) -> None:
        """Fire every timer, and let every broadcast come, that is due by a moment."""
        wakes = self._wakes
        while wakes and wakes[0][0] <= moment:
            wake = heappop(wakes)
            while wakes and wakes[0] == wake:
                heappop(wakes)
            due, customer_id, broadcast = wake
            self._pass_to(due)
            if broadcast:
                self._reach(customer_id, broadcast, due)
            else:
                self._fold(timer_entry(customer_id, due, due))
        self._pass_to(moment)

    def _pass_to(self, moment: datetime) -> None:
        if self.now is None or moment > self.now:
            self.now = moment
            self._here.clear()

    def _facts_of(self, entry: Entry) -> Entry:
        if not any(event.name in _PERHAPS_OWN for event in entry.events):
            return entry
        facts = tuple(event for event in entry.events if not self._is_engines_own(event, entry.source))
        return entry if len(facts) == len(entry.events) else replace(entry, events=facts)

    def _is_engines_own(self, event: Event, source: str) -> bool:
        if event.name == AWARDED:
            return source == AWARDER
        if event.name == BROADCAST_REACHED:
            return event.data.get("journey") in self._broadcasts
        return event.name in ENGINES_OWN

    def _fold(self, first: Entry) -> None:
        """Fold an entry and those that follow from it (a merge, a forwarding, an award), each once."""
        waiting = deque((first,))
        while waiting:
            entry = waiting.popleft()
            customer_id = entry.customer_id
            key = (customer_id, entry.entry_id)
            if key in self._here:
                continue
            self._here.add(key)
            before = self.customers.get(customer_id)
            if before is None:
                before = Customer(customer_id)
                self._await_broadcasts(before)
            try:
                folded = fold(before, entry, self._definitions, outline=True)
            except UnknownVersionError:
                raise
            except Exception as error:  # whatever it is: the engine sets the entry aside and goes on
                self._audience.set_aside(entry, error)
                continue
            self.customers[customer_id] = folded.customer
            for effect in folded.effects:
                if isinstance(effect, ArmTimer):
                    heappush(self._wakes, (effect.due, customer_id, ""))
                elif isinstance(effect, AppendEntry):
                    waiting.append(effect.entry)
            self._audience.folded(entry, folded)

    def _await_broadcasts(self, customer: Customer) -> None:
        for name in self._broadcasts:
            due = self._moment_of(name, customer)
            if self.now is None or due >= self.now:
                heappush(self._wakes, (due, customer.customer_id, name))

    def _moment_of(self, name: str, customer: Customer) -> datetime:
        trigger = self._broadcasts[name].journey.trigger
        assert isinstance(trigger, BroadcastTrigger)
        return moment_of(trigger, customer.profile, self._definitions.settings)

    def _reach(self, customer_id: str, name: str, due: datetime) -> None:
        """A broadcast's moment has come for one customer, unless their zone has become known as a later one since."""
        customer = self.customers.get(customer_id)
        if customer is None or customer.forwarded_to:
            return
        moment = self._moment_of(name, customer)
        if moment > due:
            heappush(self._wakes, (moment, customer_id, name))
            return
        program = self._broadcasts[name]
        trigger = program.journey.trigger
        assert isinstance(trigger, BroadcastTrigger)
        if program.conditions[trigger.to].holds(Scope(customer, {}, due)):
            self._fold(broadcast_entry(customer_id, name, trigger, due))
