"""A timer is found once it is due, in the minute it is filed under."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.storage import timers
from chalicelib.storage.tables import Timers
from chalicelib.storage.timers import DueTimer
from tests.storage.examples import NOON

pytestmark = pytest.mark.usefixtures("aws")

EARLIER = NOON - timedelta(hours=3)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_timer_is_due_at_its_moment_and_not_before() -> None:
    timers.arm("anna", after(30), EARLIER)

    assert list(timers.due(NOON, after(29.999999))) == []
    assert list(timers.due(NOON, after(30))) == [DueTimer("customer", "anna", "", after(30))]
    assert list(timers.due(after(60), after(600))) == []


def test_the_timers_of_a_minute_come_by_due_time() -> None:
    timers.arm("late", after(59), EARLIER)
    timers.arm("early", after(1), EARLIER)
    timers.arm_message("boris", "m-1", after(30), EARLIER)

    assert list(timers.due(after(20), after(60))) == [
        DueTimer("customer", "early", "", after(1)),
        DueTimer("message", "boris", "m-1", after(30)),
        DueTimer("customer", "late", "", after(59)),
    ]


def test_arming_again_after_a_crash_is_arming_once() -> None:
    timers.arm("anna", after(30), EARLIER)
    timers.arm("anna", after(30), EARLIER + timedelta(minutes=5))

    assert len(list(timers.due(NOON, after(60)))) == 1


def test_customers_and_messages_due_at_once_are_told_apart() -> None:
    timers.arm("anna", NOON, EARLIER)
    timers.arm("boris", NOON, EARLIER)
    timers.arm_message("anna", "m-1", NOON, EARLIER)
    timers.arm_message("anna", "m-2", NOON, EARLIER)

    assert {(timer.customer_id, timer.message_id) for timer in timers.due(NOON, NOON)} == {
        ("anna", ""), ("boris", ""), ("anna", "m-1"), ("anna", "m-2"),
    }


def test_a_timer_already_due_is_filed_under_the_minute_that_runs() -> None:
    timers.arm("anna", after(-3600), after(20))

    assert list(timers.due(NOON, after(21))) == [DueTimer("customer", "anna", "", after(-3600))]


def test_a_timer_armed_at_the_end_of_a_minute_is_filed_under_the_next() -> None:
    timers.arm("anna", after(59), after(58))

    assert list(timers.due(NOON, after(180))) == []
    assert list(timers.due(after(60), after(180))) == [DueTimer("customer", "anna", "", after(59))]


def test_a_customer_id_may_hold_any_character() -> None:
    timers.arm("an#na#", NOON, EARLIER)
    timers.arm_message("an#na", "m-1", NOON, EARLIER)

    assert {(timer.customer_id, timer.message_id) for timer in timers.due(NOON, NOON)} == {
        ("an#na#", ""), ("an#na", "m-1"),
    }


def test_a_timer_expires_two_weeks_after_its_minute() -> None:
    timers.arm("anna", after(-3600), after(20))

    (item,) = Timers.search("2026-03-02T12:00#0")

    assert datetime.fromtimestamp(int(item["x"]["N"]), UTC) == after(25) + timedelta(days=14)
