"""What the shop's own log says of its products: what sells, what the same people buy, what they look at.

Counted each night (analytics/product_counts.py), put in order here, and kept as one small item.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import log
from typing import Final

from msgspec import Struct

from chalicelib.domain.events import Product

NEIGHBOURS: Final = 8
"""Products kept beside one."""
LEAST_SUPPORT: Final = 2
"""People who must have bought, or looked at, both products of a pair."""


class Ranked(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One product of the shop. `together` (bought by the same people) and `similar` (looked at by the same people) are
    places of other products in the rankings, the closest first; `sold` tells that it sells.
    """

    id: str
    category: str = ""
    price: Decimal = Decimal(0)
    currency: str = ""
    sold: bool = False
    together: tuple[int, ...] = ()
    similar: tuple[int, ...] = ()


class Rankings(Struct, frozen=True):
    """What the shop's log said one night: its products, the best-selling first, those only looked at last."""

    made_at: datetime
    products: tuple[Ranked, ...] = ()


class Counted(Struct, frozen=True):
    """How often a product was bought and looked at: `recent_orders` and `orders` of the shorter and the longer span,
    pieces of the longer, and people who looked at it.
    """

    id: str
    recent_orders: int = 0
    orders: int = 0
    pieces: int = 0
    viewers: int = 0


class Pair(Struct, frozen=True):
    """Two products that the same `both` people bought, or looked at; `one` and `other` are how many did of each."""

    id: str
    other_id: str
    both: int
    one: int
    other: int


class Counts(Struct, frozen=True):
    """What was counted one night: products, pairs of them bought and looked at, and how many people did either."""

    products: tuple[Counted, ...] = ()
    bought: tuple[Pair, ...] = ()
    viewed: tuple[Pair, ...] = ()
    buyers: int = 0
    viewers: int = 0


def ranked(counts: Counts, catalogue: Iterable[Product], now: datetime) -> Rankings:
    """The rankings of a night; products that the catalogue does not know could not be shown and are left out.

    Bestsellers are counted in orders, the recent ones first: one order of a thousand pieces is not what sells.
    """
    known = {product.id: product for product in catalogue}
    in_order = sorted(
        (one for one in counts.products if one.id in known),
        key=lambda one: (-one.recent_orders, -one.orders, -one.pieces, -one.viewers, one.id),
    )
    places = {one.id: place for place, one in enumerate(in_order)}
    together, similar = _closest(counts.bought, counts.buyers, places), _closest(counts.viewed, counts.viewers, places)
    return Rankings(now, tuple(
        Ranked(
            one.id, known[one.id].category, known[one.id].price, known[one.id].currency, one.orders > 0,
            together.get(one.id, ()), similar.get(one.id, ()),
        )
        for one in in_order
    ))


def _closest(pairs: Iterable[Pair], people: int, places: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """The places of the closest products of each, both ways.

    Closeness is the main term of Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise and
    Coincidence, 1993): how often both, times the logarithm of how many times more often than by chance (the lift). It
    wants many people as well as a lift above 1: two who bought the same rarity weigh less than fifty.
    """
    found: dict[str, list[tuple[float, int]]] = {}
    for pair in pairs:
        lift = pair.both * people / (pair.one * pair.other)
        if pair.both < LEAST_SUPPORT or lift <= 1 or pair.id not in places or pair.other_id not in places:
            continue
        closeness = pair.both * log(lift)
        found.setdefault(pair.id, []).append((-closeness, places[pair.other_id]))
        found.setdefault(pair.other_id, []).append((-closeness, places[pair.id]))
    return {one: tuple(place for _, place in sorted(row)[:NEIGHBOURS]) for one, row in found.items()}
