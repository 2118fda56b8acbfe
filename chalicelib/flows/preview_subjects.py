"""For whom a preview is made: a sample, or a customer with the newest event that the message could be about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.content.occasion import Recommend, no_recommendations
from chalicelib.content.samples import SAMPLES, sample_message
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import EventTrigger, Journey
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import UnknownCustomerError, UnknownSampleError
from chalicelib.flows.products import completed, looked_up
from chalicelib.flows.recommendations import Recommender
from chalicelib.storage import customers, log, messages

SAMPLE_SHOP: Final = "https://shop.example"
"""Where the samples' products lead before they are taken to the shop's own address."""
PHOTOS: Final = f"{SAMPLE_SHOP}/photos/"
"""Where the samples' photos would be: pages draw them instead."""
_PARTS: Final = ("cart", "checkout", "order", "product", "page")


class Subject(Struct, frozen=True):
    """Whom a preview shows a message to, and about what. `customer_id` is empty of a sample, which has a `name`.

    `message` is made up: its id leads to no customer, so that no link in a preview can do anything.
    """

    name: str
    customer_id: str
    customer: Customer
    event: Event | None
    message: Message
    recommend: Recommend = no_recommendations


def sample_subject(name: str, definition: MessageDefinition, settings: ShopSettings) -> Subject:
    """A sample customer, whose products are those of this shop's own address. Raises UnknownSampleError."""
    sample = next((one for one in SAMPLES if one.name == name), None)
    if sample is None:
        raise UnknownSampleError(name, (one.name for one in SAMPLES))
    return Subject(
        name, "", sample.customer, _at(settings.url, sample.event), sample_message(definition, code=sample.code),
        sample.recommend,
    )


def customer_subject(
    customer_id: str, definition: MessageDefinition, journeys: Sequence[Journey], now: datetime,
) -> Subject:
    """A customer and the event of the newest of their messages of this name; else the newest event that enters one of
    these journeys; else the newest with anything to show.

    Reads the state, the log and the messages of the customer: half a read unit per 4 KB. Raises UnknownCustomerError.
    """
    stored = customers.load(customer_id)
    customer = customers.surviving(stored).customer if stored is not None else None
    if customer is None or customer.forwarded_to:
        raise UnknownCustomerError(customer_id)
    entries = list(log.history(customer.customer_id))
    sent = [one for one in messages.of_customer(customer.customer_id) if one.name == definition.name]
    event = _of_message(sent[-1], entries) if sent else None
    event = event or _newest(entries, journeys)
    message = sample_message(definition, code=True)
    if sent and sent[-1].code is not None:
        message = replace(message, code=replace(sent[-1].code, code_id=""))
    if event is not None:
        event = completed(event, looked_up(event))
    return Subject("", customer.customer_id, customer, event, message, Recommender(customer, event, now))


def _of_message(message: Message, entries: Sequence[Entry]) -> Event | None:
    """The event that a message showed, where it stands in the customer's own log."""
    entry_id, _, index = message.event_ref.rpartition("|")
    entry = next((entry for entry in entries if entry.entry_id == entry_id), None)
    return entry.events[int(index)] if entry is not None and int(index) < len(entry.events) else None


def _newest(entries: Sequence[Entry], journeys: Sequence[Journey]) -> Event | None:
    wanted = {
        name for journey in journeys if isinstance(journey.trigger, EventTrigger) for name in journey.trigger.names
    }
    found = [event for entry in entries for event in entry.events]
    fitting = [event for event in found if event.name in wanted]
    showing = [event for event in found if any(getattr(event, part) is not None for part in _PARTS)]
    found = fitting or showing
    return found[-1] if found else None


def _at(url: str, event: Event) -> Event:
    """The sample event with its links leading to the shop's address, so that they are marked as the shop's are."""
    home = url.rstrip("/")
    text = msgspec.json.encode(event).decode()
    held = text.replace(PHOTOS, "\0").replace(f"{SAMPLE_SHOP}/", f"{home}/").replace("\0", PHOTOS)
    return msgspec.json.decode(held, type=Event)
