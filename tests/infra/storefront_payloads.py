"""What a storefront posts about one person: Shopify's and WooCommerce's webhooks, in the fields that are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

COAT = 788032119674292922
"""A product that the catalogue does not know unless it is posted."""

_numbers = count(706405506930370084)


@dataclass(frozen=True)
class Person:
    """A customer of the shop; each has an address and a number of their own."""

    name: str
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def email(self) -> str:
        """Their address: no two people share one."""
        return f"{self.name}.{self.number}@example.com"


def customer(person: Person, at: datetime) -> dict[str, Any]:
    """Shopify's `customers/create`."""
    return {
        "id": person.number, "email": person.email, "first_name": person.name.capitalize(), "last_name": "K.",
        "created_at": at.isoformat(), "updated_at": at.isoformat(), "currency": "EUR",
    }


def consent(person: Person, at: datetime) -> dict[str, Any]:
    """Shopify's `customers_email_marketing_consent/update`: they agreed."""
    return {
        "customer_id": person.number, "email_address": person.email,
        "email_marketing_consent": {
            "state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": at.isoformat(),
        },
    }


def cart(person: Person, at: datetime) -> dict[str, Any]:
    """Shopify's `carts/create`, which does not say whose it is."""
    token = f"cart-{person.number}"
    return {
        "id": token, "token": token, "line_items": _lines(), "updated_at": at.isoformat(), "created_at": at.isoformat(),
    }


def checkout(person: Person, at: datetime) -> dict[str, Any]:
    """Shopify's `checkouts/create`: the cart is this person's."""
    return {
        "id": person.number + 1, "token": f"checkout-{person.number}", "cart_token": f"cart-{person.number}",
        "email": person.email, "currency": "EUR", "total_price": "79.90", "line_items": _lines(),
        "created_at": at.isoformat(), "updated_at": at.isoformat(),
        "abandoned_checkout_url": f"https://shop.example/checkouts/{person.number}/recover?key=k",
    }


def order(person: Person, at: datetime, product_id: int = COAT) -> dict[str, Any]:
    """Shopify's `orders/create`."""
    return {
        "id": person.number + 2, "name": "#1001", "order_number": 1001, "email": person.email,
        "currency": "EUR", "total_price": "79.90", "financial_status": "pending",
        "cart_token": f"cart-{person.number}", "checkout_token": f"checkout-{person.number}",
        "created_at": at.isoformat(), "updated_at": at.isoformat(), "line_items": _lines(product_id),
        "customer": {"id": person.number, "email": person.email, "first_name": person.name.capitalize()},
    }


def product(number: int, at: datetime) -> dict[str, Any]:
    """Shopify's `products/update`."""
    return {
        "id": number, "title": "Linen coat", "handle": "linen-coat", "product_type": "Coats",
        "image": {"id": number + 2, "src": photo(number)},
        "created_at": at.isoformat(), "updated_at": at.isoformat(),
        "variants": [{"id": number + 1, "title": "M", "price": "79.90", "inventory_quantity": 4}],
    }


def photo(product_id: int) -> str:
    """The address of a product's photo."""
    return f"https://cdn.shopify.com/s/files/{product_id}.jpg"


def woocommerce_order(person: Person, at: datetime) -> dict[str, Any]:
    """WooCommerce's `order.created`, paid at once."""
    moment = f"{at:%Y-%m-%dT%H:%M:%S}"
    return {
        "id": person.number % 1_000_000, "number": "727", "status": "processing", "currency": "EUR", "total": "79.90",
        "customer_id": 0, "date_created_gmt": moment, "date_paid_gmt": moment, "date_modified_gmt": moment,
        "billing": {"first_name": person.name.capitalize(), "email": person.email, "country": "DE"},
        "line_items": [{"id": 1, "name": "Wool scarf", "product_id": 93, "quantity": 1, "price": 79.9}],
    }


def _lines(product_id: int = COAT) -> list[dict[str, Any]]:
    return [{
        "id": 1, "product_id": product_id, "variant_id": product_id + 1, "title": "Linen coat", "quantity": 1,
        "price": "79.90", "line_price": "79.90", "variant_title": "M",
    }]
