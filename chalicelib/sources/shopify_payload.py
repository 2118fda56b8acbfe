"""What Shopify's payloads have in common: ids that some senders have rounded, and a delivery with what it proves."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from chalicelib.domain.events import Event, Identity
from chalicelib.domain.identifiers import ShopCountry, default_country
from chalicelib.sources.payload import Body, identifier, moment

NAME: Final = "shopify"


class Delivery(Struct, frozen=True):
    """A request to be translated: `at` stands in for times that the payload lacks, `shop_country` for countries."""

    topic: str
    body: Body
    at: datetime
    shop: str
    shop_country: ShopCountry = default_country

    def time(self, *names: str) -> datetime:
        """The first of the payload's own times, else the delivery's."""
        return moment(self.body, *names) or self.at


class Facts(Struct, frozen=True):
    """What a payload proves, and about whom; None among the identities are those that could not be read."""

    identities: tuple[Identity | None, ...]
    events: tuple[Event, ...]


def own_id(body: Body) -> str:
    """An object's id, all digits kept.

    `admin_graphql_api_id` (`gid://shopify/Order/820982911946154508`) is a text and cannot be rounded on the way: where
    both are there and differ, it is right.
    """
    return global_id(body.get("admin_graphql_api_id")) or identifier(body, "id")


def global_id(value: object) -> str:
    """The number at the end of a global id; empty for anything else (shopify.dev, "Global IDs")."""
    if not isinstance(value, str) or not value.startswith("gid://shopify/"):
        return ""
    number = value.rpartition("/")[2].partition("?")[0]
    return number if number.isascii() and number.isdecimal() and len(number) <= 20 else ""
