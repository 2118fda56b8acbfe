"""What becomes of running customers when definitions change (semantics 25, 28)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.domain.definitions import UnknownVersionError
from chalicelib.domain.fold import fold
from tests.domain.stories import cart, in_force, journey, played, said, story

OLD = journey("""
    journey: story
    enter: {on: cart.updated, key: event.cart.id, again: always}
    steps: [wait: 1 hour, send: first, wait: 1 day, send: second]
""")
NEW = journey("""
    journey: story
    enter: {on: cart.updated, key: event.cart.id, again: always}
    exit: quiz.done
    steps: [wait: 2 hours, send: third]
""")


def test_semantics_25_a_run_finishes_on_the_version_it_entered() -> None:
    """25: and those who enter from now on take the new one."""
    begun, _ = played(in_force(OLD), cart("03-02 10:00"), days=0)
    changed = in_force(NEW, earlier=[OLD])

    assert story(changed, cart("03-02 10:30", "c2"), customer=begun) == [
        "03-02 11:00 first by email",
        "03-02 12:30 third by email",
        "03-03 11:00 second by email",
    ]


def test_semantics_25_exits_are_those_of_the_version_too() -> None:
    """25: the new exit ends only runs of the new version."""
    begun, _ = played(in_force(OLD), cart("03-02 10:00"), days=0)
    changed = in_force(NEW, earlier=[OLD])

    assert story(changed, cart("03-02 10:30", "c2"), said("03-02 10:40", "quiz.done"), customer=begun) == [
        "03-02 11:00 first by email",
        "03-03 11:00 second by email",
    ]


def test_semantics_28_a_deleted_journey_ends_its_runs_as_withdrawn() -> None:
    """28: whatever step they wait in."""
    begun, _ = played(in_force(OLD), cart("03-02 10:00"), days=0)

    folded = fold(begun, said("03-02 10:30", "a.b"), in_force(earlier=[OLD]), trace=True)
    assert folded.customer.runs == ()
    assert [decision.decided for decision in folded.decisions if decision.journey] == ["withdrawn"]


def test_semantics_25_a_version_not_at_hand_is_asked_for_before_anything_is_decided() -> None:
    """25, 28: definitions read before the journey was published must not end its runs."""
    begun, _ = played(in_force(OLD), cart("03-02 10:00"), days=0)

    for definitions in (in_force(NEW), in_force()):
        with pytest.raises(UnknownVersionError) as asked:
            fold(begun, said("03-02 10:30", "a.b"), definitions)
        assert (asked.value.journey, asked.value.version) == ("story", begun.runs[0].version)


def test_semantics_6_pausing_does_not_end_a_run_and_ending_lets_it_finish() -> None:
    """6: `ended` takes no entries; who is in it goes on."""
    begun, _ = played(in_force(OLD), cart("03-02 10:00"), days=0)
    ended = in_force(replace(OLD, status="ended"))

    assert story(ended, cart("03-02 10:30", "c2"), customer=begun) == [
        "03-02 11:00 first by email",
        "03-03 11:00 second by email",
    ]
