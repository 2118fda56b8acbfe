"""Conditions under any text and any syntax: refused with a reason, or harmless; and their moments against stepping."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.conditions import CUSTOMER_FIELDS, EVENT_FIELDS, Condition, ConditionError, Scope
from chalicelib.domain.conditions import compile_condition as compile_rule
from chalicelib.domain.customer import Customer, Engagement, Loyalty, OpenCart, OrderTotals, Run
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.storage import customers
from tests.domain.stories import anna

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SEGMENTS = compile_segments([
    Segment("vip", "customer.orders.average > 10000"),
    Segment("dormant", "days_since(customer.last_seen_at) > 3"),
    Segment("wrong", "customer.first_name < 5"),
])


class Guarded:
    """A value that no attribute may be taken of."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return object.__getattribute__(self, name)
        raise AssertionError(f"a condition has reached the attribute {name}")


_watched = False
_audited: list[str] = []


def _listen(event: str, _arguments: tuple[Any, ...]) -> None:
    if _watched:
        _audited.append(event)


def audited(condition: Condition, scope: Scope) -> list[str]:
    """What Python's own audit (PEP 578) tells while a condition is tested: imports, files, processes, frames …"""
    global _watched  # noqa: PLW0603 - an audit hook can never be taken away again, only told to be quiet
    if not getattr(sys, "_conditions_are_watched", False):
        sys.addaudithook(_listen)
        sys._conditions_are_watched = True  # type: ignore[attr-defined]
    _audited.clear()
    _watched = True
    try:
        condition.holds(scope)
    finally:
        _watched = False
    return list(_audited)


def harmless(text: str) -> None:
    """The text is refused by ConditionError, or compiles to what reads only known fields; both within a moment."""
    began = time.process_time()
    try:
        condition = compile_rule(text, SEGMENTS)
    except ConditionError:
        return
    finally:
        assert time.process_time() - began < 0.5
    for path in condition.reads:
        root, _, field = path.partition(".")
        known = CUSTOMER_FIELDS if root == "customer" else EVENT_FIELDS
        assert field in known or (field.startswith("data.") and field.count(".") == 1)
    values = {path: Guarded() for path in condition.event_paths()}
    own = {path.rpartition(".")[2]: Guarded() for path in condition.reads if path.startswith("customer.data.")}
    for customer in (anna(data=own), Customer("nobody")):
        scope = Scope(customer, values, NOW)
        assert audited(condition, scope) == []
        held, failure = condition.test(scope)
        assert held is condition.holds(scope)
        assert isinstance(failure, str)
        moment = condition.next_change(scope)
        assert moment is None or moment > NOW


names = st.sampled_from([
    "customer", "event", "true", "none", "len", "lower", "in_segment", "days_since", "years_since", "__import__",
    "eval", "open", "print", "globals", "os", "self", "scope", "compile", "getattr", "x",
])
attributes = st.sampled_from([
    "orders", "count", "email", "data", "stage", "cart", "total", "name", "__class__", "__mro__", "__subclasses__",
    "__globals__", "__init__", "__dict__", "gi_frame", "f_back", "format", "upper", "profile", "runs", "evaluate",
])
literals = st.sampled_from([
    "0", "1", "-1", "30", "1.5", "1e999", "0x" + "f" * 300, "9" * 300, "1_000", "1j", "''", "'a'", "b'a'", "'%s'",
    "'{0.__class__}'", "f'{customer}'", "None", "True", "...", "'vip'", "'2026-03-01'", "10**10**10", "1<<99999",
])
operators = st.sampled_from([
    "+", "-", "*", "**", "//", "/", "%", "@", "<<", ">>", "|", "&", "^", "and", "or", "<", "<=", ">", ">=", "==", "!=",
    "in", "not in", "is", "is not",
])


def _syntax(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Every kind of expression that Python has, of smaller ones."""
    return st.one_of(
        st.tuples(parts, operators, parts).map(lambda three: f"({' '.join(three)})"),
        st.tuples(parts, operators, parts, operators, parts).map(lambda five: f"({' '.join(five)})"),
        st.tuples(st.sampled_from(["not ", "-", "+", "~", "await ", "*"]), parts).map("({0[0]}{0[1]})".format),
        st.tuples(parts, attributes).map(lambda two: f"{two[0]}.{two[1]}"),
        st.tuples(names, attributes, attributes).map(".".join),
        st.tuples(parts, st.lists(parts, max_size=2)).map(lambda call: f"{call[0]}({', '.join(call[1])})"),
        st.tuples(names, parts).map(lambda call: f"{call[0]}({call[1]})"),
        st.tuples(names, parts).map(lambda call: f"{call[0]}(a={call[1]})"),
        st.tuples(parts, parts).map(lambda two: f"{two[0]}[{two[1]}]"),
        st.tuples(parts, parts, parts).map(lambda three: f"{three[0]}[{three[1]}:{three[2]}]"),
        st.lists(parts, max_size=3).map(lambda many: f"[{', '.join(many)}]"),
        st.lists(parts, max_size=3).map(lambda many: f"({', '.join(many)},)" if many else "()"),
        st.lists(parts, min_size=1, max_size=3).map(lambda many: f"{{{', '.join(many)}}}"),
        st.tuples(parts, parts).map(lambda two: f"{{{two[0]}: {two[1]}}}"),
        parts.map(lambda part: f"{{**{part}}}"),
        parts.map(lambda part: f"(lambda x: {part})"),
        parts.map(lambda part: f"(x := {part})"),
        parts.map(lambda part: f"(yield {part})"),
        st.tuples(parts, parts, parts).map(lambda three: f"({three[0]} if {three[1]} else {three[2]})"),
        st.tuples(parts, parts).map("[{0[0]} for x in {0[1]}]".format),
        st.tuples(parts, parts).map("({0[0]} for x in {0[1]} if x)".format),
        st.tuples(parts, parts).map("{{{0[0]}: x for x in {0[1]}}}".format),
        parts.map(lambda part: f"f'{{{part}!r:>{{9}}}}'"),
        parts.map(lambda part: f"'%s' % {part}"),
    )


@settings(max_examples=500, deadline=None)
@given(st.recursive(names | literals, _syntax, max_leaves=8))
@example("10**10**10 > 1")
@example("'a' * 10**10 == 'a'")
@example("customer.email.__class__.__mro__[1].__subclasses__()")
@example("'{0.__class__}'.format(customer) == ''")
@example("'%s' % customer == ''")
@example("[x for x in customer.tags if x.__class__]")
@example("(lambda: customer)().runs")
@example("(x := customer).runs == 1")
@example("getattr(customer, 'runs') == 1")
@example("in_segment(in_segment)")
@example("len.__self__.eval")
@example("event.data.__class__ == customer.data.__init__")
@example("days_since(event.data.__class__) > 3 or len(event.data.x) > 1 or lower(event.data.x) == event.data.x")
def test_no_syntax_of_python_reaches_anything_but_the_customer_and_the_event(text: str) -> None:
    """Not an attribute of a value, not a builtin, not the interpreter."""
    harmless(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.text("customer.event_()[]'\"{}:=!<>+-*/%@,\n\\ 0123456789 andornotin", max_size=120))
def test_no_text_at_all_does_harm(text: str) -> None:
    harmless(text)


@pytest.mark.parametrize("text", [
    "not " * 240 + "true",
    "-" * 900 + "1 > 0",
    "(" * 90 + "1" + ")" * 90,
    "[" * 90 + "]" * 90 + " == 1",
    "len(" * 90 + "customer.tags" + ")" * 90 + " > 1",
    "(1 < " * 80 + "1" + " < 1)" * 80,
    "1" + " < 1" * 240,
    "customer.orders.count == 1 or " * 30 + "true",
    "customer" + ".data" * 190,
    "{" * 200,
    "f'{" * 60,
    "9" * 1000,
    "'" + "a" * 990 + "'",
    "0." + "1" * 900 + " > days_since('2026-01-01')",
    "hours_since(event.occurred_at) > " + "9" * 900,
    "years_since(customer.birthday) > -" + "9" * 900,
])
def test_what_is_deep_long_or_huge_is_refused_or_quick(text: str) -> None:
    """Nesting, repetition, numbers without end."""
    harmless(text)


def test_the_deepest_condition_there_may_be_is_evaluated_from_deep_within() -> None:
    """Its parts take frames of Python's stack, and there are others below."""
    deepest = compile_rule("not " * 58 + "customer.orders.count == 0")

    def beneath(frames: int) -> tuple[bool, str]:
        return beneath(frames - 1) if frames else deepest.test(Scope(anna(), {}, NOW))

    assert beneath(400) == (True, "")
    with pytest.raises(ConditionError, match="too deeply nested"):
        compile_rule("not " * 60 + "customer.orders.count == 0")


HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
_comparisons = st.sampled_from(["<", "<=", ">", ">="])
_spans = st.one_of(
    st.builds(
        "{}({}) {} {}".format,
        st.just("hours_since"),
        st.sampled_from(["customer.orders.last_at", "customer.data.tried", "event.occurred_at", "customer.birthday"]),
        _comparisons,
        st.sampled_from(["-30", "0", "0.5", "5", "24", "47.5", "1e9"]),
    ),
    st.builds(
        "{} {} days_since({})".format,
        st.sampled_from(["-2", "0", "0.25", "1", "3", "-1e9"]),
        _comparisons,
        st.sampled_from([
            "customer.last_seen_at", "customer.birthday", "event.order.delivery_date", "'2026-03-04'",
            "customer.opened_at",
        ]),
    ),
    st.sampled_from([
        "1 < days_since(customer.orders.last_at) <= 2", "0 <= hours_since(customer.last_seen_at) < 30",
        "years_since(customer.birthday) == 0", "years_since(customer.last_seen_at) != 1", 'in_segment("dormant")',
        'not in_segment("dormant")', 'in_segment("wrong")', "customer.orders.count > 1", "customer.city < 5", "true",
        "customer.cart.items == 2",
    ]),
)
timed_rules = st.recursive(
    _spans,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["and", "or", "=="]), parts).map("(({0[0]}) {0[1]} ({0[2]}))".format),
        parts.map("(not ({}))".format),
    ),
    max_leaves=5,
)
half_hours = st.integers(-200, 200).map(lambda halves: NOW + halves * HOUR / 2)
people = st.builds(
    lambda ordered, seen, opened, born, tried, count: anna(
        orders=OrderTotals(count, last_at=ordered), last_seen_at=seen, birthday=born, data={"tried": tried},
        engagement=(Engagement("email", opened),),
    ),
    st.none() | half_hours, half_hours, st.none() | half_hours,
    st.none() | st.dates(date(2026, 2, 20), date(2026, 3, 12)) | st.just(date(2025, 3, 5)),
    st.sampled_from([None, "soon", "2026-03-03", "2026-03-03T10:30:00+03:00", "2026-03-03T10:30:00", 5]),
    st.integers(0, 3),
)
events_seen = st.builds(
    lambda occurred, delivery: {"occurred_at": occurred, "order.delivery_date": delivery},
    half_hours, st.sampled_from([None, date(2026, 3, 5), "2026-03-05"]),
)


@settings(max_examples=150, deadline=None)
@given(timed_rules, people, events_seen)
def test_the_moment_told_is_the_one_that_stepping_finds(rule: str, customer: Customer, values: dict[str, Any]) -> None:
    """Half an hour at a time, and an instant after each: neither missed, nor told for nothing."""
    condition = compile_rule(rule, SEGMENTS)
    held = condition.holds(Scope(customer, values, NOW))

    steps = (NOW + step * HOUR / 2 + late for step in range(500) for late in (-INSTANT, timedelta(), INSTANT))
    found = next((at for at in steps if at > NOW and condition.holds(Scope(customer, values, at)) != held), None)

    moment = condition.next_change(Scope(customer, values, NOW))
    if found is not None:
        assert moment == found
    else:
        assert moment is None or moment > NOW + 250 * HOUR - INSTANT
    assert moment is None or condition.holds(Scope(customer, values, moment)) != held


@settings(max_examples=150, deadline=None)
@given(timed_rules, people, events_seen, st.integers(1, 200))
def test_where_nothing_turned_nothing_changed(
    rule: str, customer: Customer, values: dict[str, Any], halves: int
) -> None:
    """What spares most looks at a rule, and most looks ahead: neither hides a change."""
    condition, now = compile_rule(rule, SEGMENTS), Scope(customer, values, NOW)
    later = Scope(customer, values, NOW + halves * HOUR / 2)

    if condition.holds(now) != condition.holds(later):
        assert condition.turned(later, NOW)
    moment = condition.next_change(now)
    for enough in (later.now, later.now + INSTANT):
        expected = moment if moment is not None and moment < enough else None
        assert condition.next_change(now, enough) == expected


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.sampled_from(["0", "1", "2", "1.5", "-1"]),
    st.dates(date(2024, 2, 25), date(2024, 3, 3)),
    st.none() | st.integers(0, 23),
    st.integers(-400, 800),
)
def test_anniversaries_told_are_those_that_stepping_finds(
    comparison: str, years: str, day: date, hour: int | None, start: int
) -> None:
    """About 29 February, of dates and of moments, an hour at a time."""
    since = day if hour is None else datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    field = "customer.birthday" if hour is None else "customer.first_seen_at"
    customer = anna(birthday=since) if hour is None else anna(first_seen_at=since)
    condition = compile_rule(f"years_since({field}) {comparison} {years}")
    now = datetime(2024, 2, 27, tzinfo=UTC) + timedelta(days=start)
    held = condition.holds(Scope(customer, {}, now))

    # Only days about an anniversary can turn it: the others are not worth stepping through.
    steps = (
        at for year in range(2022, 2029) for hours in range(24 * 12)
        if (at := datetime(year, 2, 24, tzinfo=UTC) + hours * HOUR) > now
    )
    found = next((at for at in steps if condition.holds(Scope(customer, {}, at)) != held), None)

    assert condition.next_change(Scope(customer, {}, now)) == found


@settings(max_examples=100, deadline=None)
@given(timed_rules, people, events_seen, st.sampled_from([0.1, 4, 10**15, "red", None, True, [0.5, "a"]]))
def test_a_condition_says_the_same_of_what_was_stored_and_read_again(
    rule: str, customer: Customer, values: dict[str, Any], own: Any
) -> None:
    """Dates come back as texts and numbers of a run as numbers: a replay after a crash decides as the first time."""
    condition = compile_rule(
        f"({rule}) == (event.data.own == 0.1 or 0.5 in event.data.own or event.data.own != customer.data.own"
        " or event.cart.total <= 7990.4 or customer.cart.total != 7990.5 or customer.loyalty.points != 5)",
        SEGMENTS,
    )
    values = {**values, "data.own": own, "cart.total": Decimal("7990.50")}
    profile = replace(
        customer.profile,
        data={**customer.profile.data, "own": own}, cart=OpenCart("c1", Decimal("7990.50")), loyalty=Loyalty(5),
    )
    run = Run("story", "c1", 1, "v", "1", NOW, NOW, values=values)
    customer = replace(customer, profile=profile, runs=(run,))
    again = customers.decode("anna", customers.encode(customer))

    first, second = Scope(customer, values, NOW), Scope(again, again.runs[0].values, NOW)
    assert condition.test(second) == condition.test(first)
    assert condition.next_change(second) == condition.next_change(first)
