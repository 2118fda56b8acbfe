"""What a shop has one of: definitions in force, versions of journeys, cursors; opaque bodies by kind and id."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import binary, text
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Shop


def get(kind: str, key: str, consistent: bool = False) -> bytes | None:
    """The body kept under a kind and an id, or None. Half a read unit per 4 KB, a whole one when `consistent`."""
    item = Shop.fetch(kind, key, consistent=consistent)
    return unpack(binary(item, "b")) if item else None


def of_kind(kind: str) -> Iterator[tuple[str, bytes]]:
    """The ids of a kind with their bodies, in order. Half a unit per 4 KB."""
    for item in Shop.search(kind):
        yield text(item, "i"), unpack(binary(item, "b"))


def replace(kind: str, key: str, body: bytes, over: bytes | None) -> bool:
    """Keep a body over the very one that was read (None: over none); False when another has taken its place.

    Condition: the body is unchanged. One write unit per KB of the larger.
    """
    unchanged = Shop.body == pack(over) if over is not None else Shop.body.does_not_exist()
    try:
        Shop(kind, key, body=pack(body)).save(condition=unchanged)
    except ConditionFailedError:
        return False
    return True


def delete(kind: str, key: str) -> None:
    """Take away what is kept under a kind and an id; nothing there is no error. One write unit per KB."""
    Shop(kind, key).delete()


def put(kind: str, key: str, body: bytes) -> None:
    """Keep a body of at most 400 KB, compressed, over an earlier one. One write unit per KB of the larger."""
    Shop(kind, key, body=pack(body)).save()
