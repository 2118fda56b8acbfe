"""A shop with one broadcast in force and a crowd of customers, for stories about broadcasts."""

from __future__ import annotations

from datetime import time
from typing import Any

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.shop import MessageDefinition, QuietHours, ShopSettings
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.storage import bucket
from tests.jobs.crowd import Clock

SALE = """\
journey: flash-sale
status: live
enter:
  broadcast: {to: 'customer.city != "Omsk"', at: 2026-12-01 15:00, clock: shop}
steps:
  - send: sale
"""
PRICES = 'date: 2026-11-01\nsource: test\nemail: 0.0001\npush: 0.000001\nsms:\n  RU: 0.04\n  "*": 0.05\n'
MESSAGE = MessageDefinition(
    name="sale", category="marketing", channels=("email", "sms"), variants=("email.ru", "sms.ru"),
)
AWAKE = QuietHours(time(0), time(0))


def put(*texts: str, clock: Clock | None = None, **settings: Any) -> None:
    """Put journeys in force, in the bucket and in the shop table as a publishing leaves them; a process sees them."""
    own: dict[str, Any] = {"quiet_hours": AWAKE, "holdout_percent": 0.0}
    journeys = tuple(read_journey(text, "journeys/story.yaml", {"sale": MESSAGE}) for text in texts)
    for journey, text in zip(journeys, texts, strict=True):
        bucket.put(f"journeys/{journey.name}.yaml", text.encode())
    bucket.put("prices.yaml", PRICES.encode())
    assert put_in_force(InForce(ShopSettings(**(own | settings)), (MESSAGE,), journeys), read_in_force())
    definitions_in_force.forget()
