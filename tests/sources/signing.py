"""Signing webhooks the way the storefronts do."""

from __future__ import annotations

import base64
import hashlib
import hmac


def signature(secret: str, body: bytes) -> str:
    """Base64 of the HMAC-SHA256, as Shopify and WooCommerce send it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def shopify_headers(topic: str, body: bytes, secret: str = "shop-secret", **more: str) -> dict[str, str]:
    """The headers of a Shopify delivery; `more` adds headers, an underscore standing for a hyphen."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature(secret, body),
        "X-Shopify-Shop-Domain": "linen-and-wool.myshopify.com",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def woocommerce_headers(topic: str, body: bytes, secret: str = "woo-secret", **more: str) -> dict[str, str]:
    """The headers of a WooCommerce delivery."""
    return {
        "Content-Type": "application/json",
        "X-WC-Webhook-Source": "https://wool.example/",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": signature(secret, body),
        "X-WC-Webhook-ID": "535",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
