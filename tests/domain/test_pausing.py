"""Semantics 26: pausing freezes entries and sends; resuming says what becomes of what came due meanwhile."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Pause, Resume
from tests.domain.stories import at, cart, in_force, journey, ordered, played, said, story, told

STORY = """
    journey: story
    enter: {on: form.submitted, again: always}
    exit: order.placed
    steps:
      - wait: 1 hour
      - send: first
      - wait: 1 hour
      - send: second
"""


def begun(**changes: Any) -> Customer:
    """Entered at 10:00, so that the first message is due at 11:00 and the second an hour after it."""
    return played(in_force(replace(journey(STORY), **changes)), said("03-02 10:00", "form.submitted"), days=0)[0]


def paused(resumed: str = "", resume: Resume | None = None) -> Any:
    """The journey paused at 10:30, and, if said so, resumed."""
    pause = Pause("story", at("03-02 10:30"), at(resumed) if resumed else None, resume or Resume())
    return in_force(replace(journey(STORY), status="live" if resumed else "paused"), pauses=[pause])


def woken(when: str) -> Any:
    """What the resuming of a journey appends to the log of each customer in it."""
    return told(when, said(when, "form.left").events[0])


def test_semantics_26_nothing_is_sent_and_nobody_enters_while_a_journey_is_paused() -> None:
    assert story(paused(), said("03-02 10:40", "form.submitted"), cart("03-03 10:00"), customer=begun()) == []
    assert played(paused(), said("03-02 10:40", "form.submitted"), days=3)[0].runs == ()


def test_semantics_26_an_exit_takes_effect_in_a_pause() -> None:
    state, messages = played(paused(), ordered("03-02 10:45"), customer=begun(), days=3)
    assert (state.runs, messages) == ((), ())


def test_semantics_26_a_paused_run_arms_no_timer() -> None:
    folded = fold(replace(begun(), timer_at=None), cart("03-02 10:40"), paused())
    assert folded.effects == ()


def test_semantics_26_by_default_what_is_not_too_late_is_sent() -> None:
    resumed = paused("03-02 16:00")
    assert story(resumed, woken("03-02 16:00"), customer=begun()) == [
        "03-02 16:00 first by email", "03-02 17:00 second by email",
    ]
    resumed = paused("03-02 18:00")
    assert story(resumed, woken("03-02 18:00"), customer=begun()) == [
        "03-02 18:00 first skipped: too-late", "03-02 19:00 second by email",
    ]


def test_semantics_26_how_late_is_said_when_it_is_resumed() -> None:
    resumed = paused("03-02 18:00", Resume("late", at_most=8 * 3600))
    assert story(resumed, woken("03-02 18:00"), customer=begun())[0] == "03-02 18:00 first by email"


def test_semantics_26_dropped_is_what_came_due_in_the_pause_and_no_more() -> None:
    resumed = paused("03-02 11:10", Resume("drop"))
    assert story(resumed, woken("03-02 11:10"), customer=begun()) == [
        "03-02 11:10 first skipped: journey-paused", "03-02 12:10 second by email",
    ]
    resumed = paused("03-02 10:50", Resume("drop"))
    assert story(resumed, woken("03-02 10:50"), customer=begun())[0] == "03-02 11:00 first by email"


def test_semantics_26_shifted_is_everything_that_waited_by_the_length_of_the_pause() -> None:
    resumed = paused("03-03 10:30", Resume("shift"))
    assert story(resumed, woken("03-03 10:30"), customer=begun()) == [
        "03-03 11:00 first by email", "03-03 12:00 second by email",
    ]


def test_semantics_26_a_run_that_began_after_the_pause_is_not_shifted() -> None:
    resumed = paused("03-02 10:50", Resume("shift"))
    assert story(resumed, said("03-02 11:00", "form.submitted"))[0] == "03-02 12:00 first by email"


def test_a_journey_paused_nobody_knows_since_when_is_paused() -> None:
    assert story(in_force(replace(journey(STORY), status="paused")), cart("03-02 10:30"), customer=begun()) == []
