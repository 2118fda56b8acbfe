"""Making identities: one spelling for every mail address, phone number and id, so that equal people have equal keys.

A value that cannot be what it claims gives no identity rather than an error: one bad field does not lose an order.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chalicelib.domain.events import Identity
from chalicelib.domain.shop import ShopSettings

LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3: a path holds 256 octets, two of them the angle brackets."""
LONGEST_ID = 128
"""Longest id of a storefront, device, cart or order that is taken; a DynamoDB partition key holds 2,048 bytes."""

ShopCountry = Callable[[], str]
"""Tells the shop's own country (ISO 3166-1 alpha-2); asked for few numbers only, since the answer may cost a read."""

_FOREIGN = r"@\s<>()\[\],;:\"\\\x00-\x1f\x7f"
_EMAIL = re.compile(rf"[^{_FOREIGN}]+@(?:[^{_FOREIGN}/.]+\.)+[^{_FOREIGN}/.]{{2,}}")
_PLAIN_ID = re.compile(r"[^\x00-\x1f\x7f]+")


def default_country() -> str:
    """The country of a shop that has not said its own."""
    return ShopSettings().country


def normalise_email(value: str) -> str:
    """A mail address in lower case with its domain in ASCII (RFC 5891), or empty when it is none.

    Dots and +tags stay: only Gmail ignores them. Mailboxes that differ by case alone are one person's in practice.
    """
    text = value.strip().lower()
    if not _EMAIL.fullmatch(text):
        return ""
    if not text.isascii():
        local, _, domain = text.rpartition("@")
        try:
            text = f"{local}@{domain.encode('idna').decode()}"
        except UnicodeError:
            return ""
    return text if len(text.encode()) <= LONGEST_EMAIL else ""


def normalise_phone(value: str, country: str = "") -> str:
    """A phone number as E.164 (`+79123456789`), or empty when no such number exists.

    `country` (ISO 3166-1 alpha-2) tells how to read a number without a country code; by default that of `ShopSettings`.
    Numbers that cannot exist are refused: a placeholder such as 000-00-00 would make one person of many.
    """
    text = value.strip()
    if not 5 <= len(text) <= 40 or sum(character.isdigit() for character in text) < 5:
        return ""
    import phonenumbers  # 27 ms, and few requests bring a phone

    try:
        number = phonenumbers.parse(text, country.upper() or default_country())
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def email_identity(value: str) -> Identity | None:
    """The identity of a mail address, or None when it is no address."""
    text = normalise_email(value)
    return Identity("email", text) if text else None


def phone_identity(
    value: str, country: str = "", shop_country: ShopCountry = default_country
) -> Identity | None:
    """The identity of a phone number, or None when there is no such number.

    `country` tells how to read a number without a country code; where it is empty too, `shop_country` does.
    """
    if value.strip() and not country and not value.strip().startswith("+"):
        country = shop_country()
    text = normalise_phone(value, country)
    return Identity("phone", text) if text else None


def storefront_identity(storefront: str, customer_id: str) -> Identity | None:
    """The identity of a storefront's own customer id: `storefront_identity("shopify", "115…")`."""
    return _scoped("storefront", storefront, customer_id)


def cart_identity(storefront: str, token: str) -> Identity | None:
    """The identity of an anonymous cart, by which it joins its customer at the checkout (weak)."""
    return _scoped("cart", storefront, token)


def order_identity(storefront: str, order_id: str) -> Identity | None:
    """The identity of an order: refunds and carrier news name the order and not the customer (weak)."""
    return _scoped("order", storefront, order_id)


def device_identity(device_id: str) -> Identity | None:
    """The identity of a browser or an app (weak)."""
    return _identity("device", device_id)


def _scoped(kind: str, scope: str, value: str) -> Identity | None:
    text = value.strip()
    return _identity(kind, f"{scope}:{text}") if text else None


def _identity(kind: str, value: str) -> Identity | None:
    text = value.strip()
    return Identity(kind, text) if len(text) <= LONGEST_ID and _PLAIN_ID.fullmatch(text) else None
