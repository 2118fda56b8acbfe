"""Conditions: what they can say, what they can never reach, and that nothing in them breaks the fold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.condition_times import TIME_FUNCTIONS
from chalicelib.domain.conditions import (
    CUSTOMER_FIELDS,
    EVENT_FIELDS,
    ConditionError,
    Scope,
    compile_condition,
)
from chalicelib.domain.customer import Customer, Loyalty, OpenCart, OrderTotals, Profile
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
    "data.list": ["a", 0.1], "data.flag": True, "data.nothing": None, "data.big": 10**30,
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
    "0.1 in event.data.list and 0.3 not in event.data.list",
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
    "days_since(event.data.name) > 1",
    "days_since(event.data.list) > 1",
    "years_since(event.data.score) == 1",
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
    ("days_between(1, 2)", "functions are days_since, hours_since, in_segment, len, lower, years_since, each of one"),
    ("days_since(customer.orders.last_at)", "should be compared with a number, as in `days_since(…) > 30`"),
    ("not hours_since(customer.orders.last_at)", "should be compared with a number"),
    ("days_since(customer.orders.last_at) > customer.orders.count", "should be compared with a number"),
    ("days_since(customer.orders.last_at) < days_since(customer.opened_at)", "should be compared with a number"),
    ("days_since(customer.orders.last_at) > true", "should be compared with a number"),
    ("len(days_since(customer.orders.last_at)) > 1", "should be compared with a number"),
    ("days_since(customer.orders.last_at) == 30", "compare with <, <=, > or >="),
    ("years_since(customer.birthday) in [18, 21]", "should be compared with a number"),
    ("5 in years_since(customer.birthday)", "compare years_since(…) with <, <=, > or >="),
    ("days_since(customer.first_name) > 1", "customer.first_name is no date; dates of the customer: birthday"),
    ("days_since(event.order.id) > 1", "event.order.id is no date; dates of the event: customer.birthday, message."),
    ("days_since('yesterday') > 1", "'yesterday' is a text that is no date; a date is written as \"2026-12-31\""),
    ("days_since(none) > 1", "is no date"),
    ("days_since(len(customer.tags)) > 1", "is not a field"),
    ("in_segment('vop')", "unknown segment 'vop'; did you mean 'vip'?"),
    ("in_segment(customer.city)", "takes the name of a segment in quotes"),
    ("in_segment('vip', 'lost')", "each of one argument"),
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
        compile_condition(text, {"vip": compile_condition("customer.orders.average > 10000")})
    assert reason in str(refused.value)


def test_a_condition_tells_which_fields_it_reads_and_what_it_saw_there() -> None:
    """For "why": rule and values side by side."""
    condition = compile_condition("customer.orders.count > 3 and event.cart.total > len(customer.tags)")

    assert condition.reads == {"customer.orders.count", "event.cart.total", "customer.tags"}
    assert condition.event_paths() == {"cart.total"}
    assert condition.seen(Scope(REGULAR, EVENT, NOW)) == {
        "customer.orders.count": 4, "customer.tags": ("vip",), "event.cart.total": Decimal("7990.50")
    }


@pytest.mark.parametrize(("text", "failure"), [
    ("customer.city > 5", "'>' not supported between instances of 'str' and 'int'"),
    ("days_since(event.data.name) > 1", "time since a text that is no date cannot be told"),
    ("years_since(event.data.score) > 1", "time since not a date but a value of the type Decimal cannot be told"),
    ("event.data.wrong > 1", "a value is not what the comparison needs"),
    ("not in_segment('warm')", "in segment 'warm': values of these types do not go together"),
    ("customer.orders.count == 4 and not customer.city > 5", "do not go together"),
])
def test_what_fails_at_run_time_counts_as_false_and_says_why(text: str, failure: str) -> None:
    """A segment that fails has nobody in it, so that who is not in it is the rest."""
    warm = compile_condition("customer.first_name < 20")
    scope = Scope(REGULAR, {**EVENT, "data.wrong": Decimal("NaN")}, NOW)

    held, why = compile_condition(text, {"warm": warm}).test(scope)

    assert held is compile_condition(text, {"warm": warm}).holds(scope) is ("in_segment" in text)
    assert failure in why
    assert "Anna" not in why


def test_what_does_not_fail_says_nothing() -> None:
    assert compile_condition("customer.orders.count > 3").test(Scope(REGULAR, EVENT, NOW)) == (True, "")
    assert compile_condition("customer.orders.count > 4").test(Scope(REGULAR, EVENT, NOW)) == (False, "")


def test_the_shops_own_fields_are_read_as_they_were_set() -> None:
    """A broken number is the one that was written; a field never set is none."""
    customer = anna(data={"stage": "cold", "score": 0.1, "tried_at": "2026-02-28"})

    assert holds("customer.data.stage == 'cold' and customer.data.score == 0.1", customer)
    assert holds("customer.data.other == none and customer.data.__class__ == none", customer)
    assert holds("2 <= days_since(customer.data.tried_at) < 3", customer)


def test_wishes_points_and_the_average_order_can_be_read() -> None:
    customer = anna(wished=("p1",), loyalty=Loyalty(150, "Friend"), orders=OrderTotals(3, Decimal(10000), "RUB"))

    assert holds('"p1" in customer.wished and customer.loyalty.points >= 150', customer)
    assert holds("customer.loyalty.level == 'Friend' and 3333.33 < customer.orders.average < 3333.34", customer)
    assert holds("customer.orders.average == none", Customer("nobody"))


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
        st.tuples(st.sampled_from(["len", "lower"]), parts).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(
            st.sampled_from(TIME_FUNCTIONS),
            st.sampled_from(["event.data.name", "event.data.list", "event.order.delivery_date", "customer.birthday"]),
            st.sampled_from(["<", "<=", ">", ">="]),
            st.sampled_from(["0", "1.5", "-3", "1e999", "-1e999", "30"]),
        ).map(lambda call: f"({call[0]}({call[1]}) {call[2]} {call[3]})"),
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
        scope = Scope(customer, {**EVENT, **event}, NOW)
        assert condition.holds(scope) in (True, False)
        assert condition.test(scope)[0] == condition.holds(scope)
        assert condition.next_change(scope) is None or condition.timed
        assert set(condition.seen(scope)) == condition.reads


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
    assert all(read in known or read.startswith(("event.data.", "customer.data.")) for read in condition.reads)
    condition.holds(Scope(REGULAR, EVENT, NOW))


def test_the_profile_fields_are_those_of_the_profile() -> None:
    """A field renamed in the state and not here would be an error in the fold."""
    for field, read in CUSTOMER_FIELDS.items():
        read(Scope(Customer("nobody", profile=Profile()), {}, NOW))
        assert compile_condition(f"customer.{field} == none")
