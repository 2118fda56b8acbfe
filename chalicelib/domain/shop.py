"""What a shop sets for all of its journeys, and says of each message: `shop.yaml`, `message.yaml` as data."""

from __future__ import annotations

from datetime import time
from typing import Literal

from msgspec import Struct

from chalicelib.domain.brand import Brand, Introduction
from chalicelib.domain.messages import Category

Handling = Literal["hold", "drop", "ignore"]
OnCap = Literal["skip", "retry-until"]
Check = Literal["stock", "price"]
Clicks = Literal["ses", "own"]


class QuietHours(Struct, frozen=True):
    """A local time span in which nothing is sent; it may run over midnight."""

    start: time = time(22, 0)
    end: time = time(9, 0)


class FrequencyCap(Struct, frozen=True):
    """At most `count` sends carrying `tag` in a rolling `window` of seconds (up to 30 days).

    Every message carries its channel, its category and its topic as tags, and those of its own definition.
    """

    tag: str
    count: int
    window: int


class ShopSettings(Struct, frozen=True):
    """The shop: who writes, in which language and zone, how it looks, and the limits on sending.

    `problems_to` are the addresses that are told when a file is refused; the support's when empty.
    `budget` is what messages may cost in a month, US dollars as a Decimal's text; empty for no limit.
    `broadcast_per_second` bounds how fast a broadcast goes (0: by the provider's quota alone), of which the share of
    `broadcast_keep_free` per cent stays free for other mail.
    `test_addresses` are the mail addresses and phones (E.164) that a test of a message may be sent to.
    `link_source` is the `utm_source` of links to the shop; `clicks` on them in mail are counted by SES or by redirects
    of our own.
    """

    url: str = "https://shop.example"
    brand: Brand = Brand()
    sender_email: str = "shop@shop.example"
    sender_name: str = "Shop"
    problems_to: tuple[str, ...] = ()
    locale: str = "ru"
    locales: tuple[str, ...] = ("ru", "en")
    time_zone: str = "Europe/Moscow"
    country: str = "RU"
    currency: str = "RUB"
    quiet_hours: QuietHours = QuietHours()
    holdout_percent: float = 5.0
    caps: tuple[FrequencyCap, ...] = ()
    sms_sender_id: str = ""
    sms_max_price_usd: str = "0.10"
    price_overrides: dict[str, str] = {}
    budget: str = ""
    broadcast_per_second: float = 0.0
    broadcast_keep_free: float = 20.0
    link_source: str = "selvedge"
    clicks: Clicks = "ses"
    test_addresses: tuple[str, ...] = ()

    def introduced(self, locale: str) -> Introduction:
        """The shop as it introduces itself to a reader of this language."""
        return self.brand.in_language(locale, self.locale, self.url)


class MessageDefinition(Struct, frozen=True):
    """One message: what it is, where it may go and under which limits.

    `channels` are in the order to try; `variants` are the template files there are, as `email.ru`;
    higher `priority` goes first where two messages want one slot; `retry_for` bounds `retry-until`, in seconds.
    `checks` are looked at just before sending: that the product shown is in stock, and its price still reduced.
    `sms_parts` is how many parts an SMS is planned to take.
    `survey` names the survey that the message asks, if it asks one.
    `edition` is the id of the files and settings that it is rendered from (domain/editions.py), once they were checked.
    """

    name: str
    category: Category
    channels: tuple[str, ...]
    topic: str = "news"
    priority: int = 50
    quiet_hours: Handling = "hold"
    on_cap: OnCap = "skip"
    retry_for: int = 86400
    obeys_cap: bool = True
    counts_toward_cap: bool = True
    tags: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    survey: str = ""
    sms_parts: int = 2
    edition: str = ""
