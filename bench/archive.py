"""What archiving a day of the log takes: requests to S3, bytes, processor time.

`python -m bench.archive [batches entries]`. The product's own flows run on an emulated S3; the requests are counted at
the client.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from moto import mock_aws

from chalicelib.domain.events import Cart, Entry, Event, Identity, Line, Page, Product
from chalicelib.flows.archive import archive_records
from chalicelib.flows.compact import compact
from chalicelib.storage import archive, bucket, clients, log, tables
from infra.local.stream_pump import lambda_record

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/bench-events/stream/2026-01-01T00:00:00.000"
BATCHES, ENTRIES = 24, 100
"""Batches of the day, and entries to each: those of a shop in which an entry is recorded each half minute."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """A day's archiving: requests to S3 by operation; bytes (as kept) and CPU milliseconds of one entry."""

    entries: int
    batches: int
    archive_requests: dict[str, int]
    compact_requests: dict[str, int]
    line_bytes: float
    day_bytes: float
    table_bytes: float
    archive_ms: float
    compact_ms: float


def run(batches: int = BATCHES, entries: int = ENTRIES) -> Archiving:
    """Archive a day in batches of entries, as Lambda hands them over, and compact it."""
    os.environ |= {
        "SELVEDGE_STACK": "bench", "SELVEDGE_BUCKET": "bench-files", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }
    with mock_aws():
        clients.client("s3").create_bucket(
            Bucket="bench-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        tables.create_all()
        number = batches * entries
        for place in range(number):
            log.append(_entry(place, number))
        records = list(_records())
        with _counted() as archived:
            began = time.process_time()
            for start in range(0, number, entries):
                archive_records(records[start : start + entries])
            archive_ms = time.process_time() - began
        with _counted() as compacted:
            began = time.process_time()
            compact(MIDNIGHT + timedelta(days=1))
            compact_ms = time.process_time() - began
        kept = {folder: _bytes_below(folder) for folder in (archive.LOG, archive.DAYS, archive.PARQUET)}
    return Archiving(
        entries=number, batches=batches, archive_requests=dict(archived), compact_requests=dict(compacted),
        line_bytes=kept[archive.LOG] / number, day_bytes=kept[archive.DAYS] / number,
        table_bytes=kept[archive.PARQUET] / number,
        archive_ms=archive_ms * 1000 / number, compact_ms=compact_ms * 1000 / number,
    )


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """The requests to S3 that are made meanwhile, by operation."""
    seen: Counter[str] = Counter()
    names: list[str] = []  # files are fetched by several threads, in which appending loses nothing and counting would
    events = clients.client("s3").meta.events

    def note(model: Any, **_: Any) -> None:
        names.append(model.name)

    events.register("before-call.s3", note, unique_id="bench")
    try:
        yield seen
    finally:
        events.unregister("before-call.s3", unique_id="bench")
        seen.update(names)


def _bytes_below(folder: str) -> int:
    return sum(file.size for file in bucket.list_files(folder))


def _records() -> Iterator[dict[str, Any]]:
    """The log as its stream's records, as Lambda hands them over."""
    items = list(tables.Events.scan_all(tables.Events.recorded_at >= MIDNIGHT, ["c", "e", "r", "s", "b"]))
    for place, item in enumerate(sorted(items, key=lambda item: str(item["e"]["S"]))):
        content = {"SequenceNumber": str(10**21 + place), "NewImage": item}
        yield lambda_record({"eventName": "INSERT", "dynamodb": content}, STREAM)


def _entry(number: int, of: int) -> Entry:
    """An entry of the day: two requests of three bring views, one a cart."""
    at = MIDNIGHT + number * timedelta(days=1) / of
    who = number * 7919 % 997
    product = Product(_id("product", number % 400), title="Пальто из шерсти", category="coats")
    events: tuple[Event, ...] = (
        Event("page.viewed", at, page=Page("https://shop.example/coats")), Event("product.viewed", at, product=product),
    )
    if number % 3 == 0:
        lines = (Line(product.id, title=product.title, price=Decimal("15990.00"), url=f"https://shop.example/{number}"),)
        events = (Event("cart.updated", at, cart=Cart(_id("cart", number), Decimal("15990.00"), lines=lines)),)
    entry_id = log.entry_id(at, "shopify", _id("delivery", number))
    return Entry(_id("customer", who), entry_id, at, "shopify", events, (Identity("device", _id("device", who)),))


def _id(kind: str, number: int) -> str:
    return blake2b(f"{kind} {number}".encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    print(json.dumps(asdict(run(*map(int, sys.argv[1:]))), indent=1))
