"""Putting very many customers into a table at once, and looking at what came to their logs."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.storage import tables
from chalicelib.storage.customers import encode
from chalicelib.storage.packing import pack
from tests.jobs.crowd import person

WRITERS = 4
BATCH = 25


def put_customers(number: int) -> None:
    """Commit so many customers, all alike but for their id and address."""
    connection = tables.Customers.connection()
    table, client = connection.table_name, connection.connection.client

    def write(start: int) -> None:
        requests: list[dict[str, Any]] = []
        for one in range(start, min(start + BATCH, number)):
            state = pack(encode(person(f"{one:08}", city="Moscow", time_zone="Europe/Moscow")))
            requests.append({"PutRequest": {"Item": {
                "c": {"S": f"{one:08}"}, "v": {"N": "1"}, "s": {"B": state},
            }}})
        client.batch_write_item(RequestItems={table: requests})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(0, number, BATCH)))


def entries_by_customer() -> Counter[str]:
    """How many entries each customer's log has."""
    found: Counter[str] = Counter()
    for item in tables.Events.scan_all(None, ["c"]):
        found[item["c"]["S"]] += 1
    return found
