"""What Shopify's orders, fulfilments, carrier news and refunds prove."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from chalicelib.domain.events import Event, Line, Order
from chalicelib.errors import MalformedPayloadError
from chalicelib.sources.payload import (
    MOST_LINES,
    Body,
    amount,
    currency,
    identifier,
    moment,
    present,
    quantity,
    section,
    sections,
    text,
    url,
)
from chalicelib.sources.shopify_payload import own_id

CARRIER_FACTS: Final = {
    "in_transit": "order.shipped",
    "out_for_delivery": "order.shipped",
    "attempted_delivery": "order.shipped",
    "ready_for_pickup": "order.at-pickup-point",
    "delayed": "order.delayed",
    "delivered": "order.delivered",
    "picked_up": "order.delivered",
}
"""What a carrier's status proves (FulfillmentEventStatus); printing a label or losing a parcel proves nothing."""

_FAILED_FULFILLMENTS = ("cancelled", "error", "failure")
_SHIPPING_TOPICS = ("orders/fulfilled", "orders/partially_fulfilled")


def order_id(body: Body) -> str:
    """The order's id.

    Raises:
        MalformedPayloadError: there is none.
    """
    found = own_id(body)
    if not found:
        raise MalformedPayloadError("$.id: missing")
    return found


def bare(order_id: str, path: str) -> Order:
    """An order of which only the id is known.

    Raises:
        MalformedPayloadError: not even that; `path` says where it was looked for.
    """
    if not order_id:
        raise MalformedPayloadError(f"{path}: missing")
    return Order(id=order_id)


def facts(body: Body, topic: str, at: datetime) -> tuple[Event, ...]:
    """Every fact that an order's payload and its topic prove, in the order in which they come to pass.

    `at` is when the payload was written: the time of those facts that have none of their own. Refunds are left to
    `refunds/create`, which tells each one once.
    """
    order = _order(body)
    events = [Event("order.placed", moment(body, "created_at", "processed_at") or at, order=order)]
    if topic == "orders/paid" or text(body, "financial_status") in ("paid", "partially_refunded", "refunded"):
        events.append(Event("order.paid", at, order=order))
    shipments = [
        event for fulfillment in sections(body, "fulfillments")
        for event in fulfillment_facts(order, fulfillment, moment(fulfillment, "created_at") or at)
    ]
    says_shipped = topic in _SHIPPING_TOPICS or text(body, "fulfillment_status") in ("fulfilled", "partial")
    if says_shipped and not any(event.name == "order.shipped" for event in shipments):
        shipments.insert(0, Event("order.shipped", at, order=order))
    events += shipments
    cancelled_at = moment(body, "cancelled_at")
    if cancelled_at or topic == "orders/cancelled":
        events.append(Event("order.cancelled", cancelled_at or at, order=order))
    return _each_once(events)


def fulfillment_facts(order: Order, body: Body, at: datetime) -> tuple[Event, ...]:
    """What one parcel of an order proves: that it is on its way, at a pickup point, or there."""
    status = text(body, "status").lower()
    if status in _FAILED_FULFILLMENTS:
        return ()
    parcel = replace(
        order,
        # A fulfilment is named by its order's name and a number of its own: `#1001.1`.
        number=order.number or text(body, "name").rpartition(".")[0],
        tracking_number=text(body, "tracking_number") or _first(body, "tracking_numbers"),
        tracking_url=url(body, "tracking_url") or url({"url": _first(body, "tracking_urls")}, "url"),
        carrier=text(body, "tracking_company"),
    )
    if not parcel.lines:
        parcel = replace(parcel, lines=lines(body))
    events = []
    # A fulfilment that is not done yet is on its way once a carrier has numbered it.
    if status == "success" or parcel.tracking_number:
        events.append(Event("order.shipped", moment(body, "created_at") or at, order=parcel))
    return _each_once([*events, *_carrier(parcel, text(body, "shipment_status"), at)])


def carrier_facts(order: Order, body: Body, at: datetime) -> tuple[Event, ...]:
    """What a carrier's news about an order proves; empty when nothing."""
    estimated = moment(body, "estimated_delivery_at")
    expected = replace(order, delivery_date=estimated.date() if estimated else None)
    return tuple(_carrier(expected, text(body, "status"), at))


def _carrier(order: Order, status: str, at: datetime) -> Iterator[Event]:
    name = CARRIER_FACTS.get(status.lower())
    if name:
        yield Event(name, at, order=order)


def refund_fact(order_id: str, body: Body, at: datetime) -> Event:
    """A refund: the money given back, which may be nothing when goods were only taken back."""
    given = [
        transaction for transaction in sections(body, "transactions")
        if text(transaction, "kind").lower() == "refund" and text(transaction, "status").lower() in ("success", "")
    ]
    entries = sections(body, "refund_line_items")[:MOST_LINES]
    items = [section(entry, "line_item") for entry in entries]
    returned = (_line(item, quantity(entry, "quantity")) for entry, item in zip(entries, items, strict=True))
    currencies = (*(currency(transaction, "currency") for transaction in given), currency_of({"line_items": items}))
    return Event("order.returned", at, order=Order(
        id=order_id,
        lines=tuple(line for line in returned if line is not None),
        refunded=sum((amount(transaction, "amount") for transaction in given), start=Decimal(0)),
        refund_id=own_id(body),
        **present(currency=next(filter(None, currencies), "")),
    ))


def lines(body: Body) -> tuple[Line, ...]:
    """The lines of a cart, checkout, order or parcel that name a product or a title; at most `MOST_LINES`."""
    found = (_line(item, quantity(item, "quantity")) for item in sections(body, "line_items")[:MOST_LINES])
    return tuple(line for line in found if line is not None)


def _line(item: Body, pieces: int | None) -> Line | None:
    product_id = identifier(item, "product_id", "variant_id", "sku", "id")
    if not product_id or (pieces is not None and pieces <= 0):
        return None
    return Line(
        product_id=product_id,
        variant_id=identifier(item, "variant_id"),
        sku=text(item, "sku"),
        title=text(item, "name") or titled(text(item, "title"), text(item, "variant_title")),
        quantity=1 if pieces is None else pieces,
        price=amount(item, "discounted_price", "price"),
        image_url=url(item, "image") or url(section(item, "featured_image"), "url"),
    )


def titled(title: str, variant: str) -> str:
    """A variant's full title as Shopify writes it in orders; the only variant of a product is "Default Title"."""
    if not variant or variant == "Default Title" or title.endswith(variant):
        return title
    return f"{title} - {variant}"


def currency_of(body: Body) -> str:
    """The currency of a cart, which only its lines tell; empty when none does."""
    for item in sections(body, "line_items"):
        for name in ("price_set", "line_price_set"):
            found = currency(section(section(item, name), "shop_money"), "currency_code")
            if found:
                return found
    return currency(body, "currency")


def _order(body: Body) -> Order:
    return Order(
        id=order_id(body),
        number=text(body, "name", "order_number", "number"),
        total=amount(body, "total_price"),
        lines=lines(body),
        cart_id=identifier(body, "cart_token"),
        checkout_id=identifier(body, "checkout_id", "checkout_token"),
        status_url=url(body, "order_status_url"),
        in_store=text(body, "source_name") == "pos",
        **present(currency=currency(body, "currency", "presentment_currency")),
    )


def _each_once(events: list[Event]) -> tuple[Event, ...]:
    """The first event of each name: an order in two parcels is shipped once."""
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.name, event)
    return tuple(first.values())


def _first(body: Body, name: str) -> str:
    values = body.get(name)
    return str(values[0])[:300] if isinstance(values, list) and values and isinstance(values[0], str) else ""
