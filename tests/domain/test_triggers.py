"""Semantics 1 to 6 and 27: segments, dates, product changes and broadcasts as what starts a journey."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Attributes, Event, Product
from chalicelib.domain.fold import fold
from chalicelib.domain.segments import Segment
from tests.domain.stories import anna, at, in_force, journey, ordered, played, said, story, told

QUIET = {"asleep": "days_since(customer.last_seen_at) > 30", "buyers": "customer.orders.count > 0"}
SEEN = said("03-02 10:00", "form.submitted")


def of(enter: str, again: str = "never", more: str = "") -> str:
    """A journey of one message."""
    return f"""
        journey: story
        enter: {{{enter}, again: {again}}}
        {more}
        steps: [send: first]
    """


def test_semantics_1_time_alone_brings_a_customer_into_a_segment() -> None:
    definitions = in_force(of("segment: asleep"), segments=QUIET)
    assert story(definitions, SEEN) == ["04-01 10:00 first by email"]
    assert story(definitions, SEEN, said("03-20 12:00", "store.visited")) == ["04-19 12:00 first by email"]


def test_semantics_1_an_event_brings_a_customer_into_a_segment_or_out_of_it() -> None:
    entered = in_force(of("segment: buyers"), segments=QUIET)
    assert story(entered, SEEN, ordered("03-05 12:00")) == ["03-05 12:00 first by email"]
    left = in_force(of("segment-left: asleep"), segments=QUIET)
    assert story(left, SEEN, said("05-01 12:00", "store.visited")) == ["05-01 12:00 first by email"]


def test_semantics_1_somebody_new_was_outside_of_every_segment() -> None:
    definitions = in_force(of("segment: buyers"), segments=QUIET)
    assert story(definitions, ordered("03-05 12:00")) == ["03-05 12:00 first by email"]


def test_semantics_4_who_is_in_a_segment_must_leave_it_first() -> None:
    definitions = in_force(of("segment: asleep", "always"), segments=QUIET)
    assert story(definitions, SEEN, said("05-01 12:00", "store.visited")) == [
        "04-01 10:00 first by email", "05-31 12:00 first by email",
    ]


def test_semantics_5_switching_on_takes_only_those_who_come_later() -> None:
    """Start mode `future`: a buyer of old does not enter because a journey for buyers is new."""
    state, _ = played(in_force(segments=QUIET), ordered("03-01 12:00"), days=0)
    definitions = in_force(of("segment: buyers"), segments=QUIET)
    assert story(definitions, SEEN, customer=state) == []


def test_semantics_5_who_is_in_it_already_enters_by_enrolment() -> None:
    definitions = in_force(of("segment: buyers"), segments=QUIET)
    enrolment = told("03-06 12:00", Event("journey.enrolled", at("03-06 12:00"), data={"journey": "story"}))
    state, _ = played(in_force(segments=QUIET), ordered("03-01 12:00"), days=0)
    assert story(definitions, enrolment, customer=state) == ["03-06 12:00 first by email"]
    assert story(definitions, enrolment) == []


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_semantics_6_only_a_live_journey_takes_entries(status: str) -> None:
    for text in (of("on: form.submitted"), of("segment: asleep"), of("date: customer.birthday, every: year")):
        written = journey(text, segments=[Segment(name, rule) for name, rule in QUIET.items()])
        definitions = in_force(replace(written, status=status), segments=QUIET)
        assert story(definitions, SEEN, customer=born()) == []


def test_semantics_27_changing_the_rule_of_a_segment_enters_nobody() -> None:
    before = in_force(of("segment: buyers"), segments={"buyers": "customer.orders.count > 5"})
    state, _ = played(before, ordered("03-01 12:00"), days=0)
    after = in_force(of("segment: buyers"), segments=QUIET)
    assert story(after, SEEN, customer=state) == []
    assert story(after, SEEN, ordered("03-09 12:00", "o2"), customer=state) == []


def test_what_a_journey_changes_may_bring_the_customer_into_a_segment() -> None:
    tagging = """
        journey: tagging
        enter: {on: form.submitted}
        steps: [tag: keen]
    """
    keen = {"keen": '"keen" in customer.tags'}
    assert story(in_force(tagging, of("segment: keen"), segments=keen), SEEN) == ["03-02 10:00 first by email"]


def born(day: date = date(1990, 3, 5)) -> Customer:
    """Anna with a birthday."""
    return anna(birthday=day)


def test_semantics_1_a_birthday_comes_every_year_in_the_local_morning() -> None:
    definitions = in_force(of("date: customer.birthday, every: year, at: 10:00", "always"))
    _, messages = played(definitions, SEEN, customer=born(), days=800)
    assert [f"{message.decided_at:%Y-%m-%d %H:%M}" for message in messages] == [
        "2026-03-05 07:00", "2027-03-05 07:00", "2028-03-05 07:00",
    ]


def test_semantics_1_a_date_may_be_counted_from_and_come_once() -> None:
    definitions = in_force(of("date: customer.orders.last_at, offset: 3 days"))
    assert story(definitions, ordered("03-02 10:00")) == ["03-05 10:00 first by email"]


def test_semantics_1_who_was_born_on_29_february_is_congratulated_on_1_march() -> None:
    definitions = in_force(of("date: customer.birthday, every: year, at: 10:00", "always"))
    assert story(definitions, said("02-20 10:00", "form.submitted"), customer=born(date(1992, 2, 29))) == [
        "03-01 10:00 first by email"
    ]


def test_semantics_4_a_missed_window_counts_as_an_entry() -> None:
    """The engine was down on the day: the message is too late, and the year is over."""
    definitions = in_force(of("date: customer.birthday, every: year, at: 10:00"))
    state, _ = played(definitions, SEEN, customer=born(), days=0)
    folded = fold(state, said("03-06 12:00", "store.visited"), definitions)
    assert [effect.message.reason for effect in folded.effects if hasattr(effect, "message")] == ["too-late"]
    assert [visit.count for visit in folded.customer.visits] == [1]


def test_a_birthday_told_of_months_later_is_not_made_up_for() -> None:
    definitions = in_force(of("date: customer.birthday, every: year, at: 10:00"))
    later = at("09-01 12:00")
    named = told(later, Event("customer.updated", later, customer=Attributes(birthday=date(1990, 3, 5))))
    assert story(definitions, SEEN, named) == []


def test_semantics_1_a_product_that_changed_starts_a_run_of_its_own() -> None:
    definitions = in_force(of("product: price-dropped", "always"))
    fell = [
        told(f"03-02 1{hour}:00", Event("product.price-dropped", at(f"03-02 1{hour}:00"), product=Product(
            product_id, price=Decimal(9990), old_price=Decimal(12990),
        )))
        for hour, product_id in enumerate(("coat", "scarf"))
    ]
    assert story(definitions, *fell) == ["03-02 10:00 first by email", "03-02 11:00 first by email"]
    assert played(definitions, *fell, days=0)[0].profile.last_seen_at is None


def test_semantics_1_a_broadcast_enters_those_whom_it_reaches() -> None:
    definitions = in_force(of("broadcast: {to: customer.orders.count == 0, at: 2026-03-05 11:00}", "always"))
    data = {"journey": "story", "broadcast": "story@2026-03-05T11:00"}
    reached = told("03-05 11:00", Event("broadcast.reached", at("03-05 11:00"), data=data))
    assert story(definitions, reached) == ["03-05 11:00 first by email"]
    other = told("03-05 11:05", Event("broadcast.reached", at("03-05 11:05"), data={**data, "journey": "other"}))
    assert story(definitions, other) == []
