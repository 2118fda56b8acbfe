"""What a customer decides on the public pages: consent withdrawn or given, written to their log as it is said."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Final, get_args

from msgspec import Struct

from chalicelib.content.links import Link
from chalicelib.domain.consent import has_consent
from chalicelib.domain.customer import Customer, Profile
from chalicelib.domain.events import ConsentChange, ConsentChannel, Entry, Event
from chalicelib.domain.messages import CHANNELS
from chalicelib.domain.shop import MessageDefinition
from chalicelib.storage import customers, log

SOURCE: Final = "page"
"""The source of these log entries."""
EVERY_TOPIC: Final = "*"


class Choice(Struct, frozen=True, order=True):
    """Marketing on one topic by one channel: what a customer says yes or no to."""

    channel: ConsentChannel
    topic: str


def customer_of(link: Link) -> Customer | None:
    """The customer a link is for, as the state stands; the one they were merged into, if so; None when unknown."""
    stored = customers.load(link.customer_id)
    if stored is None:
        return None
    customer = customers.surviving(stored).customer
    return None if customer.forwarded_to else customer


def choices(profile: Profile, messages: Iterable[MessageDefinition]) -> dict[Choice, bool]:
    """What the customer can choose, and whether it is a yes now: each channel they can be reached by, with each
    topic of the marketing messages that use it."""
    topics: dict[str, set[str]] = {}
    for message in messages:
        if message.category == "marketing":
            for channel in message.channels:
                topics.setdefault(channel, set()).add(message.topic)
    return {
        Choice(channel, topic): has_consent(profile, channel, topic)
        for channel in CHANNELS
        if profile.addresses_of(channel)
        for topic in sorted(topics.get(channel, ()))
    }


def withdraw(link: Link, now: datetime, *, said: str, source: str) -> None:
    """Take back consent for every topic of the link's channel. Doing it again changes nothing.

    `said` is the text the customer agreed to, `source` how they said it (`one-click`, `unsubscribe-page`).
    Raises StorageUnavailableError.
    """
    channel = _channel(link.channel)
    _record(link, (_event(Choice(channel, EVERY_TOPIC), given=False, now=now, said=said, source=source),), now)


def change(
    link: Link, current: dict[Choice, bool], wanted: Collection[Choice], now: datetime, *, said: str
) -> tuple[Choice, ...]:
    """Bring consent from what was shown (`current`) to what is wanted; returns the choices that changed.

    A channel with nothing wanted is withdrawn from as a whole, so that topics to come stay closed too.
    Raises StorageUnavailableError.
    """
    changed = tuple(choice for choice, given in current.items() if given != (choice in wanted))
    events = []
    for channel in dict.fromkeys(choice.channel for choice in changed):
        if any(choice in wanted for choice in current if choice.channel == channel):
            said_now = [choice for choice in changed if choice.channel == channel]
        else:
            said_now = [Choice(channel, EVERY_TOPIC)]
        events += [
            _event(choice, given=choice in wanted, now=now, said=said, source="preferences-page") for choice in said_now
        ]
    if events:
        _record(link, tuple(events), now)
    return changed


def _channel(name: str) -> ConsentChannel:
    known: tuple[ConsentChannel, ...] = get_args(ConsentChannel)
    return known[known.index(name)]  # a signed link names a channel


def _event(choice: Choice, *, given: bool, now: datetime, said: str, source: str) -> Event:
    return Event(
        name="consent.given" if given else "consent.withdrawn",
        occurred_at=now,
        consent=ConsentChange(choice.channel, choice.topic, source, said),
    )


def _record(link: Link, events: tuple[Event, ...], now: datetime) -> None:
    """Append the decision. Its id follows from the second, the message and what was decided: a button pressed twice
    is one entry, while a later change of mind always counts."""
    decided = [f"{event.name} {event.consent.channel} {event.consent.topic}" for event in events if event.consent]
    delivery_id = blake2b("\n".join([link.message_id, *decided]).encode(), digest_size=12).hexdigest()
    log.append(Entry(
        customer_id=link.customer_id,
        entry_id=log.entry_id(now.replace(microsecond=0), SOURCE, delivery_id),
        recorded_at=now,
        source=SOURCE,
        events=events,
    ))
