"""Messages ready to leave, for the tests of the channels."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.channels.channel import Outgoing
from chalicelib.domain.brand import Brand
from chalicelib.domain.customer import Address
from chalicelib.domain.messages import Category, Message, Status
from chalicelib.domain.prices import Prices
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import ShopSettings

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PRICES = Prices(
    date="2026-11-01", source="test", email=Decimal("0.0001"), push=Decimal("0.000001"),
    sms_part={"RU": Decimal("0.04")}, sms_part_elsewhere=Decimal("0.05"),
)
SETTINGS = ShopSettings(
    url="https://shop.example", sender_email="mail@shop.example", sender_name="Кромка, одежда",
    brand=Brand(name={"": "Кромка"}, support_email="help@shop.example"), sms_sender_id="KROMKA",
)


def message(channel: str = "email", category: Category = "marketing", **changes: Any) -> Message:
    """A message of the cart journey, queued."""
    fields: dict[str, Any] = {
        "customer_id": "c0ffee", "message_id": "9f8e7d6c5b4a39281706f5e4", "name": "cart-reminder",
        "category": category, "topic": "news", "journey": "cart-abandoned", "version": "v1", "run_key": "cart-1",
        "entry": 1, "step": "1", "decided_at": NOW, "status": Status.QUEUED, "channels": (channel,),
    }
    return Message(**(fields | changes))


def outgoing(channel: str, address: str, category: Category = "marketing", **changes: Any) -> Outgoing:
    """A message that one channel is to send to one address; `changes` are fields of `Rendered` or of `Outgoing`."""
    words = {
        "email": {"subject": "Вы забыли пальто", "html": "<p>Пальто ждёт</p>", "text": "Пальто ждёт\n"},
        "sms": {"text": "Заказ едет к вам"},
    }.get(channel, {"title": "Пальто ждёт", "body": "Осталось два", "url": "https://shop.example/cart"})
    rendered = {name: changes.pop(name) for name in list(changes) if name in Rendered.__struct_fields__}
    fields: dict[str, Any] = {
        "message": message(channel, category),
        "address": changes.pop("full_address", None) or Address(channel, address),
        "rendered": Rendered(channel, "ru", **(words | rendered)),
        "settings": SETTINGS, "prices": PRICES, "now": NOW,
        "unsubscribe_url": "https://api.shop.example/u/token" if category == "marketing" else "",
        "recipient_name": "Анна Ёлкина",
    }
    return Outgoing(**(fields | changes))
