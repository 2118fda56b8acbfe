"""A DynamoDB stream's event source mapping with Lambda's semantics, calling a handler in this process.

MiniStack has triggers of its own, but they ignore partial failures, bisecting and retry limits, which is where stream
handlers go wrong. The settings come from the template that is deployed (`AWS::Lambda::EventSourceMapping`).
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.event_filter import matches

Record = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], Any]
OnFailure = Callable[[dict[str, Any]], object]

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
"""Seconds between retries: from the first, doubling, up to the longest (Lambda's own are longer)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EventSource:
    """The settings of one event source mapping; `retries` of -1 means until the record leaves the stream.

    `window` is how long records may gather, in seconds: to keep it is for whoever polls.
    """

    batch_size: int = 100
    retries: int = -1
    bisect: bool = False
    partial_failures: bool = False
    patterns: tuple[Mapping[str, Any], ...] = ()
    window: float = 0.0

    @classmethod
    def declared(cls, properties: Mapping[str, Any]) -> EventSource:
        """The settings in the properties of an `AWS::Lambda::EventSourceMapping`."""
        filters = properties.get("FilterCriteria", {}).get("Filters", ())
        return cls(
            batch_size=int(properties.get("BatchSize", 100)),
            window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
            retries=int(properties.get("MaximumRetryAttempts", -1)),
            bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
            partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
            patterns=tuple(json.loads(one["Pattern"]) for one in filters),
        )

    def wants(self, record: Record) -> bool:
        """Whether the filters let a record through (any one of them; none at all lets everything through)."""
        return not self.patterns or any(matches(pattern, record) for pattern in self.patterns)


@dataclass
class Delivery:
    """Hands batches of one shard to a handler, in order, until each record is done or set aside."""

    source: EventSource
    handler: Handler
    on_failure: OnFailure
    pause: Callable[[float], object] = time.sleep
    context: object = None
    arn: str = ""
    shard: str = ""
    function_arn: str = ""

    def deliver(self, records: Sequence[Record]) -> None:
        """Deliver the records that the filters let through, batch by batch; returns when none is left."""
        wanted = [record for record in records if self.source.wants(record)]
        for start in range(0, len(wanted), self.source.batch_size):
            self._settle(wanted[start : start + self.source.batch_size], attempts=0)

    def _settle(self, records: list[Record], attempts: int) -> None:
        """Invoke until `records` are done; `attempts` invocations have failed on just these before."""
        while records:
            failed_from, why = self._invoke(records)
            if failed_from is None:
                return
            if failed_from:
                records, attempts = records[failed_from:], 0
            if self.source.bisect and len(records) > 1:
                # Splitting costs no attempt, and it isolates the record that fails.
                middle = len(records) // 2
                self._settle(records[:middle], attempts)
                records = records[middle:]
                continue
            attempts += 1
            if 0 <= self.source.retries < attempts:
                self.on_failure(self._failure_record(records, attempts, why))
                return
            self.pause(min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE))

    def _invoke(self, records: list[Record]) -> tuple[int | None, str]:
        """Index of the first failed record, or None, and why."""
        try:
            answer = self.handler({"Records": records}, self.context)
        except Exception as error:  # whatever a function raises, Lambda retries
            log.exception("stream handler failed", extra={"shard": self.shard, "records": len(records)})
            return 0, type(error).__name__
        if not self.source.partial_failures:
            return None, ""
        return first_failure(answer, [record["dynamodb"]["SequenceNumber"] for record in records]), "Unhandled"

    def _failure_record(self, records: list[Record], attempts: int, why: str) -> dict[str, Any]:
        """What Lambda sends to an on-failure queue: where the records are, not the records."""
        arrivals = [_moment(record["dynamodb"].get("ApproximateCreationDateTime")) for record in records]
        return {
            "requestContext": {
                "functionArn": self.function_arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": attempts,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": why},
            "version": "1.0",
            "timestamp": _moment(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": self.shard,
                "streamArn": self.arn,
                "batchSize": len(records),
                "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": arrivals[0],
                "approximateArrivalOfLastRecord": arrivals[-1],
            },
        }


def first_failure(answer: object, sequence_numbers: Sequence[str]) -> int | None:
    """Index of the record from which Lambda tries again after this answer, or None for a complete success.

    An identifier that is empty or of no record fails the whole batch, as an answer of another shape does.
    """
    if answer is None or answer == {}:
        return None
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else _MALFORMED
    if failures is None or failures == []:
        return None
    if not isinstance(failures, list):
        return 0
    places = {number: index for index, number in enumerate(sequence_numbers)}
    return min(places.get(str(one.get("itemIdentifier")), 0) if isinstance(one, Mapping) else 0 for one in failures)


_MALFORMED = object()


@dataclass
class StreamPump:
    """Reads a table's stream from where it stands and delivers what comes."""

    streams: Any
    arn: str
    delivery: Delivery
    _iterators: dict[str, str] = field(default_factory=dict)

    def attach(self, position: str = "TRIM_HORIZON") -> None:
        """Take up every shard, from the oldest record kept or (`LATEST`) from now on."""
        self.delivery.arn = self.arn
        for shard in self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            answer = self.streams.get_shard_iterator(
                StreamArn=self.arn, ShardId=shard["ShardId"], ShardIteratorType=position
            )
            self._iterators[shard["ShardId"]] = answer["ShardIterator"]

    def poll(self) -> int:
        """Deliver all that has come since the last poll; the number of records read, filtered ones included."""
        read = 0
        for shard, iterator in list(self._iterators.items()):
            answer = self.streams.get_records(ShardIterator=iterator, Limit=1000)
            self.delivery.shard = shard
            self.delivery.deliver([lambda_record(record, self.arn) for record in answer["Records"]])
            read += len(answer["Records"])
            if "NextShardIterator" in answer:
                self._iterators[shard] = answer["NextShardIterator"]
            else:
                del self._iterators[shard]
        return read


def lambda_record(record: Record, arn: str) -> Record:
    """A record of GetRecords as Lambda passes it on: times in epoch seconds, binary values in base64."""
    body = {
        name: _as_json(part) if name in ("Keys", "NewImage", "OldImage") else part
        for name, part in record["dynamodb"].items()
    }
    created = body.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        body["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": body, "eventSourceARN": arn, "eventSource": "aws:dynamodb", "eventVersion": "1.1"}


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, (list, set)):
        return [_as_json(part) for part in value]
    return value


def _moment(seconds: object) -> str:
    moment = datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, (int, float)) else datetime.now(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
