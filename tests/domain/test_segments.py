"""Segments: rules that name each other, compiled whatever their order."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.condition_fields import CUSTOMER_FIELDS, customer_field, part_of_profile
from chalicelib.domain.conditions import Condition, ConditionError, Scope, compile_condition
from chalicelib.domain.customer import OrderTotals, Profile
from chalicelib.domain.segments import Segment, SegmentError, compile_segments
from tests.domain.stories import anna, in_force, said, story

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def segments(**rules: str) -> dict[str, Condition]:
    return compile_segments(Segment(name, rule) for name, rule in rules.items())


def test_a_segment_may_name_one_that_stands_below_it() -> None:
    """What it reads, and when it turns, is then its own as well."""
    compiled = segments(
        cared_for='in_segment("vip") and in_segment("recent")',
        vip="customer.orders.average > 10000",
        recent="days_since(customer.orders.last_at) <= 90",
    )
    customer = anna(orders=OrderTotals(2, Decimal(30000), "RUB", NOW, NOW))
    scope = Scope(customer, {}, NOW)

    assert compiled["cared_for"].holds(scope)
    assert compiled["cared_for"].reads == {"customer.orders.average", "customer.orders.last_at"}
    assert compiled["cared_for"].segments == {"vip", "recent"}
    assert compiled["cared_for"].next_change(scope) == NOW + timedelta(days=90, microseconds=1)
    assert not compiled["vip"].timed


def test_a_field_is_told_from_the_part_of_the_profile_that_it_is_said_to_come_from() -> None:
    """While that part stays as it is, a segment's rule need not be asked again."""
    class Reading:
        def __init__(self, profile: Profile) -> None:
            self.profile, self.parts = profile, set[str]()

        def __getattr__(self, name: str) -> Any:
            found = inspect.getattr_static(type(self.profile), name, None)
            if isinstance(found, property):
                return found.fget(self)  # type: ignore[misc]
            if inspect.isfunction(found):
                return partial(found, self)
            self.parts.add(name)
            return getattr(self.profile, name)

    class Known:
        customer_id = "anna"

        def __init__(self, profile: Reading) -> None:
            self.profile = profile

    for field in (*CUSTOMER_FIELDS, "data.size"):
        reading = Reading(anna("email", "sms").profile)
        customer_field(field)(Scope(Known(reading), {}, NOW))  # type: ignore[arg-type]
        part = part_of_profile(field)
        assert reading.parts == ({part} if part else set()), field


def test_who_is_new_enters_a_segment_by_what_they_never_did() -> None:
    """Outside of everything before, inside now: also where their first event touches nothing that the rule reads."""
    definitions = in_force(
        """
        journey: leads
        enter: {segment: leads}
        steps: [send: first]
        """,
        segments={"leads": "customer.orders.count == 0"},
    )
    came = story(definitions, said("03-02 10:00", "shop.smiled-at"), said("03-02 11:00", "shop.smiled-at"))
    assert came == ["03-02 10:00 first by email"]


def test_a_condition_knows_the_segments_within_segments() -> None:
    compiled = segments(warm="customer.city == 'Sochi'", kept='in_segment("warm")')

    assert compile_condition('not in_segment("kept")', compiled).segments == {"kept", "warm"}


def test_nobody_is_in_a_segment_whose_rule_fails_and_everybody_out_of_it() -> None:
    compiled = segments(warm="customer.city > 20")

    assert compile_condition('not in_segment("warm")', compiled).holds(Scope(anna(city="Sochi"), {}, NOW))


@pytest.mark.parametrize(("rules", "segment", "reason"), [
    ({"a": 'in_segment("a")'}, "a", "leads back to itself: a → a"),
    ({"a": 'in_segment("b")', "b": 'in_segment("c")', "c": 'in_segment("b")'}, "c",
     "leads back to itself: b → c → b"),
    ({"a": 'in_segment("vips")', "vip": "true"}, "a", "unknown segment 'vips'; did you mean 'vip'?"),
    ({"a": 'in_segment("b")', "b": "customer.emial == ''"}, "b", "did you mean 'email'"),
    ({"a": "event.cart.total > 5"}, "a", "event.cart.total cannot be read: a segment is about the customer alone"),
])
def test_a_wrong_segment_is_told_by_its_name(rules: dict[str, str], segment: str, reason: str) -> None:
    """Not by the one that names it."""
    with pytest.raises(SegmentError) as refused:
        segments(**rules)
    assert (refused.value.segment, reason in str(refused.value)) == (segment, True)


def test_segments_that_name_each_other_twice_are_refused_before_they_grow() -> None:
    """Thirty such lines would be a thousand million comparisons."""
    rules = {"s0": "customer.orders.count > 1"}
    rules |= {f"s{n}": f'in_segment("s{n - 1}") or in_segment("s{n - 1}")' for n in range(1, 30)}

    with pytest.raises(ConditionError, match="too large with the segments it names"):
        segments(**rules)


@pytest.mark.parametrize("length", [100, 3000])
def test_a_long_row_of_segments_is_refused_and_breaks_nothing(length: int) -> None:
    rules = {f"s{n}": f'in_segment("s{n + 1}")' for n in range(length)} | {f"s{length}": "true"}

    with pytest.raises(ConditionError, match="too deeply nested"):
        segments(**rules)
