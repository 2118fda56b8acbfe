"""Re-playing the quarantine: bodies that could not be understood are read again, after the fix."""

from __future__ import annotations

import json
from datetime import datetime

from msgspec import Struct

from chalicelib.errors import MalformedPayloadError, StorageUnavailableError, UnknownTopicError
from chalicelib.flows import accept, feedback
from chalicelib.flows.shop_country import shop_country
from chalicelib.observability import logger
from chalicelib.sources.registry import SOURCES
from chalicelib.storage import bucket

QUARANTINE = "quarantine/"


class Replayed(Struct, frozen=True):
    """What came of one quarantined body: `outcome` is `accepted`, `known` or why it stays where it is."""

    key: str
    outcome: str
    stays: bool


def replay(now: datetime, prefix: str = QUARANTINE) -> tuple[Replayed, ...]:
    """Read every quarantined body under `prefix` once more; those understood now leave the quarantine.

    Their signatures were checked on arrival. Replaying twice changes nothing: the log knows the deliveries.

    Raises:
        StorageUnavailableError: the database or the bucket is away; what was replayed by then is done.
    """
    return tuple(_replay(listed.key, now) for listed in bucket.list_files(prefix))


def _replay(key: str, now: datetime) -> Replayed:
    kept = bucket.read_quarantined(key)
    if kept.source == feedback.QUARANTINE:
        return _replay_feedback(key, kept.body, now)
    source = SOURCES.get(kept.source)
    if source is None:
        return Replayed(key, f"no such storefront: {kept.source}", stays=True)
    try:
        new = accept.receive(source.read(kept.headers, kept.body, kept.at, lambda: shop_country(now)), kept.source, now)
    except (MalformedPayloadError, UnknownTopicError) as error:
        return Replayed(key, str(error), stays=True)
    except StorageUnavailableError:
        raise
    except Exception as error:
        # A mistake of ours that is not mended yet: it must not hold back the others.
        logger.exception("body could not be replayed", extra={"key": key})
        return Replayed(key, type(error).__name__, stays=True)
    bucket.delete(key)
    return Replayed(key, "accepted" if any(new) or not new else "known", stays=False)


def _replay_feedback(key: str, body: bytes, now: datetime) -> Replayed:
    """What a provider told of a message: a whole SNS record, as Lambda brought it."""
    try:
        outcomes = feedback.take(json.loads(body), now)
    except (MalformedPayloadError, UnknownTopicError) as error:
        return Replayed(key, str(error), stays=True)
    bucket.delete(key)
    return Replayed(key, "accepted" if "recorded" in outcomes or not outcomes else outcomes[0], stays=False)
