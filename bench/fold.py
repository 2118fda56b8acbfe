"""How fast the engine folds: events a second on one core through the shipped journeys, no I/O."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from chalicelib.definitions.folder import read_folder
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import ArmTimer, PutMessage
from chalicelib.domain.events import Cart, Entry, Event, Line, Order, Page, Product
from chalicelib.domain.fold import fold
from chalicelib.domain.rehearsal import timer_entry

ROOT = Path(__file__).parent.parent
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CUSTOMERS = 400


def run() -> dict[str, float]:
    """Fold a month of a clothing shop's events; events a second, and messages decided, of the best of three rounds."""
    definitions = read_folder(ROOT / "templates", ROOT / "schedules")
    histories = [list(_history(number)) for number in range(CUSTOMERS)]
    best, messages = 0.0, 0
    for _ in range(3):
        rate, messages = _round(histories, definitions)
        best = max(best, rate)
    return {"events_per_second": best, "messages": float(messages)}


def _round(histories: list[list[Entry]], definitions: Definitions) -> tuple[float, int]:
    events = messages = 0
    began = time.process_time()
    for number, history in enumerate(histories):
        customer = _customer(number)
        due: list[datetime] = []
        for entry in history:
            while due and min(due) <= entry.recorded_at:
                at = min(due)
                due.remove(at)
                folded = fold(customer, timer_entry(customer.customer_id, at, at), definitions)
                customer = folded.customer
                events += 1
                due.extend(effect.due for effect in folded.effects if isinstance(effect, ArmTimer))
                messages += sum(isinstance(effect, PutMessage) for effect in folded.effects)
            folded = fold(customer, entry, definitions)
            customer = folded.customer
            events += len(entry.events)
            for effect in folded.effects:
                if isinstance(effect, ArmTimer):
                    due.append(effect.due)
                elif isinstance(effect, PutMessage):
                    messages += 1
    return events / (time.process_time() - began), messages


def _customer(number: int) -> Customer:
    return Customer(
        customer_id=f"customer-{number}",
        profile=Profile(
            addresses=(Address("email", f"c{number}@example.com"), Address("sms", "+79990000000")),
            consents=(Consent("email", "*", True, START),),
        ),
    )


def _history(number: int) -> Iterator[Entry]:
    """A month of one customer as costs are counted: 20 views in batches of ten, a cart changed twice, some order."""
    customer_id = f"customer-{number}"
    at = START + timedelta(minutes=7 * number % 900)
    for visit in range(2):
        at += timedelta(days=3 * visit, minutes=11)
        views = tuple(
            Event("product.viewed", at, product=Product(f"p{(number + view) % 50}", category="coats"))
            if view % 2
            else Event("page.viewed", at, page=Page(url="https://shop.example/coats"))
            for view in range(10)
        )
        yield Entry(customer_id, f"v{visit}", at, "generic", views)
    lines = tuple(Line(f"p{n}", title="Пальто", price=Decimal("7990.00")) for n in range(2))
    cart = Cart(f"cart-{number}", Decimal("15980.00"), "RUB", lines, "https://shop.example/cart")
    for change in range(2):
        at += timedelta(minutes=20)
        yield Entry(customer_id, f"c{change}", at, "shopify", (Event("cart.updated", at, cart=cart),))
    at += timedelta(days=20)
    if number % 7 == 0:
        order = Order(f"order-{number}", "1001", Decimal("15980.00"), "RUB", lines, cart_id=cart.id)
        yield Entry(customer_id, "o", at, "shopify", (Event("order.placed", at, order=order),))
    yield Entry(customer_id, "end", at + timedelta(days=5), "generic", (Event("page.viewed", at, page=Page()),))
