"""Tasks for people, in the shop table (kind `task`): asked for by journeys, done once, kept for good.

They are few, since each takes a person's time, so the open ones are found by reading all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec.structs import replace

from chalicelib.domain.tasks import Task
from chalicelib.storage import shop

KIND = "task"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Task)


def put(task: Task) -> bool:
    """Put a task onto the list; False when it is there, open or done, which changes nothing.

    Key: `task`, task id. Condition: no such item. One write unit.
    """
    return shop.replace(KIND, task.task_id, _encoder.encode(task), over=None)


def read(task_id: str) -> Task | None:
    """One task, strongly consistent, or None: one read unit."""
    body = shop.get(KIND, task_id, consistent=True)
    return _decoder.decode(body) if body else None


def open_tasks() -> list[Task]:
    """The tasks still to be done, the oldest due first. Half a read unit for each 4 KB of all tasks, done ones too:
    some ten tasks, so a thousand cost 0.000006 $.
    """
    return sorted((task for task in _all() if task.done_at is None), key=lambda task: (task.due_at, task.task_id))


def complete(task_id: str, outcome: str, score: int | None, at: datetime) -> Task | None:
    """Note what came of a task; the task as it is then on record, by whomever it was done; None if there is none.

    Condition: it has not changed since it was read. Two units, one to read and one to write.
    """
    while (body := shop.get(KIND, task_id, consistent=True)) is not None:
        task = _decoder.decode(body)
        if task.done_at is not None:
            return task
        done = replace(task, done_at=at, outcome=outcome, score=score)
        if shop.replace(KIND, task_id, _encoder.encode(done), over=body):
            return done
    return None


def _all() -> Iterator[Task]:
    for _, body in shop.of_kind(KIND):
        yield _decoder.decode(body)
