"""Bringing back what was set aside, after the cause is mended.

An entry set aside is older than what its customer has folded since, so it is appended anew, as an entry of its own;
in its old place it would be taken for folded. A message that was never sent is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.events import Entry
from chalicelib.flows.streams import deliver_records
from chalicelib.storage import log, queues
from chalicelib.storage.stream_records import StreamTrimmedError, records_between

ANEW = "~1"
"""What is added to the id of an entry appended anew: the same however often the redrive is cut short."""


class Redriven(Struct, frozen=True):
    """What a redrive did: entries appended anew, messages delivered, and what stays in the queue with the reason."""

    entries: int
    messages: int
    kept: tuple[str, ...]


def redrive(now: datetime) -> Redriven:
    """Take everything from the queue of failures, bring it back, and delete what was brought back."""
    entries = messages = 0
    kept = []
    for aside in queues.take():
        batch = aside.body.get("DDBStreamBatchInfo")
        try:
            if isinstance(batch, dict):
                brought, sent = _redrive_batch(batch, now)
            else:
                brought, sent = _redrive_entry(aside.body, now), 0
        except (StreamTrimmedError, LookupError) as error:
            kept.append(str(error))
            continue
        entries += brought
        messages += sent
        queues.delete(aside.receipt)
    return Redriven(entries, messages, tuple(kept))


def _redrive_entry(body: Mapping[str, Any], now: datetime) -> int:
    entry = log.read(str(body["customer_id"]), str(body["entry_id"]))
    if entry is None:
        raise LookupError(f"the log of customer {body['customer_id']} has no entry {body['entry_id']} any more")
    return _append_anew(entry, now)


def _redrive_batch(batch: Mapping[str, Any], now: datetime) -> tuple[int, int]:
    records = list(
        records_between(
            str(batch["streamArn"]),
            str(batch["shardId"]),
            str(batch["startSequenceNumber"]),
            str(batch["endSequenceNumber"]),
        )
    )
    if "-messages/stream/" in str(batch["streamArn"]):
        failed = deliver_records(records)["batchItemFailures"]
        if failed:
            raise LookupError(f"messages of {batch['shardId']} still fail; see the sender's log")
        return 0, len(records)
    images = [record["dynamodb"].get("NewImage") for record in records]
    return sum(_append_anew(log.entry_of(image), now) for image in images if image), 0


def _append_anew(entry: Entry, now: datetime) -> int:
    return log.append(replace(entry, entry_id=f"{entry.entry_id}{ANEW}", recorded_at=now))
