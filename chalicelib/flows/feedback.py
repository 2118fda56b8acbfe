"""Feedback of the providers, by SNS: each piece goes into the log of the customer it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.channels.provider_feedback import Told, read
from chalicelib.domain.events import Entry, Event
from chalicelib.errors import MalformedPayloadError, UnknownTopicError
from chalicelib.observability import QUARANTINED, UNKNOWN_TOPICS, count, logger
from chalicelib.storage import bucket, identities, log

QUARANTINE: Final = "feedback"
"""The source under which feedback that cannot be understood is kept: whole records, as Lambda brought them."""

HANDSHAKES: Final = ("Successfully validated SNS topic for Amazon SES event publishing.",)
"""What SES publishes once, as plain text, when a topic is made its event destination."""


class Absorbed(Struct, frozen=True):
    """What became of a batch: entries written, pieces known already, about nobody here, of unknown type, set aside."""

    recorded: int = 0
    known: int = 0
    about_nobody: int = 0
    unknown: int = 0
    quarantined: int = 0


def absorb(records: Iterable[Mapping[str, Any]], now: datetime) -> Absorbed:
    """Log what SNS records of Lambda tell. A record that cannot be understood is kept in quarantine, whole.

    Raises StorageUnavailableError: Lambda then brings the records again, and what is logged already stays as it is.
    """
    done = {"recorded": 0, "known": 0, "about_nobody": 0, "unknown": 0, "quarantined": 0}
    for record in records:
        try:
            outcomes = take(record, now)
        except UnknownTopicError as error:
            logger.info("feedback of an unknown type", extra={"type": error.topic[:64]})
            count(UNKNOWN_TOPICS)
            done["unknown"] += 1
        except MalformedPayloadError as error:
            _set_aside(record, str(error), now)
            done["quarantined"] += 1
        else:
            for outcome in outcomes:
                done[outcome] += 1
    return Absorbed(**done)


def take(record: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Log what one record tells; answers `recorded`, `known` or `about_nobody` for each customer it is about.

    Raises UnknownTopicError, MalformedPayloadError, StorageUnavailableError.
    """
    return tuple(_log(_read(record, now), now))


def _read(record: Mapping[str, Any], now: datetime) -> tuple[Told, ...]:
    envelope = record.get("Sns") if isinstance(record, Mapping) else None
    if not isinstance(envelope, Mapping) or not isinstance(envelope.get("Message"), str):
        raise MalformedPayloadError("the record is not of SNS")
    text = envelope["Message"]
    if text.strip() in HANDSHAKES:
        return ()
    try:
        document = json.loads(text)
    except ValueError as error:
        raise MalformedPayloadError("the message is not JSON") from error
    return read(document, str(envelope.get("MessageId") or _mark(text)), now)


def _log(told: tuple[Told, ...], now: datetime) -> Iterable[str]:
    """Write the pieces, those of one customer together; yields what became of each customer's and each stranger's."""
    asked = {piece.identity for piece in told if piece.identity and not piece.customer_id}
    holders = identities.find(asked) if asked else {}
    by_customer: dict[str, list[Told]] = {}
    for piece in told:
        customer_id = piece.customer_id or (holders.get(piece.identity, "") if piece.identity else "")
        if customer_id:
            by_customer.setdefault(customer_id, []).append(piece)
        else:
            yield "about_nobody"
    for customer_id, pieces in by_customer.items():
        first = pieces[0]
        new = log.append(Entry(
            customer_id=customer_id,
            entry_id=log.entry_id(first.event.occurred_at, first.source, first.delivery_id),
            recorded_at=now,
            source=first.source,
            events=tuple(_not_in_the_future(piece.event, now) for piece in pieces),
        ))
        yield "recorded" if new else "known"


def _not_in_the_future(event: Event, now: datetime) -> Event:
    return event if event.occurred_at <= now else replace(event, occurred_at=now)


def _set_aside(record: Mapping[str, Any], reason: str, now: datetime) -> None:
    body = json.dumps(record, ensure_ascii=False, default=str).encode()
    bucket.quarantine(QUARANTINE, _mark(body.decode()), {}, body, reason=reason, now=now)
    logger.error("feedback set aside", extra={"reason": reason})
    count(QUARANTINED)


def _mark(text: str) -> str:
    return blake2b(text.encode(), digest_size=12).hexdigest()
