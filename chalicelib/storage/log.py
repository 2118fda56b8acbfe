"""The log: what happened to each customer, one item per accepted request, kept for 400 days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec

from chalicelib.domain.events import Entry, Event, Identity
from chalicelib.errors import MalformedPayloadError
from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import Image, binary, moment, text
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Events

KEPT = timedelta(days=400)
"""How long an entry stays in the table; DynamoDB's TTL deletes it for nothing."""
LARGEST_BODY = 400_000
"""Bytes of a packed body at most: an item, keys and names included, holds 400 KB (409,600 bytes)."""
LONGEST_DELIVERY_ID = 200
"""Bytes of a delivery id that go into a sort key (1,024 bytes at most); a longer one is hashed."""


class _Body(msgspec.Struct, array_like=True):
    identities: tuple[Identity, ...]
    events: tuple[Event, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Body)


def entry_id(occurred_at: datetime, source: str, delivery_id: str) -> str:
    """The sort key of an entry: by time, and the same when a request is delivered again."""
    if len(delivery_id.encode()) > LONGEST_DELIVERY_ID:
        delivery_id = blake2b(delivery_id.encode(), digest_size=16).hexdigest()
    return f"{occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}#{source}#{delivery_id}"


def check(entry: Entry) -> None:
    """Raise MalformedPayloadError if the entry is too large to be appended; nothing is written."""
    _body(entry)


def append(entry: Entry) -> bool:
    """Append an entry; False when it was there already, which changes nothing.

    Key: customer, entry id. Condition: no such item. Write units: one per KB, a typical webhook one or two.

    Raises:
        MalformedPayloadError: the entry is too large for one item even when compressed.
        StorageUnavailableError: the database is throttled or away.
    """
    body = _body(entry)
    item = Events(
        entry.customer_id,
        entry.entry_id,
        recorded_at=entry.recorded_at,
        source=entry.source,
        body=body,
        expires_at=entry.recorded_at + KEPT,
    )
    try:
        item.save(condition=Events.entry_id.does_not_exist())
    except ConditionFailedError:
        return False
    return True


def _body(entry: Entry) -> bytes:
    body = pack(_encoder.encode(_Body(entry.identities, entry.events)))
    if len(body) > LARGEST_BODY:
        raise MalformedPayloadError(
            f"entry {entry.entry_id} takes {len(body)} bytes compressed, an item of the log holds {LARGEST_BODY}: "
            "send fewer events or lines at a time",
        )
    return body


def read(customer_id: str, entry_id: str) -> Entry | None:
    """One entry, strongly consistent: one read unit per 4 KB."""
    item = Events.fetch(customer_id, entry_id, consistent=True)
    return entry_of(item) if item else None


def history(customer_id: str) -> Iterator[Entry]:
    """All entries of a customer, the one that occurred first first. Half a read unit per 4 KB of the whole log."""
    return map(entry_of, Events.search(customer_id))


def beginning_with(customer_id: str, beginning: str) -> Iterator[Entry]:
    """A customer's entries whose ids begin so, strongly consistent: a read unit per 4 KB of them."""
    return map(entry_of, Events.search(customer_id, Events.entry_id.startswith(beginning), consistent=True))


def customers_recorded_since(moment: datetime) -> Iterator[str]:
    """The customers with an entry recorded at or after `moment`, each once. Reads the whole table: for recovery"""
    known = set()
    for item in Events.scan_all(Events.recorded_at >= moment, ["c"]):
        customer_id = text(item, "c")
        if customer_id not in known:
            known.add(customer_id)
            yield customer_id


def everything() -> Iterator[Entry]:
    """Every entry there is, in no order over customers. Half a read unit per 4 KB of the table: 0.016 $ per GB."""
    return map(entry_of, Events.scan_all(None, ["c", "e", "r", "s", "b"]))


def entry_of(image: Image) -> Entry:
    """The entry of an item, be it read from the table or the `NewImage` of a stream record."""
    body = _decoder.decode(unpack(binary(image, "b")))
    recorded_at = moment(image, "r")
    assert recorded_at is not None
    return Entry(
        customer_id=text(image, "c"),
        entry_id=text(image, "e"),
        recorded_at=recorded_at,
        source=text(image, "s"),
        events=body.events,
        identities=body.identities,
    )
