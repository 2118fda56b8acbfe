"""Clicks on links of ours that lead on to the shop: each is told to the customer's log, as SES's are."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from chalicelib.channels.automated_readers import is_automated
from chalicelib.channels.provider_feedback import LONGEST_LINK
from chalicelib.domain.events import Entry, Event, Feedback
from chalicelib.storage import log

SOURCE: Final = "link"
"""The source of these log entries."""


class Click(Struct, frozen=True):
    """A click on a link to `url` in a customer's message, which was sent at `sent_at`."""

    customer_id: str
    message_id: str
    channel: str
    url: str
    sent_at: datetime


def record(click: Click, user_agent: str, now: datetime) -> bool:
    """Tell the customer's log of a click as `message.clicked`; False when it is not told, or was before.

    What mail scanners and the previews of messengers open is no click. Within an hour the same link clicked again is
    one click. One write unit. Raises StorageUnavailableError.
    """
    if is_automated(user_agent, now - click.sent_at, click=True):
        return False
    told = Feedback(click.message_id, click.channel, link=click.url[:LONGEST_LINK])
    which = blake2b(f"{click.message_id}\n{click.url}".encode(), digest_size=12).hexdigest()
    hour = now.replace(minute=0, second=0, microsecond=0)
    return log.append(Entry(
        customer_id=click.customer_id,
        entry_id=log.entry_id(hour, SOURCE, f"click.{which}"),
        recorded_at=now,
        source=SOURCE,
        events=(Event("message.clicked", now, message=told),),
    ))
