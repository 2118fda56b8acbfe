"""A task done by a person: noted once, told to the customer's log once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.effects import PutTask
from chalicelib.domain.tasks import Task
from chalicelib.errors import UnknownTaskError
from chalicelib.flows import effects
from chalicelib.flows.tasks import complete
from chalicelib.storage import tasks
from tests.flows.engine_on_aws import history
from tests.flows.failing_calls import Cut, failing_at_write
from tests.flows.sending_shop import NOW

pytestmark = pytest.mark.usefixtures("moto")

CALL = Task("t-1", "c1", "vip-care", "", "1", "Call about the coats", "Ask which size", NOW, NOW + timedelta(days=2))
LATER = NOW + timedelta(hours=3)


ANSWER = ("task.completed", {"task": "t-1", "journey": "vip-care", "outcome": "reached", "score": 4})


def told() -> list[tuple[str, dict[str, object]]]:
    return [(event.name, event.data) for entry in history("c1") for event in entry.events]


def test_the_answer_is_on_the_task_and_in_the_log() -> None:
    effects.perform(PutTask(CALL), NOW)

    done = complete("t-1", "reached", 4, LATER)

    assert done is not None
    assert (done.done_at, done.outcome, done.score) == (LATER, "reached", 4)
    assert told() == [ANSWER]
    assert tasks.open_tasks() == []


def test_told_again_or_by_another_the_first_answer_stands() -> None:
    effects.perform(PutTask(CALL), NOW)
    complete("t-1", "reached", 4, LATER)

    complete("t-1", "reached", 4, LATER + timedelta(minutes=1))
    second = complete("t-1", "no answer", None, LATER + timedelta(minutes=2))

    assert second is not None
    assert second.outcome == "reached"
    assert len(told()) == 1


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("write", [0, 1])
def test_after_a_crash_at_any_write_doing_it_again_brings_it_to_its_end(moment: str, write: int) -> None:
    effects.perform(PutTask(CALL), NOW)
    with failing_at_write(moment, ("dynamodb.PutItem",), write), pytest.raises(Cut):
        complete("t-1", "reached", 4, LATER)

    complete("t-1", "reached", 4, LATER + timedelta(minutes=5))

    assert told() == [ANSWER]


def test_a_task_nobody_asked_for_is_told_to_nobody() -> None:
    with pytest.raises(UnknownTaskError):
        complete("t-9", "reached", 4, LATER)
    assert told() == []
