"""What carts, orders and views do not say of their products, from the catalogue: they mostly come without photos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from msgspec.structs import replace

from chalicelib.domain.events import Cart, Checkout, Event, Line, Order, Product
from chalicelib.domain.vocabulary import VIEWS
from chalicelib.errors import StorageUnavailableError
from chalicelib.observability import logger
from chalicelib.storage import catalogue

LOOKED_UP: Final = 50
"""Lines looked up for a message at most: with variant and product each they fill one batch read of 100 keys."""

_Part = TypeVar("_Part", Cart, Checkout, Order)
Known = Mapping[tuple[str, str], Product]
"""What the catalogue says of products, by product id and variant id; the product itself has an empty variant id."""


def looked_up(event: Event, *, whole: bool = False) -> Known:
    """What the catalogue knows of the lines without a photo and of a product that was looked at, with `whole` of all.

    One batch read for each message that has such lines: half a read unit for the variant and half for the product of
    each. Nothing is known of a catalogue that cannot be read, since no message is lost for a photo. Raises
    StorageUnavailableError: that passes.
    """
    parts = (event.cart, event.checkout, event.order)
    lines = [line for part in parts if part for line in part.lines if whole or not line.image_url]
    product = event.product
    if product is not None and (whole or (not product.image_url and event.name in VIEWS)):
        lines.append(Line(product.id, product.variant_id))
    if not lines:
        return {}
    wanted = [(line.product_id, variant_id) for line in lines[:LOOKED_UP] for variant_id in (line.variant_id, "")]
    try:
        return catalogue.find(wanted)
    except StorageUnavailableError:
        raise
    except Exception:
        logger.exception("the catalogue cannot be read: lines are shown without photos")
        return {}


def completed(event: Event, known: Known) -> Event:
    """The event; lines without a photo get it from what is known, and link, title, category, size and colour where they
    lack them. So does a product, and its price. What may still be bought is told with the stock of the moment: the
    lines of a cart or checkout, and a product.

    A variant's own word goes before its product's. An unknown product leaves its line as it is.
    """
    if not known:
        return event
    product = event.product
    return replace(
        event, cart=_with_stock(_completed(event.cart, known), known),
        checkout=_with_stock(_completed(event.checkout, known), known),
        order=_completed(event.order, known), product=product and _product(product, known),
    )


def stock_of(product_id: str, variant_id: str, known: Known) -> int | None:
    """The pieces of a variant that are left; None where the catalogue does not tell.

    A product that was deleted, or has none left in any size, is sold out with all of its variants.
    """
    whole, own = known.get((product_id, "")), known.get((product_id, variant_id))
    if whole is not None and whole.stock is not None and whole.stock <= 0:
        return 0
    return own.stock if own is not None else None


def _completed(part: _Part | None, known: Known) -> _Part | None:
    return part and replace(part, lines=tuple(_line(line, known) for line in part.lines))


def _with_stock(part: _Part | None, known: Known) -> _Part | None:
    if part is None:
        return None
    stocks = [stock_of(line.product_id, line.variant_id, known) for line in part.lines]
    return replace(part, lines=tuple(
        line if stock is None else replace(line, stock=stock) for line, stock in zip(part.lines, stocks, strict=True)
    ))


def _line(line: Line, known: Known) -> Line:
    if line.image_url:
        return line
    nothing = Product(line.product_id)
    product = known.get((line.product_id, ""), nothing)
    variant = known.get((line.product_id, line.variant_id), nothing)
    return replace(
        line,
        image_url=variant.image_url or product.image_url,
        url=line.url or variant.url or product.url,
        title=line.title or variant.title or product.title,
        category=line.category or variant.category or product.category,
        size=line.size or variant.size,
        color=line.color or variant.color or product.color,
    )


def _product(product: Product, known: Known) -> Product:
    line = _line(Line(product.id, product.variant_id, title=product.title, url=product.url, category=product.category,
                      image_url=product.image_url, size=product.size, color=product.color), known)
    stock = stock_of(product.id, product.variant_id, known)
    shown = replace(
        product, image_url=line.image_url, url=line.url, title=line.title, category=line.category, size=line.size,
        color=line.color, stock=product.stock if stock is None else stock,
    )
    found = known.get((product.id, product.variant_id)) or known.get((product.id, ""))
    if product.price or found is None:
        return shown
    return replace(shown, price=found.price, currency=found.currency)
