"""What the engine could not bear is set aside, read again by its place in the stream, and taken off once mended."""

from __future__ import annotations

import pytest

from chalicelib.storage import clients, log, queues
from chalicelib.storage.stream_records import StreamTrimmedError, records_between
from tests.storage.examples import CUSTOMER, entry
from tests.storage.test_streams import records

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def queue(aws: str, stack: str) -> None:
    clients.client("sqs").create_queue(QueueName=f"{stack}-stream-failures")


@pytest.mark.usefixtures("queue")
def test_what_is_set_aside_is_taken_once_and_deleted_when_mended() -> None:
    for n in range(12):
        queues.set_aside(CUSTOMER, f"entry-{n:02}", "a poison cart")

    taken = list(queues.take(queues.STREAM))

    assert sorted(str(one.body["entry_id"]) for one in taken) == [f"entry-{n:02}" for n in range(12)]
    assert taken[0].body["customer_id"] == CUSTOMER
    assert list(queues.take(queues.STREAM)) == [], "it is hidden from others for a while"
    for one in taken:
        queues.delete(one)


def test_a_stretch_of_the_stream_is_read_again(stack: str) -> None:
    told = [entry(f"d-{n}") for n in range(5)]
    for one in told:
        log.append(one)
    streams = clients.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=f"{stack}-events")["Streams"]
    (shard,) = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records(f"{stack}-events")]

    found = list(records_between(stream["StreamArn"], shard["ShardId"], numbers[1], numbers[3]))

    assert [log.entry_of(record["dynamodb"]["NewImage"]) for record in found] == told[1:4]
    assert {record["eventSourceARN"] for record in found} == {stream["StreamArn"]}


def test_a_stream_that_is_gone_says_so(stack: str) -> None:
    arn = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{stack}-gone/stream/2026-03-02T10:00:00.123"

    with pytest.raises(StreamTrimmedError, match="fold from the table"):
        list(records_between(arn, "shardId-00000000000000000000-00000000", "1" * 21, "2" * 21))
