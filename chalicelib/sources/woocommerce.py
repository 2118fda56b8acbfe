"""WooCommerce's webhooks: signature, topics, and the facts in their payloads (the REST API's own resources).

Sources: WooCommerce REST API documentation, "Webhooks", "Orders", "Customers", "Products"; class WC_Webhook.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from chalicelib.domain.events import Arrival, Attributes, Event, Identity, Order, Product
from chalicelib.domain.identifiers import (
    ShopCountry,
    default_country,
    email_identity,
    order_identity,
    phone_identity,
    storefront_identity,
)
from chalicelib.errors import MalformedPayloadError, UnknownTopicError
from chalicelib.sources import woocommerce_orders as orders
from chalicelib.sources.payload import (
    Body,
    amount,
    country,
    decode,
    header,
    identifier,
    moment,
    optional_amount,
    quantity,
    section,
    sections,
    text,
    url,
)
from chalicelib.sources.source import UNDATED, checked, fingerprint, verify_hmac_sha256

NAME: Final = "woocommerce"

_PING = re.compile(rb"webhook_id=\d{1,20}")


class Delivery(Struct, frozen=True):
    """A request to be translated: `at` stands in for times that the payload lacks, `shop_country` for countries."""

    topic: str
    body: Body
    at: datetime
    shop_country: ShopCountry = default_country


class Facts(Struct, frozen=True):
    """What a payload proves, and about whom; None among the identities are those that could not be read."""

    identities: tuple[Identity | None, ...]
    events: tuple[Event, ...]


class WooCommerce:
    """The `Source` of WooCommerce shops."""

    name = NAME

    def is_ping(self, headers: Mapping[str, str], body: bytes, /) -> bool:
        """WooCommerce posts the form `webhook_id=N`, unsigned and without a topic, when a webhook is saved."""
        return not header(headers, "x-wc-webhook-signature", "x-wc-webhook-topic") and bool(_PING.fullmatch(body))

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> None:
        """Check `X-WC-Webhook-Signature`: the webhook's own secret over the raw body."""
        verify_hmac_sha256(header(headers, "x-wc-webhook-signature"), body, secrets)

    def read(
        self,
        headers: Mapping[str, str],
        body: bytes,
        received_at: datetime,
        shop_country: ShopCountry = default_country,
    ) -> tuple[Arrival, ...]:
        """Translate a delivery; see `Source.read`."""
        topic = header(headers, "x-wc-webhook-topic").lower()
        if not topic:
            raise MalformedPayloadError("header X-WC-Webhook-Topic is missing")
        translate = _TOPICS.get(topic)
        if translate is None:
            raise UnknownTopicError(topic)
        payload = decode(body)
        own_time = moment(payload, "date_modified_gmt", "date_created_gmt")
        facts = translate(Delivery(topic, payload, own_time or received_at, shop_country))
        if not facts.events:
            return ()
        return checked((Arrival(
            delivery_id=delivery_id(topic, body),
            occurred_at=own_time or UNDATED,
            identities=tuple(dict.fromkeys(identity for identity in facts.identities if identity)),
            events=facts.events,
        ),))


def delivery_id(topic: str, body: bytes) -> str:
    """What stays the same when WooCommerce delivers again: a hash of topic and body.

    Its own delivery id will not do: it is a hash of webhook and second (`WC_Webhook::get_new_delivery_id`), so two
    orders of one second share it, and a delivery repeated by hand has another.
    """
    return fingerprint(topic.encode(), body)


def _order(delivery: Delivery) -> Facts:
    body = delivery.body
    order = orders.order(body)
    billing = section(body, "billing")
    region = country(billing, "country")
    identities = (
        storefront_identity(NAME, identifier(body, "customer_id")),
        email_identity(text(billing, "email")),
        phone_identity(text(billing, "phone"), region, delivery.shop_country),
        order_identity(NAME, order.id),
    )
    events = orders.facts(order, body, delivery.at)
    if not events:
        return Facts((), ())
    attributes = _person(billing, billing)
    about = (Event("customer.updated", events[0].occurred_at, customer=attributes),)
    return Facts(identities, (*(about if attributes != Attributes() else ()), *events))


def _order_deleted(delivery: Delivery) -> Facts:
    order = Order(id=_required_id(delivery.body))
    return Facts((order_identity(NAME, order.id),), (Event("order.deleted", delivery.at, order=order),))


def _customer(delivery: Delivery) -> Facts:
    body = delivery.body
    customer_id = _required_id(body)
    billing = section(body, "billing")
    created = delivery.topic == "customer.created"
    at = (moment(body, "date_created_gmt") if created else None) or delivery.at
    region = country(billing, "country")
    identities = (
        storefront_identity(NAME, customer_id),
        email_identity(text(body, "email")) or email_identity(text(billing, "email")),
        phone_identity(text(billing, "phone"), region, delivery.shop_country),
    )
    name = "customer.created" if created else "customer.updated"
    return Facts(identities, (Event(name, at, customer=_person(body, billing)),))


def _customer_deleted(delivery: Delivery) -> Facts:
    identities = (storefront_identity(NAME, _required_id(delivery.body)),)
    return Facts(identities, (Event("customer.deleted", delivery.at),))


def _product(delivery: Delivery) -> Facts:
    body = delivery.body
    own_id, parent_id = _required_id(body), identifier(body, "parent_id")
    stock = quantity(body, "stock_quantity")
    if text(body, "stock_status") == "outofstock":
        stock = 0
    regular = optional_amount(body, "regular_price")
    price = optional_amount(body, "price") or regular
    images = sections(body, "images") or [section(body, "image")]
    product = Product(
        id=parent_id or own_id,
        variant_id=own_id if parent_id else "",
        title=orders.unescaped(text(body, "name")),
        category=orders.unescaped(next((text(category, "name") for category in sections(body, "categories")), "")),
        price=price or amount({}, "price"),
        old_price=regular if regular and price and regular > price else None,
        stock=stock,
        image_url=url(images[0], "src"),
        url=url(body, "permalink"),
    )
    name = "product.created" if delivery.topic == "product.created" else "product.updated"
    return Facts((), (Event(name, delivery.at, product=product),))


def _product_deleted(delivery: Delivery) -> Facts:
    product = Product(id=_required_id(delivery.body))
    return Facts((), (Event("product.deleted", delivery.at, product=product),))


def _person(person: Body, address: Body) -> Attributes:
    return Attributes(
        first_name=orders.unescaped(text(person, "first_name") or text(address, "first_name")),
        last_name=orders.unescaped(text(person, "last_name") or text(address, "last_name")),
        city=orders.unescaped(text(address, "city")),
        country=country(address, "country"),
    )


def _required_id(body: Body) -> str:
    found = identifier(body, "id")
    if not found:
        raise MalformedPayloadError("$.id: missing")
    return found


_TOPICS: Final[dict[str, Callable[[Delivery], Facts]]] = {
    "order.created": _order,
    "order.updated": _order,
    "order.restored": _order,
    "order.deleted": _order_deleted,
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer_deleted,
    "product.created": _product,
    "product.updated": _product,
    "product.restored": _product,
    "product.deleted": _product_deleted,
}
