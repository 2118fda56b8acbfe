"""What the sender sends with: senders, templates, prices, and what this stage may do. Made once per process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from threading import Lock

from msgspec import Struct

from chalicelib.channels.channel import ChannelSender
from chalicelib.channels.registry import senders_from
from chalicelib.content.occasion import Links
from chalicelib.content.rendering import Templates
from chalicelib.domain.messages import Message
from chalicelib.domain.prices import Prices
from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import DefinitionError, FileMissingError, StorageUnavailableError
from chalicelib.flows import rankings_in_force, sending_clients
from chalicelib.flows.sending_clients import sending_client
from chalicelib.flows.spending import Purse
from chalicelib.observability import logger
from chalicelib.storage import bucket, secrets

PRICES_FILE = "prices.yaml"
PRICES_KEPT = timedelta(minutes=10)
"""How long a price list is used before the bucket is asked whether it changed."""

DRY_RUN = "dry-run"
"""The provider's id of a message that `SELVEDGE_SEND=off` kept from its provider."""
NOT_ALLOWED = "not-allowed"
"""The provider's id of a message that a stage other than production may not send to its address."""


class StageRule(Struct, frozen=True):
    """Whether messages leave this stage, and to whom.

    `allowed` matters outside production: mail addresses, phones, endpoints, `@domain` for all of a domain, `*` for all.
    """

    sends: bool
    production: bool
    allowed: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> StageRule:
        """Read from `SELVEDGE_SEND`, `SELVEDGE_STAGE` and `SELVEDGE_ALLOW` (separated by commas or spaces)."""
        return cls(
            sends=environment.get("SELVEDGE_SEND", "on") != "off",
            production=environment.get("SELVEDGE_STAGE", "") == "production",
            allowed=tuple(environment.get("SELVEDGE_ALLOW", "").replace(",", " ").lower().split()),
        )

    def withheld(self, address: str) -> str:
        """Why nothing may leave for this address (`DRY_RUN` or `NOT_ALLOWED`), or empty when it may."""
        if not self.sends:
            return DRY_RUN
        address = address.lower()
        domain = f"@{address.rpartition('@')[2]}" if "@" in address else ""
        if self.production or "*" in self.allowed or address in self.allowed or domain in self.allowed:
            return ""
        return NOT_ALLOWED


@dataclass(frozen=True, slots=True)
class Means:
    """Senders by channel, templates, the stage's rule, where the public pages are, and the purse."""

    senders: Mapping[str, ChannelSender]
    templates: Templates
    stage: StageRule
    base_url: str
    purse: Purse

    def links(self, message: Message, channel: str, now: datetime, *, survey: str = "", order: str = "") -> Links:
        """The links of a message, which may ask a survey about an order; raises LinkError when the stack has no key."""
        from chalicelib.content.links import to_pages  # pulls in itsdangerous, which accepting does without

        keys = secrets.values("link-keys")
        return to_pages(message, channel, self.base_url, keys, now, survey=survey, order=order)


_ENVIRONMENT = (
    "SELVEDGE_STACK", "SELVEDGE_SEND", "SELVEDGE_STAGE", "SELVEDGE_ALLOW", "SELVEDGE_URL",
    # Laptop only: a push service or webhook of one's own, which is not on the public internet.
    "SELVEDGE_TRUSTED_PUSH",
)


_making = Lock()
"""Messages are sent by several threads; what they share is made by one."""


def means() -> Means:
    """The means of this process, as its environment describes them."""
    with _making:
        return _means(tuple((name, os.environ.get(name, "")) for name in _ENVIRONMENT))


@lru_cache(maxsize=2)
def _means(settings: tuple[tuple[str, str], ...]) -> Means:
    environment = {name: value for name, value in settings if value}
    trusted = frozenset(environment.get("SELVEDGE_TRUSTED_PUSH", "").split())
    return Means(
        senders=senders_from(
            environment["SELVEDGE_STACK"], sending_client, secrets.value, secrets.values,
            trusted_origins=trusted,
        ),
        templates=Templates(),
        stage=StageRule.of(environment),
        base_url=environment.get("SELVEDGE_URL", ""),
        purse=Purse(),
    )


NO_PRICES = Prices(
    date="", source="", email=Decimal(0), push=Decimal(0), sms_part={}, sms_part_elsewhere=Decimal(0),
)
"""Stands for a price list that is missing; known by its empty source."""


class _KnownPrices(Struct):
    prices: Prices = NO_PRICES
    read_at: datetime | None = None
    etag: str = ""


_known: dict[str, _KnownPrices] = {}


def prices_in_force(settings: ShopSettings, now: datetime) -> Prices:
    """The shop's price list with its overrides, read from the bucket; `NO_PRICES` when there is none.

    A list that cannot be read costs the record of what a message cost, never the message.
    """
    with _making:
        known = _known.setdefault(os.environ["SELVEDGE_BUCKET"], _KnownPrices())
        if known.read_at is None or not timedelta(0) <= now - known.read_at < PRICES_KEPT:
            known.read_at = now
            _read_prices(known)
    try:
        return known.prices.with_overrides(settings.price_overrides)
    except ValueError:
        logger.exception("price_overrides of shop.yaml are not used")
        return known.prices


def _read_prices(known: _KnownPrices) -> None:
    from chalicelib.definitions.price_list import read_prices  # pulls in yaml; once per process

    try:
        file = bucket.read(PRICES_FILE, known.etag)
        if file is not None:
            known.prices, known.etag = read_prices(file.body.decode()), file.etag
    except FileMissingError:
        known.prices, known.etag = NO_PRICES, ""
        logger.warning("there is no prices.yaml in the bucket: costs are not recorded")
    except (DefinitionError, UnicodeDecodeError, StorageUnavailableError):
        logger.exception("prices.yaml cannot be used; the last list that could is")


def forget() -> None:
    """Make the means anew when next asked for, and read prices and rankings again."""
    _means.cache_clear()
    rankings_in_force.forget()
    _known.clear()
    sending_clients.forget()
