"""Definitions of more than one of a kind: several exits, waits, segments and pauses, each of which keeps its rule."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Pause, Resume, version_of
from tests.domain.stories import anna, at, cart, in_force, journey, ordered, played, said, story

BEGUN = said("03-02 10:00", "form.submitted")
SEGMENTS = {"buyers": "customer.orders.count > 0"}


def form(steps: str, rules: str = "", name: str = "story") -> str:
    """A journey that the form leads into."""
    return f"journey: {name}\nenter: {{on: form.submitted}}\n{rules}\nsteps: {steps}\n"


@pytest.mark.parametrize(("city", "came"), [
    ("Tver", []), ("Omsk", []), ("Perm", ["03-02 11:00 first by email"]),
])
def test_semantics_7_each_of_several_exits_by_one_event_ends_the_run(city: str, came: list[str]) -> None:
    definitions = in_force(form("[wait: 1 hour, send: first]", """exit:
  - {on: store.visited, where: 'event.data.city == "Tver"'}
  - {on: store.visited, where: 'event.data.city == "Omsk"'}"""))

    assert story(definitions, BEGUN, said("03-02 10:30", "store.visited", city=city)) == came


TWICE = form("""
  - wait-for:
      - {on: order.placed, where: event.order.total > 5000, steps: [send: first]}
      - {when: customer.orders.count > 5, steps: [end]}
    limit: 1 day
  - wait-for:
      - {on: cart.updated, where: event.cart.total > 5000, steps: [send: second]}
      - {when: customer.data.called == 1, steps: [send: third]}
    limit: 1 day
""")


def test_semantics_12_a_journey_may_wait_for_one_thing_after_another() -> None:
    definitions = in_force(TWICE)

    assert story(definitions, BEGUN, ordered("03-02 11:00"), cart("03-02 12:00")) == [
        "03-02 11:00 first by email", "03-02 12:00 second by email",
    ]
    assert story(definitions, BEGUN, ordered("03-02 11:00"), cart("03-02 12:00", total="10")) == [
        "03-02 11:00 first by email"
    ]
    assert story(definitions, BEGUN, customer=anna(data={"called": 1})) == ["03-03 10:00 third by email"]


def test_semantics_2_each_condition_reads_its_own_part_of_the_event() -> None:
    """The filter of the entry reads one field, the branches two others."""
    definitions = in_force("""
        journey: story
        enter: {on: cart.updated, where: event.cart.total > 100, key: event.cart.id}
        steps:
          - branch: [{when: event.cart.currency == "RUB", steps: [send: first]}]
          - branch: [{when: event.cart.id == "c1", steps: [send: second]}]
          - branch: [{when: event.cart.total > 5000, steps: [send: third]}]
    """)
    names = [row.split()[2] for row in story(definitions, cart("03-02 10:00"))]

    assert names == ["first", "second", "third"]


def test_two_journeys_of_one_segment_both_take_who_comes_into_it() -> None:
    definitions = in_force(
        "journey: a\nenter: {segment: buyers}\nsteps: [send: first]",
        "journey: b\nenter: {segment: buyers}\nsteps: [send: second]",
        "journey: c\nenter: {segment-left: buyers}\nsteps: [send: third]",
        segments=SEGMENTS,
    )

    assert story(definitions, BEGUN, ordered("03-02 11:00")) == [
        "03-02 11:00 first by email", "03-02 11:00 second by email",
    ]


def test_a_condition_may_ask_for_a_segment_in_the_version_in_force_and_in_an_earlier_one() -> None:
    asking = form('[wait: 1 hour, branch: [{when: in_segment("buyers"), steps: [send: first]}]]')
    asked = in_force(asking, segments=SEGMENTS)
    state, _ = played(asked, BEGUN, days=0)
    since = in_force(form("[end]"), segments=SEGMENTS, earlier=[asked.journeys["story"].journey])

    for definitions in (asked, since):
        assert story(definitions, ordered("03-02 10:30"), customer=state) == ["03-02 11:00 first by email"]
        assert story(definitions, said("03-02 10:30", "page.left"), customer=state) == []


def paused(*pauses: tuple[str, str], choice: Any = "shift") -> Definitions:
    """The journey live again after these pauses."""
    return in_force(form("[wait: 1 hour, send: first]"), pauses=[
        Pause("story", at(since), at(until), Resume(choice)) for since, until in pauses
    ])


@pytest.mark.parametrize("turned", [1, -1])
def test_semantics_26_pauses_one_after_another_shift_by_both_in_whatever_order_they_are_kept(turned: int) -> None:
    """Due at 11:00, by the first pause at 13:00, and by the second, which falls before that, at 14:00."""
    pauses = [("03-02 10:30", "03-02 12:30"), ("03-02 12:45", "03-02 13:45")][::turned]
    begun, _ = played(in_force(form("[wait: 1 hour, send: first]")), BEGUN, days=0)

    assert story(paused(*pauses), said("03-02 13:50", "page.left"), customer=begun) == ["03-02 14:00 first by email"]


def test_semantics_26_what_came_due_the_moment_a_pause_began_is_dropped_with_it() -> None:
    begun, _ = played(in_force(form("[wait: 1 hour, send: first]")), BEGUN, days=0)

    def came(since: str, until: str) -> list[str]:
        return story(paused((since, until), choice="drop"), said("03-02 12:00", "page.left"), customer=begun)

    assert came("03-02 11:00", "03-02 11:30")[0].endswith("first skipped: journey-paused")
    assert came("03-02 10:30", "03-02 11:00") == ["03-02 11:00 first by email"]


def test_semantics_25_a_version_read_later_is_at_hand_beside_the_others() -> None:
    old = journey(form("[wait: 1 hour, send: first]"))
    state, _ = played(in_force(old), BEGUN, days=0)
    later = in_force(form("[wait: 1 hour, send: second]")).with_version(old)

    assert ("story", version_of(old)) in later.versions
    assert len(later.versions) == 2
    assert story(later, said("03-02 10:30", "page.left"), customer=state) == ["03-02 11:00 first by email"]


def test_somebody_without_an_address_has_none() -> None:
    assert (anna("push").profile.email, anna("push").profile.phone) == ("", "")
