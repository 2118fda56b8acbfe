"""Whatever is delivered twice, late or in other batches, and wherever the engine dies: the same messages, none twice,
none lost, none after an exit, none in quiet hours or over a cap; and the log alone gives the state again."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import ArmTimer, PutMessage
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Send
from chalicelib.domain.messages import Message, Status, message_id
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.domain.shop import ShopSettings
from tests.domain.playing import play
from tests.domain.stories import MOSCOW, anna
from tests.properties.small_journeys import (
    MESSAGES,
    START,
    WITHOUT_LIMITS,
    cart_journeys,
    definitions_of,
    event_of,
    happenings,
    minutes,
    order_journeys,
    sends,
    shops,
)
from tests.properties.small_store import SmallStore

PEOPLE = ("anna", "vera")
Run = tuple[str, str, int]


def entry_of(number: int, customer_id: str, happening: tuple[str, str, int], moment: datetime) -> Entry:
    """The log entry of something that happened."""
    return Entry(customer_id, f"{moment.isoformat()}#{number}", moment, "test", (event_of(happening, moment),))


class EngineInAnyWeather(RuleBasedStateMachine):
    """Customers do things, time passes, ticks come or do not, the engine runs and dies."""

    @initialize(carts=cart_journeys(), orders=order_journeys(), shop=shops)
    def open(self, carts: dict[str, Any], orders: dict[str, Any], shop: ShopSettings) -> None:
        self.shop = shop
        self.definitions = definitions_of([carts, orders], shop)
        self.store = SmallStore(self.definitions, [anna(customer_id=each) for each in PEOPLE])
        self.clock = START
        self.numbers = count()

    @rule(who=st.sampled_from(PEOPLE), happening=happenings, twice=st.booleans())
    def something_happens(self, who: str, happening: tuple[str, str, int], twice: bool) -> None:
        entry = entry_of(next(self.numbers), who, happening, self.clock)
        for _ in range(1 + twice):
            self.store.append(entry)

    @rule(passed=st.sampled_from([1, 20, 59, 61, 300, 700, 1440, 4000]), ticks=st.booleans())
    def time_passes(self, passed: int, ticks: bool) -> None:
        """With a tick each minute, or none at all until later."""
        until = self.clock + minutes(passed)
        if ticks:
            self.run_to(until)
        self.clock = until

    @rule()
    def tick(self) -> None:
        self.store.tick(self.clock)

    @rule(who=st.sampled_from(PEOPLE), ago=st.integers(0, 300))
    def a_timer_of_long_ago_fires(self, who: str, ago: int) -> None:
        self.store.append(timer_entry(who, self.clock - minutes(ago), self.clock))

    @rule(entries=st.integers(1, 6))
    def engine_runs(self, entries: int) -> None:
        self.store.advance(entries)

    @rule(entries=st.integers(1, 6), writes=st.integers(0, 5))
    def engine_dies(self, entries: int, writes: int) -> None:
        self.store.advance(entries, dies_after=writes)

    @rule(entries=st.integers(1, 8))
    def the_stream_brings_entries_again(self, entries: int) -> None:
        self.store.rewind(entries)

    @invariant()
    def no_message_is_queued_twice(self) -> None:
        ids = [(message.customer_id, message.message_id) for message in self.store.queued] if self.begun else []
        assert len(ids) == len(set(ids))

    @property
    def begun(self) -> bool:
        return hasattr(self, "store")

    def run_to(self, until: datetime) -> None:
        """Everything works: the engine is up to date, timers fire when they are due."""
        while True:
            self.store.advance(len(self.store.stream))
            pending = [due for who, due in self.store.timers if due > self.clock]
            self.store.tick(self.clock)
            if self.store.checkpoint < len(self.store.stream):
                continue
            for who in PEOPLE:
                wakes = [run.wake_at for run in self.store.state(who).runs if run.wake_at is not None]
                timers = [due for name, due in self.store.timers if name == who and due > self.clock]
                assert not wakes or min(timers) <= min(wakes), "no timer is pending for the first run to wake"
            upcoming = min(pending, default=None)
            if upcoming is None or upcoming > until:
                return
            self.clock = upcoming

    def teardown(self) -> None:
        if not self.begun:
            return
        self.run_to(self.clock + timedelta(days=60))
        check_log(self.store, self.definitions)


class Store(Protocol):
    """What a store has come to: be it in memory or DynamoDB."""

    begun: dict[str, Customer]

    @property
    def stream(self) -> list[Entry]:
        """Everything logged, in the order of its writing."""

    @property
    def messages(self) -> dict[tuple[str, str], Message]:
        """The messages by customer and id."""

    def state(self, customer_id: str, /) -> Customer:
        """A state as it comes back from storage."""


def check_log(store: Store, definitions: Definitions) -> None:
    """Fold the log as it is, once and undisturbed, and hold the store and every decision against it."""
    stream = store.stream
    expected: dict[tuple[str, str], Message] = {}
    for who, begun in store.begun.items():
        customer = begun
        entries = [entry for entry in stream if entry.customer_id == who]
        came: list[tuple[int, Message]] = []
        began: dict[Run, int] = {}
        completed: set[Run] = set()
        for place, entry in enumerate(entries):
            running = {(run.journey, run.key): run.entry for run in customer.runs}
            folded = fold(customer, entry, definitions, trace=True)
            customer = folded.customer
            puts = [effect.message for effect in folded.effects if isinstance(effect, PutMessage)]
            for message in puts:
                running.setdefault((message.journey, message.run_key), message.entry)
                began.setdefault((message.journey, message.run_key, message.entry), place)
                before = expected.get((who, message.message_id))
                assert before is None or before.status is Status.DEFERRED
                expected[who, message.message_id] = message
                came.append((place, message))
            for run in customer.runs:
                began.setdefault((run.journey, run.key, run.entry), place)
            completed |= {
                (decision.journey, decision.run_key, running[decision.journey, decision.run_key])
                for decision in folded.decisions
                if decision.decided == "completed" and (decision.journey, decision.run_key) in running
            }
        assert store.state(who) == customer
        assert customer.runs == ()
        check_exits(entries, came, began, definitions)
        check_limits([message for _, message in came if message.status is Status.QUEUED], definitions)
        check_completed(who, completed, expected, definitions)
    assert store.messages == expected
    assert all(message.status is not Status.DEFERRED for message in expected.values())


def check_exits(
    entries: list[Entry], came: list[tuple[int, Message]], began: dict[Run, int], definitions: Definitions
) -> None:
    """No message of a run is queued by an entry that ends the run, or by a later one."""
    for place, message in came:
        if message.status is not Status.QUEUED:
            continue
        since = began[message.journey, message.run_key, message.entry]
        journey = definitions.journeys[message.journey].journey
        goal = journey.goal.on if journey.goal else ""
        for entry in entries[since + 1 : place + 1]:
            for event in entry.events:
                assert event.name != goal or is_told_again(entries, entry)
                if event.name == "cart.emptied" and any(leave.on == event.name for leave in journey.exits):
                    assert event.cart is None or event.cart.id != message.run_key


def is_told_again(entries: list[Entry], entry: Entry) -> bool:
    """Whether an order had been told before: then it is no news."""
    order = entry.events[0].order
    earlier = entries[: entries.index(entry)]
    return any(event.order == order or (event.order and order and event.order.id == order.id)
               for one in earlier for event in one.events)


def check_limits(queued: list[Message], definitions: Definitions) -> None:
    """Quiet hours by the clock on the wall (Moscow never changes it), caps by counting."""
    shop = definitions.settings
    counted = [message for message in queued if message.category == "marketing"]
    for number, message in enumerate(counted):
        local = message.decided_at.astimezone(MOSCOW).time()
        if shop.quiet_hours.start > shop.quiet_hours.end:
            assert shop.quiet_hours.end <= local < shop.quiet_hours.start
        for cap in shop.caps:
            since = message.decided_at - timedelta(seconds=cap.window)
            assert sum(1 for earlier in counted[:number] if earlier.decided_at > since) < cap.count


def check_completed(
    who: str, completed: set[Run], messages: dict[tuple[str, str], Message], definitions: Definitions
) -> None:
    """A run that came to its end has a message, sent or skipped, of every send on the straight way."""
    for name, key, number in completed:
        for path, step in definitions.journeys[name].journey.steps.items():
            if isinstance(step, Send) and path.isdigit():
                assert (who, message_id(who, name, key, number, path)) in messages


EngineInAnyWeather.TestCase.settings = settings(max_examples=180, stateful_step_count=40, deadline=None)
TestEngineInAnyWeather = EngineInAnyWeather.TestCase

histories = st.lists(st.tuples(st.integers(0, 25), happenings), min_size=1, max_size=6).map(
    lambda history: sorted(history, key=lambda one: one[0])
)


def entries_of(history: list[tuple[int, tuple[str, str, int]]]) -> list[Entry]:
    """The entries of a history of minutes and happenings."""
    return [entry_of(number, "anna", what, START + minutes(minute)) for number, (minute, what) in enumerate(history)]


def with_timers(
    customer: Customer, entries: list[Entry], definitions: Definitions, late: list[int], noise: list[int]
) -> dict[str, Message]:
    """Play entries with timers that fire late by the minutes of `late` in turn, and others that nobody waits for."""
    waiting: list[tuple[datetime, int, Entry]] = [(entry.recorded_at, n, entry) for n, entry in enumerate(entries)]
    numbers = count(len(waiting))
    for minute in noise:
        moment = START + minutes(minute)
        waiting.append((moment, next(numbers), timer_entry("anna", moment - minutes(minute % 7), moment)))
    delays = [*late, *[0] * 1000]
    messages: dict[str, Message] = {}
    while waiting:
        waiting.sort(key=lambda one: one[:2])
        folded = fold(customer, waiting.pop(0)[2], definitions)
        customer = folded.customer
        for effect in folded.effects:
            if isinstance(effect, PutMessage):
                messages[effect.message.message_id] = effect.message
            elif isinstance(effect, ArmTimer):
                fires = effect.due + minutes(delays.pop(0))
                waiting.append((fires, next(numbers), timer_entry("anna", effect.due, fires)))
    assert customer.runs == ()
    return messages


@settings(deadline=None, max_examples=150)
@given(cart_journeys(), shops, histories, st.lists(st.integers(0, 8000), max_size=8))
def test_timers_that_nobody_waits_for_change_nothing(
    carts: dict[str, Any], shop: ShopSettings, history: list[tuple[int, tuple[str, str, int]]], noise: list[int]
) -> None:
    """Early, stale and duplicate timers: each message, its time and its outcome are the same."""
    definitions, entries = definitions_of([carts], shop), entries_of(history)
    undisturbed = play(anna(), entries, definitions, until=START + timedelta(days=90)).messages

    disturbed = with_timers(anna(), entries, definitions, [], noise)
    assert disturbed == {message.message_id: message for message in undisturbed}


slow_waits = st.sampled_from(["1 hour", "1 day", "3 days"]).map(lambda span: {"wait": span})
slow_steps = st.lists(st.tuples(slow_waits, sends), min_size=1, max_size=4).map(
    lambda pairs: [step for pair in pairs for step in pair]
)


@settings(deadline=None, max_examples=150)
@given(cart_journeys(slow_steps), shops, histories, st.lists(st.integers(0, 350), max_size=6))
def test_late_timers_lose_and_double_nothing(
    carts: dict[str, Any], shop: ShopSettings, history: list[tuple[int, tuple[str, str, int]]], late: list[int]
) -> None:
    """Up to max-lateness: the same ids; and without limits on sending each is sent, as it would have been in time."""
    definitions, entries = definitions_of([carts], shop), entries_of(history)
    punctual = with_timers(anna(), entries, definitions, [], [])
    delayed = with_timers(anna(), entries, definitions, late, [])
    assert set(delayed) == set(punctual)

    free = definitions_of([carts], WITHOUT_LIMITS)
    sent = with_timers(anna(), entries, free, late, []).values()
    assert {message.status for message in sent} <= {Status.QUEUED}
    assert {message.name for message in sent} <= set(MESSAGES)
