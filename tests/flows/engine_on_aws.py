"""The engine on an emulated DynamoDB: its stream as Lambda hands it over, and a process that can die at a write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Entry
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.flows import definitions_in_force, tick
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.flows.streams import advance_records
from chalicelib.storage import clients, customers, log, messages, tables

REMINDER = """
    journey: carts
    enter: {on: cart.updated, key: event.cart.id, again: always}
    goal: order.placed
    steps: [wait: 1 hour, send: first]
""".replace("\n    ", "\n")
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


class DiedError(BaseException):
    """The process is no more: nothing in the product may catch this."""


def dynamodb() -> Any:
    """The client through which storage talks to DynamoDB."""
    return tables.Events.connection().connection.client


@contextmanager
def dying_at_write(number: int, *, answered: bool) -> Iterator[None]:
    """Let the process die at its `number`th write (from 1): before it is sent, or after DynamoDB has done it."""
    with dying_at_call(dynamodb(), WRITES, number, answered=answered):
        yield


@contextmanager
def dying_at_call(client: Any, operations: Collection[str], number: int, *, answered: bool) -> Iterator[None]:
    """Let the process die at the `number`th such operation of a client: before it is sent, or after it was answered."""
    left = number
    when = f"{'after' if answered else 'before'}-call"

    def count(model: Any, **_: Any) -> None:
        nonlocal left
        if model.name in operations:
            left -= 1
            if left == 0:
                raise DiedError

    client.meta.events.register(when, count, unique_id="dying")
    try:
        yield
    finally:
        client.meta.events.unregister(when, unique_id="dying")


@contextmanager
def requests_seen() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The DynamoDB requests made meanwhile: operation and parameters."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.append((model.name, dict(params)))

    dynamodb().meta.events.register("before-parameter-build.dynamodb", note, unique_id="seen")
    try:
        yield seen
    finally:
        dynamodb().meta.events.unregister("before-parameter-build.dynamodb", unique_id="seen")


class Engine:
    """The engine of a stack in moto, and the stream of its log."""

    def __init__(self, stack: str) -> None:
        self.stack = stack
        self.forget()

    def forget(self) -> None:
        """Begin as a new process does."""
        definitions_in_force.forget()
        tick.forget()

    def put_in_force(
        self, *journeys: str, messages: Iterable[MessageDefinition] = (), settings: ShopSettings | None = None,
        since: datetime | None = None,
    ) -> None:
        """Journeys from their text, with these messages, as a publishing (at `since`) leaves them."""
        named = {message.name: message for message in messages}
        read = tuple(read_journey(text, "journeys/story.yaml", named) for text in journeys)
        in_force = InForce(settings or ShopSettings(), tuple(named.values()), read, since=since)
        assert put_in_force(in_force, read_in_force())

    def records(self) -> list[dict[str, Any]]:
        """The records of the log's stream, from its beginning."""
        streams = clients.client("dynamodbstreams")
        (stream,) = streams.list_streams(TableName=f"{self.stack}-events")["Streams"]
        arn = stream["StreamArn"]
        shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        found: list[dict[str, Any]] = []
        for shard in shards:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while (page := streams.get_records(ShardIterator=iterator))["Records"]:
                found += [{**record, "eventSourceARN": arn} for record in page["Records"]]
                iterator = page["NextShardIterator"]
        return found

    def advance(self, now: datetime, records: list[dict[str, Any]] | None = None) -> list[str]:
        """Hand the engine records of the stream (all of them, unless some are given); the ones it reports as failed."""
        answer = advance_records(self.records() if records is None else records, now)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def customer(customer_id: str) -> Customer:
    """The state as stored; an empty one when there is none."""
    stored = customers.load(customer_id, consistent=True)
    return stored.customer if stored else Customer(customer_id)


def sent_to(customer_id: str) -> list[Message]:
    """The messages of a customer, oldest decision first."""
    return messages.of_customer(customer_id)


def history(customer_id: str) -> list[Entry]:
    """The log of a customer."""
    return list(log.history(customer_id))
