"""The tables: keys, attributes and what is switched on for them.

Attribute names are billed with every item, hence one to three letters in the table and whole words here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.constants import NUMBER, PAY_PER_REQUEST_BILLING_MODE, STREAM_NEW_IMAGE

from chalicelib.storage.connection import Table
from chalicelib.storage.items import from_microseconds, microseconds


class MomentAttribute(Attribute):  # type: ignore[misc]
    """A moment as a number of microseconds since 1970, exact and comparable in conditions."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """The number that is stored."""
        return str(microseconds(value))

    def deserialize(self, value: str) -> datetime:
        """The moment, in UTC."""
        return from_microseconds(int(value))


def _body(name: str, **options: Any) -> Any:
    return BinaryAttribute(attr_name=name, legacy_encoding=False, **options)


class Events(Table):
    """The log: one item per accepted request and customer, never changed."""

    class Meta:
        name = "events"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE
        stream_view_type = STREAM_NEW_IMAGE

    customer_id = UnicodeAttribute(hash_key=True, attr_name="c")
    entry_id = UnicodeAttribute(range_key=True, attr_name="e")
    recorded_at = MomentAttribute(attr_name="r")
    source = UnicodeAttribute(attr_name="s")
    body = _body("b")
    expires_at = TTLAttribute(attr_name="x")


class Customers(Table):
    """The state of each customer, and how far the log has been folded into it."""

    class Meta:
        name = "customers"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    customer_id = UnicodeAttribute(hash_key=True, attr_name="c")
    version = NumberAttribute(attr_name="v")
    position = UnicodeAttribute(attr_name="p", null=True)
    state = _body("s")


class Identities(Table):
    """Which customer an identity leads to."""

    class Meta:
        name = "identities"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    key = UnicodeAttribute(hash_key=True, attr_name="k")
    customer_id = UnicodeAttribute(attr_name="c")


class Timers(Table):
    """What falls due, by minute."""

    class Meta:
        name = "timers"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    bucket = UnicodeAttribute(hash_key=True, attr_name="m")
    timer = UnicodeAttribute(range_key=True, attr_name="t")
    expires_at = TTLAttribute(attr_name="x")


class Messages(Table):
    """Messages: what was decided and what its words were made of (packed), and what came of it (an attribute each, for
    conditions)."""

    class Meta:
        name = "messages"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE
        stream_view_type = STREAM_NEW_IMAGE

    customer_id = UnicodeAttribute(hash_key=True, attr_name="c")
    message_id = UnicodeAttribute(range_key=True, attr_name="m")
    status = UnicodeAttribute(attr_name="st")
    decision = _body("d")
    expires_at = TTLAttribute(attr_name="x")
    reason = UnicodeAttribute(attr_name="rs", null=True)
    deferred_until = MomentAttribute(attr_name="du", null=True)
    attempt = NumberAttribute(attr_name="a", null=True)
    claim = _body("cl", null=True)
    lease_until = MomentAttribute(attr_name="le", null=True)
    next_attempt_at = MomentAttribute(attr_name="na", null=True)
    resent = BooleanAttribute(attr_name="re", null=True)
    channel = UnicodeAttribute(attr_name="ch", null=True)
    provider_id = UnicodeAttribute(attr_name="pi", null=True)
    sent_at = MomentAttribute(attr_name="sa", null=True)
    cost = UnicodeAttribute(attr_name="co", null=True)
    template_version = UnicodeAttribute(attr_name="tv", null=True)
    making = _body("mk", null=True)
    delivered_at = MomentAttribute(attr_name="da", null=True)
    opened_at = MomentAttribute(attr_name="oa", null=True)
    clicked_at = MomentAttribute(attr_name="ca", null=True)
    bounced = UnicodeAttribute(attr_name="bo", null=True)
    complained_at = MomentAttribute(attr_name="cm", null=True)
    orders = UnicodeSetAttribute(attr_name="or", null=True)


class Catalogue(Table):
    """Products and their variants, as last seen; the variant `-` is the product itself."""

    class Meta:
        name = "catalogue"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    product_id = UnicodeAttribute(hash_key=True, attr_name="p")
    variant_id = UnicodeAttribute(range_key=True, attr_name="v")
    seen_at = MomentAttribute(attr_name="s")
    body = _body("b")


class Codes(Table):
    """Promo codes issued, each by one message or one step of a run."""

    class Meta:
        name = "codes"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    code = UnicodeAttribute(hash_key=True, attr_name="k")
    customer_id = UnicodeAttribute(attr_name="c")
    issued_by = UnicodeAttribute(attr_name="m")
    discount = UnicodeAttribute(attr_name="d")
    expires_at = MomentAttribute(attr_name="e")
    journey = UnicodeAttribute(attr_name="j", null=True)


class Links(Table):
    """Short links in messages that have been sent; one without a URL leads to unsubscribing."""

    class Meta:
        name = "links"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    code = UnicodeAttribute(hash_key=True, attr_name="k")
    customer_id = UnicodeAttribute(attr_name="c")
    message_id = UnicodeAttribute(attr_name="m")
    channel = UnicodeAttribute(attr_name="h")
    url = UnicodeAttribute(attr_name="u")
    made_at = MomentAttribute(attr_name="t")
    expires_at = TTLAttribute(attr_name="x")


class Shop(Table):
    """What the shop has one of or few: definitions in force, versions of journeys, cursors, tasks; budgets, which have
    no body but a number each (see budgets.py)."""

    class Meta:
        name = "shop"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    kind = UnicodeAttribute(hash_key=True, attr_name="k")
    id = UnicodeAttribute(range_key=True, attr_name="i")
    body = _body("b")


ALL: tuple[type[Table], ...] = (Events, Customers, Identities, Timers, Messages, Catalogue, Codes, Links, Shop)


def create_all() -> None:
    """Create the tables of the stack with their streams and TTL, for tests and laptops; on AWS the template does."""
    for table in ALL:
        table.create_table(wait=True)
