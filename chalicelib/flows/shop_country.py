"""The shop's own country: phone numbers that say none are read as of there.

It is `country` of the shop.yaml in force, so that a shop says it once. The few requests that need it cost one read of
the shop table in ten minutes and process; a setting handed to the functions would be free, but would lag behind the
file until the next deployment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import StorageUnavailableError
from chalicelib.storage import shop

KEPT = timedelta(minutes=10)
"""How long a process goes by what it has read: a shop moves to another country once, if ever."""


class _InForce(msgspec.Struct, frozen=True):
    """Of the definitions in force, the settings alone: accepting loads neither journeys nor conditions."""

    settings: ShopSettings = ShopSettings()


class _Known(msgspec.Struct):
    country: str = ""
    read_at: datetime | None = None


_known = _Known()


def shop_country(now: datetime) -> str:
    """The country (ISO 3166-1 alpha-2) of the shop.yaml in force; the default's before the first publishing.

    Raises:
        StorageUnavailableError: the database is throttled or away, and no earlier answer is at hand.
    """
    if _known.read_at is None or not timedelta(0) <= now - _known.read_at < KEPT:
        try:
            body = shop.get("definitions", "in-force")
        except StorageUnavailableError:
            if not _known.country:
                raise
        else:
            in_force = msgspec.json.decode(body, type=_InForce) if body else _InForce()
            _known.country, _known.read_at = in_force.settings.country, now
    return _known.country


def forget() -> None:
    """Let the next call read anew."""
    _known.country, _known.read_at = "", None
