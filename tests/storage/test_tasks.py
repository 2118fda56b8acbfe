"""Tasks for people: on the list once, the oldest due first, done by one of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.tasks import Task
from chalicelib.storage import tasks
from tests.storage.examples import CUSTOMER, NOON

pytestmark = pytest.mark.usefixtures("aws")

CALL = Task(
    "t-1", CUSTOMER, "vip-care", "", "1", "Call about the new coats", "Ask which size", NOON, NOON + timedelta(days=2),
)


def test_a_task_asked_for_twice_is_on_the_list_once() -> None:
    assert tasks.put(CALL)
    assert not tasks.put(replace(CALL, title="Another"))

    assert tasks.open_tasks() == [CALL]


def test_the_oldest_due_comes_first_and_what_is_done_comes_no_more() -> None:
    later, sooner = replace(CALL, task_id="t-0", due_at=NOON + timedelta(days=9)), replace(CALL, task_id="t-9")
    for task in (later, sooner, replace(CALL, task_id="t-5")):
        tasks.put(task)

    tasks.complete("t-5", "reached", 4, NOON)

    assert tasks.open_tasks() == [sooner, later]


def test_who_is_second_finds_the_answer_of_the_first() -> None:
    tasks.put(CALL)

    done = tasks.complete("t-1", "reached", 5, NOON + timedelta(hours=1))
    assert done == replace(CALL, done_at=NOON + timedelta(hours=1), outcome="reached", score=5)
    assert tasks.complete("t-1", "no answer", None, NOON + timedelta(hours=2)) == done
    assert tasks.read("t-1") == done


def test_a_task_that_was_done_is_not_put_back_by_a_crash_and_its_replay() -> None:
    tasks.put(CALL)
    tasks.complete("t-1", "reached", 5, NOON)

    assert not tasks.put(CALL)
    assert tasks.open_tasks() == []


def test_a_task_nobody_asked_for_cannot_be_done() -> None:
    assert tasks.complete("t-7", "reached", 5, NOON) is None
    assert tasks.open_tasks() == []
