"""Reading a table's stream again: what Lambda gave up is named by shard and sequence numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.errors import SelvedgeError
from chalicelib.storage import clients


class StreamTrimmedError(SelvedgeError):
    """The stream no longer holds the records (it keeps 24 hours); `make recover` folds them from the table."""


def records_between(stream_arn: str, shard_id: str, first: str, last: str) -> Iterator[dict[str, Any]]:
    """The stream's records from one sequence number to another, both included, as Lambda would hand them over.

    Raises StreamTrimmedError when they are older than the stream.
    """
    client = clients.client("dynamodbstreams")
    try:
        iterator = client.get_shard_iterator(
            StreamArn=stream_arn, ShardId=shard_id, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first
        )["ShardIterator"]
        while iterator:
            answer = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > int(last):
                    return
                yield {**record, "eventSourceARN": stream_arn}
            if not answer["Records"]:
                return
            iterator = answer.get("NextShardIterator")
    except (client.exceptions.TrimmedDataAccessException, client.exceptions.ResourceNotFoundException) as error:
        raise StreamTrimmedError(f"the stream has lost {first} to {last}; fold from the table instead") from error
