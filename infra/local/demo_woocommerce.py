"""The demo shop as a WooCommerce shop: its REST resources as webhook bodies, and its signature.

WooCommerce has webhooks for customers, orders and products only; views, carts and consent a storefront's script posts
to `/v1/events`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

from infra.local.demo_products import CURRENCY, Garment
from infra.local.demo_session import Basket, Order, Person, Session

PATH = "/hooks/woocommerce"
Body = dict[str, Any]


class WooCommerceShop:
    """Makes the deliveries of one shop; `pictures` is the public address of the products' pictures."""

    name = "woocommerce"
    path = PATH

    def __init__(self, pictures: str) -> None:
        self._pictures = pictures

    def signed(self, topic: str, body: Body, secret: str, now: datetime) -> tuple[bytes, dict[str, str]]:
        """A body as bytes, and the headers of its delivery."""
        raw = json.dumps(body).encode()
        resource, _, event = topic.partition(".")
        return raw, {
            "Content-Type": "application/json",
            "User-Agent": "WooCommerce/10.3.4 Hookshot (WordPress/6.9)",
            "X-WC-Webhook-Source": "https://selvedge-demo.example/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Signature": base64.b64encode(
                hmac.new(secret.encode(), raw, hashlib.sha256).digest()
            ).decode(),
            "X-WC-Webhook-Delivery-ID": hashlib.md5(now.isoformat().encode(), usedforsecurity=False).hexdigest(),
        }

    def signed_up(self, session: Session, _consents: list[str], now: datetime) -> list[tuple[str, Body]]:
        """An account made; consent is not WooCommerce's business."""
        person = _known(session)
        return [
            (
                "customer.created",
                {
                    "id": _short(person.storefront_id),
                    "email": person.email,
                    "first_name": person.first_name,
                    "last_name": person.last_name,
                    "role": "customer",
                    "username": person.email,
                    "billing": _address(person),
                    "shipping": _address(person),
                    "is_paying_customer": False,
                    "meta_data": [],
                }
                | _dated(now, now),
            )
        ]

    def product(self, garment: Garment, language: str, now: datetime) -> list[tuple[str, Body]]:
        """A product of the catalogue."""
        return [
            (
                "product.updated",
                {
                    "id": _short(garment.id),
                    "name": garment.name(language),
                    "slug": garment.handle,
                    "status": "publish",
                    "permalink": f"https://selvedge-demo.example/product/{garment.handle}/",
                    "sku": garment.handle,
                    "price": f"{garment.price:.2f}",
                    "regular_price": f"{garment.price:.2f}",
                    "sale_price": "",
                    "manage_stock": True,
                    "stock_quantity": garment.stock,
                    "stock_status": "instock",
                    "parent_id": 0,
                    "categories": [{"id": 1, "name": garment.kind(language), "slug": "garments"}],
                    "images": [{"id": 1, "src": f"{self._pictures}/{garment.handle}.svg", "name": garment.handle}],
                }
                | _dated(now, now),
            )
        ]

    def cart(self, _session: Session, _now: datetime, _created: bool) -> list[tuple[str, Body]]:
        """WooCommerce says nothing of carts."""
        return []

    def checkout(self, _session: Session, _now: datetime) -> list[tuple[str, Body]]:
        """WooCommerce makes a draft of the order when the checkout is opened."""
        return []

    def order(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """An order placed, then paid."""
        return [
            ("order.created", self._order(session, order, now, "pending")),
            ("order.updated", self._order(session, order, now, "processing")),
        ]

    def shipped(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The order completed, which in WooCommerce is: sent."""
        return [("order.updated", self._order(session, order, now, "completed"))]

    def delivered(self, _session: Session, _order: Order, _now: datetime) -> list[tuple[str, Body]]:
        """WooCommerce does not hear of the delivery."""
        return []

    def cancelled(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The order cancelled."""
        return [("order.updated", self._order(session, order, now, "cancelled"))]

    def refunded(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The money given back."""
        return [
            (
                "order.updated",
                self._order(session, order, now, "refunded")
                | {
                    "refunds": [
                        {"id": secrets.randbelow(10**6) + 1, "reason": "", "total": f"-{order.basket.total:.2f}"}
                    ]
                },
            )
        ]

    def _order(self, session: Session, order: Order, now: datetime, status: str) -> Body:
        person = _known(session)
        placed = datetime.fromisoformat(order.placed_at)
        paid = _plain(now) if status in ("processing", "completed", "refunded") else None
        return {
            "id": _short(order.id),
            "parent_id": 0,
            "number": str(order.number),
            "order_key": f"wc_order_{order.number}",
            "created_via": "checkout",
            "status": status,
            "currency": CURRENCY,
            "total": f"{order.basket.total:.2f}",
            "total_tax": "0.00",
            "discount_total": "0.00",
            "shipping_total": "0.00",
            "prices_include_tax": True,
            "customer_id": _short(person.storefront_id),
            "billing": _address(person),
            "shipping": _address(person),
            "payment_method": "card",
            "payment_method_title": "Card",
            "date_paid_gmt": paid,
            "cart_hash": order.basket.token,
            "date_completed_gmt": _plain(now) if status == "completed" else None,
            "meta_data": [],
            "refunds": [],
            "line_items": _lines(order.basket, session.language, self._pictures),
        } | _dated(placed, now)


def _known(session: Session) -> Person:
    assert session.person is not None
    return session.person


def _short(number: str) -> int:
    """WordPress counts its posts and users from 1."""
    return int(number) % 10**7


def _plain(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _dated(created: datetime, modified: datetime) -> Body:
    return {
        "date_created": _plain(created),
        "date_created_gmt": _plain(created),
        "date_modified": _plain(modified),
        "date_modified_gmt": _plain(modified),
    }


def _address(person: Person) -> Body:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": "",
        "address_1": "ул. Ткацкая, 5",
        "city": "Москва",
        "postcode": "105318",
        "country": "RU",
        "email": person.email,
        "phone": person.phone,
    }


def _lines(basket: Basket, language: str, pictures: str) -> list[Body]:
    return [
        {
            "id": index,
            "name": garment.name(language),
            "product_id": _short(garment.id),
            "variation_id": 0,
            "quantity": count,
            "subtotal": f"{garment.price * count:.2f}",
            "total": f"{garment.price * count:.2f}",
            "sku": garment.handle,
            "price": float(garment.price),
            "image": {"id": 1, "src": f"{pictures}/{garment.handle}.svg"},
            "meta_data": [],
        }
        for index, (garment, count) in enumerate(basket.lines(), 1)
    ]
