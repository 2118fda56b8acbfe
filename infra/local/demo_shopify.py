"""The demo shop as a Shopify store: the bodies that Shopify posts, with its field names, and its signature.

Field names follow shopify.dev's reference of webhook topics. What Shopify has no webhook for (looking at a product,
knowing whose cart it is) a storefront's script posts to `/v1/events`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from infra.local.demo_products import CURRENCY, Garment
from infra.local.demo_session import Basket, Order, Person, Session, storefront_number

SHOP = "selvedge-demo.myshopify.com"
PATH = "/hooks/shopify"
Body = dict[str, Any]


def headers(topic: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a delivery, signed over the raw body."""
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-API-Version": "2026-04",
        "X-Shopify-Webhook-Id": secrets.token_hex(16),
        "X-Shopify-Event-Id": secrets.token_hex(16),
        "X-Shopify-Triggered-At": now.isoformat(),
    }


class ShopifyStore:
    """Makes the deliveries of one store; `pictures` is the public address of the products' pictures."""

    name = "shopify"
    path = PATH

    def __init__(self, pictures: str) -> None:
        self._pictures = pictures

    def signed(self, topic: str, body: Body, secret: str, now: datetime) -> tuple[bytes, dict[str, str]]:
        """A body as bytes, and the headers of its delivery."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        return raw, headers(topic, raw, secret, now)

    def signed_up(self, session: Session, consents: list[str], now: datetime) -> list[tuple[str, Body]]:
        """An account made, with the consents ticked."""
        person = _known(session)
        at = now.isoformat()
        customer = _customer(person) | {
            "created_at": at,
            "updated_at": at,
            "state": "enabled",
            "verified_email": True,
            "currency": CURRENCY,
        }
        deliveries: list[tuple[str, Body]] = [("customers/create", customer)]
        given = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": at}
        if "email" in consents:
            deliveries.append(
                (
                    "customers_email_marketing_consent/update",
                    {
                        "customer_id": int(person.storefront_id),
                        "email_address": person.email,
                        "email_marketing_consent": given,
                    },
                )
            )
        if "sms" in consents and person.phone:
            deliveries.append(
                (
                    "customers_marketing_consent/update",
                    {
                        "id": int(person.storefront_id),
                        "phone": person.phone,
                        "sms_marketing_consent": given | {"consent_collected_from": "SHOPIFY"},
                    },
                )
            )
        return deliveries

    def product(self, garment: Garment, language: str, now: datetime) -> list[tuple[str, Body]]:
        """A product of the catalogue."""
        image = {
            "id": int(garment.id) + 1,
            "src": f"{self._pictures}/{garment.handle}.svg",
            "width": 200,
            "height": 240,
        }
        return [
            (
                "products/update",
                {
                    "id": int(garment.id),
                    "title": garment.name(language),
                    "handle": garment.handle,
                    "status": "active",
                    "product_type": garment.kind(language),
                    "vendor": "Selvedge",
                    "updated_at": now.isoformat(),
                    "image": image,
                    "images": [image],
                    "variants": [
                        {
                            "id": int(garment.variant_id),
                            "product_id": int(garment.id),
                            "title": "Default Title",
                            "price": f"{garment.price:.2f}",
                            "sku": garment.handle,
                            "inventory_quantity": garment.stock,
                        }
                    ],
                },
            )
        ]

    def cart(self, session: Session, now: datetime, created: bool) -> list[tuple[str, Body]]:
        """The cart as it stands. Shopify does not say whose it is."""
        basket = _filled(session)
        return [
            (
                "carts/create" if created else "carts/update",
                {
                    "id": basket.token,
                    "token": basket.token,
                    "note": None,
                    "updated_at": now.isoformat(),
                    "created_at": now.isoformat(),
                    "line_items": _lines(basket, session.language),
                },
            )
        ]

    def checkout(self, session: Session, now: datetime) -> list[tuple[str, Body]]:
        """A checkout begun, with the address for its recovery."""
        basket, person = _filled(session), _known(session)
        return [("checkouts/create", self._checkout(session, basket, person, now))]

    def order(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """An order placed, and paid at once."""
        body = self._order(session, order, now)
        return [("orders/create", body | {"financial_status": "pending"}), ("orders/paid", body)]

    def shipped(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The order's parcel handed to the carrier."""
        return [
            ("fulfillments/create", self._fulfillment(session, order, now)),
            ("orders/fulfilled", self._order(session, order, now)),
        ]

    def delivered(self, _session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The carrier says that the parcel is there."""
        return [
            (
                "fulfillment_events/create",
                {
                    "id": int(storefront_number()),
                    "fulfillment_id": int(order.id) + 1,
                    "order_id": int(order.id),
                    "status": "delivered",
                    "message": "Delivered",
                    "happened_at": now.isoformat(),
                    "created_at": now.isoformat(),
                    "updated_at": now.isoformat(),
                    "country": "RU",
                    "estimated_delivery_at": None,
                },
            )
        ]

    def cancelled(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The order cancelled."""
        return [
            (
                "orders/cancelled",
                self._order(session, order, now)
                | {"cancelled_at": now.isoformat(), "cancel_reason": "customer", "financial_status": "voided"},
            )
        ]

    def refunded(self, session: Session, order: Order, now: datetime) -> list[tuple[str, Body]]:
        """The money given back."""
        at = now.isoformat()
        return [
            (
                "refunds/create",
                {
                    "id": int(storefront_number()),
                    "order_id": int(order.id),
                    "created_at": at,
                    "processed_at": at,
                    "note": None,
                    "refund_line_items": [
                        {"quantity": item["quantity"], "line_item": item}
                        for item in _lines(order.basket, session.language)
                    ],
                    "transactions": [
                        {
                            "kind": "refund",
                            "status": "success",
                            "amount": f"{order.basket.total:.2f}",
                            "currency": CURRENCY,
                        }
                    ],
                },
            )
        ]

    def _checkout(self, session: Session, basket: Basket, person: Person, now: datetime) -> Body:
        at, total = now.isoformat(), f"{basket.total:.2f}"
        return {
            "id": int(session.checkout_id),
            "token": secrets.token_hex(16),
            "cart_token": basket.token,
            "email": person.email,
            "phone": person.phone or None,
            "created_at": at,
            "updated_at": at,
            "completed_at": None,
            "currency": CURRENCY,
            "presentment_currency": CURRENCY,
            "total_price": total,
            "subtotal_price": total,
            "customer_locale": session.language,
            "customer": _customer(person),
            "buyer_accepts_marketing": False,
            "abandoned_checkout_url": f"https://{SHOP}/checkouts/{session.checkout_id}/recover?key={secrets.token_hex(8)}",
            "line_items": _lines(basket, session.language),
            "shipping_address": _address(person),
        }

    def _order(self, session: Session, order: Order, now: datetime) -> Body:
        total, shipped = f"{order.basket.total:.2f}", "shipped" in order.facts
        person = _known(session)
        return {
            "id": int(order.id),
            "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
            "name": f"#{order.number}",
            "number": order.number - 1000,
            "order_number": order.number,
            "email": person.email,
            "contact_email": person.email,
            "phone": person.phone or None,
            "created_at": order.placed_at,
            "processed_at": order.placed_at,
            "updated_at": now.isoformat(),
            "cancelled_at": None,
            "currency": CURRENCY,
            "presentment_currency": CURRENCY,
            "financial_status": "paid",
            "fulfillment_status": "fulfilled" if shipped else None,
            "total_price": total,
            "current_total_price": total,
            "subtotal_price": total,
            "total_tax": "0.00",
            "total_discounts": "0.00",
            "cart_token": order.basket.token,
            "checkout_id": None,
            "customer_locale": session.language,
            "buyer_accepts_marketing": False,
            "customer": _customer(person),
            "test": True,
            "order_status_url": f"https://{SHOP}/orders/{order.id}/authenticate",
            "line_items": _lines(order.basket, session.language),
            "fulfillments": [],
            "refunds": [],
            "shipping_address": _address(person),
            "billing_address": _address(person),
            "note_attributes": [],
            "tags": "",
        }

    def _fulfillment(self, session: Session, order: Order, now: datetime) -> Body:
        number = f"RB{order.number:09d}RU"
        link = f"https://www.pochta.ru/tracking?barcode={number}"
        return {
            "id": int(order.id) + 1,
            "order_id": int(order.id),
            "status": "success",
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
            "tracking_company": "Почта России",
            "shipment_status": None,
            "email": _known(session).email,
            "name": f"#{order.number}.1",
            "tracking_number": number,
            "tracking_url": link,
            "tracking_numbers": [number],
            "tracking_urls": [link],
            "line_items": _lines(order.basket, session.language),
        }


def _known(session: Session) -> Person:
    assert session.person is not None
    return session.person


def _filled(session: Session) -> Basket:
    assert session.basket is not None
    return session.basket


def _customer(person: Person) -> Body:
    return {
        "id": int(person.storefront_id),
        "admin_graphql_api_id": f"gid://shopify/Customer/{person.storefront_id}",
        "email": person.email,
        "phone": person.phone or None,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "default_address": _address(person),
    }


def _address(person: Person) -> Body:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "address1": "ул. Ткацкая, 5",
        "city": "Москва",
        "zip": "105318",
        "country": "Russia",
        "country_code": "RU",
        "phone": person.phone or None,
    }


def _lines(basket: Basket, language: str) -> list[Body]:
    return [
        {
            "id": int(garment.variant_id) + 7,
            "product_id": int(garment.id),
            "variant_id": int(garment.variant_id),
            "title": garment.name(language),
            "name": garment.name(language),
            "variant_title": None,
            "sku": garment.handle,
            "quantity": count,
            "price": f"{garment.price:.2f}",
            "line_price": f"{garment.price * count:.2f}",
            "vendor": "Selvedge",
            "requires_shipping": True,
            "properties": [],
            "price_set": {
                "shop_money": {"amount": f"{garment.price:.2f}", "currency_code": CURRENCY},
                "presentment_money": {"amount": f"{garment.price:.2f}", "currency_code": CURRENCY},
            },
        }
        for garment, count in basket.lines()
    ]
