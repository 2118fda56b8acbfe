"""A message that a provider refuses for now comes back later and later, for a day."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.retries import delay_after


def delays(message_id: str) -> list[timedelta]:
    found: list[timedelta] = []
    while (delay := delay_after(len(found) + 1, message_id)) is not None:
        found.append(delay)
    return found


@given(st.text(max_size=30))
def test_the_tries_of_any_message_last_about_a_day_and_never_wait_much_over_an_hour(message_id: str) -> None:
    waits = delays(message_id)

    assert timedelta(hours=16) < sum(waits, timedelta()) < timedelta(hours=32)
    assert max(waits) <= timedelta(minutes=75)
    assert timedelta(seconds=45) <= waits[0] <= timedelta(seconds=75)


def test_a_replay_waits_just_as_long_and_another_message_does_not() -> None:
    assert delays("m1") == delays("m1")
    assert delays("m1") != delays("m2")


def test_the_wait_doubles_at_first() -> None:
    first = delays("m1")[:5]

    assert all(later > earlier for earlier, later in pairwise(first))
