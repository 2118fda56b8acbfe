"""Bringing back what was set aside, after the cause is mended.

An entry set aside is older than what its customer has folded since, so it is appended anew, as an entry of its own;
in its old place it would be taken for folded. A message that was never sent is delivered. A piece of the log that was
not archived is archived: the engine has had it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.events import Entry
from chalicelib.flows.archive import archive_records
from chalicelib.flows.feedback import absorb
from chalicelib.flows.publish import publish
from chalicelib.flows.streams import deliver_records
from chalicelib.storage import log, queues
from chalicelib.storage.stream_records import StreamTrimmedError, records_between

ANEW = "~1"
"""What is added to the id of an entry appended anew: the same however often the redrive is cut short."""


class Redriven(Struct, frozen=True):
    """What a redrive did: entries appended anew, messages delivered, calls made again, entries archived.

    `kept` tells why the rest stays.
    """

    entries: int = 0
    messages: int = 0
    calls: int = 0
    archived: int = 0
    kept: tuple[str, ...] = ()


def redrive(now: datetime) -> Redriven:
    """Take everything from the queues of failures, bring it back, and delete what was brought back.

    Raises StorageUnavailableError; what was brought back by then is done, and doing it again changes nothing.
    """
    done = {"entries": 0, "messages": 0, "calls": 0, "archived": 0}
    kept = []
    for aside in (*queues.take(queues.STREAM), *queues.take(queues.ASYNC)):
        try:
            kind, number = _brought_back(aside.body, now)
        except (StreamTrimmedError, LookupError) as error:
            kept.append(str(error))
            continue
        done[kind] += number
        queues.delete(aside)
    return Redriven(**done, kept=tuple(kept))


def _brought_back(body: Mapping[str, Any], now: datetime) -> tuple[str, int]:
    batch, payload = body.get("DDBStreamBatchInfo"), body.get("requestPayload")
    if isinstance(batch, Mapping):
        return _redrive_batch(batch, _function(body), now)
    if isinstance(payload, Mapping):
        return "calls", _redrive_call(payload, now)
    return "entries", _redrive_entry(body, now)


def _function(body: Mapping[str, Any]) -> str:
    """The function that could not work a piece of a stream, without the stack's name."""
    context = body.get("requestContext")
    arn = str(context.get("functionArn", "")) if isinstance(context, Mapping) else ""
    # `…:function:<stack>-archive`, at times with the version or alias that was called.
    return arn.partition(":function:")[2].partition(":")[0].rpartition("-")[2]


def _redrive_call(payload: Mapping[str, Any], now: datetime) -> int:
    """A call that Lambda gave up: feedback is logged, an upload published; what a schedule starts is made good by the
    next time."""
    records = [record for record in payload.get("Records", ()) if isinstance(record, Mapping)]
    if any("Sns" in record for record in records):
        absorb(records, now)
    elif any("s3" in record for record in records):
        publish(now)
    return 1


def _redrive_entry(body: Mapping[str, Any], now: datetime) -> int:
    entry = log.read(str(body["customer_id"]), str(body["entry_id"]))
    if entry is None:
        raise LookupError(f"the log of customer {body['customer_id']} has no entry {body['entry_id']} any more")
    return _append_anew(entry, now)


def _redrive_batch(batch: Mapping[str, Any], function: str, now: datetime) -> tuple[str, int]:
    records = list(
        records_between(
            str(batch["streamArn"]),
            str(batch["shardId"]),
            str(batch["startSequenceNumber"]),
            str(batch["endSequenceNumber"]),
        )
    )
    if function == "archive":
        return "archived", archive_records(records)
    if "-messages/stream/" in str(batch["streamArn"]):
        failed = deliver_records(records)["batchItemFailures"]
        if failed:
            raise LookupError(f"messages of {batch['shardId']} still fail; see the sender's log")
        return "messages", len(records)
    images = [record["dynamodb"].get("NewImage") for record in records]
    return "entries", sum(_append_anew(log.entry_of(image), now) for image in images if image)


def _append_anew(entry: Entry, now: datetime) -> int:
    return log.append(replace(entry, entry_id=f"{entry.entry_id}{ANEW}", recorded_at=now))
