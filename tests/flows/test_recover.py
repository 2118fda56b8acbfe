"""Folding from the table what the stream has lost: exact to the entry; the stream may bring the younger ones again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Entry
from chalicelib.flows.recover import Recovered, recover
from chalicelib.storage import log
from tests.domain.stories import SHOP, at, cart, marketing, ordered, said
from tests.flows.engine_on_aws import Engine, customer, sent_to

JOURNEY = """
journey: carts
enter: {on: cart.updated, key: event.cart.id, again: always}
steps: [wait: 1 hour, send: first]
"""
LAST_WEEK, BEFORE, NOW = at("02-23 10:00"), at("03-02 10:00"), at("03-04 12:00")


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    """An engine with a journey in force."""
    engine = Engine(moto)
    engine.put_in_force(JOURNEY, messages=[marketing("first")], settings=SHOP)
    yield engine
    engine.forget()


def logged(*entries: Entry, who: str = "anna") -> None:
    for entry in entries:
        log.append(replace(entry, customer_id=who))


def visits(who: str = "anna") -> int:
    """How many entries of carts a state has counted: folding one twice would show."""
    return sum(visit.count for visit in customer(who).visits)


def test_what_the_stream_has_lost_is_folded_and_nothing_twice(engine: Engine) -> None:
    """The state knows the marks of what it has folded last."""
    logged(cart("03-02 10:00", "c1"), cart("03-02 10:00", "c2"))
    engine.advance(BEFORE)
    logged(cart("03-02 12:00", "c3"), ordered("03-03 11:00"))

    assert recover(LAST_WEEK, NOW) == Recovered(looked_at=1, customers=1, entries=2)
    assert visits() == 3
    assert customer("anna").profile.orders.count == 1
    assert recover(LAST_WEEK, NOW) == Recovered(looked_at=1, customers=0, entries=0)


def test_the_stream_may_bring_the_younger_ones_again(engine: Engine) -> None:
    """Those of the last day are still in it when the engine is switched on."""
    logged(cart("03-02 10:00", "c1"))
    engine.advance(BEFORE)
    logged(cart("03-02 12:00", "c2"), cart("03-03 13:00", "c3"), cart("03-04 11:00", "c4"))
    recover(LAST_WEEK, NOW)
    recovered = customer("anna")

    still_there = engine.records()[2:]
    assert engine.advance(NOW, still_there) == []
    assert customer("anna") == recovered
    assert visits() == 4

    logged(cart("03-04 12:30", "c5"))
    engine.advance(NOW + timedelta(hours=1), engine.records()[2:])
    assert visits() == 5


def test_what_was_recovered_is_forgotten_when_the_stream_cannot_bring_it_any_more(engine: Engine) -> None:
    """The state stays small."""
    logged(cart("03-04 11:00", "c1"))
    recover(LAST_WEEK, NOW)
    assert len(customer("anna").recovered) == 1

    logged(said("03-06 10:00", "a.b"))
    engine.advance(NOW + timedelta(days=2), engine.records()[1:])
    assert customer("anna").recovered == ()


def test_many_entries_of_one_moment_are_not_folded_twice(engine: Engine) -> None:
    """A batch of the events API: all recorded at the same time, more than a state remembers otherwise."""
    burst = [cart("03-02 10:00", f"c{number}") for number in range(40)]
    logged(*burst[:25])
    engine.advance(BEFORE)
    logged(*burst[25:])

    recover(LAST_WEEK, NOW)
    assert visits() == 40


def test_entries_are_folded_in_the_order_in_which_they_were_recorded(engine: Engine) -> None:
    """Not in that of the log, which is when they happened."""
    early_told_late = replace(cart("03-02 09:00", "c1"), recorded_at=at("03-02 13:00"))
    logged(early_told_late, cart("03-02 12:00", "c1"))

    recover(LAST_WEEK, NOW)
    # The run began at 12:00, so its hour was over when the other was told.
    assert [message.decided_at for message in sent_to("anna")] == [at("03-02 13:00")]


def test_each_customer_is_recovered_and_those_without_news_are_left(engine: Engine) -> None:
    """One without anything recorded since is not even looked at."""
    logged(cart("02-20 10:00"), who="boris")
    engine.advance(BEFORE)
    logged(cart("03-03 10:00"), who="anna")
    logged(cart("03-03 10:00"), who="vera")

    assert recover(LAST_WEEK, NOW) == Recovered(looked_at=2, customers=2, entries=2)
    assert [visits(who) for who in ("anna", "boris", "vera")] == [1, 1, 1]


def test_messages_that_came_due_in_the_outage_are_too_late_or_go(engine: Engine) -> None:
    """A recovery is a fold as any other: now is what is written on the entries."""
    logged(cart("03-02 10:00", "c1"), said("03-02 15:00", "a.b"))
    logged(cart("03-02 10:00", "c1"), said("03-02 23:00", "a.b"), who="vera")
    recover(LAST_WEEK, NOW)

    assert [message.reason for message in sent_to("anna")] == ["no-channel"]
    assert [message.reason for message in sent_to("vera")] == ["too-late"]
