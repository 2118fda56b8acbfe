"""Entries, states and messages of a typical size, for the storage tests and the measurements."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from msgspec.structs import replace

from chalicelib.domain.customer import (
    Address,
    Consent,
    Customer,
    OpenCart,
    OrderProgress,
    OrderTotals,
    Profile,
    Run,
    Sent,
    Visit,
)
from chalicelib.domain.events import Cart, Entry, Event, Identity, Line
from chalicelib.domain.messages import CodeOffer, Message, Status, message_id
from chalicelib.storage import log

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CUSTOMER = "01J9ZQ4T8N6W3YB7RKX2MC5DVE"

SCARF = Line("p-77", "v-1", title="Шарф из мериноса", quantity=2, price=Decimal("3995.00"), size="one", color="grey")


def _number(what: str, n: int) -> int:
    """A number like a storefront's 64-bit ids: nothing for a compressor to find."""
    return int.from_bytes(blake2b(f"{what} {n}".encode(), digest_size=8).digest()) >> 4


def entry(delivery_id: str = "d-1", **changes: Any) -> Entry:
    """A cart that was updated, as one webhook tells it."""
    cart = Cart("c-1", Decimal("7990.00"), lines=(SCARF,), url="https://shop.example/cart/c-1")
    standard = Entry(
        customer_id=CUSTOMER,
        entry_id=log.entry_id(NOON, "shopify", delivery_id),
        recorded_at=NOON + timedelta(milliseconds=412),
        source="shopify",
        events=(Event("cart.updated", NOON, cart=cart),),
        identities=(Identity("email", "anna@example.org"), Identity("device", "d-93")),
    )
    return replace(standard, **changes)


def customer(**changes: Any) -> Customer:
    """A typical regular: reachable, consenting, three orders, two journeys under way, five sends remembered."""
    def ago(days: int) -> datetime:
        return NOON - timedelta(days=days, minutes=17 * days)

    channels = ("email", "sms")
    runs = tuple(
        Run(
            journey, key, 1, "3f9c2ab01d77", step, ago(1), ago(1), wake_at=NOON + timedelta(hours=23),
            event_ref="2026-03-01T11:43:00.000000Z#shopify#b54557e4-bdd9-4b37-8a5f-bf7d70bcd043#0",
            values={"cart.id": key, "cart.total": Decimal("7990.00")},
        )
        for journey, key, step in (("cart-abandoned", "c-1", "2"), ("welcome", "", "1"))
    )
    profile = Profile(
        first_name="Анна",
        last_name="Каренина",
        birthday=date(1990, 5, 17),
        city="Москва",
        country="RU",
        time_zone="Europe/Moscow",
        locale="ru",
        first_source="shopify",
        first_seen_at=ago(200),
        last_seen_at=ago(1),
        orders=OrderTotals(3, Decimal("24870.00"), "RUB", ago(190), ago(20)),
        progress=tuple(
            OrderProgress(str(_number("order", n)), ("placed", "paid", "shipped", "delivered")) for n in range(3)
        ),
        cart=OpenCart("c-1", Decimal("7990.00"), "RUB", ago(1), 2),
        viewed=tuple(str(_number("viewed", n)) for n in range(8)),
        bought=tuple(str(_number("bought", n)) for n in range(4)),
        categories=("coats", "scarves"),
        addresses=(Address("email", "anna.karenina@example.org"), Address("sms", "+79161234567")),
        consents=tuple(Consent(channel, "*", True, ago(200), "sign-up form") for channel in channels),
    )
    sends = tuple(
        Sent(ago(n * 5), channels[n % 2], message_id(CUSTOMER, "welcome", "", n, "1"), ("marketing", "news"))
        for n in range(1, 6)
    )
    standard = Customer(
        CUSTOMER,
        profile=profile,
        runs=runs,
        visits=(Visit("cart-abandoned", 2, ago(1)), Visit("welcome", 1, ago(200))),
        sends=sends,
        timer_at=NOON + timedelta(hours=23),
        now=NOON,
        recent=tuple(_number("entry", n).to_bytes(8)[2:] for n in range(8)),
        identities=("storefront:shopify:115310627314723954", "device:0b2f6c1e-8d5f-4f43-9d34-0f7e1a3f6f55"),
    )
    return replace(standard, **changes)


def message(status: Status = Status.QUEUED, **changes: Any) -> Message:
    """The second message of a cart-abandoned journey, with a promo code."""
    standard = Message(
        customer_id=CUSTOMER,
        message_id=message_id(CUSTOMER, "cart-abandoned", "c-1", 1, "4"),
        name="cart-offer",
        category="marketing",
        topic="news",
        journey="cart-abandoned",
        version="3f9c2ab01d77",
        run_key="c-1",
        entry=1,
        step="4",
        decided_at=NOON,
        status=status,
        channels=("email", "sms"),
        event_ref="2026-03-01T11:43:00.000000Z#shopify#b54557e4-bdd9-4b37-8a5f-bf7d70bcd043#0",
        code=CodeOffer("10 %", 48 * 3600),
    )
    return replace(standard, **changes)
