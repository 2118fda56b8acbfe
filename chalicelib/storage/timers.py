"""Timers: hints, by minute, that a customer or a message wants attention. The truth is the run's own time to wake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from zlib import crc32

from msgspec import Struct

from chalicelib.storage.items import text
from chalicelib.storage.tables import Timers

SHARDS = 1
"""Partitions per minute. One bears 1,000 timers a second; more cost the tick a query each."""
MARGIN = timedelta(seconds=5)
"""How far ahead of `now` a timer is put at least: the tick reads a minute again until it lies this far behind."""
KEPT = timedelta(days=14)
"""How long a timer stays after its minute, for ticks that come late: an outage that long loses none. A million timers a
month, kept so long, take about 0.04 $ of storage and backup."""


class DueTimer(Struct, frozen=True):
    """A timer that has fallen due; `message_id` is empty where it is a customer's."""

    kind: Literal["customer", "message"]
    customer_id: str
    message_id: str
    due: datetime


def arm(customer_id: str, due: datetime, now: datetime) -> None:
    """Wake a customer's log at `due`. Key: minute and due time, so doing it twice is doing it once. One write unit."""
    _put("customer", customer_id, "", due, now)


def arm_message(customer_id: str, message_id: str, due: datetime, now: datetime) -> None:
    """Look at a message again at `due` (a further try, a lease run out). One write unit."""
    _put("message", customer_id, message_id, due, now)


def due(minute: datetime, until: datetime) -> Iterator[DueTimer]:
    """The timers filed under a minute that are due at `until` or before, by due time within a shard.

    A timer armed late is filed under the minute in which it was armed, its due time being earlier: read a minute until
    it lies `MARGIN` and the clocks' differences behind. Half a read unit per 4 KB and shard, strongly consistent: one.
    """
    for shard in range(SHARDS):
        # "$" is the character after "#": every timer of the moment `until` is below it.
        condition = Timers.timer < f"{_written(until)}$"
        for item in Timers.search(f"{_written(minute)[:16]}#{shard}", condition, consistent=True):
            moment, kind, rest = text(item, "t").split("#", 2)
            customer_id, _, message_id = rest.rpartition("#")
            yield DueTimer(
                "message" if kind == "message" else "customer",
                customer_id, message_id, datetime.fromisoformat(moment),
            )


def _put(kind: str, customer_id: str, message_id: str, due: datetime, now: datetime) -> None:
    filed = max(due, now + MARGIN)
    shard = crc32(customer_id.encode()) % SHARDS
    Timers(
        f"{_written(filed)[:16]}#{shard}",
        f"{_written(due)}#{kind}#{customer_id}#{message_id}",
        expires_at=filed + KEPT,
    ).save()


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
