"""The log keeps every entry once, whole and in order."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from chalicelib.domain.events import Attributes, Cart, Event, Line, Order
from chalicelib.errors import MalformedPayloadError
from chalicelib.storage import log
from chalicelib.storage.tables import Events
from tests.storage.examples import CUSTOMER, NOON, entry

pytestmark = pytest.mark.usefixtures("aws")


def test_an_entry_is_read_as_it_was_appended() -> None:
    told = entry()

    assert log.append(told)

    assert log.read(CUSTOMER, told.entry_id) == told


def test_a_redelivered_webhook_changes_nothing() -> None:
    first = entry()
    log.append(first)

    again = entry(recorded_at=first.recorded_at + timedelta(minutes=9), events=())

    assert not log.append(again)
    assert log.read(CUSTOMER, first.entry_id) == first
    assert list(log.history(CUSTOMER)) == [first]


def test_another_customers_entry_of_the_same_delivery_is_its_own() -> None:
    assert log.append(entry())
    assert log.append(entry(customer_id="another"))


def test_amounts_ids_and_times_survive_exactly() -> None:
    order = Order("820982911946154508", total=Decimal("1234567890123456789.10"), refunded=Decimal("0.1"))
    at = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    told = entry(
        recorded_at=datetime(2026, 3, 2, 12, 0, 0, 999999, tzinfo=UTC),
        events=(
            Event("order.placed", at, order=order),
            Event("customer.updated", at, customer=Attributes(first_name="Ёлка 🎄", birthday=at.date())),
            Event("shop.own-event", at, data={"deep": [1, 2.5, None, True, {"текст": "да"}]}),
        ),
    )

    log.append(told)

    found = log.read(CUSTOMER, told.entry_id)
    assert found == told
    assert found.events[0].order is not None
    assert str(found.events[0].order.total) == "1234567890123456789.10"


def test_a_large_entry_is_kept_whole_in_fewer_bytes() -> None:
    lines = tuple(Line(f"product-{n}", title=f"Пальто шерстяное {n}", price=Decimal(n)) for n in range(200))
    told = entry(events=(Event("cart.updated", NOON, cart=Cart("c-1", lines=lines)),))

    log.append(told)

    assert log.read(CUSTOMER, told.entry_id) == told
    item = Events.fetch(CUSTOMER, told.entry_id)
    assert item is not None
    assert len(item["b"]["B"]) < 4000


def test_an_entry_up_to_the_size_of_an_item_is_kept_and_a_larger_one_refused() -> None:
    def noise(size: int) -> tuple[Event, ...]:
        return (Event("shop.noise", NOON, data={"noise": random.Random(1).randbytes(size)}),)

    assert log.append(entry("d-1", events=noise(399_500)))

    with pytest.raises(MalformedPayloadError, match="400000"):
        log.append(entry("d-2", events=noise(400_500)))
    assert log.read(CUSTOMER, entry("d-2").entry_id) is None


def test_history_is_in_the_order_of_what_happened() -> None:
    moments = [NOON, NOON - timedelta(days=40), NOON + timedelta(seconds=1), NOON - timedelta(microseconds=1)]
    for n, moment in enumerate(moments):
        log.append(entry(entry_id=log.entry_id(moment, "shopify", f"d-{n}")))

    assert [told.entry_id[-3:] for told in log.history(CUSTOMER)] == ["d-1", "d-3", "d-0", "d-2"]
    assert list(log.history("nobody")) == []


def test_history_of_more_than_a_page_is_complete() -> None:
    # A page of a query is 1 MB at most.
    bulk = {"text": "".join(f"{n:x}." for n in range(60_000))}
    for n in range(12):
        log.append(entry(f"d-{n:02}", events=(Event("shop.bulk", NOON, data=bulk),)))

    assert len(list(log.history(CUSTOMER))) == 12


def test_customers_recorded_since_a_moment_are_named_once() -> None:
    log.append(entry("d-1", customer_id="early", recorded_at=NOON - timedelta(microseconds=1)))
    log.append(entry("d-2", customer_id="then", recorded_at=NOON))
    log.append(entry("d-3", customer_id="late", recorded_at=NOON + timedelta(minutes=1)))
    log.append(entry("d-4", customer_id="late", recorded_at=NOON + timedelta(hours=1)))

    assert sorted(log.customers_recorded_since(NOON)) == ["late", "then"]


def test_an_entry_expires_after_400_days() -> None:
    told = entry()
    log.append(told)

    item = Events.fetch(CUSTOMER, told.entry_id)

    assert item is not None
    expires_at = datetime.fromtimestamp(int(item["x"]["N"]), UTC)
    assert timedelta(0) <= told.recorded_at + timedelta(days=400) - expires_at < timedelta(seconds=1)


@dataclass
class Delivery:
    """A delivery to make a sort key of."""

    at: datetime
    source: str
    id: str


@pytest.mark.parametrize(
    ("delivery", "key"),
    [
        (Delivery(NOON, "shopify", "b54557e4"), "2026-03-02T12:00:00.000000Z#shopify#b54557e4"),
        (
            Delivery(NOON.astimezone(timezone(timedelta(hours=3))), "shopify", "b54557e4"),
            "2026-03-02T12:00:00.000000Z#shopify#b54557e4",
        ),
        (Delivery(NOON, "api", "a#b"), "2026-03-02T12:00:00.000000Z#api#a#b"),
    ],
)
def test_an_entry_id_is_the_payloads_time_and_the_delivery(delivery: Delivery, key: str) -> None:
    assert log.entry_id(delivery.at, delivery.source, delivery.id) == key


def test_a_delivery_id_too_long_for_a_sort_key_still_tells_deliveries_apart() -> None:
    one, other = (log.entry_id(NOON, "api", "я" * 3000 + last) for last in "ab")

    assert len(one.encode()) < 1024
    assert one != other
    assert log.append(entry(entry_id=one))
    assert log.append(entry(entry_id=other))
    assert not log.append(entry(entry_id=one))
