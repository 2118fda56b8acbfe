"""Shopify's deliveries and what they prove."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain.events import Arrival, Event
from chalicelib.errors import MalformedPayloadError
from chalicelib.sources import shopify
from chalicelib.sources.shopify import Shopify
from tests.sources.signing import shopify_headers
from tests.sources.source_contract import NOW, SourceContract, lowered

ORDER: dict[str, Any] = {
    "id": 5123456789012345678,
    "admin_graphql_api_id": "gid://shopify/Order/5123456789012345678",
    "name": "#1042",
    "created_at": "2026-03-02T10:00:00+03:00",
    "updated_at": "2026-03-02T10:05:00+03:00",
    "cancelled_at": None,
    "currency": "RUB",
    "total_price": "12990.50",
    "financial_status": "pending",
    "fulfillment_status": None,
    "email": "Anna@Wool.Example",
    "phone": None,
    "cart_token": "c1",
    "checkout_id": 99,
    "customer_locale": "ru",
    "order_status_url": "https://wool.example/orders/1042",
    "buyer_accepts_marketing": True,
    "customer": {"id": 115310627314723954, "first_name": "Anna", "last_name": "Orlova", "email": "anna@wool.example"},
    "billing_address": {"phone": "8 (912) 345-67-89", "country_code": "RU", "city": "Perm"},
    "line_items": [{"product_id": 7, "variant_id": 71, "title": "Coat", "name": "Coat - M", "quantity": 1,
                    "price": "12990.50", "sku": "C-M"}],
    "fulfillments": [],
}


def read(topic: str, content: dict[str, Any], **headers: str) -> Arrival:
    body = json.dumps(content).encode()
    arrival, = Shopify().read(lowered(shopify_headers(topic, body, **headers)), body, NOW)
    return arrival


def names(arrival: Arrival) -> list[str]:
    return [event.name for event in arrival.events]


def event(arrival: Arrival, name: str) -> Event:
    return next(event for event in arrival.events if event.name == name)


class TestContract(SourceContract):
    source = Shopify()
    order_topic = "orders/create"
    topic_header = "x-shopify-topic"
    topics = tuple(shopify._TOPICS)

    @staticmethod
    def headers(topic: str, body: bytes, secret: str) -> dict[str, str]:
        return shopify_headers(topic, body, secret)

    @staticmethod
    def order() -> dict[str, Any]:
        return dict(ORDER)


def test_shopifys_own_test_vector_verifies() -> None:
    # Shopify/shopify-app-js, packages/apps/shopify-api/lib/webhooks/__tests__/validate.test.ts
    signature = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="

    Shopify().verify({"x-shopify-hmac-sha256": signature}, b'{"foo": "bar"}', ["test_secret_key"])
    Shopify().verify({"shopify-hmac-sha256": signature}, b'{"foo": "bar"}', ["test_secret_key"])


def test_an_order_tells_all_that_its_payload_proves() -> None:
    arrival = read("orders/create", ORDER)

    assert names(arrival) == ["customer.updated", "order.placed", "consent.given"]
    assert [identity.key for identity in arrival.identities] == [
        "storefront:shopify:115310627314723954", "email:anna@wool.example", "phone:+79123456789",
        "cart:shopify:c1", "order:shopify:5123456789012345678",
    ]
    placed = event(arrival, "order.placed")
    assert placed.occurred_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert placed.order is not None
    assert (placed.order.total, placed.order.currency, placed.order.number) == (Decimal("12990.50"), "RUB", "#1042")
    assert [(line.title, line.variant_id) for line in placed.order.lines] == [("Coat - M", "71")]


def test_a_paid_order_proves_that_it_was_placed_whatever_came_first() -> None:
    assert names(read("orders/paid", ORDER | {"buyer_accepts_marketing": False})) == [
        "customer.updated", "order.placed", "order.paid",
    ]
    assert "order.paid" in names(read("orders/updated", ORDER | {"financial_status": "paid"}))


def test_a_cancelled_order_is_cancelled_at_its_own_time() -> None:
    arrival = read("orders/updated", ORDER | {"cancelled_at": "2026-03-02T11:30:00+03:00"})

    assert event(arrival, "order.cancelled").occurred_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def test_a_shipped_order_carries_the_tracking_link() -> None:
    parcel = {"id": 1, "status": "success", "created_at": "2026-03-03T09:00:00Z", "tracking_number": "RA1",
              "tracking_url": "https://post.example/RA1", "tracking_company": "Post"}

    arrival = read("orders/fulfilled", ORDER | {"fulfillments": [parcel], "fulfillment_status": "fulfilled"})

    shipped = event(arrival, "order.shipped")
    assert shipped.order is not None
    assert (shipped.order.tracking_url, shipped.order.carrier) == ("https://post.example/RA1", "Post")
    assert shipped.occurred_at == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_a_failed_fulfilment_ships_nothing() -> None:
    parcel = {"id": 1, "order_id": 5, "status": "cancelled", "tracking_number": "RA1"}
    body = json.dumps(parcel).encode()

    assert Shopify().read(lowered(shopify_headers("fulfillments/update", body)), body, NOW) == ()


@pytest.mark.parametrize(("status", "fact"), [
    ("in_transit", "order.shipped"), ("ready_for_pickup", "order.at-pickup-point"), ("delayed", "order.delayed"),
    ("delivered", "order.delivered"),
])
def test_the_carriers_news_reach_the_orders_customer(status: str, fact: str) -> None:
    arrival = read("fulfillment_events/create", {
        "id": 1, "order_id": 5, "status": status, "happened_at": "2026-03-05T10:00:00Z",
        "estimated_delivery_at": "2026-03-07T10:00:00Z",
    })

    assert names(arrival) == [fact]
    assert [identity.key for identity in arrival.identities] == ["order:shopify:5"]
    assert str(event(arrival, fact).order.delivery_date) == "2026-03-07"  # type: ignore[union-attr]


def test_a_refund_counts_the_money_that_went_back() -> None:
    arrival = read("refunds/create", {
        "id": 8, "order_id": 5, "created_at": "2026-03-09T10:00:00Z",
        "transactions": [
            {"kind": "refund", "status": "success", "amount": "100.10", "currency": "RUB"},
            {"kind": "refund", "status": "failure", "amount": "5"},
            {"kind": "sale", "status": "success", "amount": "900"},
        ],
    })

    order = event(arrival, "order.returned").order
    assert order is not None
    assert (order.refunded, order.refund_id, order.currency) == (Decimal("100.10"), "8", "RUB")


def test_an_anonymous_cart_is_known_by_its_token_and_leads_back_to_its_lines() -> None:
    line = {"product_id": 7, "variant_id": 71, "quantity": 2, "price": "50.00", "line_price": "100.00",
            "title": "Scarf", "price_set": {"shop_money": {"amount": "50.00", "currency_code": "EUR"}}}

    arrival = read("carts/update", {"token": "c1", "updated_at": "2026-03-02T10:00:00Z", "line_items": [line]})

    assert [identity.key for identity in arrival.identities] == ["cart:shopify:c1"]
    cart = event(arrival, "cart.updated").cart
    assert cart is not None
    assert (cart.total, cart.currency) == (Decimal("100.00"), "EUR")
    assert cart.url == "https://linen-and-wool.myshopify.com/cart/71:2"


def test_a_cart_without_lines_was_emptied() -> None:
    assert names(read("carts/update", {"token": "c1", "line_items": []})) == ["cart.emptied"]


def test_a_forged_shop_domain_makes_no_link() -> None:
    line = {"product_id": 7, "variant_id": 71, "quantity": 1, "title": "Scarf"}

    arrival = read("carts/update", {"token": "c1", "line_items": [line]}, X_Shopify_Shop_Domain="evil.example")

    assert event(arrival, "cart.updated").cart.url == ""  # type: ignore[union-attr]


def test_a_checkout_carries_its_recovery_link_and_joins_its_cart() -> None:
    content = {"id": 99, "token": "t", "cart_token": "c1", "email": "a@wool.example", "total_price": "10.00",
               "currency": "RUB", "created_at": "2026-03-02T10:00:00Z", "updated_at": "2026-03-02T10:00:00Z",
               "abandoned_checkout_url": "https://wool.example/recover?key=1", "line_items": []}

    started = read("checkouts/create", content)

    assert names(started) == ["checkout.started"]
    assert {identity.kind for identity in started.identities} == {"email", "cart"}
    checkout = event(started, "checkout.started").checkout
    assert checkout is not None
    assert checkout.url == "https://wool.example/recover?key=1"
    completed = read("checkouts/update", content | {"completed_at": "2026-03-02T10:30:00Z"})
    assert names(completed) == ["checkout.updated", "checkout.completed"]


@pytest.mark.parametrize(("state", "outcome"), [
    ("subscribed", ["consent.given"]), ("unsubscribed", ["consent.withdrawn"]),
    ("not_subscribed", ["consent.withdrawn"]), ("pending", []), (None, []),
])
def test_a_change_of_consent_to_mail(state: str | None, outcome: list[str]) -> None:
    content = {"customer_id": 7, "email_address": "a@wool.example", "email_marketing_consent": {
        "state": state, "opt_in_level": "single_opt_in", "consent_updated_at": "2026-03-02T10:00:00Z"}}
    body = json.dumps(content).encode()
    headers = lowered(shopify_headers("customers_email_marketing_consent/update", body))

    told = [event for arrival in Shopify().read(headers, body, NOW) for event in arrival.events]

    assert [event.name for event in told] == outcome
    assert all(event.occurred_at == datetime(2026, 3, 2, 10, tzinfo=UTC) for event in told)


def test_an_empty_box_at_the_checkout_withdraws_no_consent() -> None:
    assert "consent.withdrawn" not in names(read("orders/create", ORDER | {"buyer_accepts_marketing": False}))


def test_a_customer_who_never_said_anything_withdraws_nothing() -> None:
    silent = {"state": "not_subscribed", "consent_updated_at": None}

    assert names(read("customers/create", {"id": 7, "email": "a@b.example", "email_marketing_consent": silent})) == [
        "customer.created",
    ]


def test_tags_arrive_whole_or_one_by_one() -> None:
    whole = read("customers/update", {"id": 7, "tags": "vip, loves wool ,vip"})
    added = read("customer.tags_added", {"customerId": "gid://shopify/Customer/7", "tags": ["vip"]})
    removed = read("customer.tags_removed", {"customerId": "gid://shopify/Customer/7", "tags": ["vip"]})

    assert event(whole, "customer.updated").customer.tags == ("vip", "loves wool")  # type: ignore[union-attr]
    assert (names(added), names(removed)) == (["customer.updated"], ["customer.untagged"])


@pytest.mark.parametrize(("topic", "name"), [
    ("customers/redact", "customer.redaction-requested"), ("customers/data_request", "customer.export-requested"),
])
def test_demands_for_privacy_name_the_person(topic: str, name: str) -> None:
    person = {"id": 191167, "email": "john@example.com", "phone": "+79123456789"}

    arrival = read(topic, {"shop_id": 1, "customer": person})

    assert names(arrival) == [name]
    assert [identity.kind for identity in arrival.identities] == ["storefront", "email", "phone"]


def test_the_end_of_a_shop_is_about_nobody() -> None:
    arrival = read("shop/redact", {"shop_id": 1, "shop_domain": "x.myshopify.com"})

    assert (names(arrival), arrival.identities) == (["shop.redaction-requested"], ())


def test_a_rounded_id_yields_to_the_global_one() -> None:
    rounded = ORDER | {"id": 820982911946154500, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"}

    order = event(read("orders/create", rounded), "order.placed").order

    assert order is not None
    assert order.id == "820982911946154508"


def test_a_product_and_each_variant_are_told() -> None:
    arrival = read("products/update", {"id": 7, "title": "Coat", "handle": "coat", "variants": [
        {"id": 71, "title": "M", "price": "120.00", "compare_at_price": "150.00", "inventory_quantity": 2},
        {"id": 72, "title": "L", "price": "110.00", "inventory_quantity": -1},
    ]})

    products = [event.product for event in arrival.events]
    assert [(product.variant_id, product.price, product.stock) for product in products if product] == [
        ("", Decimal("110.00"), 1), ("71", Decimal("120.00"), 2), ("72", Decimal("110.00"), -1),
    ]
    assert arrival.identities == ()


def test_two_subscriptions_to_one_topic_are_one_delivery() -> None:
    first = read("orders/create", ORDER, X_Shopify_Event_Id="e1", X_Shopify_Webhook_Id="w1")
    second = read("orders/create", ORDER, X_Shopify_Event_Id="e1", X_Shopify_Webhook_Id="w2")
    paid = read("orders/paid", ORDER, X_Shopify_Event_Id="e1", X_Shopify_Webhook_Id="w3")

    assert first.delivery_id == second.delivery_id != paid.delivery_id
    assert read("orders/create", ORDER, X_Shopify_Webhook_Id="w1").delivery_id == "w1"


def test_the_newer_family_of_headers_is_read_alike() -> None:
    body = json.dumps(ORDER).encode()

    arrival, = Shopify().read({"shopify-topic": "orders/create", "shopify-event-id": "e9"}, body, NOW)

    assert "order.placed" in names(arrival)
    assert arrival.delivery_id == "e9:orders/create"


def test_a_payload_without_a_time_takes_the_deliverys_else_that_of_receipt() -> None:
    triggered = read("customers/delete", {"id": 7}, X_Shopify_Triggered_At="2026-03-01T08:00:00Z")
    undated = read("customers/delete", {"id": 7})

    assert triggered.occurred_at == triggered.events[0].occurred_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert undated.events[0].occurred_at == NOW
    assert undated.occurred_at.year == 1970


def test_many_lines_are_cut_so_that_the_log_can_hold_them() -> None:
    lines = [{"product_id": number, "title": "x" * 5000, "quantity": 1} for number in range(1, 2000)]

    order = event(read("orders/create", ORDER | {"line_items": lines}), "order.placed").order

    assert order is not None
    assert len(order.lines) == 100
    assert len(order.lines[0].title) == 300


def test_a_delivery_about_nothing_is_malformed() -> None:
    for topic in ("carts/update", "checkouts/update", "refunds/create", "fulfillments/create", "products/update"):
        with pytest.raises(MalformedPayloadError, match=r"\$\."):
            read(topic, {"unrelated": True})
