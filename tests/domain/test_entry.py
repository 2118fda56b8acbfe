"""Who enters a journey, and how often (semantics 1 to 6)."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.domain.events import Cart, Event
from chalicelib.domain.journeys import version_of
from tests.domain.stories import anna, at, cart, emptied, in_force, journey, line, ordered, played, said, story, told

ONE_REMINDER = """
    journey: story
    enter: {on: cart.updated, key: event.cart.id, again: AGAIN}
    exit: [{on: cart.emptied, same-key: true}]
    steps:
      - wait: 1 hour
      - send: first
"""


def reminder(again: str = "always") -> str:
    return ONE_REMINDER.replace("AGAIN", again)


def test_semantics_1_any_of_several_events_lets_a_customer_enter() -> None:
    """1: a trigger is an event; a file may name several that mean the same."""
    welcome = in_force("{journey: story, enter: {on: [club.joined, form.submitted]}, steps: [send: first]}")

    assert story(welcome, said("03-02 10:00", "club.joined")) == ["03-02 10:00 first by email"]
    assert story(welcome, said("03-02 10:00", "form.submitted")) == ["03-02 10:00 first by email"]
    assert story(welcome, said("03-02 10:00", "club.left")) == []


def test_semantics_2_the_event_filter_is_tested_once_against_the_event() -> None:
    """2: a cart that becomes cheap later is still the cart that let the customer enter."""
    carts = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id, where: event.cart.total > 1000}
        steps: [wait: 1 hour, send: first]
    """)

    assert story(carts, cart("03-02 10:00", total="999")) == []
    assert story(carts, cart("03-02 10:00", total="1001"), cart("03-02 10:10", total="1")) == [
        "03-02 11:00 first by email"
    ]


def test_semantics_2_the_profile_filter_is_tested_at_entry_and_again_before_each_action() -> None:
    """2: who orders meanwhile is skipped, and the reason is kept; who has ordered does not enter."""
    newcomers = in_force("""
        journey: story
        for: customer.orders.count == 0
        enter: {on: form.submitted}
        steps: [send: first, wait: 1 day, send: second]
    """)

    assert story(newcomers, said("03-02 10:00", "form.submitted"), ordered("03-02 15:00")) == [
        "03-02 10:00 first by email",
        "03-03 10:00 second skipped: filter",
    ]
    assert story(newcomers, ordered("03-02 09:00"), said("03-02 10:00", "form.submitted")) == []


def test_semantics_3_the_same_key_arriving_again_is_the_same_run_and_shows_the_newest_cart() -> None:
    """3: at most one active run per journey and key."""
    state, messages = played(in_force(reminder()), cart("03-02 10:00"), newest := cart("03-02 10:30"))

    assert [line(message) for message in messages] == ["03-02 11:00 first by email"]
    assert messages[0].event_ref == f"{newest.entry_id}|0"
    assert state.visits[0].count == 1


def test_semantics_3_two_keys_are_two_runs() -> None:
    """3: the key is taken from the event."""
    assert story(in_force(reminder()), cart("03-02 10:00", "c1"), cart("03-02 10:30", "c2")) == [
        "03-02 11:00 first by email",
        "03-02 11:30 first by email",
    ]


def test_semantics_3_an_event_without_the_key_lets_nobody_enter() -> None:
    """3: a run without a key could not be told from another."""
    by_coupon = in_force("{journey: story, enter: {on: quiz.done, key: event.data.quiz}, steps: [send: first]}")

    assert story(by_coupon, said("03-02 10:00", "quiz.done")) == []
    assert story(by_coupon, said("03-02 10:00", "quiz.done", quiz="")) == []
    assert story(by_coupon, said("03-02 10:00", "quiz.done", quiz=0)) == ["03-02 10:00 first by email"]


@pytest.mark.parametrize(("again", "comes"), [
    ("never", ["03-02 11:00 first by email"]),
    ("{after: 7 days}", ["03-02 11:00 first by email", "03-09 11:00 first by email"]),
    ("always", ["03-02 11:00 first by email", "03-09 10:59 first by email", "03-09 11:00 first by email"]),
])
def test_semantics_4_again_says_who_may_enter_once_more(again: str, comes: list[str]) -> None:
    """4: `after` is a gap in seconds since the last entry, whatever the key; a minute too early is too early."""
    told_thrice = (cart("03-02 10:00", "c1"), cart("03-09 09:59", "c2"), cart("03-09 10:00", "c3"))

    assert story(in_force(reminder(again)), *told_thrice) == comes


def test_semantics_4_a_gap_counts_seconds_not_calendar_days() -> None:
    """4: seven days over a change of clocks are 7 x 86,400 seconds."""
    berlin = anna(time_zone="Europe/Berlin")
    definitions = in_force(reminder("{after: 1 day}"))

    # The clocks of Berlin go forward on 29 March at 2:00 (1:00 UTC): its noon comes after 23 hours.
    early = (cart("03-28 14:00", "c1"), cart("03-29 13:00", "c2"))
    late = (cart("03-28 14:00", "c1"), cart("03-29 14:00", "c2"))
    assert len(story(definitions, *early, customer=berlin)) == 1
    assert len(story(definitions, *late, customer=berlin)) == 2


def test_semantics_4_a_trigger_consumed_by_an_exit_counts_as_an_entry() -> None:
    """4: an entry that came to nothing is an entry."""
    never = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id, again: never}
        exit: [{on: cart.updated, where: event.cart.total < 100}]
        steps: [wait: 1 hour, send: first]
    """)

    state, messages = played(never, cart("03-02 10:00", "c1", "50"), cart("03-02 12:00", "c2", "5000"))
    assert messages == ()
    assert [(visit.journey, visit.count) for visit in state.visits] == [("story", 1)]


def test_semantics_4_a_trigger_consumed_by_a_missed_window_counts_as_an_entry() -> None:
    """4: the date had passed, the step was skipped, and `never` is never."""
    dated = in_force("""
        journey: story
        enter: {on: order.shipped, key: event.order.id, again: never}
        steps: [wait: {until: order.delivery_date, offset: -1 day}, send: first]
    """)
    late = ordered("03-02 10:00", "o1", "shipped", delivery_date=date(2026, 2, 20))
    in_time = ordered("03-03 10:00", "o2", "shipped", delivery_date=date(2026, 3, 10))

    assert story(dated, late, in_time) == ["03-02 10:00 first skipped: too-late"]


def test_semantics_4_always_waits_for_the_end_of_the_earlier_run_of_that_key() -> None:
    """4: as soon as the earlier run has ended, the same key may enter again."""
    told_thrice = (cart("03-02 10:00"), cart("03-02 10:30"), cart("03-02 11:01"))

    assert story(in_force(reminder("always")), *told_thrice) == [
        "03-02 11:00 first by email",
        "03-02 12:01 first by email",
    ]


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_semantics_6_only_a_live_journey_takes_entries(status: str) -> None:
    """6: draft, paused and ended ones take none."""
    definitions = in_force(f"{{journey: story, status: {status}, enter: {{on: form.submitted}}, steps: [send: first]}}")

    assert story(definitions, said("03-02 10:00", "form.submitted")) == []


def test_semantics_5_a_journey_switched_on_takes_only_what_happens_from_then_on() -> None:
    """5: `future` is how a journey starts: an earlier event lets nobody enter."""
    text = "{journey: story, status: STATUS, enter: {on: form.submitted}, steps: [send: first]}"
    before, _ = played(in_force(text.replace("STATUS", "draft")), said("03-02 10:00", "form.submitted"))

    live = in_force(text.replace("STATUS", "live"))
    assert story(live, said("03-02 11:00", "page.left"), customer=before) == []
    assert story(live, said("03-02 11:00", "form.submitted"), customer=before) == ["03-02 11:00 first by email"]


def test_semantics_3_events_of_one_entry_are_taken_in_their_order() -> None:
    """3, 7: filled and emptied in one delivery is nothing; emptied and filled is a cart."""
    filled = Event("cart.updated", at("03-02 10:00"), cart=Cart("c1"))
    empty = Event("cart.emptied", at("03-02 10:00"), cart=Cart("c1"))
    definitions = in_force(reminder())

    assert story(definitions, told("03-02 10:00", filled, empty)) == []
    assert story(definitions, told("03-02 10:00", empty, filled)) == ["03-02 11:00 first by email"]


def test_semantics_4_entering_again_after_an_exit_makes_new_messages() -> None:
    """4, 22: the number of the entry is part of a message's id."""
    _, messages = played(
        in_force(reminder()), cart("03-02 10:00"), emptied("03-02 12:00"), cart("03-03 10:00")
    )

    assert [message.entry for message in messages] == [1, 2]
    assert len({message.message_id for message in messages}) == 2


def test_semantics_3_a_cart_told_as_it_was_before_is_no_news() -> None:
    """3: storefronts do not deliver in order; an older picture neither restarts nor replaces the newer one."""
    older = told("03-02 10:30", Event("cart.updated", at("03-02 09:50"), cart=Cart("c1")))
    before_order = told("03-02 15:01", Event("cart.updated", at("03-02 14:59"), cart=Cart("c2")))
    definitions = in_force(reminder())

    _, messages = played(definitions, newest := cart("03-02 10:00"), older)
    assert [message.event_ref for message in messages] == [f"{newest.entry_id}|0"]
    assert story(definitions, ordered("03-02 15:00"), before_order) == []


def test_semantics_25_a_journey_file_is_one_journey_by_its_content() -> None:
    """25: its status is no part of what a version is."""
    live, changed = journey(reminder("always")), journey(reminder("never"))
    paused = journey("status: paused\n" + "\n".join(row[4:] for row in reminder("always").splitlines()))
    assert version_of(live) == version_of(paused)
    assert version_of(live) != version_of(changed)
