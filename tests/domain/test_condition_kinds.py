"""Comparisons that can never come true are pointed out, and those that may are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.definitions.segments_file import read_segments
from chalicelib.domain.condition_fields import CUSTOMER_DATES, EVENT_DATES
from chalicelib.domain.condition_kinds import FIELD_KINDS, never_true
from chalicelib.domain.conditions import CUSTOMER_FIELDS, EVENT_FIELDS, compile_condition


@pytest.mark.parametrize(("text", "reason"), [
    ('customer.tags == "vip"', "customer.tags is a list; write `'vip' in customer.tags`"),
    ('"coats" != customer.categories', "customer.categories is a list; write `'coats' in customer.categories`"),
    ('customer.tags in ["vip", "sale"]', "customer.tags is a list itself; ask for each thing, as `\"…\" in"),
    ('customer.orders.count > "3"', "a number and a text cannot be compared"),
    ("customer.city == 5", "a text and a number cannot be compared"),
    ('customer.birthday > "2000-01-01"', "a date and a text cannot be compared; with dates, ask for the time since"),
    ("customer.orders.first_at < customer.birthday", "a moment and a date cannot be compared"),
    ('event.cart.total == "7990"', "a number and a text cannot be compared"),
    ("len(customer.tags) == 'one'", "a number and a text cannot be compared"),
    ("1 < customer.orders.count <= 'four'", "a number and a text cannot be compared"),
    ('customer.orders.count in ["1", "2"]', "a number is never one of these"),
    ('"vip" in customer.orders.count', "nothing is in a number; `in` is for lists and texts"),
    ("5 not in customer.tags", "a number is never in customer.tags, which holds texts"),
    ("customer.orders.count in customer.first_name", "a number is never in customer.first_name"),
    ('customer.gender == "f" and not (customer.city > 5 or true)', "`customer.city > 5`: a text and a number"),
])
def test_what_can_never_be_true_is_told_with_what_was_meant(text: str, reason: str) -> None:
    """It compiles all the same: what is in force stays so."""
    compile_condition(text)
    assert reason in never_true(text)


@pytest.mark.parametrize("text", [
    '"vip" in customer.tags',
    'customer.city in ["Omsk", 5]',
    '"Om" in customer.city',
    "customer.orders.average > 10000 and customer.orders.last_at != none",
    "customer.orders.first_at == customer.orders.last_at",
    "event.order.in_store == true",
    "customer.data.stage == 5 and event.data.list == 'a' and 5 in event.data.list and 5 in customer.data.sizes",
    "days_since(customer.birthday) > 1 and years_since(customer.birthday) == 3",
    "(customer.orders.count > 1) == true",
    "customer.tags == []",
    "-1 < customer.orders.count",
    "lower(customer.city) == lower(customer.first_name)",
])
def test_what_may_be_true_is_left_in_peace(text: str) -> None:
    compile_condition(text)
    assert never_true(text) == ""


def test_every_field_has_a_kind_and_every_date_is_known_as_one() -> None:
    assert set(FIELD_KINDS) == {f"customer.{field}" for field in CUSTOMER_FIELDS} | {
        f"event.{field}" for field in EVENT_FIELDS
    }
    assert {path for path, kind in FIELD_KINDS.items() if kind == "unknown"} == {
        "event.order.in_store", "event.message.automated"
    }
    dates = {path for path, kind in FIELD_KINDS.items() if kind in {"moment", "date"}}
    assert dates == {f"customer.{field}" for field in CUSTOMER_DATES} | {f"event.{field}" for field in EVENT_DATES}
    shipped = (Path(__file__).parent.parent.parent / "schedules" / "segments.yaml").read_text("utf-8")
    assert {reason for segment in read_segments(shipped) if (reason := never_true(segment.rule))} == set()
