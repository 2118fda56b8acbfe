"""A meter of DynamoDB capacity: what AWS would bill for the requests that a client makes.

The rules are those of the DynamoDB Developer Guide:
- sizes: "DynamoDB item sizes and formats" (CapacityUnitCalculations.html);
- units: "DynamoDB read and write operations" (read-write-operations.html);
- conditions: "Working with items", conditional writes (WorkingWithItems.html);
- index writes: "Using global secondary indexes", write capacity units (GSI.html).

Emulators report units of their own making, so the meter looks at the items themselves, through another client, before
and after each write. It is for one thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

Item = dict[str, dict[str, Any]]

KILOBYTE = 1024
WRITE_UNIT = 1 * KILOBYTE
READ_UNIT = 4 * KILOBYTE
TRANSACTION = 2
"""A transactional read or write takes twice the units."""


def value_size(value: dict[str, Any]) -> int:
    """Bytes of a value. Of a number AWS says "approximately": a byte per two significant digits, and one more."""
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_size(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + value_size(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + value_size(element) for name, element in content.items())
        case "SS":
            return sum(len(element.encode()) for element in content)
        case "BS":
            return sum(len(element) for element in content)
        case "NS":
            return sum(map(_number_size, content))
    raise ValueError(f"DynamoDB has no type {kind!r}")


def item_size(item: Item) -> int:
    """Bytes of an item as billed for throughput: names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def write_units(*sizes: int) -> int:
    """Write units of one write: a unit per KB of the largest of the sizes (the item before, after), one at least."""
    return max(1, ceil(max(sizes, default=0) / WRITE_UNIT))


def read_units(size: int, *, consistent: bool) -> float:
    """Read units of `size` bytes read together: one per 4 KB, half when eventually consistent. Nothing costs one."""
    units = max(1, ceil(size / READ_UNIT))
    return units if consistent else units / 2


@dataclass(frozen=True)
class Reading:
    """The units of one request; `reported` is what the emulator said they were, None when it said nothing."""

    operation: str
    tables: tuple[str, ...]
    writes: float = 0
    reads: float = 0
    reported: float | None = None


class Meter:
    """Meters a botocore client of DynamoDB while it is used in a `with` statement.

    `observer` is another client of the same database, through which items are looked at without being metered.
    """

    def __init__(self, client: Any, observer: Any) -> None:
        self._events = client.meta.events
        self._observer = observer
        self._indexes: dict[str, list[dict[str, Any]]] = {}
        self._keys: dict[str, list[str]] = {}
        self.readings: list[Reading] = []

    @property
    def writes(self) -> float:
        """Write units so far."""
        return sum(reading.writes for reading in self.readings)

    @property
    def reads(self) -> float:
        """Read units so far."""
        return sum(reading.reads for reading in self.readings)

    def __enter__(self) -> Meter:
        self._events.register("before-parameter-build.dynamodb", self._before)
        self._events.register("after-call.dynamodb", self._after)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.unregister("before-parameter-build.dynamodb", self._before)
        self._events.unregister("after-call.dynamodb", self._after)

    def _before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        context["metered"] = params
        context["items before"] = [self._look(table, key) for table, key, _ in self._written(model.name, params)]

    def _after(self, model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        if model.name not in METERED:
            return
        params = context["metered"]
        failed = parsed.get("Error", {}).get("Code", "")
        if failed and failed not in {"ConditionalCheckFailedException", "TransactionCanceledException"}:
            return
        written = list(self._written(model.name, params))
        units: float = 0
        for (table, key, offered), before in zip(written, context["items before"], strict=True):
            after = self._look(table, key)
            units += write_units(item_size(before), item_size(after), item_size(offered))
            units += self._index_units(table, before, after)
        reads = 0 if failed else self._read(model.name, params)
        factor = TRANSACTION if model.name.startswith("Transact") else 1
        tables = tuple(dict.fromkeys(table for table, *_ in written)) or _tables_read(params)
        self.readings.append(Reading(model.name, tables, units * factor, reads * factor, _reported(parsed)))

    def _written(self, operation: str, params: dict[str, Any]) -> Iterable[tuple[str, Item, Item]]:
        """Of each write of a request: the table, the key, and the item offered (empty where the request names none)."""
        match operation:
            case "PutItem":
                yield params["TableName"], self._key(params["TableName"], params["Item"]), params["Item"]
            case "UpdateItem" | "DeleteItem":
                yield params["TableName"], params["Key"], {}
            case "BatchWriteItem":
                for table, requests in params["RequestItems"].items():
                    for request in requests:
                        offered = request.get("PutRequest", {}).get("Item", {})
                        key = self._key(table, offered) if offered else request["DeleteRequest"]["Key"]
                        yield table, key, offered
            case "TransactWriteItems":
                for action in params["TransactItems"]:
                    ((_, request),) = action.items()
                    offered = request.get("Item", {})
                    key = self._key(request["TableName"], offered) if offered else request["Key"]
                    yield request["TableName"], key, offered

    def _read(self, operation: str, params: dict[str, Any]) -> float:
        match operation:
            case "GetItem":
                return self._read_one(params["TableName"], params["Key"], params.get("ConsistentRead", False))
            case "BatchGetItem":
                return sum(
                    self._read_one(table, key, asked.get("ConsistentRead", False))
                    for table, asked in params["RequestItems"].items() for key in asked["Keys"]
                )
            case "TransactGetItems":
                requests = [action["Get"] for action in params["TransactItems"]]
                return sum(self._read_one(request["TableName"], request["Key"], True) for request in requests)
            case "Query" | "Scan":
                # What a filter or projection leaves out is read and billed all the same.
                page = getattr(self._observer, operation.lower())(**_without_filter(params))
                size = sum(map(item_size, page["Items"]))
                return read_units(size, consistent=params.get("ConsistentRead", False))
        return 0

    def _read_one(self, table: str, key: Item, consistent: bool) -> float:
        return read_units(item_size(self._look(table, key)), consistent=consistent)

    def _index_units(self, table: str, before: Item, after: Item) -> float:
        units = 0
        for index in self._describe(table):
            old, new = _entry(index, before), _entry(index, after)
            if old == new:
                continue
            if old and new and any(old[name] != new[name] for name in index["key"]):
                # A key that changes is a delete and a put.
                units += write_units(item_size(old)) + write_units(item_size(new))
            else:
                units += write_units(item_size(old), item_size(new))
        return units

    def _look(self, table: str, key: Item) -> Item:
        item: Item = self._observer.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        return item

    def _key(self, table: str, item: Item) -> Item:
        self._describe(table)
        return {name: item[name] for name in self._keys[table]}

    def _describe(self, table: str) -> list[dict[str, Any]]:
        if table not in self._indexes:
            described = self._observer.describe_table(TableName=table)["Table"]
            self._keys[table] = [key["AttributeName"] for key in described["KeySchema"]]
            self._indexes[table] = [
                {
                    "key": [key["AttributeName"] for key in index["KeySchema"]],
                    "all": index["Projection"]["ProjectionType"] == "ALL",
                    "projected": {
                        *self._keys[table],
                        *(key["AttributeName"] for key in index["KeySchema"]),
                        *index["Projection"].get("NonKeyAttributes", []),
                    },
                }
                for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes") for index in described.get(kind, [])
            ]
        return self._indexes[table]


METERED = frozenset({
    "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems",
    "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan",
})
"""Operations that take units; those on tables take none."""


def _number_size(number: str) -> int:
    digits = "".join(map(str, Decimal(number).as_tuple().digits)).strip("0")
    return ceil(len(digits) / 2) + 1


def _entry(index: dict[str, Any], item: Item) -> Item:
    """What an index holds of an item: nothing when the item lacks one of the index's keys."""
    if not all(name in item for name in index["key"]):
        return {}
    return {name: value for name, value in item.items() if index["all"] or name in index["projected"]}


def _without_filter(params: dict[str, Any]) -> dict[str, Any]:
    dropped = {
        "FilterExpression", "ProjectionExpression", "Select", "ReturnConsumedCapacity",
        "ExpressionAttributeNames", "ExpressionAttributeValues",
    }
    kept = {name: value for name, value in params.items() if name not in dropped}
    # Placeholders that no expression uses are refused.
    placeholders = set(re.findall(r"[#:]\w+", params.get("KeyConditionExpression", "")))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {name: value for name, value in params.get(kind, {}).items() if name in placeholders}
        if used:
            kept[kind] = used
    return kept


def _tables_read(params: dict[str, Any]) -> tuple[str, ...]:
    if "TableName" in params:
        return (params["TableName"],)
    if "TransactItems" in params:
        return tuple(dict.fromkeys(action["Get"]["TableName"] for action in params["TransactItems"]))
    return tuple(params.get("RequestItems", {}))


def _reported(parsed: dict[str, Any]) -> float | None:
    consumed = parsed.get("ConsumedCapacity")
    if not consumed:
        return None
    listed = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(one["CapacityUnits"] for one in listed))
