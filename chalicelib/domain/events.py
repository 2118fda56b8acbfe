"""What happens to customers: the one vocabulary of events, whatever the source, and the log entry that holds them.

The public parts of these types are also the schema of `POST /v1/events` (docs/openapi.json is generated from them).
Amounts are `Decimal` in the currency named beside them; times carry a zone; ids are strings.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Text = Annotated[str, Meta(max_length=4096)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code")]
Moment = Annotated[datetime, Meta(tz=True)]
AMOUNT_PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
"""How an amount may be written in `POST /v1/events`."""
Amount = Annotated[Decimal, Meta(
    description="A decimal number, as a string so that every digit is kept",
    extra_json_schema={"pattern": AMOUNT_PATTERN},
)]
Pieces = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]

ConsentChannel = Literal["email", "sms", "push", "web-push", "telegram", "whatsapp", "vk"]


class Line(Struct, frozen=True, omit_defaults=True):
    """One position of a cart or an order; `stock` are the pieces of that size that are left."""

    product_id: Identifier
    variant_id: Text = ""
    sku: Text = ""
    title: Text = ""
    quantity: Pieces = 1
    price: Amount = Decimal(0)
    image_url: Text = ""
    url: Text = ""
    category: Text = ""
    size: Text = ""
    color: Text = ""
    stock: Pieces | None = None


class Cart(Struct, frozen=True, omit_defaults=True):
    """A cart as it stands after the event; `url` leads the customer back to it."""

    id: Identifier
    total: Amount = Decimal(0)
    currency: Currency = "RUB"
    lines: tuple[Line, ...] = ()
    url: Text = ""


class Checkout(Struct, frozen=True, omit_defaults=True):
    """A checkout begun but not yet an order; `url` is the storefront's own recovery link."""

    id: Identifier
    cart_id: Text = ""
    total: Amount = Decimal(0)
    currency: Currency = "RUB"
    lines: tuple[Line, ...] = ()
    url: Text = ""


class Order(Struct, frozen=True, omit_defaults=True):
    """An order as far as the event tells of it.

    `refunded` is the amount given back by this event, `refund_id` names that refund: an order may be refunded in parts.
    """

    id: Identifier
    number: Text = ""
    total: Amount = Decimal(0)
    currency: Currency = "RUB"
    lines: tuple[Line, ...] = ()
    cart_id: Text = ""
    checkout_id: Text = ""
    status_url: Text = ""
    tracking_number: Text = ""
    tracking_url: Text = ""
    carrier: Text = ""
    pickup_point: Text = ""
    delivery_date: date | None = None
    refunded: Amount = Decimal(0)
    refund_id: Text = ""
    in_store: bool = False


class Product(Struct, frozen=True, omit_defaults=True):
    """A product or one variant of it; a variant may have a size and a colour."""

    id: Identifier
    variant_id: Text = ""
    title: Text = ""
    category: Text = ""
    price: Amount = Decimal(0)
    old_price: Amount | None = None
    currency: Currency = "RUB"
    stock: Pieces | None = None
    image_url: Text = ""
    url: Text = ""
    size: Text = ""
    color: Text = ""


class Page(Struct, frozen=True, omit_defaults=True):
    """A page of the storefront that was looked at."""

    url: Text = ""
    title: Text = ""
    category: Text = ""
    query: Text = ""
    referrer: Text = ""


class Attributes(Struct, frozen=True, omit_defaults=True):
    """What a source knows about the person; an absent field says nothing, it does not erase."""

    first_name: Text = ""
    last_name: Text = ""
    birthday: date | None = None
    gender: Text = ""
    city: Text = ""
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$", description="ISO 3166-1 alpha-2 code")] = ""
    time_zone: Text = ""
    locale: Text = ""
    tags: tuple[Text, ...] = ()


class ConsentChange(Struct, frozen=True, omit_defaults=True):
    """Consent to marketing given or withdrawn, for a channel and a topic (`*` is every topic)."""

    channel: ConsentChannel
    topic: Text = "*"
    source: Text = ""
    text: Text = ""


class Endpoint(Struct, frozen=True, omit_defaults=True):
    """Where a push reaches a device: an SNS platform endpoint (`push`) or a browser (`web-push`, RFC 8030)."""

    channel: Literal["push", "web-push"]
    address: Identifier
    p256dh: Text = ""
    auth: Text = ""
    platform: Text = ""


class Feedback(Struct, frozen=True, omit_defaults=True):
    """What a provider or a link told about a message.

    `kind` refines the event: `hard` or `soft` of a bounce, the skip reason of `message.skipped`.
    `automated` marks opens and clicks by known proxies and scanners, left out of engagement.
    `address` is set where one address of several is meant (a dead push endpoint, a bounced mail address).
    """

    message_id: Text = ""
    channel: Text = ""
    kind: Text = ""
    address: Text = ""
    link: Text = ""
    automated: bool = False
    sent_at: datetime | None = None


class Merge(Struct, frozen=True, omit_defaults=True):
    """Two customers found to be one: the other's id, and (for `customer.absorbed`) the other's whole state."""

    customer_id: str
    state: bytes = b""


class Event(Struct, frozen=True, omit_defaults=True):
    """One thing that happened. `name` is of the vocabulary (see `vocabulary.py`) or the shop's own.

    Only the part that the name calls for is set; `data` holds the fields of the shop's own events.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$", max_length=64)]
    occurred_at: Moment
    cart: Cart | None = None
    checkout: Checkout | None = None
    order: Order | None = None
    product: Product | None = None
    page: Page | None = None
    customer: Attributes | None = None
    consent: ConsentChange | None = None
    endpoint: Endpoint | None = None
    message: Feedback | None = None
    merge: Merge | None = None
    data: dict[str, Any] = {}


class Identity(Struct, frozen=True, order=True):
    """One way to recognise a customer; `value` is normalised.

    `storefront` (as `shopify:820982911946154508`), `email` and `phone` (E.164) are strong: they name one person.
    `device`, `cart` and `endpoint` are weak: people share devices, so they move to whoever was last seen with them.
    """

    kind: str
    value: str

    @property
    def key(self) -> str:
        """The identity as one string, the key of the identities table."""
        return f"{self.kind}:{self.value}"


STRONG_IDENTITIES = ("storefront", "email", "phone")
"""Kinds that name one person, the surest first."""
WEAK_IDENTITIES = ("order", "cart", "device", "endpoint")
"""Kinds that one person may hand on to another, the surest first."""


class Arrival(Struct, frozen=True, omit_defaults=True):
    """What a source made of one request for one customer, before it is known who that is.

    `delivery_id` is the same when the storefront delivers again; `occurred_at` is the payload's own time.
    An arrival without identities is about the shop, not a person (products).
    """

    delivery_id: str
    occurred_at: datetime
    identities: tuple[Identity, ...]
    events: tuple[Event, ...]


class Entry(Struct, frozen=True, omit_defaults=True):
    """One item of a customer's log: all that one accepted request said about that customer.

    `entry_id` sorts by time and is the same when the request is delivered again.
    `recorded_at` is when we accepted it: the fold's "now".
    """

    customer_id: str
    entry_id: str
    recorded_at: datetime
    source: str
    events: tuple[Event, ...]
    identities: tuple[Identity, ...] = ()
