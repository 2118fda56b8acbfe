"""Semantics 1 to 6: what else stands beside a way into a journey does not matter, and its run begins as it should."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chalicelib.domain.customer import Run
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Attributes, Entry, Event, Order
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Pause
from tests.domain.stories import (
    anna,
    at,
    cart,
    in_force,
    journey,
    line,
    message_told,
    ordered,
    played,
    said,
    story,
    told,
)

SEEN = said("03-02 10:00", "form.submitted")
SEGMENTS = {
    "adults": "years_since(customer.birthday) >= 18",
    "buyers": "customer.orders.count > 0",
    "fans": '"fan" in customer.tags',
}
BIRTHDAY = "date: customer.birthday, every: year, at: 10:00"
BROADCAST = "broadcast: {to: customer.orders.count == 0, at: 2026-03-05 11:00}"
REACHED = said("03-05 11:00", "broadcast.reached", journey="story", broadcast="story@2026-03-05T11:00")


def of(enter: str, name: str = "story", steps: str = "[send: first]", more: str = "") -> str:
    """A journey of one message."""
    return f"journey: {name}\nenter: {{{enter}}}\n{more}\nsteps: {steps}\n"


@pytest.mark.parametrize(("enter", "entries"), [
    ("segment: buyers", [ordered("03-05 11:00")]),
    (BIRTHDAY, [SEEN]),
    (BROADCAST, [REACHED]),
])
def test_semantics_1_where_no_event_led_in_the_message_shows_none(enter: str, entries: list[Entry]) -> None:
    """The sender reads the event that `event_ref` names; a segment, a date, a broadcast have none."""
    customer = anna(birthday=date(1990, 3, 7))
    _, messages = played(in_force(of(enter), segments=SEGMENTS), *entries, customer=customer)

    assert [message.event_ref for message in messages] == [""]


def test_semantics_5_where_somebody_was_enrolled_the_message_shows_no_event() -> None:
    adult, _ = played(in_force(segments=SEGMENTS), SEEN, customer=anna(birthday=date(1990, 3, 7)), days=0)
    enrolled = said("03-05 11:00", "journey.enrolled", journey="story")
    _, messages = played(in_force(of("segment: adults"), segments=SEGMENTS), enrolled, customer=adult)

    assert [message.event_ref for message in messages] == [""]


def test_semantics_1_a_segment_of_those_never_seen_is_entered_with_the_first_thing_told() -> None:
    """Whoever is new was outside of everything, though nothing in the profile changed."""
    unseen = SEGMENTS | {"unseen": "not days_since(customer.last_seen_at) < 3"}
    definitions = in_force(of("segment: fans", "a", "[send: second]"), of("segment: unseen", "b"), segments=unseen)

    assert story(definitions, message_told("03-02 10:00", "delivered", "m1")) == ["03-02 10:00 first by email"]


def test_semantics_1_a_change_of_one_segment_is_seen_beside_others_that_stay() -> None:
    """The journeys of the segments before it have nothing to do."""
    definitions = in_force(
        of("segment: fans", "a", "[send: second]"), of("segment: buyers", "b"), segments=SEGMENTS
    )

    assert story(definitions, ordered("03-05 12:00")) == ["03-05 12:00 first by email"]
    assert story(definitions, SEEN, ordered("03-05 12:00")) == ["03-05 12:00 first by email"]


def test_semantics_1_one_date_is_seen_beside_others_that_do_not_come() -> None:
    ordering = of("date: customer.orders.last_at, offset: 3 days", "a", "[send: second]")
    definitions = in_force(ordering, of(BIRTHDAY, "b"))

    assert story(definitions, SEEN, customer=anna(birthday=date(1990, 3, 5))) == ["03-05 10:00 first by email"]


def test_semantics_1_one_date_is_seen_beside_another_that_is_told_of_too_late() -> None:
    """The first order is told of on the birthday, eight hours after its own moment."""
    ordering = of("date: customer.orders.first_at, offset: 3 days", "a", "[send: second]")
    definitions = in_force(ordering, of(BIRTHDAY, "b"))
    state, _ = played(definitions, SEEN, customer=anna(birthday=date(1990, 3, 5)), days=0)
    long_ago = told("03-05 10:05", Event("order.placed", at("03-02 02:00"), order=Order("o1", total=Decimal(10))))

    came = [effect.message for effect in fold(state, long_ago, definitions).effects if isinstance(effect, PutMessage)]
    assert [line(message) for message in came] == ["03-05 10:05 first by email"]


def run_of(definition: str, *entries: Entry) -> Run:
    """The one run there is after the entries."""
    state, _ = played(in_force(definition, segments=SEGMENTS), *entries, days=0)
    return state.runs[0]


def test_semantics_3_the_key_is_what_the_event_carries() -> None:
    """A message's id is made of it: were it another, a message would be sent anew."""
    assert run_of(of("on: form.submitted", steps="[wait: 1 day]"), SEEN).key == ""
    assert run_of(of("on: cart.updated, key: event.cart.id", steps="[wait: 1 day]"), cart("03-02 10:00")).key == "c1"
    two = of("on: form.submitted, key: [event.data.city, event.data.size]", steps="[wait: 1 day]")
    assert run_of(two, said("03-02 10:00", "form.submitted", city="Tver", size="L")).key == "Tver/L"


def test_semantics_3_the_same_key_arriving_again_is_decided_by_as_it_now_is() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, key: event.cart.id}
        steps:
          - wait: 1 hour
          - branch: [{when: event.cart.total > 5000, steps: [send: second]}]
            otherwise: [send: first]
    """)

    assert story(definitions, cart("03-02 10:00", total="100"), cart("03-02 10:30")) == ["03-02 11:00 second by email"]


def test_semantics_9_a_restart_shows_the_newest_cart_even_where_it_would_lead_nobody_in() -> None:
    """Most of the cart was put back: the wait begins anew, and what follows is about what is left."""
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, where: event.cart.total > 5000, key: event.cart.id}
        steps:
          - {wait: 1 hour, restart-on: cart.updated}
          - branch: [{when: event.cart.total == 100, steps: [send: second]}]
            otherwise: [send: first]
    """)
    emptier = cart("03-02 10:30", total="100")
    _, messages = played(definitions, cart("03-02 10:00"), emptier)

    assert [(message.name, message.event_ref) for message in messages] == [("second", f"{emptier.entry_id}|0")]
    assert messages[0].decided_at == at("03-02 11:30")


def test_semantics_4_the_event_that_leads_in_may_be_the_exit_of_its_own_run() -> None:
    definitions = in_force(of(
        "on: cart.updated, key: event.cart.id",
        more="exit: [{on: cart.updated, where: event.cart.total == 0, same-key: true}]",
    ))
    folded = fold(anna(), cart("03-02 10:00", total="0"), definitions, trace=True)

    assert (folded.customer.runs, folded.effects) == ((), ())
    assert [(each.decided, each.because) for each in folded.decisions] == [("entered", ""), ("exited", "cart.updated")]


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_semantics_6_nobody_is_enrolled_in_a_journey_that_is_not_live(status: str) -> None:
    definitions = in_force(of("segment: adults", more=f"status: {status}"), segments=SEGMENTS)
    enrolled = said("03-05 11:00", "journey.enrolled", journey="story")

    assert story(definitions, SEEN, enrolled, customer=anna(birthday=date(1990, 3, 7))) == []


def test_semantics_5_enrolment_is_for_journeys_that_a_segment_starts() -> None:
    enrolled = said("03-05 11:00", "journey.enrolled", journey="story")

    assert story(in_force(of("on: cart.updated")), enrolled) == []
    assert story(in_force(of("on: cart.updated", "another")), enrolled) == []


def test_semantics_26_nobody_enters_while_a_pause_lasts_whatever_the_file_says() -> None:
    live = journey(of("on: form.submitted"))

    def visits(paused: str, since: str = "03-02 09:00") -> int:
        return len(played(in_force(live, pauses=[Pause(paused, at(since), None)]), SEEN, days=0)[0].visits)

    assert (visits("story"), visits("story", "03-02 10:00"), visits("story", "03-02 10:01")) == (0, 0, 1)
    assert visits("another") == 1


def test_what_a_journey_changes_leads_nobody_into_a_segment_they_were_in_already() -> None:
    """A tag makes the customer be looked at again; a buyer of old stays one."""
    tagging = of("on: form.submitted", "tagging", "[tag: fan]")
    definitions = in_force(tagging, of("segment: buyers"), segments=SEGMENTS)
    state, _ = played(in_force(tagging, segments=SEGMENTS), ordered("03-01 12:00"), days=0)

    assert story(definitions, SEEN, customer=state) == []


def test_the_change_of_a_segment_is_told_with_its_name() -> None:
    definitions = in_force(of("segment: fans"), segments=SEGMENTS)

    def told_of(customer_tags: tuple[str, ...], now: tuple[str, ...]) -> list[tuple[str, str]]:
        state, _ = played(definitions, SEEN, customer=anna(tags=customer_tags), days=0)
        event = Event("customer.updated", at("03-03 10:00"), customer=Attributes(tags=now))
        decisions = fold(state, told("03-03 10:00", event), definitions, trace=True).decisions
        return [(each.decided, each.because) for each in decisions if not each.journey]

    assert told_of((), ("fan",)) == [("segment.entered", "fans")]
