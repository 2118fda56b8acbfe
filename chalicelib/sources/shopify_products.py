"""What Shopify's product webhooks say of the catalogue: the product itself and each of its variants."""

from __future__ import annotations

from chalicelib.domain.events import Event, Product
from chalicelib.errors import MalformedPayloadError
from chalicelib.sources.payload import Body, amount, identifier, optional_amount, quantity, section, sections, text, url
from chalicelib.sources.shopify_orders import titled
from chalicelib.sources.shopify_payload import Delivery, Facts, own_id

MOST_VARIANTS = 250


def product(delivery: Delivery) -> Facts:
    """A product created or changed: the product itself, priced as its cheapest variant, then each variant."""
    body = delivery.body
    product_id = own_id(body)
    if not product_id:
        raise MalformedPayloadError("$.id: missing")
    images = {identifier(image, "id"): url(image, "src") for image in sections(body, "images")}
    image_url = url(section(body, "image"), "src") or next(iter(images.values()), "")
    handle = text(body, "handle")
    link = f"https://{delivery.shop}/products/{handle}" if delivery.shop and handle else ""
    variants = sections(body, "variants")[:MOST_VARIANTS]
    stocks = [quantity(variant, "inventory_quantity") for variant in variants]
    name = "product.created" if delivery.topic == "products/create" else "product.updated"
    title, category = text(body, "title"), text(body, "product_type")
    cheapest = min(variants, key=lambda variant: amount(variant, "price"), default=Body())
    known = [stock for stock in stocks if stock is not None]
    products = [Product(
        id=product_id, title=title, category=category, price=amount(cheapest, "price"),
        old_price=optional_amount(cheapest, "compare_at_price"), stock=sum(known) if known else None,
        image_url=image_url, url=link,
    )]
    for variant, stock in zip(variants, stocks, strict=True):
        variant_id = own_id(variant)
        products += [Product(
            id=product_id, variant_id=variant_id, title=titled(title, text(variant, "title")), category=category,
            price=amount(variant, "price"), old_price=optional_amount(variant, "compare_at_price"), stock=stock,
            image_url=images.get(identifier(variant, "image_id"), "") or image_url,
            url=f"{link}?variant={variant_id}" if link else "",
        )] if variant_id else []
    return Facts((), tuple(Event(name, delivery.at, product=product) for product in products))


def product_deleted(delivery: Delivery) -> Facts:
    """A product deleted."""
    product_id = own_id(delivery.body)
    if not product_id:
        raise MalformedPayloadError("$.id: missing")
    return Facts((), (Event("product.deleted", delivery.at, product=Product(id=product_id)),))
