"""Truth at the moment of sending: the product a message shows is looked up again just before it goes (semantics 16).

What `message.yaml` may ask for: `check: [stock, price]`. A message whose product has sold out or was deleted, or whose
price is no longer reduced, is skipped as `out-of-stock`. What the catalogue does not know is held against no message.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from chalicelib.domain.events import Event, Product
from chalicelib.domain.shop import Check
from chalicelib.flows.products import Known


def as_it_stands(event: Event, checks: Collection[Check], known: Known) -> tuple[Event, bool]:
    """The event, its product as the catalogue knows it now; and whether the message may still be sent.

    Of a cart or checkout `stock` asks that any of its lines can still be bought.
    """
    product = event.product
    if product is not None:
        now = _as_known(product, known)
        sold_out = "stock" in checks and now.stock is not None and now.stock <= 0
        # The old price is what the message promises to be under; a price of 0 is one that nobody told.
        dear = "price" in checks and product.old_price is not None and now.price >= product.old_price
        return replace(event, product=now), not (sold_out or dear)
    part = event.cart or event.checkout
    if part is None or not part.lines or "stock" not in checks:
        return event, True
    stocks = [_as_known(Product(line.product_id, line.variant_id), known).stock for line in part.lines]
    return event, any(stock is None or stock > 0 for stock in stocks)


def _as_known(shown: Product, known: Known) -> Product:
    """A product or variant with the price and stock that the catalogue knows of it; as shown where it knows none.

    A product that was deleted is sold out with all of its variants.
    """
    whole = known.get((shown.id, ""))
    own = known.get((shown.id, shown.variant_id)) or whole
    if own is None:
        return shown
    gone = whole is not None and whole.stock is not None and whole.stock <= 0
    stock = own.stock if own.stock is not None else shown.stock
    return replace(shown, price=own.price or shown.price, stock=0 if gone else stock)
