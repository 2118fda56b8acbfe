"""Shopify's webhooks: signature, topics, and the facts in their payloads.

Sources: shopify.dev, "Verify webhook deliveries", "Ignore duplicate webhooks" and the reference of webhook topics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from chalicelib.domain.events import Arrival, Cart, Checkout, Event
from chalicelib.domain.identifiers import (
    ShopCountry,
    cart_identity,
    default_country,
    email_identity,
    order_identity,
)
from chalicelib.errors import MalformedPayloadError, UnknownTopicError
from chalicelib.sources import shopify_customers as customers
from chalicelib.sources import shopify_orders as orders
from chalicelib.sources import shopify_products as products
from chalicelib.sources.payload import (
    Body,
    amount,
    currency,
    decode,
    header,
    identifier,
    moment,
    parse_moment,
    present,
    section,
    sections,
    text,
    url,
)
from chalicelib.sources.shopify_payload import NAME, Delivery, Facts, own_id
from chalicelib.sources.source import UNDATED, checked, fingerprint, verify_hmac_sha256

_SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class Shopify:
    """The `Source` of Shopify stores."""

    name = NAME

    def is_ping(self, _headers: Mapping[str, str], _body: bytes, /) -> bool:
        """Never: Shopify signs its tests like any delivery."""
        return False

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> None:
        """Check `X-Shopify-Hmac-Sha256` (newer: without the X): the app's client secret over the raw body."""
        verify_hmac_sha256(header(headers, "x-shopify-hmac-sha256", "shopify-hmac-sha256"), body, secrets)

    def read(
        self,
        headers: Mapping[str, str],
        body: bytes,
        received_at: datetime,
        shop_country: ShopCountry = default_country,
    ) -> tuple[Arrival, ...]:
        """Translate a delivery; see `Source.read`."""
        topic = header(headers, "x-shopify-topic", "shopify-topic").lower()
        if not topic:
            raise MalformedPayloadError("header X-Shopify-Topic is missing")
        translate = _TOPICS.get(topic)
        if translate is None:
            raise UnknownTopicError(topic)
        payload = decode(body)
        triggered_at = parse_moment(header(headers, "x-shopify-triggered-at", "shopify-triggered-at"))
        own_time = moment(payload, "updated_at", "happened_at", "occurredAt", "created_at") or triggered_at
        shop = header(headers, "x-shopify-shop-domain", "shopify-shop-domain").lower()
        facts = translate(Delivery(
            topic=topic,
            body=payload,
            at=own_time or received_at,
            shop=shop if _SHOP_DOMAIN.fullmatch(shop) else "",
            shop_country=shop_country,
        ))
        if not facts.events:
            return ()
        return checked((Arrival(
            delivery_id=delivery_id(headers, topic, body),
            occurred_at=own_time or UNDATED,
            identities=tuple(dict.fromkeys(identity for identity in facts.identities if identity)),
            events=facts.events,
        ),))


def delivery_id(headers: Mapping[str, str], topic: str, body: bytes) -> str:
    """What stays the same when Shopify delivers again.

    The event id with the topic (several subscriptions to one topic give several webhooks with one event id), else the
    webhook id, else a hash of the body.
    """
    event_id = header(headers, "x-shopify-event-id", "shopify-event-id", longest=100)
    if event_id:
        return f"{event_id}:{topic}"
    webhook_id = header(headers, "x-shopify-webhook-id", "shopify-webhook-id", longest=100)
    return webhook_id or fingerprint(topic.encode(), body)


def _cart(delivery: Delivery) -> Facts:
    body = delivery.body
    token = identifier(body, "token", "id")
    if not token:
        raise MalformedPayloadError("$.token: a cart without token or id")
    lines = orders.lines(body)
    links = ",".join(f"{line.variant_id}:{line.quantity}" for line in lines if line.variant_id.isdecimal())
    cart = Cart(
        id=token,
        total=sum((amount(item, "line_price") for item in sections(body, "line_items")), start=amount({}, "")),
        lines=lines,
        # A permalink puts the lines into a cart on any device (shopify.dev, "Create cart permalinks").
        url=f"https://{delivery.shop}/cart/{links}" if delivery.shop and links else "",
        **present(currency=orders.currency_of(body)),
    )
    name = "cart.updated" if lines else "cart.emptied"
    return Facts(
        (cart_identity(NAME, token), *customers.people(section(body, "customer"), delivery.shop_country)),
        (Event(name, delivery.time("updated_at"), cart=cart),),
    )


def _checkout(delivery: Delivery) -> Facts:
    body = delivery.body
    checkout_id = _checkout_id(body)
    if not checkout_id:
        raise MalformedPayloadError("$.token: a checkout without id or token")
    checkout = Checkout(
        id=checkout_id,
        cart_id=identifier(body, "cart_token"),
        total=amount(body, "total_price"),
        lines=orders.lines(body),
        url=url(body, "abandoned_checkout_url"),
        **present(currency=currency(body, "currency", "presentment_currency")),
    )
    at = delivery.time("updated_at", "created_at")
    name = "checkout.started" if delivery.topic == "checkouts/create" else "checkout.updated"
    events = [Event(name, at, checkout=checkout)]
    completed_at = moment(body, "completed_at")
    if completed_at:
        events.append(Event("checkout.completed", completed_at, checkout=checkout))
    consents = customers.accepted_marketing(body, at, "checkout")
    return Facts(customers.buyer(delivery), (*customers.buyer_attributes(body, at), *events, *consents))


def _checkout_deleted(delivery: Delivery) -> Facts:
    checkout_id = _checkout_id(delivery.body)
    if not checkout_id:
        raise MalformedPayloadError("$.id: a checkout without id or token")
    checkout = Checkout(id=checkout_id, cart_id=identifier(delivery.body, "cart_token"))
    return Facts(customers.buyer(delivery), (Event("checkout.deleted", delivery.at, checkout=checkout),))


def _checkout_id(body: Body) -> str:
    # The name is the id after a number sign, also where the id itself is left out.
    name = text(body, "name").removeprefix("#")
    return own_id(body) or (name if name.isdecimal() else "") or identifier(body, "token")


def _order(delivery: Delivery) -> Facts:
    body, at = delivery.body, delivery.time("updated_at", "created_at")
    events = orders.facts(body, delivery.topic, at)
    created_at = delivery.time("created_at")
    consents = customers.accepted_marketing(body, created_at, "order")
    return Facts(
        (*customers.buyer(delivery), order_identity(NAME, orders.order_id(body))),
        (*customers.buyer_attributes(body, created_at), *events, *consents),
    )


def _order_deleted(delivery: Delivery) -> Facts:
    order = orders.bare(own_id(delivery.body), "$.id")
    return Facts((order_identity(NAME, order.id),), (Event("order.deleted", delivery.at, order=order),))


def _fulfillment(delivery: Delivery) -> Facts:
    body = delivery.body
    order = orders.bare(identifier(body, "order_id"), "$.order_id")
    return Facts(
        (order_identity(NAME, order.id), email_identity(text(body, "email"))),
        orders.fulfillment_facts(order, body, delivery.time("updated_at", "created_at")),
    )


def _fulfillment_event(delivery: Delivery) -> Facts:
    body = delivery.body
    order = orders.bare(identifier(body, "order_id"), "$.order_id")
    return Facts(
        (order_identity(NAME, order.id),),
        orders.carrier_facts(order, body, delivery.time("happened_at", "created_at")),
    )


def _refund(delivery: Delivery) -> Facts:
    body = delivery.body
    order_id = identifier(body, "order_id")
    if not order_id:
        raise MalformedPayloadError("$.order_id: missing")
    returned = orders.refund_fact(order_id, body, delivery.time("processed_at", "created_at"))
    return Facts((order_identity(NAME, order_id),), (returned,))


_TOPICS: Final[dict[str, Callable[[Delivery], Facts]]] = {
    "carts/create": _cart,
    "carts/update": _cart,
    "checkouts/create": _checkout,
    "checkouts/update": _checkout,
    "checkouts/delete": _checkout_deleted,
    "orders/create": _order,
    "orders/updated": _order,
    "orders/paid": _order,
    "orders/fulfilled": _order,
    "orders/partially_fulfilled": _order,
    "orders/cancelled": _order,
    "orders/delete": _order_deleted,
    "refunds/create": _refund,
    "fulfillments/create": _fulfillment,
    "fulfillments/update": _fulfillment,
    "fulfillment_events/create": _fulfillment_event,
    "customers/create": customers.customer,
    "customers/update": customers.customer,
    "customers/enable": customers.customer,
    "customers/disable": customers.customer,
    "customers/delete": customers.customer_deleted,
    "customers/merge": customers.customers_merged,
    "customer.tags_added": customers.tags,
    "customer.tags_removed": customers.tags,
    "customers_email_marketing_consent/update": customers.email_consent,
    "customers_marketing_consent/update": customers.sms_consent,
    "products/create": products.product,
    "products/update": products.product,
    "products/delete": products.product_deleted,
    "customers/redact": customers.redaction,
    "customers/data_request": customers.redaction,
    "shop/redact": customers.shop_redaction,
}
