"""Which products are recommended to whom.

The rankings of the night (domain/rankings.py) are about the shop. When a message is rendered, a `Shelf` puts its
products in order for one customer and one kind of recommendation; the caller looks them up in the catalogue, one after
another, until there are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, zip_longest
from typing import Final

from msgspec import Struct

from chalicelib.domain.customer import Profile
from chalicelib.domain.events import Event, Line, Product
from chalicelib.domain.rankings import Ranked, Rankings

KINDS: Final = ("bought-together", "similar", "bestsellers", "last-viewed", "more-expensive", "personal")
"""What a template may ask for."""
MOST: Final = 12
"""Products that one row may hold."""
DEARER_FROM, DEARER_TO = Decimal("1.1"), Decimal("1.6")
"""What a dearer alternative costs, in times the price of the first choice."""
NEAR: Final = Decimal("1.5")
"""Prices are near each other when neither is more than this many times the other."""
LOOKED_FROM: Final = 20
"""Products that a message shows, from which one looks on at most."""


class Taste(Struct, frozen=True):
    """What recommendations to somebody follow from.

    `shown` stands in the message already: it is where one starts from, and is not recommended. `bought`, `viewed` and
    `categories` begin with the latest.
    """

    shown: tuple[Product, ...] = ()
    bought: tuple[str, ...] = ()
    viewed: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def taste_of(profile: Profile, event: Event | None) -> Taste:
    """The taste of a customer, with what the event of their message is about."""
    shown: list[Product] = []
    categories = profile.categories[::-1]
    if event is not None:
        shown += [event.product] if event.product is not None else []
        categories = (event.page.category, *categories) if event.page is not None else categories
        for part in (event.order, event.cart, event.checkout):
            shown += [_product(line, part.currency) for line in part.lines] if part is not None else []
    return Taste(tuple(shown), profile.bought[::-1], profile.viewed[::-1], categories)


def _product(line: Line, currency: str) -> Product:
    return Product(line.product_id, category=line.category, price=line.price, currency=currency)


class Shelf:
    """A night's rankings, with the ways into them."""

    def __init__(self, rankings: Rankings) -> None:
        self._products = rankings.products
        self._by_id = {product.id: product for product in self._products}
        self._by_category: dict[str, list[Ranked]] = {}
        for product in self._products:
            self._by_category.setdefault(product.category, []).append(product)

    def candidates(self, kind: str, taste: Taste) -> Iterator[str]:
        """The ids of products of a kind for this taste, the best first, each once: nothing shown, nothing bought."""
        return _each_once(self._of_kind(kind, taste), taste)

    def stand_ins(self, kind: str, taste: Taste) -> Iterator[str]:
        """What fills a row that has too little: bestsellers of the categories in question, then of the whole shop.

        What is bought together is filled from the whole shop: beside a coat nobody wants another coat.
        """
        near = () if kind == "bought-together" else self._bestsellers_of(self._categories(kind, taste))
        return _each_once(chain(near, self._bestsellers(self._products)), taste)

    def fits(self, kind: str, product: Product, taste: Taste) -> bool:
        """Whether a product is of the kind at the price that it has now: a dearer one may be dear no more."""
        if kind != "more-expensive":
            return True
        starts = self._starts(taste)
        return any(_is_dearer(product.price, product.currency, start.price, start.currency) for start in starts)

    def _of_kind(self, kind: str, taste: Taste) -> Iterable[str]:
        match kind:
            case "bought-together":
                ids = [product.id for product in taste.shown[:LOOKED_FROM]] or taste.bought
                return self._neighbours([self._by_id[one].together for one in ids if one in self._by_id])
            case "similar":
                starts = self._starts(taste)
                seen_too = [self._by_id[one.id].similar for one in starts if one.id in self._by_id]
                return chain(self._neighbours(seen_too), _in_turn([self._alike(start) for start in starts]))
            case "more-expensive":
                return _in_turn([self._dearer(start) for start in self._starts(taste)])
            case "last-viewed":
                return taste.viewed
            case "personal":
                return self._bestsellers_of(self._categories(kind, taste))
        return self._bestsellers(self._products)

    def _starts(self, taste: Taste) -> Sequence[Product]:
        """What somebody has an eye on: what the message shows, else what was looked at last, that is known."""
        viewed = (self._by_id[one] for one in taste.viewed if one in self._by_id)
        return [self._completed(one) for one in taste.shown[:LOOKED_FROM]] or [
            Product(one.id, category=one.category, price=one.price, currency=one.currency) for one in viewed
        ][:1]

    def _completed(self, product: Product) -> Product:
        """A product with the price and category of the rankings where the event, as many lines do, tells none."""
        known = self._by_id.get(product.id)
        if known is None:
            return product
        priced = product if product.price > 0 else known
        return Product(
            product.id, category=known.category or product.category, price=priced.price, currency=priced.currency,
        )

    def _categories(self, kind: str, taste: Taste) -> list[str]:
        """The categories in question: for `personal` those of the customer, else those of what they have an eye on."""
        starts = [start.category for start in self._starts(taste)] if kind != "personal" else []
        known = (self._by_id[one].category for one in (*taste.viewed, *taste.bought) if one in self._by_id)
        return [name for name in dict.fromkeys((*starts, *taste.categories, *known)) if name]

    def _bestsellers(self, products: Iterable[Ranked]) -> Iterator[str]:
        return (product.id for product in products if product.sold)

    def _bestsellers_of(self, categories: Iterable[str]) -> Iterator[str]:
        return _in_turn([self._bestsellers(self._by_category.get(name, ())) for name in categories])

    def _neighbours(self, rows: Iterable[tuple[int, ...]]) -> Iterator[str]:
        return _in_turn([(self._products[place].id for place in row if place < len(self._products)) for row in rows])

    def _alike(self, start: Product) -> Iterator[str]:
        """Products of the same category at a price near this one's, the nearest first."""
        if not start.category or start.price <= 0:
            return iter(())
        near = [
            (max(one.price, start.price) / min(one.price, start.price), place, one.id)
            for place, one in enumerate(self._by_category.get(start.category, ()))
            if one.id != start.id and one.price > 0 and one.currency == start.currency
        ]
        return (one for ratio, _, one in sorted(near) if ratio <= NEAR)

    def _dearer(self, start: Product) -> Iterator[str]:
        return (
            one.id for one in (self._by_category.get(start.category, ()) if start.category else ())
            if _is_dearer(one.price, one.currency, start.price, start.currency)
        )


def _is_dearer(price: Decimal, currency: str, first_price: Decimal, first_currency: str) -> bool:
    return currency == first_currency and first_price * DEARER_FROM <= price <= first_price * DEARER_TO and price > 0


def _in_turn(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The first of each row, then the second of each."""
    return (one for turn in zip_longest(*rows) for one in turn if one is not None)


def _each_once(ids: Iterable[str], taste: Taste) -> Iterator[str]:
    passed: set[str] = {product.id for product in taste.shown} | set(taste.bought)
    for one in ids:
        if one not in passed:
            passed.add(one)
            yield one
