"""WooCommerce's deliveries and what they prove."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.events import Arrival, Event
from chalicelib.sources import woocommerce
from chalicelib.sources.woocommerce import WooCommerce
from tests.sources.signing import woocommerce_headers
from tests.sources.source_contract import NOW, SourceContract, lowered

ORDER: dict[str, Any] = {
    "id": 727,
    "number": "727",
    "status": "processing",
    "currency": "RUB",
    "date_created_gmt": "2026-03-02T07:00:00",
    "date_modified_gmt": "2026-03-02T07:05:00",
    "date_paid_gmt": None,
    "date_completed_gmt": None,
    "total": "2935.00",
    "customer_id": 25,
    "billing": {"first_name": "Anna", "last_name": "Orlova", "email": "Anna@Wool.Example",
                "phone": "8 912 345-67-89", "country": "RU", "city": "Perm"},
    "line_items": [{"id": 1, "name": "Coat &ndash; wool &amp; silk", "product_id": 22, "variation_id": 23,
                    "quantity": 2, "price": 12.5, "sku": "B", "meta_data": [{"key": "pa_color", "value": "black"},
                                                            {"key": "size", "value": "M"}]}],
    "meta_data": [],
    "refunds": [],
}


def read(topic: str, content: dict[str, Any]) -> Arrival:
    body = json.dumps(content).encode()
    arrival, = WooCommerce().read(lowered(woocommerce_headers(topic, body)), body, NOW)
    return arrival


def names(arrival: Arrival) -> list[str]:
    return [event.name for event in arrival.events]


def event(arrival: Arrival, name: str) -> Event:
    return next(event for event in arrival.events if event.name == name)


class TestContract(SourceContract):
    source = WooCommerce()
    order_topic = "order.created"
    topic_header = "x-wc-webhook-topic"
    topics = tuple(woocommerce._TOPICS)

    @staticmethod
    def headers(topic: str, body: bytes, secret: str) -> dict[str, str]:
        return woocommerce_headers(topic, body, secret)

    @staticmethod
    def order() -> dict[str, Any]:
        return dict(ORDER)


@pytest.mark.parametrize(("body", "signature"), [
    (b'{"action":"woocommerce_add_to_cart","arg":"7cbbc409ec990f19c78c75bd1e06f215"}',
     "geC1akFhCtsO7fbXz5XiGUsMsRa4Mt0IJsZ96nTaHjI="),
    (b'{"action":"woocommerce_add_to_cart","arg":"c16a5320fa475530d9583c34fd356ef5"}',
     "st4egVCTwG1JMfxmxe7MZYEuj9Y6Euge4SOTNfCUCWY="),
])
def test_the_documented_signatures_verify(body: bytes, signature: str) -> None:
    # woocommerce/woocommerce-rest-api-docs, source/includes/v3/_webhooks.md
    WooCommerce().verify({"x-wc-webhook-signature": signature}, body, ["my-super-secret-private-key"])


def test_the_ping_on_saving_is_told_from_a_delivery() -> None:
    assert WooCommerce().is_ping({}, b"webhook_id=17")
    assert not WooCommerce().is_ping({}, b"webhook_id=17&order=1")
    assert not WooCommerce().is_ping({"x-wc-webhook-topic": "order.created"}, b"webhook_id=17")
    assert not WooCommerce().is_ping({"x-wc-webhook-signature": "abc"}, b"webhook_id=17")


def test_an_order_is_read_with_its_times_as_utc_and_its_titles_as_people_read_them() -> None:
    arrival = read("order.created", ORDER)

    assert names(arrival) == ["customer.updated", "order.placed"]
    assert [identity.key for identity in arrival.identities] == [
        "storefront:woocommerce:25", "email:anna@wool.example", "phone:+79123456789", "order:woocommerce:727",
    ]
    placed = event(arrival, "order.placed")
    assert placed.occurred_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert placed.order is not None
    line, = placed.order.lines
    assert (line.title, line.size, line.color) == ("Coat – wool & silk", "M", "black")
    assert (line.price, line.quantity, line.variant_id) == (Decimal("12.5"), 2, "23")


def test_a_guest_has_no_storefront_id() -> None:
    arrival = read("order.created", ORDER | {"customer_id": 0})

    assert [identity.kind for identity in arrival.identities] == ["email", "phone", "order"]


@pytest.mark.parametrize(("changes", "facts"), [
    ({"status": "pending"}, ["order.placed"]),
    ({"status": "on-hold"}, ["order.placed"]),
    ({"status": "processing", "date_paid_gmt": "2026-03-02T07:01:00"}, ["order.placed", "order.paid"]),
    ({"status": "completed", "date_paid_gmt": "2026-03-02T07:01:00", "date_completed_gmt": "2026-03-03T09:00:00"},
     ["order.placed", "order.paid", "order.shipped"]),
    ({"status": "cancelled"}, ["order.placed", "order.cancelled"]),
    ({"status": "wc-delivered"}, ["order.placed", "order.delivered"]),
    ({"status": "failed"}, ["order.placed"]),
])
def test_a_status_proves_facts(changes: dict[str, Any], facts: list[str]) -> None:
    assert names(read("order.updated", ORDER | changes))[1:] == facts


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft", "trash"])
def test_a_draft_proves_nothing(status: str) -> None:
    body = json.dumps(ORDER | {"status": status}).encode()

    assert WooCommerce().read(lowered(woocommerce_headers("order.updated", body)), body, NOW) == ()


def test_each_refund_is_told_with_its_amount_and_id() -> None:
    refunds = [{"id": 801, "total": "-10.00"}, {"id": 802, "total": "-2.50"}]

    arrival = read("order.updated", ORDER | {"status": "refunded", "refunds": refunds})

    returned = [event.order for event in arrival.events if event.name == "order.returned"]
    assert [(order.refund_id, order.refunded) for order in returned if order] == [
        ("801", Decimal("10.00")), ("802", Decimal("2.50")),
    ]


def test_the_shipment_tracking_extension_gives_number_and_link() -> None:
    parcel = {"tracking_number": "RA1", "custom_tracking_link": "https://post.example/RA1", "tracking_provider": "Post"}
    meta = [{"key": "_wc_shipment_tracking_items", "value": [parcel]}]

    order = event(read("order.updated", ORDER | {"status": "completed", "meta_data": meta}), "order.shipped").order

    assert order is not None
    assert (order.tracking_number, order.tracking_url, order.carrier) == ("RA1", "https://post.example/RA1", "Post")


def test_a_variation_is_a_variant_of_its_parent() -> None:
    arrival = read("product.updated", {"id": 732, "parent_id": 22, "name": "Coat &amp; belt", "price": "9.00",
                                       "regular_price": "12.00", "stock_status": "outofstock", "stock_quantity": None})

    product = arrival.events[0].product
    assert product is not None
    assert (product.id, product.variant_id, product.title, product.stock) == ("22", "732", "Coat & belt", 0)
    assert (product.price, product.old_price) == (Decimal("9.00"), Decimal("12.00"))


def test_a_deletion_names_only_the_id() -> None:
    assert names(read("customer.deleted", {"id": 25})) == ["customer.deleted"]
    assert names(read("order.deleted", {"id": 727})) == ["order.deleted"]
    assert names(read("product.deleted", {"id": 22})) == ["product.deleted"]


def test_two_orders_of_one_second_are_two_deliveries() -> None:
    # WC_Webhook::get_new_delivery_id hashes webhook and second: the header is the same for both.
    assert read("order.created", ORDER).delivery_id != read("order.created", ORDER | {"id": 728}).delivery_id
