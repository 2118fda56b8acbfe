"""The state of one customer: what folding the log so far has come to.

One item of the customers table holds all of it, so it is small: field names are billed, hence the short ones on disk
(`rename`); lists are bounded by the constants below.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

RECENT_ENTRIES = 8
"""Ids of the last entries folded that a state remembers, for folding from the table after an outage."""
BURST_ENTRIES = 128
"""Ids remembered of entries recorded within `DISORDER` of each other."""
DISORDER = timedelta(seconds=5)
"""How far the recorded times of two concurrent writes may disagree with their order in the stream."""
RECENT_ORDERS = 12
"""Orders whose progress is remembered, so that a fact told twice happens once."""
RECENT_IDENTITIES = 16
"""Identities besides addresses that a state remembers."""
RECENT_PRODUCTS = 12
"""Products viewed, and bought, that are remembered."""
RECENT_SENDS = 64
"""Sends remembered for the frequency caps, at most; those older than the longest cap go first."""


class Position(Struct, frozen=True, rename={"label": "l", "sequence": "s"}):
    """A place in the stream: the stream's label (a restored table has another) and the record's sequence number."""

    label: str
    sequence: int


class Consent(Struct, frozen=True, omit_defaults=True, rename={
    "channel": "c", "topic": "t", "given": "g", "at": "a", "source": "s",
}):
    """The newest word on consent for a channel and a topic (`*` is every topic)."""

    channel: str
    topic: str
    given: bool
    at: datetime
    source: str = ""


class Address(Struct, frozen=True, omit_defaults=True, rename={
    "channel": "c", "value": "v", "suppressed": "x", "soft_bounces": "b", "p256dh": "p", "auth": "u", "platform": "f",
}):
    """Where a channel reaches the customer. `suppressed` is the reason why nothing goes there any more, or empty."""

    channel: str
    value: str
    suppressed: str = ""
    soft_bounces: int = 0
    p256dh: str = ""
    auth: str = ""
    platform: str = ""


class OrderProgress(Struct, frozen=True, omit_defaults=True, rename={"order_id": "o", "facts": "f"}):
    """Which facts of an order are known: the last parts of the event names (`placed`, `paid`, …)."""

    order_id: str
    facts: tuple[str, ...] = ()


class OrderTotals(Struct, frozen=True, omit_defaults=True, rename={
    "count": "n", "spent": "s", "currency": "c", "first_at": "f", "last_at": "l", "in_store": "i",
    "cancelled": "x", "returned": "r",
}):
    """Orders added up: `spent` in `currency`, refunds taken off."""

    count: int = 0
    spent: Decimal = Decimal(0)
    currency: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None
    in_store: int = 0
    cancelled: int = 0
    returned: int = 0


class OpenCart(Struct, frozen=True, omit_defaults=True, rename={
    "id": "i", "total": "t", "currency": "c", "updated_at": "u", "items": "n",
}):
    """The cart as last seen; `items` counts the pieces in it."""

    id: str
    total: Decimal = Decimal(0)
    currency: str = ""
    updated_at: datetime | None = None
    items: int = 0


class Engagement(Struct, frozen=True, omit_defaults=True, rename={
    "channel": "c", "opened_at": "o", "clicked_at": "k", "opens": "n", "clicks": "m",
}):
    """Opens and clicks on one channel, those of proxies and scanners left out."""

    channel: str
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    opens: int = 0
    clicks: int = 0


class Loyalty(Struct, frozen=True, omit_defaults=True, rename={"points": "p", "level": "l"}):
    """Points that may be redeemed, and the level reached."""

    points: int = 0
    level: str = ""


class Profile(Struct, frozen=True, omit_defaults=True, rename={
    "first_name": "fn", "last_name": "ln", "birthday": "bd", "gender": "g", "city": "ci", "country": "co",
    "time_zone": "tz", "locale": "lo", "tags": "tg", "first_seen_at": "fs", "last_seen_at": "ls", "orders": "o",
    "progress": "op", "cart": "ca", "viewed": "v", "bought": "b", "categories": "ct", "first_source": "so",
    "addresses": "ad", "consents": "cs", "engagement": "en", "redaction_requested_at": "rr",
    "wished": "w", "loyalty": "lt", "data": "dt", "checkout_at": "ck",
}):
    """What is known of a person, the part of the state that conditions and templates read as `customer`.

    `data` are fields of the shop's own, set by journeys. `checkout_at` is when the checkout that is still open was last
    begun or changed.
    """

    first_name: str = ""
    last_name: str = ""
    birthday: date | None = None
    gender: str = ""
    city: str = ""
    country: str = ""
    time_zone: str = ""
    locale: str = ""
    tags: tuple[str, ...] = ()
    first_source: str = ""
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    orders: OrderTotals = OrderTotals()
    progress: tuple[OrderProgress, ...] = ()
    cart: OpenCart | None = None
    viewed: tuple[str, ...] = ()
    bought: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    consents: tuple[Consent, ...] = ()
    engagement: tuple[Engagement, ...] = ()
    redaction_requested_at: datetime | None = None
    wished: tuple[str, ...] = ()
    loyalty: Loyalty = Loyalty()
    data: dict[str, Any] = {}
    checkout_at: datetime | None = None

    def addresses_of(self, channel: str) -> tuple[Address, ...]:
        """The addresses of a channel that are not suppressed, the newest last."""
        return tuple(a for a in self.addresses if a.channel == channel and not a.suppressed)

    @property
    def email(self) -> str:
        """The newest mail address that may be written to, or empty."""
        return self._newest("email")

    @property
    def phone(self) -> str:
        """The newest phone number (E.164) that may be written to, or empty."""
        return self._newest("sms")

    def _newest(self, channel: str) -> str:
        usable = self.addresses_of(channel)
        return usable[-1].value if usable else ""


class Issued(Struct, frozen=True, rename={"code_id": "i", "discount": "d", "expires_at": "e"}):
    """A promo code that a step of a run has issued."""

    code_id: str
    discount: str
    expires_at: datetime


class Run(Struct, frozen=True, omit_defaults=True, rename={
    "journey": "j", "key": "k", "entry": "n", "version": "v", "step": "s", "entered_at": "e", "since": "i",
    "wake_at": "w", "event_ref": "r", "values": "x", "held": "h", "sent_step": "m", "converted": "c",
    "code": "o",
}):
    """One customer's way through one journey.

    `step` is the path of the step it stands at; `since` is when the step before it happened; `wake_at` is when it goes
    on by itself; `held` tells that the message of this step is deferred; `event_ref` names the log entry (and the event
    in it) whose cart or order the messages show; `values` are the fields of that event which later conditions read
    (dates come back from storage as texts: `conditions.event_value` reads them); `sent_step` is the step of
    its last message; `converted` tells that the goal was reached; `code` is the promo code last issued to it.
    """

    journey: str
    key: str
    entry: int
    version: str
    step: str
    entered_at: datetime
    since: datetime
    wake_at: datetime | None = None
    event_ref: str = ""
    values: dict[str, Any] = {}
    held: bool = False
    sent_step: str = ""
    converted: bool = False
    code: Issued | None = None


class Visit(Struct, frozen=True, omit_defaults=True, rename={"journey": "j", "count": "n", "last_at": "a"}):
    """How often, and when last, the customer entered a journey; `key` is not kept: a gap counts across keys."""

    journey: str
    count: int
    last_at: datetime

    @staticmethod
    def of(journey: str, visits: Iterable[Visit]) -> Visit | None:
        """The visits to one journey, or None when the customer never entered it."""
        return next((visit for visit in visits if visit.journey == journey), None)


class Sent(Struct, frozen=True, omit_defaults=True, rename={"at": "a", "channel": "c", "message_id": "m", "tags": "t"}):
    """A send that counts toward the frequency caps."""

    at: datetime
    channel: str
    message_id: str
    tags: tuple[str, ...] = ()


class Touch(Struct, frozen=True, omit_defaults=True, rename={
    "customer_id": "c", "message_id": "m", "channel": "h", "at": "a", "clicked": "k",
}):
    """A message that the customer opened or clicked, for attribution; `customer_id` is whom it was sent to."""

    customer_id: str
    message_id: str
    channel: str
    at: datetime
    clicked: bool = False


class Customer(Struct, frozen=True, omit_defaults=True, rename={
    "customer_id": "c", "profile": "p", "runs": "r", "visits": "v", "sends": "s", "timer_at": "t", "now": "n",
    "recent": "q", "recovered": "z", "recovered_at": "y", "forwarded_to": "f", "absorbed": "b", "identities": "i",
    "touches": "h",
}):
    """A customer's whole state. `now` is the recorded time of the newest entry folded: time never runs backwards here.

    `timer_at` is when the pending timer is due; `recent` are the marks of the last entries folded, `recovered` those
    that a recovery from the table folded while the stream may still bring them. `identities` are the keys that lead to
    this customer (`storefront:…`, `device:…`) besides the mail addresses and phones of the profile.
    """

    customer_id: str
    profile: Profile = Profile()
    runs: tuple[Run, ...] = ()
    visits: tuple[Visit, ...] = ()
    sends: tuple[Sent, ...] = ()
    timer_at: datetime | None = None
    now: datetime | None = None
    recent: tuple[bytes, ...] = ()
    recovered: tuple[bytes, ...] = ()
    recovered_at: datetime | None = None
    identities: tuple[str, ...] = ()
    forwarded_to: str = ""
    absorbed: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()
