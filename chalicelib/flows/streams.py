"""From a DynamoDB stream's records to the flows, and back to the partial failures that Lambda asks for.

Lambda rewinds a shard to the first record reported as failed: the earliest of the batch is named, what came after it
and went well is recognised when it is brought again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.domain.customer import Position
from chalicelib.flows.advance import Arrived, advance
from chalicelib.storage import log

Record = Mapping[str, Any]


def advance_records(records: Sequence[Record], now: datetime) -> dict[str, Any]:
    """Fold the new log entries of a batch; the answer is Lambda's partial batch response."""
    arrived = [Arrived(log.entry_of(image), position_of(record)) for record, image in _new_images(records)]
    return partial_failures(records, advance(arrived, now))


def position_of(record: Record) -> Position:
    """A record's place: the label of its stream (the last part of the ARN) and its sequence number."""
    label = str(record["eventSourceARN"]).rpartition("/")[2]
    return Position(label, int(record["dynamodb"]["SequenceNumber"]))


def partial_failures(records: Sequence[Record], failed: Iterable[int]) -> dict[str, Any]:
    """Lambda's answer for a batch: the earliest failed record, or none."""
    sequences = set(failed)
    for record in records:
        sequence = record["dynamodb"]["SequenceNumber"]
        if int(sequence) in sequences:
            return {"batchItemFailures": [{"itemIdentifier": sequence}]}
    return {"batchItemFailures": []}


def _new_images(records: Sequence[Record]) -> Iterable[tuple[Record, Mapping[str, Any]]]:
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image is not None:
            yield record, image
