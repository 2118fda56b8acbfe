"""The meter bills what AWS's documentation says it would, also where an emulator reports something else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from bench.capacity import Item, Meter, item_size, read_units, write_units
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Identity
from chalicelib.domain.messages import Status
from chalicelib.storage import clients, customers, identities, log, messages, timers
from chalicelib.storage.tables import Events
from tests.storage.examples import CUSTOMER, NOON, customer, entry, message


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({}, 0),
        ({"k": {"S": "ключ"}}, 1 + 8),
        ({"имя": {"S": ""}}, 6),
        ({"n": {"N": "0"}}, 1 + 1),
        ({"n": {"N": "7"}}, 1 + 2),
        ({"n": {"N": "1700"}}, 1 + 2),
        ({"n": {"N": "-0.00123"}}, 1 + 3),
        ({"n": {"N": "1e20"}}, 1 + 2),
        ({"n": {"N": "1740909600412000"}}, 1 + 8),
        ({"n": {"N": "12345678901234567890123456789012345678"}}, 1 + 20),
        ({"b": {"B": b"\x00\xff\x00"}}, 1 + 3),
        ({"t": {"BOOL": False}, "u": {"NULL": True}}, 2 + 2),
        ({"l": {"L": []}}, 1 + 3),
        ({"l": {"L": [{"S": "ab"}, {"BOOL": True}]}}, 1 + 3 + (1 + 2) + (1 + 1)),
        ({"m": {"M": {"name": {"S": "ab"}, "l": {"L": []}}}}, 1 + 3 + (1 + 4 + 2) + (1 + 1 + 3)),
        ({"s": {"SS": ["ab", "c"]}, "d": {"NS": ["1", "22"]}, "e": {"BS": [b"abc"]}}, 3 + 3 + 4 + 3),
    ],
)
def test_an_items_size_counts_names_and_values(item: Item, size: int) -> None:
    assert item_size(item) == size


@pytest.mark.parametrize(
    ("sizes", "units"), [((0,), 1), ((1,), 1), ((1024,), 1), ((1025,), 2), ((2047, 12), 2), ((12, 5121), 6), ((), 1)],
)
def test_a_write_is_rounded_up_to_whole_kilobytes_of_the_larger_item(sizes: tuple[int, ...], units: int) -> None:
    assert write_units(*sizes) == units


@pytest.mark.parametrize(
    ("size", "consistent", "units"),
    [(0, True, 1), (0, False, 0.5), (4096, True, 1), (4097, True, 2), (4097, False, 1), (41_779, False, 5.5)],
)
def test_a_read_is_rounded_up_to_four_kilobytes(size: int, consistent: bool, units: float) -> None:
    assert read_units(size, consistent=consistent) == units


class Bench:
    """A table with an index by `g`, `h` that projects `p`, and a meter on the client that uses it."""

    def __init__(self, stack: str) -> None:
        self.table = f"{stack}-metered"
        self.client: Any = clients.client("dynamodb")
        observer = clients.session().create_client("dynamodb", endpoint_url=self.client.meta.endpoint_url)
        self.client.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in "kghs"],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[{
                "IndexName": "by-g",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "h", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["p"]},
            }],
        )
        self.meter = Meter(self.client, observer)

    def item(self, size: int, key: str = "k", **attributes: str) -> Item:
        """An item of exactly so many bytes."""
        item: Item = {name: {"S": value} for name, value in {"k": key, "s": "s", **attributes}.items()}
        item["f"] = {"S": "x" * (size - item_size(item) - 1)}
        assert item_size(item) == size
        return item

    def key(self, key: str = "k") -> Item:
        return {"k": {"S": key}, "s": {"S": "s"}}

    def put(self, item: Item, **options: Any) -> None:
        self.client.put_item(TableName=self.table, Item=item, **options)

    @property
    def last(self) -> tuple[float, float]:
        """Write and read units of the last request."""
        reading = self.meter.readings[-1]
        return reading.writes, reading.reads


@pytest.fixture
def bench(aws: str, stack: str) -> Iterator[Bench]:
    bench = Bench(stack)
    with bench.meter:
        yield bench


def test_puts_are_billed_by_the_larger_of_old_and_new(bench: Bench) -> None:
    bench.put(bench.item(1500))
    assert bench.last == (2, 0)

    bench.put(bench.item(100))
    assert bench.last == (2, 0)

    bench.put(bench.item(100))
    assert bench.last == (1, 0)

    bench.put(bench.item(3073))
    assert bench.last == (4, 0)


def test_an_update_is_billed_for_the_whole_item(bench: Bench) -> None:
    bench.put(bench.item(2900))

    bench.client.update_item(
        TableName=bench.table, Key=bench.key(), UpdateExpression="SET z = :z",
        ExpressionAttributeValues={":z": {"N": "1"}},
    )
    assert bench.last == (3, 0)

    bench.client.update_item(TableName=bench.table, Key=bench.key(), UpdateExpression="REMOVE f")
    assert bench.last == (3, 0)

    bench.client.update_item(
        TableName=bench.table, Key=bench.key(), UpdateExpression="ADD z :z",
        ExpressionAttributeValues={":z": {"N": "1"}},
    )
    assert bench.last == (1, 0)


def test_a_delete_is_billed_by_what_it_deletes(bench: Bench) -> None:
    bench.put(bench.item(4000))

    bench.client.delete_item(TableName=bench.table, Key=bench.key())
    assert bench.last == (4, 0)

    bench.client.delete_item(TableName=bench.table, Key=bench.key())
    assert bench.last == (1, 0)


def test_a_refused_condition_is_billed_by_the_larger_of_both_items(bench: Bench) -> None:
    bench.put(bench.item(2000))
    absent = {"ConditionExpression": "attribute_not_exists(k)"}

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        bench.put(bench.item(5000), **absent)
    assert bench.last == (5, 0)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        bench.put(bench.item(50), **absent)
    assert bench.last == (2, 0)

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        bench.client.update_item(
            TableName=bench.table, Key=bench.key("none"), UpdateExpression="REMOVE f",
            ConditionExpression="attribute_exists(k)",
        )
    assert bench.last == (1, 0)


def test_what_is_not_carried_out_is_not_billed(bench: Bench) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        bench.client.update_item(TableName=bench.table, Key=bench.key(), UpdateExpression="nonsense")

    assert bench.meter.readings == []


def test_a_batch_rounds_each_item(bench: Bench) -> None:
    bench.put(bench.item(1200, "gone"))
    requests = [{"PutRequest": {"Item": bench.item(500, "a")}}, {"PutRequest": {"Item": bench.item(3500, "b")}}]

    bench.client.batch_write_item(RequestItems={
        bench.table: [*requests, {"DeleteRequest": {"Key": bench.key("gone")}}],
    })
    assert bench.last == (1 + 4 + 2, 0)

    keys = [bench.key("a"), bench.key("b"), bench.key("none")]
    bench.client.batch_get_item(RequestItems={bench.table: {"Keys": keys}})
    assert bench.last == (0, 1.5)
    bench.put(bench.item(6500, "b"))
    bench.client.batch_get_item(RequestItems={bench.table: {"Keys": keys, "ConsistentRead": True}})
    assert bench.last == (0, 1 + 2 + 1)


def test_a_transaction_takes_twice_the_units(bench: Bench) -> None:
    put = {"Put": {"TableName": bench.table, "Item": bench.item(1500, "a")}}
    check = {"ConditionCheck": {
        "TableName": bench.table, "Key": bench.key("none"), "ConditionExpression": "attribute_not_exists(k)",
    }}

    bench.client.transact_write_items(TransactItems=[put, check])
    assert bench.last == (2 * (2 + 1), 0)

    get = {"Get": {"TableName": bench.table, "Key": bench.key("a")}}
    bench.client.transact_get_items(TransactItems=[get])
    assert bench.last == (0, 2)


def test_a_get_is_billed_for_the_item_however_little_is_asked_of_it(bench: Bench) -> None:
    bench.put(bench.item(8200))

    bench.client.get_item(TableName=bench.table, Key=bench.key(), ProjectionExpression="k")
    assert bench.last == (0, 1.5)
    bench.client.get_item(TableName=bench.table, Key=bench.key(), ConsistentRead=True)
    assert bench.last == (0, 3)
    bench.client.get_item(TableName=bench.table, Key=bench.key("none"))
    assert bench.last == (0, 0.5)


def test_a_query_is_billed_for_all_that_it_reads_summed_and_then_rounded(bench: Bench) -> None:
    for n in range(20):
        bench.put({"k": {"S": "k"}, "s": {"S": f"{n:02}"}, "f": {"S": "x" * 995}})
    partition = {"KeyConditionExpression": "#k = :k", "ExpressionAttributeNames": {"#k": "k"},
                 "ExpressionAttributeValues": {":k": {"S": "k"}}}

    bench.client.query(TableName=bench.table, **partition)
    # 20 items of 1,001 bytes are 20,020 bytes, five times 4 KB: each on its own would be twenty times half a unit.
    assert bench.last == (0, 2.5)

    filtered = {**partition, "ExpressionAttributeValues": {":k": {"S": "k"}, ":none": {"S": "none"}}}
    page = bench.client.query(
        TableName=bench.table, **filtered, FilterExpression="f = :none", ProjectionExpression="#k", ConsistentRead=True,
    )
    assert page["Count"] == 0
    assert bench.last == (0, 5)

    bench.client.query(
        TableName=bench.table, KeyConditionExpression="k=:k AND begins_with(s,:s)", FilterExpression="f=:f",
        ExpressionAttributeValues={":k": {"S": "k"}, ":s": {"S": "1"}, ":f": {"S": "none"}},
    )
    assert bench.last == (0, 1.5), "ten of them begin with 1"

    bench.client.query(TableName=bench.table, **partition, Limit=3)
    assert bench.last == (0, 0.5)

    bench.client.scan(TableName=bench.table, ProjectionExpression="k")
    assert bench.last == (0, 2.5)


def test_index_writes_come_on_top(bench: Bench) -> None:
    """AWS: one for an entry made, changed or deleted, two when its key changes, none when it stays as it was."""
    bench.put(bench.item(100))
    assert bench.last == (1, 0), "an item without the index's keys is not in the index"

    bench.put(bench.item(100, g="g", h="h"))
    assert bench.last == (1 + 1, 0), "it enters the index"

    bench.put(bench.item(200, g="g", h="h"))
    assert bench.last == (1 + 0, 0), "what changed is not projected"

    bench.put(bench.item(2000, g="g", h="h", p="p" * 1500))
    assert bench.last == (2 + 2, 0), "what changed is projected, to more than 1 KB"

    bench.put(bench.item(2000, g="g", h="other", p="p" * 1500))
    assert bench.last == (2 + 2 + 2, 0), "the index's key changed: a delete and a put"

    bench.client.delete_item(TableName=bench.table, Key=bench.key())
    assert bench.last == (2 + 2, 0), "it leaves the index"


@pytest.mark.ministack
@pytest.mark.usefixtures("ministack_aws")
def test_ministack_reports_the_same_writes_and_reads_of_small_items(stack: str) -> None:
    """Of reads beyond 4 KB it reports one unit however large they are; the rounding is AWS's documented one here."""
    bench = Bench(stack)
    report = {"ReturnConsumedCapacity": "TOTAL"}
    with bench.meter:
        for item in (
            bench.item(1500), bench.item(100), bench.item(100), bench.item(3073),
            bench.item(4000, g="g", h="h"), bench.item(4000, g="g", h="other"), bench.item(4000),
        ):
            bench.put(item, **report)
        for expression in ("REMOVE g", "REMOVE f"):
            bench.client.update_item(
                TableName=bench.table, Key=bench.key(), UpdateExpression=expression, **report,
            )
        for consistent in (True, False):
            for key in ("k", "none"):
                bench.client.get_item(TableName=bench.table, Key=bench.key(key), ConsistentRead=consistent, **report)
            bench.client.query(
                TableName=bench.table, KeyConditionExpression="k = :k", ExpressionAttributeValues={":k": {"S": "k"}},
                ConsistentRead=consistent, **report,
            )
        puts = [{"PutRequest": {"Item": bench.item(size, key)}} for size, key in ((500, "a"), (3500, "b"))]
        bench.client.batch_write_item(RequestItems={bench.table: puts}, **report)
        put = {"Put": {"TableName": bench.table, "Item": bench.item(1500, "c")}}
        bench.client.transact_write_items(TransactItems=[put], **report)
        for key in ("b", "none"):
            bench.client.delete_item(TableName=bench.table, Key=bench.key(key), **report)

    assert len(bench.meter.readings) == 19
    for reading in bench.meter.readings:
        assert reading.reported == reading.writes + reading.reads, reading


@pytest.fixture
def product(aws: str) -> Iterator[Meter]:
    """A meter on the client that the product itself uses."""
    with Meter(Events.connection().connection.client, clients.client("dynamodb")) as meter:
        yield meter


def units(meter: Meter) -> list[tuple[str, float, float]]:
    return [(reading.operation, reading.writes, reading.reads) for reading in meter.readings]


def test_a_typical_webhook_of_a_known_customer_takes_two_write_units(product: Meter) -> None:
    one, other = Identity("email", "anna@example.org"), Identity("device", "d-1")
    identities.claim(one, CUSTOMER)
    product.readings.clear()

    identities.find([one])
    identities.find([one, other])
    log.append(entry())
    log.append(entry())

    assert units(product) == [
        ("GetItem", 0, 0.5), ("BatchGetItem", 0, 1), ("PutItem", 1, 0), ("PutItem", 1, 0),
    ]


def test_a_fold_takes_one_write_unit_and_a_timer_one(product: Meter) -> None:
    stored = customers.commit(customers.Stored(Customer(CUSTOMER)), customer(), None)
    customers.load_many([CUSTOMER])
    customers.commit(stored, customer(), None)
    timers.arm(CUSTOMER, NOON, NOON)
    list(timers.due(NOON, NOON))

    assert units(product) == [
        ("PutItem", 1, 0), ("BatchGetItem", 0, 0.5), ("PutItem", 1, 0), ("PutItem", 1, 0), ("Query", 0, 1),
    ]


def test_a_message_takes_three_write_units_from_decision_to_outcome(product: Meter) -> None:
    messages.put(message())
    taken = messages.claim(CUSTOMER, message().message_id, NOON, timedelta(minutes=1))
    assert taken is not None
    messages.finish(replace(taken, status=Status.SENT, sent_at=NOON, channel="email", provider_id="p"))
    assert messages.claim(CUSTOMER, message().message_id, NOON, timedelta(minutes=1)) is None

    assert units(product) == [
        ("PutItem", 1, 0), ("UpdateItem", 1, 0), ("UpdateItem", 1, 0), ("UpdateItem", 1, 0),
    ]
