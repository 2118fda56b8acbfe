"""The engine and the tick on DynamoDB, dying at any write, before DynamoDB has taken it or after: the log tells what
must be there, and it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import ConsentChange, Entry, Event, Identity
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import FrequencyCap, QuietHours
from chalicelib.flows.definitions_in_force import current
from chalicelib.flows.tick import tick
from chalicelib.storage import log, shop, tables
from tests.domain.stories import SHOP
from tests.flows.engine_on_aws import DiedError, Engine, customer, dying_at_write, sent_to
from tests.properties.small_journeys import DAY, MESSAGES, START, event_of, happenings, minutes
from tests.properties.test_engine_in_any_weather import PEOPLE, check_log

CARTS = """
journey: carts
enter: {on: cart.updated, key: event.cart.id, again: always, where: event.cart.total > 0}
exit: [{on: cart.emptied, same-key: true}]
goal: order.placed
steps:
  - {wait: 1 hour, restart-on: cart.updated}
  - send: held
  - wait: {days: 1, at: 23:30}
  - send: patient
"""
ORDERS = """
journey: orders
enter: {on: order.placed, key: event.order.id, again: always}
steps:
  - send: receipt
  - wait: 5 hours
  - branch: [{when: event.order.total > 500, steps: [send: dropped]}]
    otherwise: [send: held]
"""
CAPS = (FrequencyCap("email", 1, DAY), FrequencyCap("email", 3, 7 * DAY))
LIMITED = replace(SHOP, quiet_hours=QuietHours(), caps=CAPS)


@dataclass
class Death:
    """At which write a process dies, if at all, and whether DynamoDB has done it."""

    write: int
    answered: bool


deaths = st.none() | st.builds(Death, st.integers(1, 8), st.booleans())
happens = st.tuples(st.just("happens"), st.sampled_from(PEOPLE), happenings)
passes = st.tuples(st.just("passes"), st.sampled_from([1, 30, 61, 400, 1440]), st.none())
ticks = st.tuples(st.just("ticks"), st.none(), deaths)
advances = st.tuples(st.just("advances"), st.integers(1, 5), deaths)
rewinds = st.tuples(st.just("rewinds"), st.integers(1, 6), st.none())
scripts = st.lists(st.one_of(happens, happens, passes, ticks, advances, advances, rewinds), min_size=4, max_size=16)


class Shop:
    """A shop whose engine and tick are processes that may die; what the properties look at is read from DynamoDB."""

    def __init__(self, stack: str) -> None:
        self.engine = Engine(stack)
        shop.put("cursor", "tick", START.isoformat().encode())
        self.engine.put_in_force(CARTS, ORDERS, messages=MESSAGES.values(), settings=LIMITED)
        self.clock = START
        self.checkpoint = 0
        self.numbers = count()
        self.begun = {who: Customer(who) for who in PEOPLE}
        for who in PEOPLE:
            agreed = Event("consent.given", START, consent=ConsentChange("email"))
            log.append(replace(self._entry(who, agreed), identities=(Identity("email", f"{who}@example.org"),)))

    @property
    def stream(self) -> list[Entry]:
        """Everything logged, in the order of its writing."""
        return [log.entry_of(record["dynamodb"]["NewImage"]) for record in self.engine.records()]

    @property
    def messages(self) -> dict[tuple[str, str], Message]:
        """Every message that is in the table."""
        return {(who, message.message_id): message for who in PEOPLE for message in sent_to(who)}

    def state(self, who: str) -> Customer:
        """The state as stored."""
        return customer(who)

    def happens(self, who: str, happening: tuple[str, str, int]) -> None:
        log.append(self._entry(who, event_of(happening, self.clock)))

    def passes(self, passed: int, _: None) -> None:
        self.clock += minutes(passed)

    def ticks(self, _: None, death: Death | None) -> None:
        self._survive(death, lambda: tick(self.clock))

    def advances(self, entries: int, death: Death | None) -> None:
        batch = self.engine.records()[self.checkpoint : self.checkpoint + entries]

        def advance() -> None:
            assert self.engine.advance(self.clock, batch) == []
            self.checkpoint += len(batch)

        self._survive(death, advance)

    def rewinds(self, entries: int, _: None) -> None:
        self.checkpoint = max(0, self.checkpoint - entries)

    def settle(self) -> None:
        """From now on everything works, until nobody waits for anything any more."""
        for _ in range(60):
            tick(self.clock)
            while self.checkpoint < len(self.engine.records()):
                self.advances(100, None)
            waking = [run.wake_at for who in PEOPLE for run in customer(who).runs if run.wake_at is not None]
            if not waking:
                return
            self.clock = max(self.clock + timedelta(minutes=1), min(waking))
        raise AssertionError("a run never comes to its end")

    def _survive(self, death: Death | None, work: Callable[[], object]) -> None:
        if death is None:
            work()
            return
        with suppress(DiedError), dying_at_write(death.write, answered=death.answered):
            work()
        self.engine.forget()

    def _entry(self, who: str, event: Event) -> Entry:
        moment: datetime = self.clock
        return Entry(who, log.entry_id(moment, "test", str(next(self.numbers))), moment, "test", (event,))


def carried_out(script: list[tuple[str, Any, Any]]) -> dict[tuple[str, str], Message]:
    """Play a script in a shop of its own, let everything come to its end, hold it against the log; the messages."""
    stack = f"weather-{uuid4().hex[:10]}"
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setitem(os.environ, "SELVEDGE_STACK", stack)
        tables.create_all()
        there = Shop(stack)
        try:
            for name, first, second in script:
                getattr(there, name)(first, second)
            there.settle()
            check_log(there, current(there.clock))
            return there.messages
        finally:
            there.engine.forget()


@pytest.mark.parametrize("answered", [False, True], ids=["before DynamoDB has it", "after"])
@pytest.mark.parametrize("write", range(1, 7))
def test_a_death_at_each_write_in_turn_loses_and_doubles_nothing(write: int, answered: bool) -> None:
    """A cart and an order, every process dying once at its n-th write: the messages are those of a quiet day."""
    death = Death(write, answered)

    def story(dies: Death | None) -> list[tuple[str, Any, Any]]:
        work: list[tuple[str, Any, Any]] = [
            (name, size, each) for name, size in (("ticks", None), ("advances", 9)) for each in (dies, None)
        ]
        return [
            ("happens", "anna", ("cart.updated", "c1", 900)),
            ("happens", "vera", ("order.placed", "o1", 900)), *work,
            ("passes", 61, None), *work,
            ("happens", "anna", ("order.placed", "o2", 100)), *work,
            ("passes", 400, None), *work,
        ]

    undisturbed, disturbed = carried_out(story(None)), carried_out(story(death))
    assert len(undisturbed) == 5
    assert disturbed == undisturbed


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(scripts)
def test_whatever_dies_at_whichever_write_the_log_is_carried_out_once(script: list[tuple[str, Any, Any]]) -> None:
    """The same messages under the same ids as of one undisturbed fold, and the same states."""
    carried_out(script)
