"""Gathering what is known of one customer, for the page that answers "why, and why not"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Entry, Identity
from chalicelib.domain.identifiers import device_identity, email_identity, phone_identity
from chalicelib.domain.messages import Message
from chalicelib.storage import catalogue, customers, identities, log, messages

LISTED = 200
"""Customers on one list, at most."""
HEARD_FROM = timedelta(days=30)
"""Who has done nothing for longer is found by search only."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One customer: the state, the log oldest first, and the messages in the order of their decision.

    `pictures` are the catalogue's, by product and variant, for lines that carry none.
    """

    customer: Customer
    entries: tuple[Entry, ...]
    messages: tuple[Message, ...]
    pictures: Mapping[tuple[str, str], str] = field(default_factory=dict)


def gather(customer_id: str) -> Timeline | None:
    """Everything about a customer: the state, the log and the messages; None when there is no such customer."""
    stored = customers.load(customer_id)
    entries = tuple(log.history(customer_id))
    if stored is None and not entries:
        return None
    customer = stored.customer if stored else Customer(customer_id=customer_id)
    return Timeline(customer, entries, tuple(messages.of_customer(customer_id)), _pictures(entries))


def heard_from(now: datetime) -> list[Customer]:
    """Customers who did something lately, the latest first. Reads the whole log: for small shops and laptops."""
    found = customers.load_many(islice(log.customers_recorded_since(now - HEARD_FROM), LISTED)).values()
    return _latest_first(stored.customer for stored in found)


def search(text: str) -> list[Customer]:
    """The customers whom a mail address, a phone number, a device, a push endpoint or a customer id leads to."""
    endpoint = Identity("endpoint", text.strip())
    named = [email_identity(text), phone_identity(text), device_identity(text), endpoint if endpoint.value else None]
    wanted = {*identities.find(one for one in named if one).values(), text.strip()} - {""}
    found = customers.load_many(wanted).values()
    return _latest_first(stored.customer for stored in found)


def _pictures(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    parts = (part for entry in entries for event in entry.events for part in (event.cart, event.checkout, event.order))
    lines = (line for part in parts if part for line in part.lines)
    lacking = {(line.product_id, line.variant_id) for line in lines if not line.image_url}
    found = catalogue.find(islice(sorted(lacking), LISTED)) if lacking else {}
    return {key: product.image_url for key, product in found.items() if product.image_url}


def _latest_first(found: Iterable[Customer]) -> list[Customer]:
    known = [customer for customer in found if not customer.forwarded_to]
    return sorted(known, key=lambda customer: (customer.now is not None, customer.now), reverse=True)
