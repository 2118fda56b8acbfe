"""How fast a rehearsal goes: recorded events a second on one core through all shipped journeys, the report included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from chalicelib.content.template_files import FolderFiles
from chalicelib.definitions.folder import read_folder
from chalicelib.definitions.price_list import read_prices
from chalicelib.domain.events import (
    Attributes,
    Cart,
    ConsentChange,
    Entry,
    Event,
    Identity,
    Line,
    Order,
    Page,
    Product,
)
from chalicelib.domain.rehearsal_report import Report
from chalicelib.flows.rehearse import Pricing, rehearse

ROOT = Path(__file__).parent.parent
START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(days=90)
EVENTS_OF_ONE = 30
"""Events of one customer in the span."""
MILLION = 1_000_000


def run(events: int = 100_000) -> dict[str, float]:
    """Rehearse so many events, each an entry of its own; seconds of CPU that a million take, and what came of it."""
    definitions = read_folder(ROOT / "templates", ROOT / "schedules")
    prices = read_prices((ROOT / "schedules" / "prices.yaml").read_text("utf-8"))
    pricing = Pricing(prices, definitions, FolderFiles(ROOT / "templates"))
    began = time.process_time()
    report = rehearse(history(events), definitions, pricing, source="file")
    seconds = time.process_time() - began
    return {"seconds_per_million": seconds * MILLION / events, **_what_came(report)}


def _what_came(report: Report) -> dict[str, float]:
    return {
        "events": float(report.history.events),
        "timers": float(report.history.timers),
        "sends": float(report.sends),
        "skips": float(sum(report.skips.values())),
    }


def history(events: int) -> Iterator[Entry]:
    """Three months of a shop: of thirty events of a customer some 24 views, three changes of a cart and a sign-up;
    every fifth orders, and is told of the parcel.
    """
    customers = max(events // EVENTS_OF_ONE, 1)
    step = SPAN / events
    for number in range(events):
        turn, place = divmod(number, customers)
        # Another order of customers in each turn, so that their events lie apart by more or less than a turn.
        customer = place if turn % 2 else customers - 1 - place
        at = START + step * number
        entry = Entry(f"{customer:012d}", f"{at.isoformat()}#{number}", at, "api", (_event(turn, customer, at),))
        if turn == 0:
            told = (Identity("email", f"c{customer}@shop.example"), Identity("phone", f"+7916{customer:07d}"))
            entry = Entry(entry.customer_id, entry.entry_id, at, "api", entry.events, told)
        yield entry


def _event(turn: int, customer: int, at: datetime) -> Event:
    lines = tuple(Line(f"p{(customer + n) % 500}", title="Пальто", price=Decimal("7990.00")) for n in range(2))
    if turn == 0:
        return Event("consent.given", at, consent=ConsentChange("email"))
    if turn == 1:
        return Event("customer.updated", at, customer=Attributes("Анна", city="Москва", country="RU"))
    if turn in (8, 9, 18):
        cart = Cart(f"cart-{customer}-{turn // 10}", Decimal("15980.00"), "RUB", lines, "https://shop.example/cart")
        return Event("cart.updated", at, cart=cart)
    if customer % 5 == 0 and turn in _PROGRESS:
        order = Order(f"order-{customer}", "1001", Decimal("15980.00"), "RUB", lines, cart_id=f"cart-{customer}-1")
        return Event(_PROGRESS[turn], at, order=order)
    if turn % 3:
        return Event("product.viewed", at, product=Product(f"p{(customer + turn) % 500}", category="coats"))
    return Event("page.viewed", at, page=Page(url="https://shop.example/coats"))


_PROGRESS = {10: "order.placed", 11: "order.shipped", 12: "order.delivered"}
