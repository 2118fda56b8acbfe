"""A person has done a task that a journey asked for: that is noted on the task and told to the customer's log."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.events import Entry, Event
from chalicelib.domain.tasks import Task
from chalicelib.errors import UnknownTaskError
from chalicelib.storage import log, tasks

SOURCE = "tasks"
"""The source of the log entries that tell what came of tasks."""


def complete(task_id: str, outcome: str, score: int | None, now: datetime) -> Task:
    """Complete a task; the task as it is on record, which is another's answer where somebody was first.

    Told to the log as `task.completed` with data `task`, `journey`, `outcome` and `score`; doing it again, as after a
    crash in between, tells the first answer under the same key. Raises UnknownTaskError, StorageUnavailableError.
    """
    task = tasks.complete(task_id, outcome, score, now)
    if task is None:
        raise UnknownTaskError(task_id)
    if task.done_at is not None:
        data = {"task": task.task_id, "journey": task.journey, "outcome": task.outcome, "score": task.score}
        entry_id = log.entry_id(task.done_at, SOURCE, task.task_id)
        event = Event("task.completed", task.done_at, data=data)
        log.append(Entry(task.customer_id, entry_id, recorded_at=now, source=SOURCE, events=(event,)))
    return task
