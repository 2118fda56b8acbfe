"""How runs end: exits, goals, restarts (semantics 7 to 9)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.domain.events import Attributes, Event, Order, Product
from chalicelib.domain.fold import fold
from chalicelib.domain.messages import Status
from chalicelib.domain.shop import ShopSettings
from tests.domain.stories import (
    anna,
    at,
    cart,
    emptied,
    in_force,
    journey,
    line,
    marketing,
    ordered,
    played,
    said,
    story,
    told,
)

THREE = """
    journey: story
    enter: {on: cart.updated, key: event.cart.id, again: always}
    EXTRA
    steps: [wait: 1 hour, send: first, wait: 1 day, send: second, wait: 30 days, send: third]
"""


def three(extra: str) -> str:
    return THREE.replace("EXTRA", extra)


@pytest.mark.parametrize(("when", "came"), [
    ("03-02 10:30", []),
    ("03-02 11:30", ["03-02 11:00 first by email"]),
    ("03-20 12:00", ["03-02 11:00 first by email", "03-03 11:00 second by email"]),
])
def test_semantics_7_an_exit_ends_the_run_at_once_whatever_step_it_waits_in(when: str, came: list[str]) -> None:
    """7: not when the wait is over, but when the event is told."""
    definitions = in_force(three("exit: cart.emptied"))

    state, _ = played(definitions, cart("03-02 10:00"), emptied(when), days=0)
    assert state.runs == ()
    assert story(definitions, cart("03-02 10:00"), emptied(when)) == came


def test_semantics_7_an_exit_narrowed_by_a_filter_leaves_the_others() -> None:
    """7: `where` reads the event that ends."""
    definitions = in_force(three('exit: [{on: store.visited, where: event.data.city == "Tver"}]'))

    assert len(story(definitions, cart("03-02 10:00"), said("03-02 10:30", "store.visited", city="Omsk"))) == 3
    assert story(definitions, cart("03-02 10:00"), said("03-02 10:30", "store.visited", city="Tver")) == []


def test_semantics_7_an_exit_with_the_same_key_ends_that_run_only() -> None:
    """7: another cart being emptied does not end this run."""
    definitions = in_force(three("exit: [{on: cart.emptied, same-key: true}]"))
    told_thrice = (cart("03-02 10:00", "c1"), cart("03-02 10:05", "c2"), emptied("03-02 10:30", "c1"))

    state, _ = played(definitions, *told_thrice, days=0)
    assert [run.key for run in state.runs] == ["c2"]


def test_semantics_7_a_condition_on_the_profile_ends_the_run_at_once() -> None:
    """7: `when` is looked at whenever something happens."""
    definitions = in_force(three('exit: [{when: \'"vip" in customer.tags\'}]'))
    tagged = told("03-02 11:30", Event("customer.updated", at("03-02 11:30"), customer=Attributes(tags=("vip",))))

    state, _ = played(definitions, cart("03-02 10:00"), tagged, days=0)
    assert state.runs == ()


def test_semantics_7_a_condition_that_time_alone_makes_true_ends_the_run_before_the_next_send() -> None:
    """7: nothing is sent once it holds."""
    definitions = in_force(three("exit: [{when: hours_since(customer.cart.updated_at) >= 25}]"))

    assert story(definitions, cart("03-02 10:00")) == ["03-02 11:00 first by email"]


def test_semantics_7_a_message_held_for_the_morning_expires_when_its_run_ends() -> None:
    """7, 15: what was deferred is not sent, and says why."""
    definitions = in_force(three("exit: cart.emptied"), settings=ShopSettings(holdout_percent=0.0))

    assert story(definitions, cart("03-02 21:30"), emptied("03-03 08:00")) == [
        "03-02 22:30 first held until 03-03 09:00",
        "03-03 08:00 first skipped: expired",
    ]


def test_semantics_8_the_goal_ends_the_run_as_converted() -> None:
    """8: what the journey is for has happened."""
    definitions = in_force(three("goal: order.placed"))

    state, messages = played(definitions, cart("03-02 10:00"), ordered("03-02 12:00"))
    assert [message.name for message in messages] == ["first"]
    assert state.runs == ()


def test_semantics_8_a_goal_that_names_a_step_leads_there_once() -> None:
    """8: jumps to the step; reaching it again, the run stays where it is."""
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id}
        goal: {on: order.placed, then: thank}
        steps:
          - wait: 1 hour
          - send: first
          - end
          - wait: 1 day
            label: thank
          - send: thanks
    """)

    assert story(definitions, cart("03-02 10:00"), ordered("03-02 10:30")) == ["03-03 10:30 thanks by email"]
    assert story(definitions, cart("03-02 10:00"), ordered("03-02 10:30"), ordered("03-02 20:00", "o2")) == [
        "03-03 10:30 thanks by email"
    ]


def test_semantics_8_a_goal_with_a_filter_is_reached_by_that_event_only() -> None:
    """8: `where` reads the event that converts."""
    definitions = in_force(three("goal: {on: order.placed, where: event.order.total > 7990}"))

    assert len(story(definitions, cart("03-02 10:00"), ordered("03-02 10:30"))) == 3
    big = told("03-02 10:30", Event("order.placed", at("03-02 10:30"), order=Order("o9", total=Decimal(7991))))
    assert story(definitions, cart("03-02 10:00"), big) == []


def test_semantics_7_an_event_that_is_goal_and_exit_counts_as_the_goal() -> None:
    """7, 8: the order that was hoped for is a conversion."""
    definitions = in_force(three("exit: order.placed\n    goal: order.placed"))
    state, _ = played(definitions, cart("03-02 10:00"), days=0)

    folded = fold(state, ordered("03-02 10:30"), definitions, trace=True)
    assert [decision.decided for decision in folded.decisions if decision.journey] == ["converted"]


def test_semantics_9_an_order_before_the_run_began_does_not_end_it() -> None:
    """9: ordered since this run began."""
    definitions = in_force(three("exit: order.placed"))

    assert len(story(definitions, ordered("03-02 09:00"), cart("03-02 10:00"))) == 3


RESTARTED = """
    journey: story
    enter: {on: cart.updated, key: event.cart.id}
    steps:
      - {wait: 1 hour, restart-on: cart.updated}
      - send: first
      - wait: 1 day
      - send: second
"""


def test_semantics_9_restart_on_moves_the_start_of_the_wait_to_the_newest_change() -> None:
    """9: twenty changes are one run, an hour after the last."""
    changes = [cart(f"03-02 10:{minute:02}") for minute in range(0, 40, 2)]

    assert story(in_force(RESTARTED), *changes) == ["03-02 11:38 first by email", "03-03 11:38 second by email"]


def test_semantics_9_restart_on_moves_only_the_wait_that_names_it() -> None:
    """9: the day after the reminder counts on."""
    assert story(in_force(RESTARTED), cart("03-02 10:00"), cart("03-02 20:00")) == [
        "03-02 11:00 first by email",
        "03-03 11:00 second by email",
    ]


def test_semantics_9_another_cart_does_not_restart_the_wait() -> None:
    """9: the key says whose wait it is."""
    assert "03-02 11:00 first by email" in story(in_force(RESTARTED), cart("03-02 10:00"), cart("03-02 10:30", "c2"))


def test_semantics_9_a_restart_by_another_event_does_not_change_what_the_messages_show() -> None:
    """9: a page looked at moves the wait, and the cart stays the cart."""
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated}
        steps:
          - {wait: 1 hour, restart-on: product.viewed}
          - branch: [{when: event.cart.total > 5000, steps: [send: second]}]
            otherwise: [send: first]
    """)
    viewed = told("03-02 10:30", Event("product.viewed", at("03-02 10:30"), product=Product("p1")))

    _, messages = played(definitions, filled := cart("03-02 10:00"), viewed)
    assert [line(message) for message in messages] == ["03-02 11:30 second by email"]
    assert messages[0].event_ref == f"{filled.entry_id}|0"


def test_semantics_28_nothing_is_sent_for_a_held_message_whose_journey_is_gone() -> None:
    """28: withdrawn, and the message says that it expired."""
    quiet = in_force(three(""), settings=ShopSettings(holdout_percent=0.0))
    held, _ = played(quiet, cart("03-02 21:30"), said("03-02 23:00", "a.b"), days=0)
    gone = in_force(earlier=[journey(three(""))], messages=[marketing("first")])

    state, messages = played(gone, said("03-03 08:00", "a.b"), customer=held)
    assert [(message.status, message.reason) for message in messages] == [(Status.SKIPPED, "expired")]
    assert state.runs == ()


def test_anna_is_written_to_without_any_exit() -> None:
    """The stories above would hold for a journey that never sends, too: this one does."""
    assert len(story(in_force(three("")), cart("03-02 10:00"), customer=anna())) == 3


def test_semantics_7_time_alone_ends_a_run_at_once() -> None:
    """Not when it next wakes: whoever looks at the customer sees that it is over."""
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        exit: [{when: days_since(customer.last_seen_at) > 2}]
        steps: [wait: 30 days, send: first]
    """)
    state, messages = played(definitions, said("03-02 10:00", "form.submitted"), days=3)
    assert (state.runs, messages) == ((), ())
