"""Semantics 13: a split is a hash of (experiment, customer), sticky, and changed shares move as few as must move."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.experiments import (
    BUCKETS,
    Allocation,
    ShrunkenControlError,
    Span,
    place_of,
    reallocate,
    variant_of,
)
from chalicelib.domain.journeys import Arm
from chalicelib.domain.shop import MessageDefinition
from tests.domain.stories import anna, in_force, said, story

PEOPLE = [f"customer-{number}" for number in range(4000)]


def arms(control: str = "", **shares: int) -> tuple[Arm, ...]:
    """Arms by name with their shares."""
    return tuple(Arm(name, share, "end", control=name == control) for name, share in shares.items())


def owners(allocation: Allocation) -> list[str]:
    """The arm of each place on the line."""
    starts = (0, *(span.end for span in allocation.spans))
    return [span.arm for start, span in zip(starts, allocation.spans, strict=False) for _ in range(start, span.end)]


shares = st.lists(st.integers(0, BUCKETS), min_size=2, max_size=2).map(sorted).map(
    lambda cuts: arms(a=cuts[0], b=cuts[1] - cuts[0], c=BUCKETS - cuts[1])
)


@settings(deadline=None)
@given(st.lists(shares, min_size=2, max_size=5))
def test_semantics_13_changed_shares_move_only_as_many_as_must_move(history: list[tuple[Arm, ...]]) -> None:
    allocation = reallocate(None, history[0])
    for before, after in pairwise(history):
        changed = reallocate(allocation, after)
        moved = sum(was != now for was, now in zip(owners(allocation), owners(changed), strict=True))
        grown = sum(max(0, new.share - old.share) for old, new in zip(before, after, strict=True))
        assert moved == grown
        held = owners(changed)
        assert all(held.count(arm.name) == arm.share for arm in after)
        allocation = changed


@settings(deadline=None)
@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_semantics_13_nobody_moves_out_of_the_control_group(control: int, more: int, rest: int) -> None:
    assume(control + more + rest <= BUCKETS)
    before = reallocate(None, arms("none", a=BUCKETS - control, none=control))
    after = reallocate(before, arms("none", a=rest, b=BUCKETS - control - more - rest, none=control + more))
    kept = zip(owners(before), owners(after), strict=True)
    assert all(now == "none" for was, now in kept if was == "none")


@pytest.mark.parametrize("after", [arms("none", a=9500, none=500), arms(a=10_000), arms(a=9000, none=1000)])
def test_semantics_13_a_control_group_cannot_become_smaller(after: tuple[Arm, ...]) -> None:
    before = reallocate(None, arms("none", a=9000, none=1000))
    with pytest.raises(ShrunkenControlError):
        reallocate(before, after)


def test_semantics_13_the_places_of_an_arm_that_is_gone_go_to_those_that_lack_some() -> None:
    before = reallocate(None, arms(a=2000, b=3000, c=5000))
    assert [(span.end, span.arm) for span in reallocate(before, arms(b=4000, d=1000, c=5000)).spans] == [
        (1000, "b"), (2000, "d"), (5000, "b"), (10_000, "c"),
    ]


def test_semantics_13_an_arm_that_is_gone_keeps_no_place_wherever_it_had_some() -> None:
    before = Allocation((Span(1000, "a"), Span(2000, "b"), Span(3000, "a"), Span(10_000, "c")))
    assert [(span.end, span.arm) for span in reallocate(before, arms(b=3000, c=7000)).spans] == [
        (3000, "b"), (10_000, "c"),
    ]


def test_semantics_13_the_control_group_is_dealt_first() -> None:
    """Beside it the others may change as they like: it stays where it is."""
    assert [span.arm for span in reallocate(None, arms("none", a=9000, none=1000)).spans] == ["none", "a"]


def test_semantics_13_the_shares_are_those_of_the_customers() -> None:
    allocation = reallocate(None, arms(a=2000, b=8000))
    held = [allocation.arm_of(place_of("offer", person)) for person in PEOPLE]
    assert 0.18 < held.count("a") / len(PEOPLE) < 0.22


def test_semantics_13_two_experiments_divide_the_customers_independently() -> None:
    first = {person for person in PEOPLE if place_of("one", person) < BUCKETS // 2}
    second = {person for person in PEOPLE if place_of("two", person) < BUCKETS // 2}
    assert 0.22 < len(first & second) / len(PEOPLE) < 0.28


SPLIT = """
    journey: story
    enter: {on: form.submitted, again: always}
    steps:
      - split:
          - {name: a, share: 50, steps: [send: first]}
          - {name: b, share: 50, steps: [send: second]}
        experiment: texts
"""


def came(definitions: Definitions, customer_id: str) -> str:
    """What the customer gets."""
    got = story(definitions, said("03-02 10:00", "form.submitted"), customer=anna(customer_id=customer_id))
    return got[0].split()[2]


def test_semantics_13_a_customer_meets_the_same_arm_again() -> None:
    definitions = in_force(SPLIT)
    twice = story(definitions, said("03-02 10:00", "form.submitted"), said("03-03 10:00", "form.submitted"))
    assert twice[0].split()[2] == twice[1].split()[2]
    assert {came(definitions, person) for person in PEOPLE[:40]} == {"first", "second"}


def test_a_step_knows_the_arms_it_stands_in() -> None:
    journey = read_journey("""
journey: letters
enter: {on: order.placed}
steps:
  - split:
      - name: short
        share: 50
        steps:
          - send: note
          - split:
              - {name: plain, share: 50, steps: [{send: note}]}
              - {name: warm, share: 50, steps: [{wait: 1 day}, {send: note}]}
            experiment: warmth
      - {name: long, share: 50, steps: [{send: note}]}
    experiment: letters
  - branch:
      - when: customer.orders.count > 1
        steps: [{send: note}]
""", "letters.yaml", {"note": MessageDefinition("note", "marketing", ("email",))})
    assert {path: variant_of(journey, path) for path in journey.steps} == {
        "1": "", "1.1.1": "short", "1.1.2": "short", "1.1.2.1.1": "short.plain", "1.1.2.2.1": "short.warm",
        "1.1.2.2.2": "short.warm", "1.2.1": "long", "2": "", "2.1.1": "", "end": "",
    }
