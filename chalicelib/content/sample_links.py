"""Links to try templates with: as long as real ones, signed with a key that opens nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.content import links
from chalicelib.content.occasion import Links
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition

SAMPLE_BASE: Final = "https://hear.shop.example"
"""Where the public pages of the samples would be; the domain is reserved (RFC 2606)."""
_KEYS: Final = ("sample",)


def sample_links(message: Message, definition: MessageDefinition, channel: str, now: datetime) -> Links:
    """The links of a sample message that goes out by a channel."""
    unsubscribe, preferences = links.urls(message, channel, SAMPLE_BASE, _KEYS, now)
    survey = ""
    if definition.survey:
        survey = links.survey_url(
            message, channel, SAMPLE_BASE, _KEYS, now, survey=definition.survey, order="1024",
        )
    return Links(unsubscribe, preferences, survey, SAMPLE_BASE)
