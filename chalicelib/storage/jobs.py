"""Jobs over many customers: one item each in the shop table.

Those that are not over stand under one key, so that looking for them each minute is one small read; those that are over
stand under another.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from chalicelib.domain.jobs import Job
from chalicelib.storage import shop

_OPEN, _OVER = "job", "job-over"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Job)


class Kept(Struct, frozen=True):
    """A job as read, and the body it was read from, over which alone the next state is written."""

    job: Job
    body: bytes


def unfinished() -> list[Kept]:
    """The jobs that are not over: one query, half a read unit when there are none."""
    return [Kept(_decoder.decode(body), body) for _, body in shop.of_kind(_OPEN)]


def find(job_id: str) -> Kept | None:
    """A job that is not over, strongly consistent: one read unit."""
    body = shop.get(_OPEN, job_id, consistent=True)
    return Kept(_decoder.decode(body), body) if body else None


def find_over(job_id: str) -> Job | None:
    """A job that is over (the last of this id), strongly consistent: one read unit."""
    body = shop.get(_OVER, job_id, consistent=True)
    return _decoder.decode(body) if body else None


def put_new(job: Job) -> bool:
    """Put a new job on record; False when one of this id is not over. One write unit."""
    return shop.replace(_OPEN, job.job_id, _encoder.encode(job), None)


def keep(job: Job, over: Kept) -> Kept | None:
    """Keep how far a job has come; None when somebody else has changed it since `over` was read. One write unit.

    One that is over moves to the others: first put there, then taken away here, so that it is never nowhere.
    """
    body = _encoder.encode(job)
    if not shop.replace(_OPEN, job.job_id, body, over.body):
        return None
    if job.status != "running":
        shop.put(_OVER, job.job_id, body)
        shop.delete(_OPEN, job.job_id)
    return Kept(job, body)


def tidy(kept: Kept) -> None:
    """Finish the move of a job that is over, which was cut short."""
    shop.put(_OVER, kept.job.job_id, kept.body)
    shop.delete(_OPEN, kept.job.job_id)
