"""From a DynamoDB stream's records to the flows, and back to the partial failures that Lambda asks for.

Lambda rewinds a shard to the first record reported as failed: the earliest of the batch is named, what came after it
and went well is recognised when it is brought again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.domain.customer import Position
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows.advance import Arrived, advance
from chalicelib.storage import log, messages

Record = Mapping[str, Any]

SENT_SIDE_BY_SIDE = 8
"""Messages under way at a time: below what SES lets a new account send in a second (14)."""


def advance_records(records: Sequence[Record], now: datetime) -> dict[str, Any]:
    """Fold the new log entries of a batch; the answer is Lambda's partial batch response."""
    arrived = [Arrived(log.entry_of(image), position_of(record)) for record, image in _new_images(records)]
    return partial_failures(records, advance(arrived, now))


def deliver_records(records: Sequence[Record]) -> dict[str, Any]:
    """Send the queued messages of a batch side by side; the answer is Lambda's partial batch response.

    Each message is claimed at its own moment: the lease of the last must not have begun with the first.
    """
    # Templates and channels: nothing that the engine should load.
    from chalicelib.flows.deliver import deliver
    from chalicelib.flows.means import means

    def send(record: Record, image: Mapping[str, Any]) -> int | None:
        try:
            deliver(messages.message_of(image), clock.now())
        except StorageUnavailableError:
            return int(record["dynamodb"]["SequenceNumber"])
        return None

    queued = list(_new_images(records))
    means().purse.expect(len(queued))
    with ThreadPoolExecutor(SENT_SIDE_BY_SIDE) as pool:
        failed = list(pool.map(lambda pair: send(*pair), queued))
    return partial_failures(records, (sequence for sequence in failed if sequence is not None))


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
