"""Bringing back what was set aside: each piece once, and what cannot be brought back stays with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Cart, Entry, Event
from chalicelib.flows.redrive import Redriven, redrive
from chalicelib.storage import archive, bucket, clients, customers, log, queues
from chalicelib.storage.customers import Stored
from tests.domain.stories import at
from tests.flows.engine_on_aws import Engine, customer, history

NOW = at("03-02 12:00")


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    for queue in (queues.STREAM, queues.ASYNC):
        clients.client("sqs").create_queue(QueueName=f"{moto}-{queue}")
    engine = Engine(moto)
    yield engine
    engine.forget()


def cart_entry(who: str = "anna") -> Entry:
    """A cart in the log of a customer."""
    event = Event("cart.updated", at("03-02 10:00"), cart=Cart("k1"))
    entry = Entry(who, log.entry_id(event.occurred_at, "test", "d1"), event.occurred_at, "test", (event,))
    log.append(entry)
    return entry


def lambda_gave_up(stack: str, queue: str, body: dict[str, Any]) -> None:
    url = clients.client("sqs").get_queue_url(QueueName=f"{stack}-{queue}")["QueueUrl"]
    clients.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


def batch_of(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Lambda's on-failure record of a stream: where the batch was, and nothing of what was in it."""
    arn = records[0]["eventSourceARN"]
    shards = clients.client("dynamodbstreams").describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    return {
        "DDBStreamBatchInfo": {
            "streamArn": arn, "shardId": shards[0]["ShardId"], "batchSize": len(records),
            "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
        },
    }


def test_an_entry_set_aside_is_appended_anew_and_folded(engine: Engine) -> None:
    entry = cart_entry()
    queues.set_aside("anna", entry.entry_id, "mended by now")

    assert redrive(NOW).entries == 1

    anew = history("anna")[-1]
    assert (anew.entry_id, anew.recorded_at, anew.events) == (f"{entry.entry_id}~1", NOW, entry.events)
    assert redrive(NOW).entries == 0


def test_what_was_folded_since_does_not_hide_it(engine: Engine) -> None:
    """Its old place in the stream has been passed; the new entry has a place of its own."""
    entry = cart_entry()
    last = engine.records()[-1]["dynamodb"]["SequenceNumber"]
    customers.commit(Stored(Customer("anna")), Customer("anna"), None)
    queues.set_aside("anna", entry.entry_id, "mended by now")
    redrive(NOW)

    newer = [record for record in engine.records() if int(record["dynamodb"]["SequenceNumber"]) > int(last)]
    assert engine.advance(NOW, newer) == []
    cart = customer("anna").profile.cart
    assert cart is not None
    assert cart.id == "k1"


def test_a_redrive_cut_short_appends_no_entry_twice(engine: Engine) -> None:
    entry = cart_entry()
    for _ in range(2):
        queues.set_aside("anna", entry.entry_id, "told twice")

    redrive(NOW)

    assert [known.entry_id for known in history("anna")] == [entry.entry_id, f"{entry.entry_id}~1"]


def test_a_batch_that_lambda_gave_up_is_read_from_the_stream_again(engine: Engine) -> None:
    cart_entry("anna")
    cart_entry("boris")
    lambda_gave_up(engine.stack, queues.STREAM, batch_of(engine.records()))

    assert redrive(NOW).entries == 2
    assert len(history("anna")) == len(history("boris")) == 2


def test_what_the_stream_and_the_log_no_longer_hold_stays_with_its_reason(engine: Engine) -> None:
    cart_entry()
    batch = batch_of(engine.records())
    lost = batch["DDBStreamBatchInfo"]["streamArn"].replace("-events/", "-events-since-restored/")
    batch["DDBStreamBatchInfo"]["streamArn"] = lost
    lambda_gave_up(engine.stack, queues.STREAM, batch)
    queues.set_aside("nobody", "gone", "older than the log")

    done = redrive(NOW)

    assert (done.entries, len(done.kept)) == (0, 2)
    assert "fold from the table" in done.kept[0]
    assert "no entry gone any more" in done.kept[1]


def test_feedback_that_lambda_gave_up_is_logged(engine: Engine) -> None:
    tags = {"selvedge-customer": ["anna"], "selvedge-message": ["m1"]}
    told = {
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": "anna@example.com"}], "feedbackId": "f1",
            "timestamp": NOW.isoformat(),
        },
        "mail": {"messageId": "s1", "timestamp": NOW.isoformat(), "destination": ["anna@example.com"], "tags": tags},
    }
    payload = {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "n1", "Message": json.dumps(told)}}]}
    lambda_gave_up(engine.stack, queues.ASYNC, {"requestContext": {}, "requestPayload": payload})

    assert redrive(NOW + timedelta(minutes=1)).calls == 1
    assert [event.name for entry in history("anna") for event in entry.events] == ["message.complained"]


def test_an_upload_whose_publishing_failed_is_published(engine: Engine) -> None:
    bucket.put("shop.yaml", b"shop: [")
    payload = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "shop.yaml"}}}]}
    lambda_gave_up(engine.stack, queues.ASYNC, {"requestContext": {}, "requestPayload": payload})

    assert redrive(NOW).calls == 1
    assert [file.key for file in bucket.list_files("shop.yaml.")] == ["shop.yaml.problems.txt"]


def test_a_piece_of_the_log_that_was_not_archived_is_archived_and_not_folded_again(engine: Engine) -> None:
    """Both functions read the same stream: Lambda names the one that gave up."""
    entry = cart_entry()
    gave_up = batch_of(engine.records()) | {
        "requestContext": {"functionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{engine.stack}-archive"},
    }
    lambda_gave_up(engine.stack, queues.STREAM, gave_up)

    assert redrive(NOW) == Redriven(archived=1)
    assert list(archive.entries(NOW.date(), NOW.date())) == [log.read("anna", entry.entry_id)]
    assert [one.entry_id for one in history("anna")] == [entry.entry_id]
