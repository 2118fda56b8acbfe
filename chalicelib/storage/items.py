"""Reading raw items, from DynamoDB's answers and from stream records alike.

A stream record that Lambda hands over carries binary values as base64 text, a client's answer as bytes: both are read.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Image = Mapping[str, Any]
"""An item as DynamoDB writes it, attribute name to `{type: value}`: read, or of a stream record."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def text(item: Image, name: str) -> str:
    """A string attribute, empty when absent."""
    value = item.get(name)
    return str(value["S"]) if value else ""


def number(item: Image, name: str) -> int:
    """An integer attribute, 0 when absent."""
    value = item.get(name)
    return int(value["N"]) if value else 0


def binary(item: Image, name: str) -> bytes:
    """A binary attribute, empty when absent."""
    value = item.get(name)
    if not value:
        return b""
    content = value["B"]
    return b64decode(content) if isinstance(content, str) else bytes(content)


def moment(item: Image, name: str) -> datetime | None:
    """A moment stored by `MomentAttribute`, in UTC, None when absent."""
    value = item.get(name)
    return from_microseconds(int(value["N"])) if value else None


def second(item: Image, name: str) -> datetime | None:
    """A moment stored as DynamoDB's TTL wants it, in seconds since 1970; None when absent."""
    value = item.get(name)
    return datetime.fromtimestamp(int(value["N"]), UTC) if value else None


def microseconds(at: datetime) -> int:
    """A moment as microseconds since 1970: sorts as it should and takes nine bytes."""
    return (at - EPOCH) // MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The moment, in UTC, that `microseconds` was given."""
    return EPOCH + count * MICROSECOND
