"""Short links: what each code in an SMS leads to, and whose message it was in."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from chalicelib.storage.items import moment, second, text
from chalicelib.storage.tables import Links


class ShortLink(Struct, frozen=True):
    """A short link on record: `code` leads to `url`, or to the page for unsubscribing where that is empty."""

    code: str
    customer_id: str
    message_id: str
    channel: str
    url: str
    made_at: datetime
    expires_at: datetime


def put(link: ShortLink) -> None:
    """Put a short link on record; a further attempt to send the same message puts the same code there again.

    Key: code, which nobody can guess and no other message has. No condition. A write unit per KB, seldom two.
    """
    Links(
        link.code,
        customer_id=link.customer_id,
        message_id=link.message_id,
        channel=link.channel,
        url=link.url,
        made_at=link.made_at,
        expires_at=link.expires_at,
    ).save()


def read(code: str) -> ShortLink | None:
    """A short link, or None; one that has expired stays until DynamoDB deletes it. Half a read unit."""
    item = Links.fetch(code)
    if item is None:
        return None
    made_at, expires_at = moment(item, "t"), second(item, "x")
    assert made_at is not None
    assert expires_at is not None
    return ShortLink(code, text(item, "c"), text(item, "m"), text(item, "h"), text(item, "u"), made_at, expires_at)
