"""A customer and events to try templates on: one with everything filled in, one with hardly anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from chalicelib.domain.customer import Address, Customer, Profile
from chalicelib.domain.events import Cart, Checkout, Event, Line, Order, Product
from chalicelib.domain.messages import CodeOffer, Message, Status
from chalicelib.domain.shop import MessageDefinition

SAMPLE_NOW: Final = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)

_LINES: Final = (
    Line(
        product_id="1001", variant_id="1001-m", sku="COAT-M", title="Пальто прямого кроя из шерсти",
        price=Decimal(18990), image_url="https://shop.example/photos/coat.jpg", url="https://shop.example/coat",
        category="coats", size="M", color="графит",
    ),
    Line(
        product_id="1002", variant_id="1002-1", sku="SCARF", title="Шарф из альпаки", quantity=2, price=Decimal(3490),
        image_url="https://shop.example/photos/scarf.jpg", url="https://shop.example/scarf", category="scarves",
        color="молочный",
    ),
    Line(product_id="1003", title="Перчатки кожаные", price=Decimal("2990.50"), size="7,5"),
)
_TOTAL: Final = sum((line.price * line.quantity for line in _LINES), Decimal(0))

FULL_CUSTOMER: Final = Customer(
    customer_id="sample",
    profile=Profile(
        first_name="Анна", last_name="Ковалёва", city="Казань", country="RU", time_zone="Europe/Moscow", locale="ru",
        addresses=(Address("email", "anna@shop.example"), Address("sms", "+79990000000")),
    ),
)
BARE_CUSTOMER: Final = Customer(customer_id="sample")

FULL_EVENT: Final = Event(
    name="sample.full",
    occurred_at=SAMPLE_NOW,
    cart=Cart("c1", total=_TOTAL, lines=_LINES, url="https://shop.example/cart/c1"),
    checkout=Checkout("k1", cart_id="c1", total=_TOTAL, lines=_LINES, url="https://shop.example/checkout/k1"),
    order=Order(
        "o1", number="1024", total=_TOTAL, lines=_LINES, status_url="https://shop.example/orders/o1",
        tracking_number="RA123456789RU", tracking_url="https://carrier.example/RA123456789RU", carrier="СДЭК",
        pickup_point="Казань, ул. Баумана, 5", delivery_date=date(2026, 3, 9), refunded=Decimal(3490),
    ),
    product=Product(
        "1001", title="Пальто прямого кроя из шерсти", price=Decimal(18990), old_price=Decimal(22990), stock=3,
        image_url="https://shop.example/photos/coat.jpg", url="https://shop.example/coat", size="M", color="графит",
    ),
    data={
        "points": 450, "balance": 1240, "because": "order", "expires_on": "2026-04-01",
        "level": "Друг бренда", "rate": 7, "challenge": "Три вещи новой коллекции",
    },
)
BARE_EVENT: Final = Event(
    name="sample.bare", occurred_at=SAMPLE_NOW, cart=Cart("c1"), checkout=Checkout("k1"), order=Order("o1"),
    product=Product("1001"),
)


def sample_message(definition: MessageDefinition, *, code: bool) -> Message:
    """A message of this definition as a journey would make it, with or without a promo code."""
    return Message(
        customer_id="sample", message_id="5a3c1e0f9b7d", name=definition.name, category=definition.category,
        topic=definition.topic, journey="sample", version="", run_key="", entry=1, step="1", decided_at=SAMPLE_NOW,
        status=Status.QUEUED, channels=definition.channels, code=CodeOffer("10 %", 48 * 3600) if code else None,
    )
