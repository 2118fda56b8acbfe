"""Examples in which time alone passes, and those of which something else than a message comes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.errors import DefinitionError
from tests.domain.stories import MESSAGES, SHOP

FILE = "journeys/story.yaml"
SEGMENTS = (
    Segment("sleeping", "days_since(customer.orders.last_at) > 90"),
    Segment("regular", "customer.orders.count > 3"),
)
KNOWN = Definitions.of(SHOP, MESSAGES.values(), (), segments=SEGMENTS)


def problems(text: str) -> list[str]:
    """What is wrong with the examples of a journey."""
    text = dedent(text)
    journey = read_journey(text, FILE, MESSAGES, compile_segments(SEGMENTS))
    return [str(mismatch) for mismatch in check_examples(text, FILE, journey, KNOWN)]


def test_a_birthday_comes_by_the_clock_alone() -> None:
    """And again a year later, unless the example ends before."""
    assert problems("""
        journey: story
        enter: {date: customer.birthday, every: year, at: 10:00, offset: -3 days}
        steps: [send: first]
        examples:
          - name: three days before, and again next year
            customer: {birthday: 1990-03-20, time_zone: Asia/Omsk}
            from: 2026-03-01 12:00
            expect:
              - {at: 2026-03-17 10:00, send: first, by: email}
              - {at: 2027-03-17 10:00, send: first, by: email}
          - name: one year of it
            customer: {birthday: 1990-03-20}
            from: 2026-03-01 12:00
            until: 2026-12-31 12:00
            expect: [{at: 2026-03-17 10:00, send: first, by: email}]
          - name: nobody knows the day
            customer: {}
            from: 2026-03-01 12:00
            expect: []
    """) == []


def test_a_segment_is_entered_when_time_makes_it_true() -> None:
    """Who is in it at the beginning does not enter it; who leaves it and comes back does."""
    assert problems("""
        journey: story
        enter: {segment: sleeping, again: always}
        exit: [order.placed]
        steps: [{wait: 1 day}, send: first]
        examples:
          - name: ninety days after the order
            customer: {orders: {count: 1, last_at: 2026-01-01 12:00}}
            from: 2026-03-01 12:00
            expect: [{at: 2026-04-02 12:00, send: first, by: email}]
          - name: asleep since long ago
            customer: {orders: {count: 1, last_at: 2025-01-01 12:00}}
            from: 2026-03-01 12:00
            expect: []
          - name: an order puts it off
            customer: {orders: {count: 1, last_at: 2026-01-01 12:00}}
            given: [{at: 2026-04-02 00:00, event: order.placed, order: {id: o1}}]
            expect: [{at: 2026-07-02 00:00, send: first, by: email}]
    """) == []


def test_leaving_a_segment_starts_a_journey_too() -> None:
    assert problems("""
        journey: story
        enter: {segment-left: sleeping}
        steps: [send: first]
        examples:
          - name: back again
            customer: {orders: {count: 1, last_at: 2025-01-01 12:00}}
            given: [{at: 2026-03-02 10:00, event: order.placed, order: {id: o1}}]
            until: 2026-03-30 10:00
            expect: [{at: 2026-03-02 10:00, send: first, by: email}]
    """) == []


def test_a_broadcast_comes_at_its_moment_to_those_it_is_for() -> None:
    """On the customer's own clock, or on the shop's, which is Moscow."""
    journey = """
        journey: story
        enter: {broadcast: {to: in_segment("regular"), at: 2026-12-01 11:00, clock: CLOCK}}
        steps: [send: first]
        examples:
          - name: in Omsk
            customer: {orders: {count: 4}, time_zone: Asia/Omsk}
            expect: [{at: 2026-12-01 HOUR:00, send: first, by: email}]
          - name: not for everyone
            customer: {orders: {count: 3}}
            expect: []
          - name: in time after the fourth order
            customer: {orders: {count: 3}}
            given: [{at: 2026-11-30 10:00, event: order.placed, order: {id: o1}}]
            expect: [{at: 2026-12-01 11:00, send: first, by: email}]
    """

    assert problems(journey.replace("CLOCK", "customer").replace("HOUR", "11")) == []
    assert problems(journey.replace("CLOCK", "shop").replace("HOUR", "14")) == []


def test_points_tasks_and_calls_are_told_like_messages() -> None:
    text = """
        journey: story
        enter: {on: review.submitted}
        steps:
          - award: {points: 200, because: review}
          - wait: 1 hour
          - task: {title: Thank her}
          - call-webhook: {url: https://crm.example/hooks/1}
          - issue: {code: 10 %, valid: 2 days}
          - send: first
        examples:
          - name: everything
            given: [{at: 2026-03-02 10:00, event: review.submitted}]
            expect:
              - {at: 2026-03-02 10:00, award: 200}
              - {at: 2026-03-02 11:00, task: Thank her}
              - {at: 2026-03-02 11:00, call: https://crm.example/hooks/1}
              - {at: 2026-03-02 11:00, send: first, by: email, code: 10 %}
    """
    assert problems(text) == []
    for right, wrong in (
        ("award: 200}", "award: 100}"), ("task: Thank her}", "task: Call her}"), ("call: https:", "call: http:"),
        ("code: 10 %}\n", "code: 5 %}\n"),
    ):
        (problem,) = problems(text[::-1].replace(right[::-1], wrong[::-1], 1)[::-1])
        assert wrong.strip() in problem
        assert right.strip() in problem.partition("came but was not expected")[2]


def test_fields_that_a_journey_sets_are_there_for_its_branches() -> None:
    """And those that the example gives."""
    assert problems("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - branch:
              - when: customer.data.stage == "cold" and customer.loyalty.points > 100
                steps: [set: {stage: warm}]
          - branch: [{when: customer.data.stage == "warm", steps: [send: first]}]
        examples:
          - name: warmed
            customer: {data: {stage: cold}, loyalty: {points: 101}}
            given: [{at: 2026-03-02 10:00, event: form.submitted}]
            expect: [{at: 2026-03-02 10:00, send: first, by: email}]
          - name: cold as ever
            customer: {data: {stage: cold}, loyalty: {points: 100}}
            given: [{at: 2026-03-02 10:00, event: form.submitted}]
            expect: []
    """) == []


def test_a_journey_that_feeds_itself_is_stopped() -> None:
    """Points for points awarded."""
    with pytest.raises(DefinitionError, match="never comes to rest"):
        problems("""
            journey: story
            enter: {on: loyalty.points-awarded, again: always}
            steps: [award: {points: 1}]
            examples:
              - name: for ever
                given: [{at: 2026-03-02 10:00, event: loyalty.points-awarded, data: {points: 1}}]
                expect: []
        """)
