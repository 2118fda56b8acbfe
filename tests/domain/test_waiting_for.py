"""Semantics 12: `wait-for` has ordered conditions, a limit, and a branch for each."""

from __future__ import annotations

from tests.domain.stories import in_force, ordered, played, said, story

STORY = """
    journey: story
    enter: {on: form.submitted}
    steps:
      - wait-for:
          - {on: order.placed, where: event.order.total > 5000, steps: [send: thanks, end]}
          - {when: customer.orders.count > 1, steps: [send: second, end]}
          - {on: store.visited}
        limit: 7 days
        otherwise: [send: third, end]
      - send: first
"""
DEFINITIONS = in_force(STORY)
BEGUN = said("03-02 10:00", "form.submitted")


def test_semantics_12_the_event_waited_for_leads_on_at_once() -> None:
    assert story(DEFINITIONS, BEGUN, ordered("03-03 12:00")) == ["03-03 12:00 thanks by email"]


def test_semantics_12_a_case_without_steps_goes_on_after_the_wait() -> None:
    assert story(DEFINITIONS, BEGUN, said("03-03 12:00", "store.visited")) == ["03-03 12:00 first by email"]


def test_semantics_12_the_first_that_is_true_wins() -> None:
    """The second order makes both cases true at once."""
    once = played(DEFINITIONS, ordered("03-01 12:00", "o0"), days=0)[0]
    assert story(DEFINITIONS, BEGUN, ordered("03-03 12:00"), customer=once) == ["03-03 12:00 thanks by email"]
    other_way = in_force("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - wait-for:
              - {when: customer.orders.count > 1, steps: [send: second, end]}
              - {on: order.placed, steps: [send: thanks, end]}
            limit: 7 days
    """)
    assert story(other_way, BEGUN, ordered("03-03 12:00"), customer=once) == ["03-03 12:00 second by email"]


def test_semantics_12_an_event_that_does_not_match_is_waited_past() -> None:
    definitions = in_force(STORY.replace("5000", "9000"))
    assert story(definitions, BEGUN, ordered("03-03 12:00")) == ["03-09 10:00 third by email"]


def test_semantics_12_what_is_true_already_passes_at_once() -> None:
    twice = played(DEFINITIONS, ordered("03-01 12:00", "o0"), ordered("03-01 13:00", "o1"), days=0)[0]
    assert story(DEFINITIONS, BEGUN, customer=twice) == ["03-02 10:00 second by email"]


def test_semantics_12_the_limit_has_a_branch_of_its_own() -> None:
    assert story(DEFINITIONS, BEGUN) == ["03-09 10:00 third by email"]


def test_semantics_12_time_alone_makes_a_condition_true() -> None:
    """Nobody does anything: the customer's timer wakes the run when the rule turns."""
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - wait-for:
              - {when: days_since(customer.last_seen_at) > 3, steps: [send: first, end]}
            limit: 30 days
            otherwise: [send: third]
    """)
    assert story(definitions, BEGUN, said("03-04 10:00", "store.visited")) == ["03-07 10:00 first by email"]


def test_semantics_12_an_exit_ends_a_wait_for() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        exit: order.cancelled
        steps:
          - {wait-for: [{on: order.placed, steps: [send: thanks]}], limit: 7 days}
          - send: first
    """)
    assert story(definitions, BEGUN, ordered("03-03 12:00", fact="cancelled"), ordered("03-03 13:00", "o2")) == []


def test_semantics_13_a_branch_is_tested_at_the_moment_it_is_reached() -> None:
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - wait: 1 day
          - branch: [{when: customer.orders.spent > 5000, steps: [send: thanks]}]
            otherwise: [send: first]
    """)
    assert story(definitions, BEGUN, ordered("03-02 11:00")) == ["03-03 10:00 thanks by email"]
