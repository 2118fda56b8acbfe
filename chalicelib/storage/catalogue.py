"""The catalogue: products and variants as last seen, looked at again at the moment of sending."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from chalicelib.domain.events import Product
from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import binary
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Catalogue

PRODUCT_ITSELF = "-"
"""Stands for the empty variant id: a sort key cannot be empty."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Product)


def put(product: Product, seen_at: datetime) -> bool:
    """Keep a product or variant as seen at a moment; False when a newer sight of it is kept already.

    Key: product, variant. Condition: none there, or seen no later. One write unit per KB.
    """
    item = Catalogue(
        product.id,
        product.variant_id or PRODUCT_ITSELF,
        seen_at=seen_at,
        body=pack(_encoder.encode(product)),
    )
    try:
        item.save(condition=Catalogue.seen_at.does_not_exist() | (Catalogue.seen_at <= seen_at))
    except ConditionFailedError:
        return False
    return True


def find(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Product]:
    """The products known among (product id, variant id) pairs; an empty variant id is the product itself.

    Half a read unit per 4 KB of each.
    """
    keys = [{"p": product_id, "v": variant_id or PRODUCT_ITSELF} for product_id, variant_id in dict.fromkeys(wanted)]
    products = (_decoder.decode(unpack(binary(item, "b"))) for item in Catalogue.fetch_many(keys))
    return {(product.id, product.variant_id): product for product in products}
