"""Jobs over many customers: one item each in the shop table.

Those that are not over stand under one key, so that looking for them each minute is one small read; those that are over
stand under another.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from chalicelib.domain.jobs import Job
from chalicelib.storage import shop
from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import binary
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Shop

_OPEN, _OVER = "job", "job-over"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Job)


class Kept(Struct, frozen=True):
    """A job as read, and the bytes it was stored as, over which alone the next state is written.

    They are kept as they were: packed anew by another machine's zlib the same job may come to other bytes.
    """

    job: Job
    stored: bytes


def unfinished() -> list[Kept]:
    """The jobs that are not over: one query, half a read unit when there are none."""
    return [_kept(binary(item, "b")) for item in Shop.search(_OPEN)]


def find(job_id: str) -> Kept | None:
    """A job that is not over, strongly consistent: one read unit."""
    item = Shop.fetch(_OPEN, job_id, consistent=True)
    return _kept(binary(item, "b")) if item else None


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
    stored = pack(_encoder.encode(job))
    try:
        Shop(_OPEN, job.job_id, body=stored).save(condition=Shop.body == over.stored)
    except ConditionFailedError:
        return None
    kept = Kept(job, stored)
    if job.status != "running":
        tidy(kept)
    return kept


def tidy(kept: Kept) -> None:
    """Move a job that is over to the others; twice is once."""
    shop.put(_OVER, kept.job.job_id, _encoder.encode(kept.job))
    shop.delete(_OPEN, kept.job.job_id)


def _kept(stored: bytes) -> Kept:
    return Kept(_decoder.decode(unpack(stored)), stored)
