"""Semantics 29: an order belongs to the message clicked last within 5 days (24 hours for SMS), else to none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.effects import AttributeOrder
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import fold
from tests.domain.stories import anna, in_force, message_told, ordered


def put_down_to(*entries: Entry, customer: Customer | None = None) -> list[tuple[str, str, bool]]:
    """Which order is put down to which message, and whether by a click."""
    customer = customer or anna()
    found = []
    for entry in entries:
        folded = fold(customer, entry, in_force())
        customer = folded.customer
        found += [effect for effect in folded.effects if isinstance(effect, AttributeOrder)]
    return [(effect.order.order_id, effect.message_id, effect.order.clicked) for effect in found]


def clicked(when: str, message_id: str, channel: str = "email", **fields: bool) -> Entry:
    """A link in a message was followed."""
    return message_told(when, "clicked", message_id, channel=channel, **fields)


def opened(when: str, message_id: str) -> Entry:
    """A message was opened."""
    return message_told(when, "opened", message_id, channel="email")


def test_semantics_29_an_order_belongs_to_the_message_clicked_last() -> None:
    told = (clicked("03-02 10:00", "m1"), clicked("03-03 10:00", "m2", "push"), opened("03-04 10:00", "m3"))
    assert put_down_to(*told, ordered("03-05 10:00")) == [("o1", "m2", True)]


@pytest.mark.parametrize(("channel", "day", "belongs"), [
    ("email", "03-07 10:00", True), ("email", "03-07 10:01", False), ("push", "03-07 10:00", True),
    ("sms", "03-03 10:00", True), ("sms", "03-03 10:01", False),
])
def test_semantics_29_a_click_counts_five_days_and_that_on_an_sms_one(channel: str, day: str, belongs: bool) -> None:
    told = clicked("03-02 10:00", "m1", channel)
    assert put_down_to(told, ordered(day)) == ([("o1", "m1", True)] if belongs else [])


def test_semantics_29_an_sms_clicked_long_ago_leaves_the_click_before_it() -> None:
    told = (clicked("03-02 10:00", "m1"), clicked("03-02 11:00", "m2", "sms"))
    assert put_down_to(*told, ordered("03-04 10:00")) == [("o1", "m1", True)]


def test_semantics_29_of_two_clicks_that_still_count_the_order_belongs_to_the_later() -> None:
    told = (clicked("03-02 10:00", "m1"), clicked("03-02 11:00", "m2", "sms"))
    assert put_down_to(*told, ordered("03-02 12:00")) == [("o1", "m2", True)]
    assert put_down_to(*reversed(told), ordered("03-02 12:00")) == [("o1", "m2", True)]


def test_semantics_29_an_order_at_the_very_moment_of_the_click_belongs_to_it() -> None:
    assert put_down_to(clicked("03-02 10:00", "m1"), ordered("03-02 10:00")) == [("o1", "m1", True)]


def test_semantics_29_opens_alone_count_only_in_the_generous_figure() -> None:
    assert put_down_to(opened("03-02 10:00", "m1"), ordered("03-03 10:00")) == [("o1", "m1", False)]


def test_semantics_29_what_machines_click_is_left_out() -> None:
    assert put_down_to(clicked("03-02 10:00", "m1", automated=True), ordered("03-03 10:00")) == []


def test_semantics_29_an_order_told_twice_counts_once() -> None:
    told = (clicked("03-02 10:00", "m1"), ordered("03-03 10:00"), ordered("03-03 10:05"))
    assert put_down_to(*told) == [("o1", "m1", True)]


def test_an_order_is_put_down_with_its_sum() -> None:
    customer = fold(anna(), clicked("03-02 10:00", "m1"), in_force()).customer
    (effect,) = [one for one in fold(customer, ordered("03-03 10:00"), in_force()).effects
                 if isinstance(one, AttributeOrder)]
    assert (effect.order.total, effect.order.currency) == (Decimal(7990), "RUB")
