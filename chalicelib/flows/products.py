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
_Known = Mapping[tuple[str, str], Product]


def completed(event: Event) -> Event:
    """The event; lines without a photo get it from the catalogue, and link, title and category where they lack them. So
    does a product that was looked at, and its price.

    A variant's own word goes before its product's. One batch read for each message that has such lines: half a read
    unit for the variant and half for the product of each. An unknown product leaves its line as it is, and so does a
    catalogue that cannot be read, since no message is lost for a photo. Raises StorageUnavailableError: that passes.
    """
    parts = (event.cart, event.checkout, event.order)
    lacking = [line for part in parts if part for line in part.lines if not line.image_url]
    product = event.product
    if product is not None and not product.image_url and event.name in VIEWS:
        lacking.append(Line(product.id, product.variant_id))
    known = _known(lacking[:LOOKED_UP])
    if not known:
        return event
    return replace(
        event, cart=_completed(event.cart, known), checkout=_completed(event.checkout, known),
        order=_completed(event.order, known), product=product and _product(product, known),
    )


def _known(lines: list[Line]) -> _Known:
    if not lines:
        return {}
    wanted = [(line.product_id, variant_id) for line in lines for variant_id in (line.variant_id, "")]
    try:
        return catalogue.find(wanted)
    except StorageUnavailableError:
        raise
    except Exception:
        logger.exception("the catalogue cannot be read: lines are shown without photos")
        return {}


def _completed(part: _Part | None, known: _Known) -> _Part | None:
    return part and replace(part, lines=tuple(_line(line, known) for line in part.lines))


def _line(line: Line, known: _Known) -> Line:
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
    )


def _product(product: Product, known: _Known) -> Product:
    line = _line(Line(product.id, product.variant_id, title=product.title, url=product.url,
                      category=product.category, image_url=product.image_url), known)
    shown = replace(product, image_url=line.image_url, url=line.url, title=line.title, category=line.category)
    found = known.get((product.id, product.variant_id)) or known.get((product.id, ""))
    if product.price or found is None:
        return shown
    return replace(shown, price=found.price, currency=found.currency)
