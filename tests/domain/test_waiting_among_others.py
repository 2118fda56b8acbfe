"""Runs that wait beside other things: pauses, timers of segments and dates, others' turns, values of their event."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import ArmTimer, PutMessage
from chalicelib.domain.events import Event
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Pause, Resume
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.domain.shop import FrequencyCap, ShopSettings
from tests.domain.stories import (
    SHOP,
    anna,
    at,
    cart,
    emptied,
    in_force,
    journey,
    line,
    ordered,
    played,
    said,
    story,
    told,
)

BEGUN = said("03-02 10:00", "form.submitted")


def form(*steps: str, name: str = "story", rules: str = "") -> str:
    """A journey that the form leads into, with these steps."""
    rows = "".join(f"\n  - {step}" for step in steps)
    return f"journey: {name}\nenter: {{on: form.submitted, again: always}}\n{rules}\nsteps:{rows}\n"


def test_semantics_10_a_held_message_that_is_released_too_late_is_skipped() -> None:
    """The engine was down from the morning on, seven hours past the end of the quiet hours."""
    definitions = in_force(form("send: first"), settings=ShopSettings(holdout_percent=0.0))
    held, _ = played(definitions, said("03-02 23:00", "form.submitted"), days=0)

    def released(when: str) -> list[str]:
        effects = fold(held, timer_entry("anna", at("03-03 09:00"), at(when)), definitions).effects
        return [line(effect.message) for effect in effects if isinstance(effect, PutMessage)]

    assert released("03-03 15:00") == ["03-03 15:00 first by email"]
    assert released("03-03 16:00") == ["03-03 16:00 first skipped: too-late"]


AWAITING = """
    journey: story
    enter: {on: form.submitted}
    exit: cart.emptied
    steps:
      - {wait-for: [{on: order.placed, steps: [send: thanks, end]}], limit: 7 days}
      - send: first
"""


def paused(text: str, resumed: str = "", resume: Resume | None = None, *, settings: ShopSettings = SHOP) -> Definitions:
    """The journey paused at 10:30, and, if said so, resumed."""
    pause = Pause("story", at("03-02 10:30"), at(resumed) if resumed else None, resume or Resume())
    return in_force(replace(journey(text), status="live" if resumed else "paused"), pauses=[pause], settings=settings)


def woken(when: str) -> Event:
    """Something that means nothing to the journey."""
    return Event("page.left", at(when))


def test_semantics_26_what_comes_true_in_a_pause_is_answered_after_it() -> None:
    begun, _ = played(in_force(AWAITING), BEGUN, days=0)
    ordered_meanwhile, messages = played(paused(AWAITING), ordered("03-02 10:45"), customer=begun, days=0)

    assert messages == ()
    resumed = paused(AWAITING, "03-02 12:00")
    assert story(resumed, told("03-02 12:00", woken("03-02 12:00")), customer=ordered_meanwhile) == [
        "03-02 12:00 thanks by email"
    ]


def test_semantics_26_what_came_true_in_a_pause_is_dropped_with_it_and_is_late_with_it() -> None:
    begun, _ = played(in_force(AWAITING), BEGUN, days=0)
    waiting, _ = played(paused(AWAITING), ordered("03-02 10:45"), customer=begun, days=0)

    def came(resumed: str, resume: Resume) -> list[str]:
        definitions = paused(AWAITING, resumed, resume)
        return story(definitions, told(resumed, woken(resumed)), customer=waiting)

    assert came("03-02 12:00", Resume("drop")) == ["03-02 12:00 thanks skipped: journey-paused"]
    assert came("03-02 18:00", Resume("late", 6 * 3600)) == ["03-02 18:00 thanks skipped: too-late"]


def test_semantics_26_no_step_of_any_kind_is_done_in_a_pause() -> None:
    text = form("wait: 1 hour", "tag: keen", "wait: 1 hour", "send: first")
    begun, _ = played(in_force(text), BEGUN, days=0)
    meanwhile, _ = played(paused(text), told("03-02 11:30", woken("03-02 11:30")), customer=begun, days=0)

    assert meanwhile.profile.tags == ()
    resumed, _ = played(paused(text, "03-02 12:00"), told("03-02 12:00", woken("03-02 12:00")), customer=meanwhile,
                        days=0)
    assert resumed.profile.tags == ("keen",)


@pytest.mark.parametrize("began", ["03-02 10:30", "03-02 10:29"])
def test_semantics_26_a_wait_that_began_when_the_pause_did_is_shifted(began: str) -> None:
    text = form("wait: 1 hour", "send: first")
    begun, _ = played(in_force(text), said(began, "form.submitted"), days=0)
    shifted = paused(text, "03-03 10:30", Resume("shift"))

    assert story(shifted, told("03-03 10:30", woken("03-03 10:30")), customer=begun) == [
        f"03-03 11:{began[-2:]} first by email"
    ]


def test_semantics_26_what_came_due_the_moment_the_pause_began_is_shifted() -> None:
    """From its first moment on a pause keeps everything back."""
    text = form("wait: 30 minutes", "send: first")
    begun, _ = played(in_force(text), BEGUN, days=0)
    shifted = paused(text, "03-03 10:30", Resume("shift"))

    assert story(shifted, told("03-03 10:30", woken("03-03 10:30")), customer=begun) == ["03-03 10:30 first by email"]


ONE_A_DAY = replace(SHOP, caps=(FrequencyCap("email", 1, 86400),))


def test_semantics_18_of_equals_the_journey_first_by_name_takes_the_slot() -> None:
    """Whichever was entered first: the same customer gets the same whenever it is played."""
    late, early = form("wait: 1 hour", "send: second", name="z"), form("wait: 30 minutes", "send: first", name="a")
    by_cart = early.replace("form.submitted", "cart.updated")
    definitions = in_force(late, by_cart, settings=ONE_A_DAY)

    assert story(definitions, BEGUN, cart("03-02 10:30")) == [
        "03-02 11:00 first by email", "03-02 11:00 second skipped: frequency-cap",
    ]


def test_semantics_18_of_equals_in_one_journey_the_key_first_by_name_takes_the_slot() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id, again: always}
        steps: [wait: {at: "12:00"}, send: first]
    """, settings=ONE_A_DAY)
    _, messages = played(definitions, cart("03-02 10:00", "c2"), cart("03-02 11:00", "c1"))

    assert [(message.run_key, message.status) for message in messages] == [("c1", "queued"), ("c2", "skipped")]


SEGMENTS = {"asleep": "days_since(customer.last_seen_at) >= 30"}


def test_one_timer_wakes_for_whichever_comes_first() -> None:
    """A run tomorrow, a segment in a month, a birthday in half a year: in whatever order they are looked at."""
    run = form("wait: 1 day", "send: first")
    asleep = "journey: b\nenter: {segment: asleep}\nsteps: [send: second]"
    birthday = "journey: c\nenter: {date: customer.birthday, every: year, at: 10:00}\nsteps: [send: third]"
    definitions = in_force(run, asleep, birthday, segments=SEGMENTS)

    def armed(customer: Customer, what: Definitions) -> list[object]:
        return [effect for effect in fold(customer, BEGUN, what).effects if isinstance(effect, ArmTimer)]

    summer, tomorrow = anna(birthday=date(1990, 8, 7)), anna(birthday=date(1990, 3, 3))
    assert armed(summer, definitions) == [ArmTimer("anna", at("03-03 10:00"))]
    assert armed(summer, in_force(asleep, birthday, segments=SEGMENTS)) == [ArmTimer("anna", at("04-01 10:00"))]
    assert armed(replace(tomorrow), in_force(asleep, birthday, segments=SEGMENTS)) == [
        ArmTimer("anna", at("03-03 10:00"))
    ]
    assert armed(summer, in_force(birthday)) == [ArmTimer("anna", at("08-07 10:00"))]


def test_semantics_12_an_event_that_comes_before_it_is_waited_for_is_not_the_one() -> None:
    definitions = in_force(form(
        "wait: 1 hour", "{wait-for: [{on: order.placed, steps: [send: thanks, end]}], limit: 7 days}", "send: first",
    ))

    assert story(definitions, BEGUN, ordered("03-02 10:30")) == ["03-09 11:00 first by email"]
    assert story(definitions, BEGUN, ordered("03-02 10:30"), ordered("03-02 11:30", "o2")) == [
        "03-02 11:30 thanks by email"
    ]


@pytest.mark.parametrize(("same_key", "other_cart"), [("true", []), ("false", ["03-02 10:30 thanks by email"])])
def test_semantics_12_a_case_may_wait_for_the_same_key_only(same_key: str, other_cart: list[str]) -> None:
    definitions = in_force(f"""
        journey: story
        enter: {{on: cart.updated, where: event.cart.total > 5000, key: event.cart.id}}
        steps:
          - wait-for: [{{on: cart.emptied, same-key: {same_key}, steps: [send: thanks, end]}}]
            limit: 7 days
            otherwise: [end]
    """)

    assert story(definitions, cart("03-02 10:00"), emptied("03-02 10:30", "c2")) == other_cart
    assert story(definitions, cart("03-02 10:00"), emptied("03-02 10:30", "c1")) == ["03-02 10:30 thanks by email"]


def test_semantics_12_a_condition_before_an_event_wins_and_reads_what_began_the_run() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id}
        steps:
          - wait-for:
              - {when: customer.orders.spent > event.cart.total, steps: [send: second, end]}
              - {on: order.placed, steps: [send: thanks, end]}
            limit: 7 days
    """)

    assert story(definitions, cart("03-02 10:00", total="5000"), ordered("03-02 10:30")) == [
        "03-02 10:30 second by email"
    ]
    assert story(definitions, cart("03-02 10:00", total="9000"), ordered("03-02 10:30")) == [
        "03-02 10:30 thanks by email"
    ]


def test_semantics_7_an_exit_may_compare_with_what_began_the_run() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id}
        exit: [{when: customer.orders.spent > event.cart.total}]
        steps: [wait: 1 hour, send: first]
    """)

    assert story(definitions, cart("03-02 10:00", total="5000"), ordered("03-02 10:30")) == []
    assert story(definitions, cart("03-02 10:00", total="9000"), ordered("03-02 10:30")) == [
        "03-02 11:00 first by email"
    ]


def test_semantics_7_the_filter_of_an_exit_may_ask_how_long_ago_something_was() -> None:
    definitions = in_force(form(
        "wait: 2 days", "send: first",
        rules="exit: [{on: store.visited, where: hours_since(customer.orders.last_at) >= 24}]",
    ))
    began = (ordered("03-02 09:00"), BEGUN)

    assert story(definitions, *began, said("03-03 08:59", "store.visited")) == ["03-04 10:00 first by email"]
    assert story(definitions, *began, said("03-03 09:00", "store.visited")) == []


def test_semantics_12_time_alone_makes_true_what_is_asked_of_the_event() -> None:
    """Nobody does anything: the timer is armed for when the delivery is a day past."""
    definitions = in_force("""
        journey: story
        enter: {on: order.placed, key: event.order.id}
        steps:
          - wait-for: [{when: hours_since(event.order.delivery_date) >= 24, steps: [send: thanks, end]}]
            limit: 30 days
            otherwise: [send: first]
    """)

    assert story(definitions, ordered("03-02 10:00", delivery_date=date(2026, 3, 5)))[0].endswith("thanks by email")
