"""The state of customers: one item each, replaced as a whole under a version."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Position
from chalicelib.errors import VersionConflictError
from chalicelib.storage.connection import ConditionFailedError, Item
from chalicelib.storage.items import binary, number, text
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Customers

DECIMAL_EXTENSION = 1
"""MessagePack extension type of a `Decimal` among a run's values, where no field type says that it is one."""


MAX_FORWARDS = 8
"""Merges followed from a customer of earlier to the one of today."""


class Stored(msgspec.Struct, frozen=True):
    """A customer's state as read. `version` 0: there is no item yet; `position`: of the last entry folded in."""

    customer: Customer
    version: int = 0
    position: Position | None = None


def _read_extension(code: int, content: memoryview) -> Any:
    if code == DECIMAL_EXTENSION:
        return Decimal(bytes(content).decode())
    return msgspec.msgpack.Ext(code, bytes(content))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Customer, ext_hook=_read_extension)


def load(customer_id: str, consistent: bool = False) -> Stored | None:
    """The state of a customer, or None. Half a read unit per 4 KB, a whole one when `consistent`."""
    item = Customers.fetch(customer_id, consistent=consistent)
    return _stored(item) if item else None


def surviving(stored: Stored, *, consistent: bool = False) -> Stored:
    """The state of whom a customer was merged into, through at most `MAX_FORWARDS` merges; the last that is there.

    Read as `load` does, once for each merge.
    """
    for _ in range(MAX_FORWARDS):
        survivor = load(stored.customer.forwarded_to, consistent) if stored.customer.forwarded_to else None
        if survivor is None:
            break
        stored = survivor
    return stored


def load_many(customer_ids: Iterable[str], consistent: bool = False) -> dict[str, Stored]:
    """The states of those customers that have one, by id; 100 to a request, each rounded up as `load`."""
    keys = [{"c": customer_id} for customer_id in dict.fromkeys(customer_ids)]
    return {text(item, "c"): _stored(item) for item in Customers.fetch_many(keys, consistent=consistent)}


class Page(msgspec.Struct, frozen=True):
    """Some customers in the order of a scan; `is_last` tells that none come after them."""

    customers: tuple[Customer, ...]
    is_last: bool


def page(after: str, limit: int = 500) -> Page:
    """The next customers after the one of this id (empty: from the beginning), at most `limit` and 1 MB of them.

    Half a read unit per 4 KB: a million customers of 1 KB are 0.016 $.
    """
    items, is_last = Customers.scan_page({"c": {"S": after}} if after else None, limit)
    return Page(tuple(_stored(item).customer for item in items), is_last)


def commit(stored: Stored, customer: Customer, position: Position | None) -> Stored:
    """Replace the state that was read with what the fold made of it; answers what is stored now.

    Key: customer. Condition: the version is still the one read, or there is no item where none was. Write units: one
    per KB of the larger of both items.

    Raises:
        VersionConflictError: another writer was faster; load (consistently) and fold again.
        StorageUnavailableError: the database is throttled or away.
    """
    written = f"{position.label} {position.sequence}" if position else ""
    state = pack(encode(customer))
    item = Customers(customer.customer_id, version=stored.version + 1, position=written or None, state=state)
    unchanged = Customers.version == stored.version if stored.version else Customers.version.does_not_exist()
    try:
        item.save(condition=unchanged)
    except ConditionFailedError as refused:
        found = number(refused.item, "v")
        # botocore repeats a request whose answer was lost: refused by our own commit, it is committed.
        if (found, text(refused.item, "p"), binary(refused.item, "s")) != (stored.version + 1, written, state):
            raise VersionConflictError(customer.customer_id, found) from refused
    return Stored(customer, stored.version + 1, position)


def encode(customer: Customer) -> bytes:
    """A state in MessagePack, without the customer's id, which is the key of the item."""
    runs = tuple(_with_extensions(run) for run in customer.runs)
    return _encoder.encode(replace(customer, customer_id="", runs=runs))


def decode(customer_id: str, state: bytes) -> Customer:
    """The state that `encode` was given."""
    return replace(_decoder.decode(state), customer_id=customer_id)


def _with_extensions(run: Any) -> Any:
    if not any(isinstance(value, Decimal) for value in run.values.values()):
        return run
    return replace(run, values={
        name: msgspec.msgpack.Ext(DECIMAL_EXTENSION, str(value).encode()) if isinstance(value, Decimal) else value
        for name, value in run.values.items()
    })


def _stored(item: Item) -> Stored:
    label, _, sequence = text(item, "p").partition(" ")
    return Stored(
        customer=decode(text(item, "c"), unpack(binary(item, "s"))),
        version=number(item, "v"),
        position=Position(label, int(sequence)) if label else None,
    )
