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
from chalicelib.flows.rehearse import Pricing, all_in, rehearse
from infra.rehearse_command import without_collector

ROOT = Path(__file__).parent.parent
START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(days=90)
TURNS = 28
"""Requests about one customer in the span: 9.35 a month."""
VIEWS = 2
"""Views of one visit, every other time one more."""
VIEWS_TOGETHER = 10
MILLION = 1_000_000


def run(customers: int = 1_000, views: int = VIEWS_TOGETHER) -> dict[str, float]:
    """Rehearse three months of so many customers; seconds of CPU that a million events take, and what came of it.

    `views` is how many views of a visit come together, as the storefront's script sends them.
    """
    definitions = read_folder(ROOT / "templates", ROOT / "schedules")
    prices = read_prices((ROOT / "schedules" / "prices.yaml").read_text("utf-8"))
    pricing = Pricing(prices, definitions, all_in(FolderFiles(ROOT / "templates")))
    recorded = list(history(customers, views))
    with without_collector():
        began = time.process_time()
        report = rehearse(recorded, definitions, pricing, source="file")
        seconds = time.process_time() - began
    return {
        "seconds_per_million": seconds * MILLION / report.history.events,
        "journeys": float(len(report.journeys)),
        "events": float(report.history.events),
        "entries": float(report.history.entries),
        "timers": float(report.history.timers),
        "sends": float(report.sends),
        "skips": float(sum(report.skips.values())),
    }


def history(customers: int, views: int = VIEWS_TOGETHER) -> Iterator[Entry]:
    """Three months of a shop: each customer signs up, looks around some 60 times, changes a cart thrice; every fifth
    orders, and is told of the parcel.
    """
    step = SPAN / (customers * TURNS)
    for number in range(customers * TURNS):
        turn, place = divmod(number, customers)
        # Another order of customers in each turn, so that their entries lie apart by more or less than a turn.
        customer = place if turn % 2 else customers - 1 - place
        at = START + step * number
        told: tuple[Identity, ...] = ()
        if turn == 0:
            told = (Identity("email", f"c{customer}@shop.example"), Identity("phone", f"+7916{customer:07d}"))
        event = _event(turn, customer, at)
        if event is not None:
            yield Entry(f"{customer:012d}", f"{at.isoformat()}#{number}", at, "api", (event,), told)
            continue
        looks = tuple(_view(look, customer, at) for look in range(turn * VIEWS, turn * VIEWS + VIEWS + turn % 2))
        for first in range(0, len(looks), views):
            some = looks[first : first + views]
            yield Entry(f"{customer:012d}", f"{at.isoformat()}#{number}.{first}", at, "api", some)


def _event(turn: int, customer: int, at: datetime) -> Event | None:
    """What a customer does in a turn besides looking, or None."""
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
    return None


def _view(look: int, customer: int, at: datetime) -> Event:
    if look % 3:
        return Event("product.viewed", at, product=Product(f"p{(customer + look) % 500}", category="coats"))
    return Event("page.viewed", at, page=Page(url="https://shop.example/coats"))


_PROGRESS = {10: "order.placed", 11: "order.shipped", 12: "order.delivered"}
