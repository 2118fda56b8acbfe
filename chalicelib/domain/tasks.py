"""A task for a person: call this customer, by this script, until then."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Task(Struct, frozen=True, omit_defaults=True):
    """What a journey asks a person to do. `task_id` follows from customer, run and step: asked twice is asked once.

    `outcome` and `score` are the person's answer, given once `done_at`.
    """

    task_id: str
    customer_id: str
    journey: str
    run_key: str
    step: str
    title: str
    script: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    outcome: str = ""
    score: int | None = None
