"""Truth at the moment of sending: the product a message shows is looked up again just before it goes (semantics 16).

What `message.yaml` may ask for: `check: [stock, price]`. A message whose product has sold out or was deleted, or whose
price is no longer reduced, is skipped as `out-of-stock`. What the catalogue does not know is held against no message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from msgspec.structs import replace

from chalicelib.domain.events import Event, Line, Product
from chalicelib.domain.shop import Check
from chalicelib.storage import catalogue

LOOKED_UP: Final = 50
"""Lines of a cart looked up at most: with variant and product each they fill one batch read of 100 keys."""

_Known = Mapping[tuple[str, str], Product]


def as_it_stands(event: Event, checks: Collection[Check]) -> tuple[Event, bool]:
    """The event, its product as the catalogue knows it now; and whether the message may still be sent.

    Of a cart or checkout `stock` asks that any of its lines can still be bought. One batch read: half a read unit for
    each variant and each product. Raises StorageUnavailableError.
    """
    product = event.product
    if product is not None:
        now = _as_known(product, _looked_up([(product.id, product.variant_id)]))
        sold_out = "stock" in checks and now.stock is not None and now.stock <= 0
        # The old price is what the message promises to be under; a price of 0 is one that nobody told.
        dear = "price" in checks and product.old_price is not None and now.price >= product.old_price
        return replace(event, product=now), not (sold_out or dear)
    lines = _lines(event)
    if not lines or "stock" not in checks:
        return event, True
    known = _looked_up([(line.product_id, line.variant_id) for line in lines])
    stocks = [_as_known(Product(line.product_id, line.variant_id), known).stock for line in lines]
    return event, any(stock is None or stock > 0 for stock in stocks)


def _lines(event: Event) -> tuple[Line, ...]:
    part = event.cart or event.checkout
    return part.lines[:LOOKED_UP] if part is not None else ()


def _looked_up(wanted: list[tuple[str, str]]) -> _Known:
    """The variants, and the products they are of: a deleted product is sold out with all of its variants."""
    return catalogue.find([(product_id, either) for product_id, variant in wanted for either in (variant, "")])


def _as_known(shown: Product, known: _Known) -> Product:
    """A product or variant with the price and stock that the catalogue knows of it; as shown where it knows none."""
    whole = known.get((shown.id, ""))
    own = known.get((shown.id, shown.variant_id)) or whole
    if own is None:
        return shown
    gone = whole is not None and whole.stock is not None and whole.stock <= 0
    stock = own.stock if own.stock is not None else shown.stock
    return replace(shown, price=own.price or shown.price, stock=0 if gone else stock)
