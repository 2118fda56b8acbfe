"""Links to try templates with: as long as real ones, signed with a key that opens nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.content import links
from chalicelib.content.occasion import Lead, Links
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition, ShopSettings

SAMPLE_BASE: Final = "https://hear.shop.example"
"""Where the public pages of the samples would be; the domain is reserved (RFC 2606)."""
_KEYS: Final = ("sample",)


def sample_links(message: Message, definition: MessageDefinition, channel: str, now: datetime) -> Links:
    """The links of a sample message that goes out by a channel."""
    return links.to_pages(message, channel, SAMPLE_BASE, _KEYS, now, survey=definition.survey, order="1024")


def sample_short_link(url: str) -> str:
    """A short link to a URL that is on record nowhere."""
    return links.short_url("sample", url, SAMPLE_BASE, _KEYS)


def sample_redirect(message: Message, settings: ShopSettings, channel: str, now: datetime) -> Lead | None:
    """What leads a sample's links to the shop over a redirect, where the shop counts clicks so."""
    if settings.clicks != "own" or channel not in links.REDIRECTED:
        return None
    return lambda url: links.click_url(message, channel, SAMPLE_BASE, _KEYS, now, url=url)
