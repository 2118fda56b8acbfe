"""Small journeys played as stories: written as YAML, told as events at local times, read as lines of what came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Cart, ConsentChange, Entry, Event, Feedback, Order
from chalicelib.domain.journeys import Journey, Pause
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import MessageDefinition, QuietHours, ShopSettings
from tests.domain.playing import play

MOSCOW = ZoneInfo("Europe/Moscow")
NO_QUIET_HOURS = QuietHours(time(0, 0), time(0, 0))
SHOP = ShopSettings(quiet_hours=NO_QUIET_HOURS, holdout_percent=0.0)
"""A shop without limits: each story sets those it is about."""
ADDRESSES = {"email": "anna@example.org", "sms": "+79161234567", "push": "device-1", "web-push": "https://push.example/1"}

NO_SEGMENTS: Mapping[str, str] = {}

_numbers = count(1)


def marketing(name: str, *channels: str, **changes: Any) -> MessageDefinition:
    """A marketing message by `channels` (email), with a template for each."""
    return _message(name, "marketing", channels, changes)


def transactional(name: str, *channels: str, **changes: Any) -> MessageDefinition:
    """A transactional message by `channels` (email), with a template for each."""
    return _message(name, "transactional", channels, {"obeys_cap": False, "counts_toward_cap": False, **changes})


def _message(name: str, category: Any, channels: tuple[str, ...], changes: dict[str, Any]) -> MessageDefinition:
    channels = channels or ("email",)
    variants = tuple(f"{channel}.ru" for channel in channels)
    return replace(MessageDefinition(name, category, channels, variants=variants), **changes)


MESSAGES = {name: marketing(name) for name in ("first", "second", "third", "thanks")} | {
    "receipt": transactional("receipt")
}


def journey(
    text: str, messages: Iterable[MessageDefinition] = (), segments: Iterable[Segment] = ()
) -> Journey:
    """A journey read from YAML, indented as the test likes."""
    known = MESSAGES | {message.name: message for message in messages}
    return read_journey(dedent(text), "journeys/story.yaml", known, compile_segments(segments))


def in_force(
    *journeys: Journey | str,
    settings: ShopSettings = SHOP,
    messages: Iterable[MessageDefinition] = (),
    earlier: Iterable[Journey] = (),
    segments: Mapping[str, str] = NO_SEGMENTS,
    pauses: Iterable[Pause] = (),
) -> Definitions:
    """Definitions with these journeys, the messages of `MESSAGES` and `messages`; segments as rules by name."""
    messages = list(messages)
    rules = [Segment(name, rule) for name, rule in segments.items()]
    read = [each if isinstance(each, Journey) else journey(each, messages, rules) for each in journeys]
    known = MESSAGES | {message.name: message for message in messages}
    return Definitions.of(settings, known.values(), read, earlier, segments=rules, pauses=pauses)


def anna(*channels: str, consents: Iterable[str] | None = None, customer_id: str = "anna", **profile: Any) -> Customer:
    """A customer who is reached by `channels` (email) and has agreed to all of them, unless `consents` says less."""
    channels = channels or ("email",)
    agreed = channels if consents is None else tuple(consents)
    known = Profile(
        addresses=tuple(Address(channel, ADDRESSES[channel]) for channel in channels),
        consents=tuple(Consent(channel, "*", True, at("2020-01-01 00:00")) for channel in agreed),
    )
    return Customer(customer_id, profile=replace(known, **profile))


def at(text: str, zone: ZoneInfo = MOSCOW) -> datetime:
    """The moment of a local time, `03-02 10:00` (of 2026) or `2026-03-02 10:00`; in UTC, as moments are recorded."""
    text = text if text.startswith("20") else f"2026-{text}"
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(UTC)


def told(when: datetime | str, *events: Event, source: str = "shopify", entry_id: str = "") -> Entry:
    """A log entry; events without a time of their own happened when they were told."""
    moment = at(when) if isinstance(when, str) else when
    return Entry("anna", entry_id or f"{moment.isoformat()}#{next(_numbers)}", moment, source, events)


def cart(when: str, cart_id: str = "c1", total: str = "7990") -> Entry:
    """A cart was changed."""
    return told(when, Event("cart.updated", at(when), cart=Cart(cart_id, Decimal(total))))


def emptied(when: str, cart_id: str = "c1") -> Entry:
    """A cart was emptied."""
    return told(when, Event("cart.emptied", at(when), cart=Cart(cart_id)))


def ordered(when: str, order_id: str = "o1", fact: str = "placed", **fields: Any) -> Entry:
    """Something became of an order."""
    return told(when, Event(f"order.{fact}", at(when), order=Order(order_id, total=Decimal(7990), **fields)))


def said(when: str, name: str, **data: Any) -> Entry:
    """An event of the shop's own."""
    return told(when, Event(name, at(when), data=data))


def agreed(when: str, channel: Any = "email", given: bool = True, topic: str = "*") -> Entry:
    """Consent given or withdrawn."""
    name = "consent.given" if given else "consent.withdrawn"
    return told(when, Event(name, at(when), consent=ConsentChange(channel, topic)))


def message_told(when: str, kind: str, message_id: str = "", **fields: Any) -> Entry:
    """What the sender or a provider tells about a message."""
    return told(when, Event(f"message.{kind}", at(when), message=Feedback(message_id, **fields)))


def played(
    definitions: Definitions, *entries: Entry, customer: Customer | None = None, days: int = 60
) -> tuple[Customer, tuple[Message, ...]]:
    """The state and the messages after the entries and all timers of the following days."""
    until = entries[-1].recorded_at + timedelta(days=days)
    result = play(customer or anna(), entries, definitions, until=until)
    return result.customer, result.messages


def story(
    definitions: Definitions, *entries: Entry, customer: Customer | None = None, zone: ZoneInfo = MOSCOW
) -> list[str]:
    """What came, a line each, in local times."""
    return [line(message, zone) for message in played(definitions, *entries, customer=customer)[1]]


def line(message: Message, zone: ZoneInfo = MOSCOW) -> str:
    """A message as `03-02 11:00 first by email`, `… first skipped: no-consent`, `… first held until 03-03 09:00`."""
    when = f"{message.decided_at.astimezone(zone):%m-%d %H:%M}"
    if message.status is Status.QUEUED:
        return f"{when} {message.name} by {', '.join(message.channels)}"
    if message.deferred_until is not None:
        return f"{when} {message.name} held until {message.deferred_until.astimezone(zone):%m-%d %H:%M}"
    return f"{when} {message.name} {message.status}: {message.reason}"
