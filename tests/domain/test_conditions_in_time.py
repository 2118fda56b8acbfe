"""Conditions in which time passes: when they turn, told beforehand to the microsecond."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.conditions import Scope, compile_condition
from chalicelib.domain.customer import Customer, OrderTotals
from tests.domain.stories import anna

ORDERED = datetime(2026, 1, 10, 15, 30, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def bought(**profile: Any) -> Customer:
    return anna(orders=OrderTotals(1, first_at=ORDERED, last_at=ORDERED), **profile)


def at(moment: datetime, customer: Customer | None = None) -> Scope:
    return Scope(customer or bought(), {}, moment)


@pytest.mark.parametrize(("rule", "turns", "then"), [
    ("days_since(customer.orders.last_at) >= 30", ORDERED + timedelta(days=30), True),
    ("days_since(customer.orders.last_at) > 30", ORDERED + timedelta(days=30) + INSTANT, True),
    ("days_since(customer.orders.last_at) < 30", ORDERED + timedelta(days=30), False),
    ("days_since(customer.orders.last_at) <= 30", ORDERED + timedelta(days=30) + INSTANT, False),
    ("30 < days_since(customer.orders.last_at)", ORDERED + timedelta(days=30) + INSTANT, True),
    ("hours_since(customer.orders.last_at) >= 1.5", ORDERED + timedelta(minutes=90), True),
    ("hours_since(customer.orders.last_at) >= 0.3333333333333", ORDERED + timedelta(seconds=1200), True),
    ("days_since(customer.birthday) >= 36", datetime(2026, 2, 5, tzinfo=UTC), True),
    ("days_since(customer.birthday) > 36", datetime(2026, 2, 6, tzinfo=UTC), True),
    ("hours_since(customer.birthday) >= 860", datetime(2026, 2, 5, tzinfo=UTC), True),
    ("years_since(customer.birthday) >= 1", datetime(2026, 12, 31, tzinfo=UTC), True),
    ("years_since(customer.birthday) > 0.5", datetime(2026, 12, 31, tzinfo=UTC), True),
    ("years_since(customer.birthday) == 0", datetime(2026, 12, 31, tzinfo=UTC), False),
    ("years_since(customer.birthday) != 0", datetime(2026, 12, 31, tzinfo=UTC), True),
    ("years_since(customer.orders.last_at) >= 1", datetime(2027, 1, 10, 15, 30, tzinfo=UTC), True),
    ('days_since("2026-03-01") >= 0', datetime(2026, 3, 1, tzinfo=UTC), True),
    ("not days_since(customer.orders.last_at) > 30", ORDERED + timedelta(days=30) + INSTANT, False),
    ("10 <= days_since(customer.orders.last_at) < 20", ORDERED + timedelta(days=10), True),
])
def test_a_rule_turns_at_the_moment_told_and_not_an_instant_before(rule: str, turns: datetime, then: bool) -> None:
    """A bare date begins at midnight UTC and is counted in whole days."""
    condition = compile_condition(rule)
    customer = bought(birthday=date(2025, 12, 31))
    now = at(ORDERED + timedelta(minutes=1), customer)

    assert condition.timed
    assert condition.next_change(now) == turns
    assert condition.holds(now) is not then
    assert condition.holds(at(turns - INSTANT, customer)) is not then
    assert condition.holds(at(turns, customer)) is then


def test_a_band_turns_twice_and_then_never() -> None:
    """Each time the next moment is asked for anew."""
    band = compile_condition("30 < days_since(customer.orders.last_at) <= 90")
    begins, ends = ORDERED + timedelta(days=30) + INSTANT, ORDERED + timedelta(days=90) + INSTANT

    assert band.next_change(at(ORDERED)) == begins
    assert band.next_change(at(begins)) == ends
    assert band.next_change(at(ends)) is None


@pytest.mark.parametrize(("rule", "reason"), [
    ("customer.orders.count == 1", "nothing in it has to do with time"),
    ("customer.orders.count > 1 and days_since(customer.orders.last_at) > 30", "only another order can change it"),
    ("customer.orders.count == 1 or days_since(customer.orders.last_at) > 30", "it is true whatever the time"),
    ("days_since(customer.opened_at) > 30", "there is no such moment"),
    ("days_since(customer.data.tried) > 30", "the text there is no date"),
    ("days_since(customer.orders.last_at) > 1e12", "the calendar ends before"),
    ("years_since(customer.birthday) >= 8010", "the calendar ends before"),
    ("days_since(customer.orders.last_at) > -1", "the moment is past"),
])
def test_no_moment_is_told_where_time_alone_changes_nothing(rule: str, reason: str) -> None:
    """A moment told costs a timer."""
    customer = bought(birthday=date(1990, 5, 17), data={"tried": "soon"})

    assert compile_condition(rule).next_change(at(ORDERED + timedelta(days=1), customer)) is None, reason


@pytest.mark.parametrize(("born", "birthday"), [
    (date(2008, 2, 29), date(2026, 3, 1)),
    (date(2008, 2, 28), date(2026, 2, 28)),
    (date(2006, 3, 1), date(2024, 3, 1)),
])
def test_who_was_born_on_29_february_has_a_birthday_on_1_march_in_common_years(born: date, birthday: date) -> None:
    """And comes of age then."""
    adult = compile_condition("years_since(customer.birthday) >= 18")
    midnight = datetime(birthday.year, birthday.month, birthday.day, tzinfo=UTC)
    customer = anna(birthday=born)

    assert adult.next_change(at(midnight - timedelta(days=100), customer)) == midnight
    assert not adult.holds(at(midnight - INSTANT, customer))
    assert adult.holds(at(midnight, customer))


def test_twenty_years_after_29_february_is_29_february() -> None:
    turns = compile_condition("years_since(customer.birthday) >= 20").next_change(
        at(datetime(2028, 1, 1, tzinfo=UTC), anna(birthday=date(2008, 2, 29)))
    )
    assert turns == datetime(2028, 2, 29, tzinfo=UTC)


def test_a_moment_told_in_another_zone_is_the_same_moment() -> None:
    """A storefront's own fields come as texts with the offset of wherever it stands."""
    paid = {"paid": "2026-01-10T01:30:00+03:00"}
    customer = anna(data=paid)
    utc = datetime(2026, 1, 9, 22, 30, tzinfo=UTC)
    for rule, turns in (
        ("hours_since(customer.data.paid) >= 48", utc + timedelta(days=2)),
        ("years_since(customer.data.paid) >= 1", utc.replace(year=2027)),
    ):
        condition = compile_condition(rule)
        assert condition.next_change(at(utc, customer)) == turns
        assert not condition.holds(at(turns - INSTANT, customer))
        assert condition.test(at(turns, customer)) == (True, "")


@pytest.mark.parametrize(("value", "failure"), [
    ("2026-01-10T01:30:00", "time since a time without its zone cannot be told"),
    ("0001-01-01T00:00:00+05:00", "time since a time at the end of the calendar cannot be told"),
    ("20260110", "time since a time without its zone cannot be told"),
    ("in May", "time since a text that is no date cannot be told"),
    (20260110, "time since not a date but a value of the type int cannot be told"),
])
def test_what_is_no_moment_has_no_time_since(value: Any, failure: str) -> None:
    """It says so, and never turns."""
    customer = anna(data={"paid": value})
    for rule in ("days_since(customer.data.paid) > 1", "years_since(customer.data.paid) <= 1"):
        condition = compile_condition(rule)
        assert condition.test(at(ORDERED, customer)) == (False, failure)
        assert condition.next_change(at(ORDERED, customer)) is None
