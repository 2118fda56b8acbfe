"""Editions: what was checked together stays together. A message is rendered from the edition that it names."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.shop import MessageDefinition, ShopSettings

UNREAD: Final = (
    "problems_to", "quiet_hours", "holdout_percent", "caps", "sms_max_price_usd", "price_overrides", "budget",
    "broadcast_per_second", "broadcast_keep_free", "test_addresses",
)
"""The settings that nobody who reads a message can see anything of: those in force count, whatever the edition."""


class Edition(Struct, frozen=True):
    """A message as it was checked: the template files within its reach, and the shop's settings, at that moment.

    `files` leads from a file's name (its path below `templates/`) to its version id in S3. Editions never change.
    """

    message: MessageDefinition
    files: dict[str, str]
    settings: ShopSettings

    @classmethod
    def of(cls, message: MessageDefinition, files: dict[str, str], settings: ShopSettings) -> Edition:
        """The edition of these files; what no reader can see makes no new one."""
        return cls(replace(message, edition=""), files, _with(settings, ShopSettings()))

    @property
    def id(self) -> str:
        """A hash of all of it: 16 hexadecimal digits."""
        return blake2b(msgspec.json.encode(self, order="sorted"), digest_size=8).hexdigest()

    def settings_under(self, in_force: ShopSettings) -> ShopSettings:
        """The settings to send by: what readers see as it was checked, limits and prices as they are in force."""
        return _with(self.settings, in_force)


def _with(settings: ShopSettings, unread: ShopSettings) -> ShopSettings:
    return replace(settings, **{name: getattr(unread, name) for name in UNREAD})
