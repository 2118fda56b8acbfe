"""Semantics 25: a run finishes on the version it entered until someone moves it, step by step as that one says."""

from __future__ import annotations

from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import version_of
from tests.domain.stories import at, in_force, journey, ordered, played, said, story, told

OLD = """
    journey: story
    enter: {on: form.submitted}
    steps:
      - wait: 1 day
      - send: first
"""
NEW = """
    journey: story
    enter: {on: form.submitted}
    steps:
      - send: third
      - wait: 2 days
      - send: second
"""
BEGUN = said("03-02 10:00", "form.submitted")


def moved(when: str, steps: dict[str, str], to: str = NEW) -> Entry:
    """What moving people appends to the log of each of them."""
    data = {"journey": "story", "from": version_of(journey(OLD)), "to": version_of(journey(to)), "steps": steps}
    return told(when, Event("journey.moved", at(when), data=data))


def both() -> Definitions:
    """The new version in force, the old one at hand."""
    return in_force(NEW, earlier=[journey(OLD)])


def test_semantics_25_a_run_finishes_on_the_definition_it_entered() -> None:
    state, _ = played(in_force(OLD), BEGUN, days=0)
    assert story(both(), said("03-02 11:00", "store.visited"), customer=state) == ["03-03 10:00 first by email"]


def test_semantics_25_a_moved_run_waits_as_the_new_version_does_from_when_it_began_to() -> None:
    state, _ = played(in_force(OLD), BEGUN, days=0)
    assert story(both(), moved("03-02 12:00", {"1": "2"}), customer=state) == ["03-04 10:00 second by email"]


def test_semantics_25_moved_to_a_wait_that_is_over_a_run_goes_on_from_when_it_was() -> None:
    """It does not wait once more; what follows may be too late by then, as after any wait."""
    steps = "[wait: 1 hour, send: second, wait: 1 hour, send: third]"
    quick = f"journey: story\nenter: {{on: form.submitted}}\nsteps: {steps}"
    definitions = in_force(quick, earlier=[journey(OLD)])
    state, _ = played(in_force(OLD), BEGUN, days=0)

    assert story(definitions, moved("03-02 12:00", {"1": "1"}, quick), customer=state) == [
        "03-02 12:00 second by email", "03-02 13:00 third by email",
    ]
    assert story(definitions, moved("03-02 18:00", {"1": "1"}, quick), customer=state)[0] == (
        "03-02 18:00 second skipped: too-late"
    )


def test_semantics_25_moved_to_what_is_fulfilled_already_a_run_goes_on_there() -> None:
    waiting = """
        journey: story
        enter: {on: form.submitted}
        steps:
          - {wait-for: [{when: customer.orders.count > 0, steps: [send: thanks, end]}], limit: 9 days}
          - send: third
    """
    state, _ = played(in_force(OLD), BEGUN, ordered("03-02 11:00"), days=0)
    definitions = in_force(waiting, earlier=[journey(OLD)])
    assert story(definitions, moved("03-02 12:00", {"1": "1"}, waiting), customer=state) == [
        "03-02 12:00 thanks by email"
    ]


def test_semantics_25_moved_to_a_step_that_sends_it_sends() -> None:
    state, _ = played(in_force(OLD), BEGUN, days=0)
    assert story(both(), moved("03-02 12:00", {"1": "3"}), customer=state) == ["03-02 12:00 second by email"]


def test_semantics_25_whose_step_has_no_counterpart_stays() -> None:
    state, _ = played(in_force(OLD), BEGUN, days=0)
    assert story(both(), moved("03-02 12:00", {"7": "3"}), customer=state) == ["03-03 10:00 first by email"]
    assert story(both(), moved("03-02 12:00", {"1": "9"}), customer=state) == ["03-03 10:00 first by email"]


def test_semantics_28_a_journey_deleted_while_people_are_in_it_ends_their_runs() -> None:
    state, _ = played(in_force(OLD), BEGUN, days=0)
    ended, messages = played(in_force(earlier=[journey(OLD)]), said("03-02 11:00", "store.visited"), customer=state)
    assert (ended.runs, messages) == ((), ())
