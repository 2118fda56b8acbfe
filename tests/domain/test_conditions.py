"""Conditions: what they can say, what they can never reach, and that nothing in them breaks the fold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.conditions import (
    CUSTOMER_FIELDS,
    EVENT_FIELDS,
    FUNCTIONS,
    ConditionError,
    Scope,
    compile_condition,
)
from chalicelib.domain.customer import Customer, OpenCart, OrderTotals, Profile
from tests.domain.stories import anna

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
REGULAR = anna(
    "email", "sms", first_name="Anna", tags=("vip",), birthday=date(1990, 5, 17), categories=("coats", "scarves"),
    orders=OrderTotals(
        4, Decimal("24870.10"), "RUB", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    ),
    cart=OpenCart("c1", Decimal(7990)),
)
EVENT: dict[str, Any] = {
    "cart.total": Decimal("7990.50"), "cart.id": "c1", "data.score": 4.5, "data.share": 0.1, "data.name": "Anna",
    "data.list": ["a", "b"], "data.flag": True, "data.nothing": None, "data.big": 10**30,
    "order.delivery_date": "2026-03-05",
}


def holds(text: str, customer: Customer = REGULAR) -> bool:
    return compile_condition(text).holds(Scope(customer, EVENT, NOW))


@pytest.mark.parametrize("text", [
    'customer.orders.count > 3 and "coats" in customer.categories',
    "days_since(customer.orders.last_at) > 28 and not days_since(customer.orders.last_at) > 30",
    "hours_since(customer.orders.last_at) >= 24",
    "customer.orders.spent == 24870.1",
    "1 < customer.orders.count <= 4",
    'customer.first_name in ["Anna", "Vera"]',
    'customer.first_name not in ("Olga",)',
    'lower(customer.first_name) == "anna"',
    "len(customer.tags) == 1 and len(customer.consents) == 2",
    "customer.cart.total != none and customer.cart.currency == ''",
    "event.cart.total == 7990.5",
    "event.data.score >= 4.5 and event.data.share == 0.1 and event.data.share <= 0.1",
    "event.data.flag == true",
    "event.data.unheard == none",
    "-1 < 0",
    'event.order.delivery_date == event.order.delivery_date',
    "days_since(event.order.delivery_date) < 0",
])
def test_conditions_that_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize("text", [
    "customer.birthday < customer.first_name",
    "customer.city > 5",
    "lower(customer.tags) == 'vip'",
    "lower(customer.orders.count) == 4",
    "len(customer.orders.count) == 4",
    "days_since(customer.first_name) > 1",
    "days_since(customer.birthday) < 1",
    "customer.orders.first_at < customer.birthday",
    "5 in customer.first_name",
    "customer.orders.count in customer.orders.spent",
    "lower(event.data.list) == 'a'",
    "event.data.name > 5",
    "customer.opened_at > customer.clicked_at",
    "not customer.first_name",
])
def test_what_cannot_be_compared_is_false_and_breaks_nothing(text: str) -> None:
    """Whatever the storefront sent in a field."""
    assert not holds(text)


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
def test_a_missing_value_is_neither_more_nor_less(operator: str) -> None:
    """None is not a number."""
    nobody = Customer("nobody")
    for side in (
        f"customer.orders.last_at {operator} customer.first_seen_at",
        f"days_since(customer.orders.last_at) {operator} 90",
        f"90 {operator} days_since(customer.orders.last_at)",
        f"customer.cart.total {operator} 0",
    ):
        assert not holds(side, nobody)
    assert holds("customer.cart.id == none and customer.orders.last_at == none", nobody)
    assert holds("'x' not in customer.cart.id", nobody)


@pytest.mark.parametrize(("text", "reason"), [
    ("customer.order.count > 1", "did you mean 'orders.count'"),
    ("customer.emial == ''", "did you mean 'email'"),
    ("event.cart.totel > 1", "did you mean 'cart.total'"),
    ("customer.runs", "unknown field customer.runs"),
    ("customer", "unknown field customer."),
    ("event.data.a.b == 1", "unknown field event.data.a.b"),
    ("shop.name == 'x'", "unknown name 'shop'"),
    ("true.x", "unknown name 'true'"),
    ("days_between(1, 2)", "functions are days_since, hours_since, len, lower, each of one argument"),
    ("len()", "each of one argument"),
    ("len(a=1)", "each of one argument"),
    ("customer.orders.count + 1 > 2", "is not allowed"),
    ("customer.tags[0] == 'x'", "is not allowed"),
    ("[x for x in customer.tags]", "is not allowed"),
    ("lambda: 1", "is not allowed"),
    ("(x := 1)", "is not allowed"),
    ("f'{customer.email}'", "is not allowed"),
    ("customer.orders.count is 4", "compare with"),
    ("'a'.upper() == 'A'", "functions are"),
    ("().__class__", "is not a field"),
    ("customer.email.__class__", "unknown field"),
    ("event.data.__class__.__mro__", "unknown field"),
    ("b'x' == 1", "is not a text"),
    ("1j == 1", "is not a text"),
    ("... == 1", "is not a text"),
    ("customer.orders.count >", "is not an expression"),
    ("", "is not an expression"),
    ("a; b", "is not an expression"),
    ("\x00", "is not an expression"),
    ("1 " * 600, "is longer than 1000 characters"),
    ("(" * 400 + "1" + ")" * 400, "is not an expression"),
])
def test_what_is_not_a_condition_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ConditionError) as refused:
        compile_condition(text)
    assert reason in str(refused.value)


def test_a_condition_tells_which_fields_it_reads() -> None:
    condition = compile_condition("customer.orders.count > 3 and event.cart.total > len(customer.tags)")

    assert condition.reads == {"customer.orders.count", "event.cart.total", "customer.tags"}
    assert condition.event_paths() == {"cart.total"}


LANGUAGE = "customer.event_()[]'\"{}f:=!<>+-*/%@,\n\\ 0123456789lambdaforin"

leaves = st.one_of(
    st.sampled_from([f"customer.{field}" for field in CUSTOMER_FIELDS]),
    st.sampled_from([f"event.{field}" for field in (*EVENT_FIELDS, *EVENT) if field.count(".") < 2]),
    st.sampled_from(["none", "true", "false", "0", "1.5", "-3", "'coats'", "''", "1e999", "[1, 'a']", "()"]),
)


def _larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    comparisons = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
    return st.one_of(
        st.tuples(parts, st.sampled_from([*comparisons, "and", "or"]), parts).map(lambda three: f"({' '.join(three)})"),
        parts.map(lambda part: f"(not {part})"),
        st.tuples(st.sampled_from(list(FUNCTIONS)), parts).map(lambda call: f"{call[0]}({call[1]})"),
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.decimals() | st.just(NOW)
    | st.just(date(2026, 3, 5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


own_fields = st.dictionaries(st.sampled_from(sorted(field for field in EVENT if field.startswith("data."))), values)


@settings(max_examples=150, deadline=None)
@given(st.recursive(leaves, _larger, max_leaves=6), own_fields)
def test_whatever_compiles_never_fails_on_any_event(text: str, event: dict[str, Any]) -> None:
    """A condition is true or false; an error in it would set the customer's entry aside."""
    condition = compile_condition(text)

    for customer in (REGULAR, Customer("nobody")):
        assert condition.holds(Scope(customer, {**EVENT, **event}, NOW)) in (True, False)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet=LANGUAGE, max_size=80))
@example("f'''{\"\n\"}'''")
@example("not " * 240 + "true")
@example("(" * 150 + ")" * 150)
@example("customer." * 100)
@example("0x" + "f" * 900)
@example("-" * 900 + "1")
@example("__import__('os').system('true')")
@example("{**{}}")
def test_no_text_does_anything_but_compile_or_be_refused(text: str) -> None:
    """The only error is ConditionError, and what compiles reads nothing but known fields."""
    try:
        condition = compile_condition(text)
    except ConditionError:
        return
    known = {f"customer.{field}" for field in CUSTOMER_FIELDS} | {f"event.{field}" for field in EVENT_FIELDS}
    assert all(read in known or read.startswith("event.data.") for read in condition.reads)
    condition.holds(Scope(REGULAR, EVENT, NOW))


def test_the_profile_fields_are_those_of_the_profile() -> None:
    """A field renamed in the state and not here would be an error in the fold."""
    for field, read in CUSTOMER_FIELDS.items():
        read(Scope(Customer("nobody", profile=Profile()), {}, NOW))
        assert compile_condition(f"customer.{field} == none")
