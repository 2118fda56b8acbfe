"""What a WooCommerce order's status, dates and refunds prove.

Source: WooCommerce documentation, "Order statuses" and the REST API's order properties.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

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

UNPLACED: Final = ("auto-draft", "checkout-draft", "draft", "trash")
"""Statuses of an order that nobody has placed; every other one follows the buyer's "place order"."""

STATUS_FACTS: Final = {
    "completed": "order.shipped",
    "shipped": "order.shipped",
    "ready-for-pickup": "order.at-pickup-point",
    "delivered": "order.delivered",
    "cancelled": "order.cancelled",
}
"""What a status proves beyond placing; `completed` means handed over, and the last three but one are plugins' names."""


def order(body: Body) -> Order:
    """The order in a payload.

    Raises:
        MalformedPayloadError: it has no id.
    """
    order_id = identifier(body, "id")
    if not order_id:
        raise MalformedPayloadError("$.id: missing")
    found = (_line(item) for item in sections(body, "line_items")[:MOST_LINES])
    return Order(
        id=order_id,
        number=text(body, "number"),
        total=amount(body, "total"),
        lines=tuple(line for line in found if line is not None),
        in_store=text(body, "created_via") == "pos",
        **_tracking(body),
        **present(currency=currency(body, "currency")),
    )


def facts(order: Order, body: Body, at: datetime) -> tuple[Event, ...]:
    """Every fact that an order's payload proves, in the order in which they come to pass; none of a draft.

    `at` is when the order was last changed: the time of those facts that have none of their own.

    Raises:
        MalformedPayloadError: it has no status.
    """
    status = text(body, "status").lower().removeprefix("wc-")
    if not status:
        raise MalformedPayloadError("$.status: missing")
    if status in UNPLACED:
        return ()
    events = [Event("order.placed", moment(body, "date_created_gmt") or at, order=order)]
    paid_at = moment(body, "date_paid_gmt")
    if paid_at:
        events.append(Event("order.paid", paid_at, order=order))
    completed_at = moment(body, "date_completed_gmt")
    fact = STATUS_FACTS.get(status)
    if completed_at and fact != "order.shipped":
        events.append(Event("order.shipped", completed_at, order=order))
    if fact == "order.shipped":
        events.append(Event(fact, completed_at or at, order=order))
    elif fact:
        events.append(Event(fact, at, order=order))
    for refund in sections(body, "refunds"):
        refund_id = identifier(refund, "id")
        if refund_id:
            returned = replace(order, refund_id=refund_id, refunded=abs(amount(refund, "total", "amount")))
            events.append(Event("order.returned", at, order=returned))
    return tuple(events)


def unescaped(value: str) -> str:
    """A title as people read it: WordPress stores `&ndash;` and its like."""
    if "&" not in value:
        return value
    from html import unescape  # its table of entities is 2 ms, and most titles have none

    return unescape(value)


def _line(item: Body) -> Line | None:
    product_id = identifier(item, "product_id", "id")
    pieces = quantity(item, "quantity")
    if not product_id or (pieces is not None and pieces <= 0):
        return None
    choices = {
        text(choice, "key").lower().removeprefix("pa_"): text(choice, "display_value", "value")
        for choice in sections(item, "meta_data")
    }
    return Line(
        product_id=product_id,
        variant_id=identifier(item, "variation_id"),
        sku=text(item, "sku"),
        title=unescaped(text(item, "name")),
        quantity=1 if pieces is None else pieces,
        price=_price(item, pieces or 1),
        image_url=url(section(item, "image"), "src"),
        size=choices.get("size", ""),
        color=choices.get("color", "") or choices.get("colour", ""),
    )


def _price(item: Body, pieces: int) -> Decimal:
    """The price of one piece; older versions send it as a float with a tail of nines, so it is rounded to the cent."""
    price = amount(item, "price") or amount(item, "total") / pieces
    return price if _places(price) <= 4 else price.quantize(Decimal("0.01"))


def _places(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _tracking(body: Body) -> dict[str, Any]:
    """The parcel's number and link as the Shipment Tracking extension keeps them; none where it is not in use."""
    for entry in sections(body, "meta_data"):
        if text(entry, "key") == "_wc_shipment_tracking_items":
            for parcel in sections(entry, "value"):
                return present(
                    tracking_number=text(parcel, "tracking_number"),
                    tracking_url=url(parcel, "custom_tracking_link"),
                    carrier=text(parcel, "tracking_provider", "custom_tracking_provider"),
                )
    return {}
