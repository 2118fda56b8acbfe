"""The pieces of the story that tell of the statements by which the night ranks products (see permission_probes.py)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from chalicelib import clock
from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry, Event, Line, Order, Product
from chalicelib.domain.recommendations import Taste
from chalicelib.flows import rankings_in_force
from chalicelib.flows.compact import compact
from chalicelib.storage import archive, bucket, catalogue
from chalicelib.storage.archive import Archived
from infra.local.functions import scheduled_event
from tests.infra.stepped_shop import Probe, SteppedShop

_numbers = count(10**9)


def night_ranks_products(steps: SteppedShop) -> None:
    """What sells is ranked, from the tables of the days that are over."""
    product = Product(uuid4().hex, title="Coat")
    sold_on(clock.now() - timedelta(days=1), product)
    steps.shop.invoke("Compact", scheduled_event("compact"))
    assert ranked_now(product)


def earlier_day_is_ranked_too(steps: SteppedShop) -> None:
    """A day whose table was made before there were tables of products counts as well."""
    product, day = Product(uuid4().hex, title="Coat"), clock.now() - timedelta(days=2)
    sold_on(day, product)
    compact(clock.now())
    for file in bucket.list_files(f"{archive.PRODUCTS}day={day:%Y-%m-%d}/"):
        bucket.delete(file.key)
    steps.shop.invoke("Compact", scheduled_event("compact"))
    assert ranked_now(product)


def sold_on(at: datetime, product: Product) -> None:
    """Archive an order of a product that the catalogue knows."""
    catalogue.put(product, at)
    order = Order(uuid4().hex, lines=(Line(product.id),))
    entry = Entry("somebody", uuid4().hex, at, "test", (Event("order.placed", at, order=order),))
    archive.write([Archived(entry, Position("a stream", next(_numbers)))])


def ranked_now(product: Product) -> bool:
    """Whether a product is among the bestsellers."""
    rankings_in_force.forget()
    return product.id in rankings_in_force.shelf(clock.now()).candidates("bestsellers", Taste())


RANKING_PROBES: dict[tuple[str, str], Probe] = {
    ("Compact", "ReadAndWriteWhatHappenedToProducts"): night_ranks_products,
    ("Compact", "ReadTablesOfEarlierDays"): earlier_day_is_ranked_too,
    ("Compact", "LookUpProducts"): night_ranks_products,
    ("Compact", "PutRankings"): night_ranks_products,
}
"""The probe of each statement that the rankings need."""
