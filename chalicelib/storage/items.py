"""Reading raw items, from DynamoDB's answers and from stream records alike, and packing bodies.

A stream record that Lambda hands over carries binary values as base64 text, a client's answer as bytes: both are read.
"""

from __future__ import annotations

import zlib
from base64 import b64decode
from datetime import UTC, datetime, timedelta

from chalicelib.storage.connection import Item

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

COMPRESS_ABOVE = 900
"""Bytes of a body above which it is compressed: a write unit is 1 KB of the whole item."""
PLAIN, COMPRESSED = b"\x00", b"\x01"


def pack(body: bytes) -> bytes:
    """A body as it is stored: a one-byte marker, then the body, compressed where that saves a write unit."""
    if len(body) > COMPRESS_ABOVE:
        smaller = zlib.compress(body)
        if len(smaller) < len(body):
            return COMPRESSED + smaller
    return PLAIN + body


def unpack(stored: bytes) -> bytes:
    """The body that `pack` was given."""
    return zlib.decompress(stored[1:]) if stored[:1] == COMPRESSED else stored[1:]


def text(item: Item, name: str) -> str:
    """A string attribute, empty when absent."""
    value = item.get(name)
    return value["S"] if value else ""


def number(item: Item, name: str) -> int:
    """An integer attribute, 0 when absent."""
    value = item.get(name)
    return int(value["N"]) if value else 0


def binary(item: Item, name: str) -> bytes:
    """A binary attribute, empty when absent."""
    value = item.get(name)
    if not value:
        return b""
    content = value["B"]
    return b64decode(content) if isinstance(content, str) else bytes(content)


def moment(item: Item, name: str) -> datetime | None:
    """A moment stored by `MomentAttribute`, in UTC, None when absent."""
    value = item.get(name)
    return from_microseconds(int(value["N"])) if value else None


def microseconds(at: datetime) -> int:
    """A moment as microseconds since 1970: sorts as it should and takes nine bytes."""
    return (at - EPOCH) // MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The moment, in UTC, that `microseconds` was given."""
    return EPOCH + count * MICROSECOND
