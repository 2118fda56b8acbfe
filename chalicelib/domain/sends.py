"""The sends that a customer's state remembers, for the frequency caps (semantics 18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from chalicelib.domain.customer import RECENT_SENDS, Customer, Sent
from chalicelib.domain.shop import FrequencyCap


def counted(customer: Customer, sent: Sent, caps: tuple[FrequencyCap, ...]) -> Customer:
    """The customer with one more send; those older than the longest cap are forgotten."""
    window = max((cap.window for cap in caps), default=0)
    oldest = sent.at - timedelta(seconds=window)
    kept = [known for known in customer.sends if known.at > oldest]
    return replace(customer, sends=(*kept, sent)[-RECENT_SENDS:])


def uncounted(customer: Customer, message_id: str) -> Customer:
    """The customer after a message did not go out after all."""
    return replace(customer, sends=tuple(sent for sent in customer.sends if sent.message_id != message_id))


def sent_by(customer: Customer, message_id: str, channel: str) -> Customer:
    """The customer after a message went out by another channel than the first: it counts toward that one's caps."""
    return _changed(customer, message_id, lambda sent: replace(sent, channel=channel, tags=(channel, *sent.tags[1:])))


def sent_at(customer: Customer, message_id: str, moment: datetime) -> Customer:
    """The customer after a message went out later than decided."""
    return _changed(customer, message_id, lambda sent: replace(sent, at=moment))


def _changed(customer: Customer, message_id: str, change: Callable[[Sent], Sent]) -> Customer:
    return replace(customer, sends=tuple(
        change(sent) if sent.message_id == message_id else sent for sent in customer.sends
    ))
