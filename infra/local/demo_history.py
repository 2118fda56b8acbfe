"""What earlier customers of the demo shop bought and looked at: a shop without a past could recommend nothing.

It stands in the archive only, in the days before the run, from where the nightly rankings read it. The customers in it
are invented; nobody hears from the shop because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry, Event, Line, Order, Product
from chalicelib.storage import archive
from chalicelib.storage.archive import Archived
from infra.local.demo_products import CURRENCY, GARMENTS

SOURCE: Final = "demo-history"
_JEANS, _COAT, _SHIRT, _JERSEY, _SCARF, _BOOTS = range(6)
_ORDERS: Final = (
    (26, (_COAT, _SCARF)), (26, (_JEANS, _SHIRT)), (19, (_COAT, _SCARF, _BOOTS)), (19, (_JERSEY,)),
    (12, (_JEANS, _JERSEY)), (12, (_SHIRT, _JEANS)), (12, (_SCARF, _COAT)), (7, (_JERSEY, _JEANS)), (7, (_BOOTS,)),
    (3, (_JEANS, _SHIRT)), (3, (_SHIRT,)), (3, (_JERSEY, _SHIRT)), (1, (_JEANS,)), (1, (_BOOTS, _COAT)),
)
"""Days before the run, and the garments of an order; each is a customer's only one."""
_VIEWS: Final = ((_SHIRT, _JERSEY), (_COAT, _BOOTS), (_COAT, _SCARF), (_SHIRT, _JERSEY, _JEANS), (_BOOTS, _COAT))
"""What visitors who bought nothing looked at, the day before the run."""


def write(now: datetime) -> None:
    """Put the history into the archive, once: not when it holds something."""
    if not archive.days():
        archive.write(
            Archived(entry, Position(SOURCE, number)) for number, entry in enumerate(_entries(now), 1)
        )


def _entries(now: datetime) -> Iterator[Entry]:
    for number, (days, garments) in enumerate(_ORDERS, 1):
        at = now - timedelta(days=days, minutes=number)
        lines = tuple(Line(GARMENTS[one].id, GARMENTS[one].variant_id, price=GARMENTS[one].price) for one in garments)
        total = sum((line.price for line in lines), start=Decimal(0))
        order = Order(f"{SOURCE}-{number}", total=total, currency=CURRENCY, lines=lines)
        yield _entry(f"{SOURCE}-buyer-{number}", at, Event("order.placed", at, order=order))
    for number, garments in enumerate(_VIEWS, 1):
        at = now - timedelta(days=1, minutes=number)
        views = tuple(Event("product.viewed", at, product=Product(GARMENTS[one].id)) for one in garments)
        yield _entry(f"{SOURCE}-visitor-{number}", at, *views)


def _entry(customer_id: str, at: datetime, *events: Event) -> Entry:
    return Entry(customer_id, f"{at:%Y-%m-%dT%H:%M:%S.%f}Z#{SOURCE}#{customer_id}", at, SOURCE, events)
