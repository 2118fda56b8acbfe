"""Putting very many customers into a table at once, and looking at what came to their logs."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from chalicelib.storage import clients, tables
from chalicelib.storage.customers import encode
from chalicelib.storage.packing import pack
from tests.jobs.crowd import person

WRITERS = 4
BATCH = 25
PATIENCE = 60


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
    # The emulator sorts the whole table for each page, which takes longer than storage would wait.
    patient = clients.session().create_client(
        "dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(read_timeout=PATIENCE),
    )
    found: Counter[str] = Counter()
    pages = patient.get_paginator("scan").paginate(
        TableName=tables.Events.connection().table_name, ProjectionExpression="c",
    )
    for page in pages:
        found.update(item["c"]["S"] for item in page["Items"])
    return found
