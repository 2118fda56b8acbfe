"""A message that waited is tested again for all that may have overtaken it (semantics 2, 7, 16 and 26)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import OrderTotals, Profile
from chalicelib.domain.events import Event
from chalicelib.domain.journeys import Exit, Goal, Pause, Resume, version_of
from chalicelib.domain.messages import Message, Status
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import put_in_force, read_in_force
from chalicelib.flows.deliver import deliver
from tests.flows.failing_calls import failing, play, throttling
from tests.flows.sending_shop import MAIL, NOW, WELCOME, SendingShop, later

HOUR = timedelta(hours=1)


def in_force(shop: SendingShop, *pauses: Pause, **changes: Any) -> Message:
    """Put the journey in force as changed, with these pauses; a message it has queued."""
    journey = replace(WELCOME, **changes)
    kept = read_in_force()
    assert put_in_force(replace(kept.in_force, journeys=(journey,), pauses=pauses), kept)
    definitions_in_force.forget()
    return shop.message(version=version_of(journey))


def outcome(shop: SendingShop) -> tuple[str, str]:
    return shop.found().status.value, shop.found().reason


def test_semantics_7_the_event_that_led_to_a_message_does_not_end_it(shop: SendingShop) -> None:
    """The thanks for an order that was the goal are still due when the mail had to wait."""
    shop.customer(MAIL)
    shop.logged(Event("order.placed", NOW))

    deliver(in_force(shop, exits=(), goal=Goal("order.placed")), later(minutes=5))

    assert outcome(shop) == ("sent", "")


def test_semantics_8_a_goal_that_was_reached_meanwhile_ends_it(shop: SendingShop) -> None:
    shop.customer(MAIL)
    shop.logged(Event("order.placed", later(minutes=1)))

    deliver(in_force(shop, exits=(), goal=Goal("order.placed")), later(minutes=5))

    assert outcome(shop) == ("skipped", "expired")


def test_semantics_7_an_exit_on_a_condition_that_has_become_true_ends_it(shop: SendingShop) -> None:
    profile = replace(shop.customer(MAIL).profile, orders=OrderTotals(count=1))
    shop.customer(profile=profile)

    deliver(in_force(shop, exits=(Exit(when="customer.orders.count > 0"),)), later(minutes=5))

    assert outcome(shop) == ("skipped", "expired")


@pytest.mark.parametrize(("city", "becomes"), [("Tver", ("sent", "")), ("Omsk", ("skipped", "filter"))])
def test_semantics_2_a_customer_who_is_no_longer_meant_gets_nothing(
    shop: SendingShop, city: str, becomes: tuple[str, str],
) -> None:
    profile: Profile = replace(shop.customer(MAIL).profile, city=city)
    shop.customer(profile=profile)

    deliver(in_force(shop, profile_filter='customer.city == "Tver"'), later(minutes=5))

    assert outcome(shop) == becomes


def test_semantics_26_while_its_journey_is_paused_a_message_that_waits_goes_on_waiting(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = in_force(shop)
    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(message, NOW)
    kept = read_in_force()
    assert put_in_force(replace(kept.in_force, pauses=(Pause("welcome", later(seconds=30)),)), kept)
    definitions_in_force.forget()

    play(shop, message, NOW, until=3 * HOUR)

    assert outcome(shop) == ("retrying", "journey-paused")
    assert shop.mails == []


@pytest.mark.parametrize(("resume", "becomes"), [
    (Resume("drop"), ("skipped", "journey-paused")),
    (Resume("late", 3600), ("skipped", "too-late")),
    (Resume("late", 4 * 3600), ("sent", "")),
    (Resume("late"), ("sent", "")),
    (Resume("shift"), ("sent", "")),
])
def test_semantics_26_after_a_pause_its_resumption_says_what_becomes_of_what_waited(
    shop: SendingShop, resume: Resume, becomes: tuple[str, str],
) -> None:
    shop.customer(MAIL)
    message = in_force(shop, Pause("welcome", later(minutes=1), later(hours=2), resume))

    deliver(message, later(hours=2))

    assert outcome(shop) == becomes


def test_a_pause_that_was_over_before_the_decision_means_nothing(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = in_force(shop, Pause("welcome", NOW - 2 * HOUR, NOW - HOUR, Resume("drop")))

    deliver(message, later(minutes=5))

    assert shop.found().status is Status.SENT
