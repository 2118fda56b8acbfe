"""All journeys that ship, in force together: one customer's half year, and what holds whatever happens."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.events import Checkout, Entry, Event, Order, Product
from chalicelib.domain.journeys import Issue, Send
from chalicelib.domain.messages import Status
from tests.definitions.shipped import SHIPPED, journey_texts
from tests.domain.playing import play
from tests.domain.stories import agreed, anna, at, cart, line, ordered, said, told


def happened(when: str, name: str, **parts: Any) -> Entry:
    """An event with its part, at a local time."""
    return told(when, Event(name, at(when), **parts))


def test_a_first_purchase_and_the_silence_after_it() -> None:
    """One marketing mail a day: where two fall on one morning, the question about the order goes before the welcome."""
    entries = [
        happened("03-02 13:00", "product.viewed", product=Product("p1", title="Coat", category="coats")),
        agreed("03-02 13:10"),
        cart("03-02 13:20"),
        happened("03-02 13:40", "checkout.started", checkout=Checkout("k1", cart_id="c1", total=Decimal(7990))),
        ordered("03-03 20:00", delivery_date=date(2026, 3, 7)),
        ordered("03-05 12:00", fact="shipped"),
        ordered("03-07 18:00", fact="delivered"),
        said("03-12 20:00", "review.submitted", stars=5),
    ]
    customer = anna("email", "sms", "push", consents=["sms", "push"])

    result = play(customer, entries, SHIPPED, until=at("2026-12-31 12:00"))

    assert [line(message) for message in result.messages] == [
        "03-02 13:10 welcome-thanks by email",
        "03-02 14:40 checkout-reminder by email",
        "03-03 14:40 checkout-offer by email",
        "03-03 20:00 order-confirmation by email",
        "03-05 11:00 welcome-bestsellers by email",
        "03-05 12:00 order-shipped by email, sms",
        "03-06 12:00 order-arrives-tomorrow by push, sms",
        "03-07 18:00 order-delivered by email",
        "03-09 11:00 nps-question by email",
        "03-09 11:00 welcome-reviews skipped: frequency-cap",
        "03-11 11:00 review-request by email, push",
        "03-17 11:00 cross-sell by email",
        "03-27 11:00 repeat-nudge by email, push",
        "04-12 12:00 inactive-code by sms",
        "06-02 11:00 win-back-letter by email",
        "06-04 12:00 win-back-code by sms, email",
        "06-08 12:00 win-back-bestsellers by push, email",
        "06-30 13:00 sunset-question by email",
    ]
    assert result.customer.profile.data == {"stage": "cold", "mail": "stopped"}


DEEDS = st.sampled_from([
    ("product.viewed", {"product": Product("p1", category="coats")}),
    ("product.viewed", {"product": Product("p2", category="dresses")}),
    ("wishlist.added", {"product": Product("p2")}),
    ("checkout.started", {"checkout": Checkout("k1", total=Decimal(7990))}),
    ("order.placed", {"order": Order("o1", total=Decimal(7990), delivery_date=date(2026, 3, 20))}),
    ("order.placed", {"order": Order("o2", total=Decimal(19990))}),
    ("order.shipped", {"order": Order("o1")}),
    ("order.delivered", {"order": Order("o1")}),
    ("order.delivered", {"order": Order("o2")}),
    ("order.returned", {"order": Order("o2", refunded=Decimal(19990))}),
    ("review.submitted", {"data": {"stars": 4}}),
    ("survey.answered", {"data": {"survey": "nps", "score": 3}}),
    ("product.price-dropped", {"product": Product("p2", price=Decimal(1), old_price=Decimal(2))}),
])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12 * 60), DEEDS), min_size=1, max_size=14))
def test_whatever_a_customer_does_the_limits_of_the_shop_hold(deeds: list[tuple[int, tuple[str, Any]]]) -> None:
    """One marketing mail a day and four a week besides the thanks for a sign-up; none in the quiet hours."""
    now = at("03-02 10:00")
    entries = [agreed("03-02 10:00")]
    for number, (hours, (name, parts)) in enumerate(deeds):
        now += timedelta(hours=hours / 4)
        entries.append(told(now, Event(name, now, **parts), entry_id=f"{now.isoformat()}#{number}"))

    result = play(anna(consents=[]), entries, SHIPPED, until=now + timedelta(days=200))

    counted = sorted(
        message.decided_at
        for message in result.messages
        if message.status is Status.QUEUED and message.category == "marketing"
        and SHIPPED.messages[message.name].counts_toward_cap
    )
    assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(counted))
    assert all(later - earlier >= timedelta(days=7) for earlier, later in zip(counted, counted[4:], strict=False))
    assert all(6 <= moment.hour < 19 for moment in counted)  # 9:00 to 22:00 in Moscow is 6:00 to 19:00 UTC


def test_no_message_ships_without_a_journey_that_sends_it() -> None:
    sent = {
        step.message
        for program in SHIPPED.journeys.values()
        for step in program.journey.steps.values()
        if isinstance(step, Send)
    }
    assert sent == set(SHIPPED.messages)


def _offers(name: str) -> bool:
    steps = SHIPPED.journeys[name].journey.steps.values()
    return any(isinstance(step, Issue) or (isinstance(step, Send) and step.issue is not None) for step in steps)


@pytest.mark.parametrize("name", sorted(name for name in journey_texts() if _offers(name) and name != "welcome"))
def test_what_offers_a_discount_is_over_with_the_order(name: str) -> None:
    """The welcome alone goes on: its letters leave the code out after an order."""
    journey = SHIPPED.journeys[name].journey
    ends = {leave.on for leave in journey.exits} | ({journey.goal.on} if journey.goal else set())
    assert "order.placed" in ends
