"""What a message recommends: the rankings of the night, for this customer, as the catalogue knows the products now.

Looked up only when a template asks. Nothing here is worth a message: what cannot be read recommends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Product
from chalicelib.domain.recommendations import taste_of
from chalicelib.flows.rankings_in_force import shelf
from chalicelib.storage import catalogue

LOOKED_UP: Final = 40
"""Products of a kind looked up at most, and as many that stand in for it: most of the first may have sold out."""

SAID_OUTRIGHT: Final = frozenset({"bought-together", "last-viewed"})
"""Kinds that state a fact ("often bought together") are not mixed with bestsellers, which stand in for nothing only."""


class Recommender:
    """Recommendations of one message, as `content.occasion.Recommend` wants them.

    `shown` is what was recommended, by kind: what it takes to show the message again. A kind that is asked for again
    begins with the same products; one product stands in one row only.
    """

    def __init__(self, customer: Customer, event: Event | None, now: datetime) -> None:
        self._taste, self._now = taste_of(customer.profile, event), now
        self._found: dict[str, Product | None] = {}
        self.shown: dict[str, tuple[Product, ...]] = {}

    def __call__(self, kind: str, count: int) -> tuple[Product, ...]:
        """At most `count` products of a kind, filled up with bestsellers where the kind bears it.

        Half a read unit for each product that was not looked up yet. Raises StorageUnavailableError.
        """
        known = shelf(self._now)
        row: dict[str, Product] = {}
        of_kind = known.candidates(kind, self._taste)
        self._fill(row, count, kind, of_kind, lambda product: known.fits(kind, product, self._taste))
        if not row or kind not in SAID_OUTRIGHT:
            self._fill(row, count, kind, known.stand_ins(kind, self._taste))
        products = tuple(row.values())
        if len(products) > len(self.shown.get(kind, ())):
            self.shown[kind] = products
        return products

    def _fill(
        self, row: dict[str, Product], count: int, kind: str, ids: Iterator[str],
        fits: Callable[[Product], bool] = lambda _product: True,
    ) -> None:
        """Put products into a row, in the order of their ids, until it holds `count`."""
        elsewhere = {product.id for other, shown in self.shown.items() if other != kind for product in shown}
        free = islice((one for one in ids if one not in elsewhere and one not in row), LOOKED_UP)
        while chunk := list(islice(free, count - len(row))):
            self._look_up(chunk)
            for one in chunk:
                product = self._found[one]
                if product is not None and fits(product):
                    row[one] = product

    def _look_up(self, ids: Iterable[str]) -> None:
        """Find out which of these products can be shown: with a name and a photo, and not sold out or deleted."""
        wanted = [one for one in ids if one not in self._found]
        known = catalogue.find((one, "") for one in wanted) if wanted else {}
        for one in wanted:
            product = known.get((one, ""))
            self._found[one] = product if product is not None and _can_be_shown(product) else None


def _can_be_shown(product: Product) -> bool:
    return bool(product.title and product.image_url) and (product.stock is None or product.stock > 0)
