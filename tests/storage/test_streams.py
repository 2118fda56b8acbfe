"""What the streams carry is read as what was written."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Cart, Event
from chalicelib.domain.messages import Status
from chalicelib.storage import clients, log, messages, tables
from tests.storage.examples import CUSTOMER, NOON, SCARF, entry, message
from tests.storage.test_messages import LEASE

pytestmark = pytest.mark.usefixtures("aws")


def records(table: str) -> Iterator[dict[str, Any]]:
    """The records of a table's stream from its beginning."""
    streams = clients.client("dynamodbstreams")
    (stream,) = streams.list_streams(TableName=table)["Streams"]
    shards = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    for shard in shards:
        iterator = streams.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        while (page := streams.get_records(ShardIterator=iterator))["Records"]:
            yield from page["Records"]
            iterator = page["NextShardIterator"]


def as_lambda_hands_over(image: dict[str, Any]) -> dict[str, Any]:
    """An image as a function's event holds it: JSON, so that binary values are base64 text."""
    text = json.dumps(image, default=lambda content: b64encode(bytes(content)).decode())
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_entries_come_out_of_the_stream_as_they_went_in(stack: str) -> None:
    large = entry("d-2", events=(Event("cart.updated", NOON, cart=Cart("c-1", lines=(SCARF,) * 40)),))
    log.append(entry())
    log.append(large)
    log.append(entry())

    inserted = [record for record in records(f"{stack}-events") if record["eventName"] == "INSERT"]
    images = [record["dynamodb"]["NewImage"] for record in inserted]

    assert [log.entry_of(image) for image in images] == [entry(), large]
    assert [log.entry_of(as_lambda_hands_over(image)) for image in images] == [entry(), large]
    first, second = (int(record["dynamodb"]["SequenceNumber"]) for record in inserted)
    assert first < second


def test_entries_that_many_write_at_once_come_out_once_each(stack: str) -> None:
    """Not a rule of ours but of DynamoDB's: where an emulator breaks it, what reads a stream may never end."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(log.append, [entry(f"d-{number}") for number in range(300)]))
    finally:
        sys.setswitchinterval(before)

    numbers = [record["dynamodb"]["SequenceNumber"] for record in islice(records(f"{stack}-events"), 1000)]
    assert len(numbers) == len(set(numbers)) == 300


def test_a_message_is_told_by_the_stream_at_each_move(stack: str) -> None:
    messages.put(message())
    taken = messages.claim(CUSTOMER, message().message_id, NOON, LEASE)
    assert taken is not None
    messages.finish(replace(taken, status=Status.SENT, sent_at=NOON, provider_id="p-1"))

    images = [record["dynamodb"]["NewImage"] for record in records(f"{stack}-messages")]

    told = [messages.message_of(as_lambda_hands_over(image)) for image in images]
    assert told == [
        message(),
        taken,
        replace(taken, status=Status.SENT, sent_at=NOON, provider_id="p-1", lease_until=None),
    ]
    # The sender's stream filter matches this attribute's text.
    assert [image["st"] for image in images] == [{"S": "queued"}, {"S": "claimed"}, {"S": "sent"}]


def test_tables_are_created_with_streams_and_expiry(stack: str) -> None:
    client = clients.client("dynamodb")
    tables.create_all()

    found = {}
    for table in tables.ALL:
        name = f"{stack}-{table.Meta.name}"
        described = client.describe_table(TableName=name)["Table"]
        expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        found[table.Meta.name] = (
            described.get("StreamSpecification", {}).get("StreamViewType", ""),
            expiry.get("AttributeName", "") if expiry["TimeToLiveStatus"] in {"ENABLED", "ENABLING"} else "",
        )
        assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"

    assert found == {
        "events": ("NEW_IMAGE", "x"),
        "customers": ("", ""),
        "identities": ("", ""),
        "timers": ("", "x"),
        "messages": ("NEW_IMAGE", "x"),
        "catalogue": ("", ""),
        "codes": ("", ""),
        "links": ("", "x"),
        "shop": ("", ""),
    }
