"""How fast conditions are: microseconds for an evaluation, and for compiling, of each shipped segment and condition."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from chalicelib.definitions.segments_file import read_segments
from chalicelib.domain.conditions import Condition, Scope, compile_condition
from chalicelib.domain.customer import Address, Consent, Customer, Engagement, OpenCart, OrderTotals, Profile
from chalicelib.domain.segments import Segment, compile_segments

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROUNDS = 500


def run() -> dict[str, float]:
    """Microseconds of CPU: the mean and the slowest of all evaluations, of telling the next change, of compiling."""
    conditions = shipped()
    scopes = [Scope(customer, {}, NOW) for customer in (_regular(), Customer("nobody"))]
    evaluations = [_microseconds(condition, scope) for condition in conditions for scope in scopes]
    timed = [condition for condition in conditions if condition.timed]
    began = time.process_time()
    for _ in range(ROUNDS):
        for condition in timed:
            condition.next_change(scopes[0])
    changes = (time.process_time() - began) / ROUNDS / len(timed) * 1e6
    rules = _rules()
    began = time.process_time()
    for _ in range(20):
        compile_segments(rules)
    compiling = (time.process_time() - began) / 20 / len(rules) * 1e6
    return {
        "evaluation_us": sum(evaluations) / len(evaluations),
        "slowest_evaluation_us": max(evaluations),
        "next_change_us": changes,
        "compile_us": compiling,
    }


def shipped() -> list[Condition]:
    """Every segment that ships, and conditions as journeys have them."""
    segments = compile_segments(_rules())
    texts = (
        'customer.orders.count > 3 and "coats" in customer.categories',
        "days_since(customer.orders.last_at) > 90",
        'in_segment("vip") and not in_segment("asleep")',
    )
    return [*segments.values(), *(compile_condition(text, segments) for text in texts)]


def _rules() -> tuple[Segment, ...]:
    return read_segments((ROOT / "schedules" / "segments.yaml").read_text("utf-8"))


def _microseconds(condition: Condition, scope: Scope) -> float:
    """Of the best of ten rounds: the others were interrupted."""
    best = float("inf")
    holds = condition.holds
    for _ in range(10):
        began = time.process_time()
        for _ in range(ROUNDS):
            holds(scope)
        best = min(best, time.process_time() - began)
    return best / ROUNDS * 1e6


def _regular() -> Customer:
    """A customer of whom everything is known."""
    return Customer(
        "anna",
        profile=Profile(
            first_name="Anna", city="Москва", gender="female", birthday=date(1990, 5, 17), tags=("vip", "sale"),
            categories=("coats", "scarves", "gloves"), viewed=("p1", "p2", "p3"), bought=("p1", "p2"), wished=("p3",),
            orders=OrderTotals(4, Decimal("24870.10"), "RUB", NOW - timedelta(days=400), NOW - timedelta(days=40)),
            first_seen_at=NOW - timedelta(days=420), last_seen_at=NOW - timedelta(days=3),
            cart=OpenCart("c1", Decimal(7990), "RUB", NOW - timedelta(days=3), 1),
            addresses=(Address("email", "anna@example.com"), Address("sms", "+79161234567"), Address("push", "d1")),
            consents=(Consent("email", "*", True, NOW), Consent("push", "*", True, NOW)),
            engagement=(Engagement("email", NOW - timedelta(days=30), NOW - timedelta(days=31), 9, 3),),
        ),
    )
