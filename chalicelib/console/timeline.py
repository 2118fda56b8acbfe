"""The pages about customers: the list, and one customer's timeline. Pure: data in, HTML out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace as changed

from chalicelib.console.pages import Frame
from chalicelib.console.wording import Wording
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Entry, Event, Line
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import zone_of
from chalicelib.flows.timeline import Timeline

TECHNICAL = ("timer.", "message.", "broadcast.")
"""Events of the machinery: messages tell the same in words, so these show only when asked for."""
SHOWN = 500
"""Rows on one page, the newest."""
NARROW_SPACE = "\u202f"


@dataclass(frozen=True)
class Row:
    """One line of the timeline. `tone` colours it: `event`, `sent`, `quiet`, `trouble` or `waiting`."""

    at: datetime
    tone: str
    title: str
    details: tuple[str, ...] = ()
    pictures: tuple[Line, ...] = ()
    source: str = ""
    message: Message | None = None
    marks: tuple[tuple[str, datetime], ...] = ()


def render_customer(timeline: Timeline, frame: Frame, settings: ShopSettings, *, technical: bool = False) -> str:
    """One customer's page: profile, consent, journeys, and everything that happened, the newest first.

    Times are shown in the customer's own zone. `technical` adds timers and providers' feedback.
    """
    words, customer = frame.words, timeline.customer
    zone = zone_of(customer.profile, settings)
    told: set[object] = set()
    rows = [row for entry in timeline.entries for row in _entry_rows(entry, words, technical, told)]
    rows = [replace(row, pictures=tuple(_pictured(line, timeline) for line in row.pictures)) for row in rows]
    rows += [_message_row(message, words, zone) for message in timeline.messages]
    rows.sort(key=lambda row: row.at, reverse=True)
    return frame.render(
        "customer.html",
        title=name_of(customer) or words("anonymous"),
        customer=customer,
        profile=customer.profile,
        days=_by_day(rows[:SHOWN], words, zone),
        zone=zone,
        technical=technical,
        moment=lambda at: words.moment(at, zone),
        time=lambda at: words.time(at, zone),
        money=money,
    )


def render_customers(found: list[Customer], frame: Frame, settings: ShopSettings, *, query: str = "") -> str:
    """The list of customers, or what a search found."""
    words = frame.words
    return frame.render(
        "customers.html",
        title=words("customers"),
        customers=found,
        query=query,
        name_of=name_of,
        moment=lambda customer: words.moment(customer.now, zone_of(customer.profile, settings)),
        money=money,
    )


def name_of(customer: Customer) -> str:
    """How to call a customer: by name, else by an address, else empty."""
    profile = customer.profile
    return f"{profile.first_name} {profile.last_name}".strip() or profile.email or profile.phone


def money(amount: Decimal, currency: str) -> str:
    """An amount as people write it: `7 990 ₽`."""
    whole = amount == amount.to_integral_value()
    number = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    sign = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£"}.get(currency, currency)
    return f"{number.replace(',', NARROW_SPACE)}{NARROW_SPACE}{sign}".strip()


def _entry_rows(entry: Entry, words: Wording, technical: bool, told: set[object]) -> list[Row]:
    """The rows of an entry; facts that were `told` before (storefronts repeat the whole order) only when technical."""
    return [
        Row(
            at=event.occurred_at,
            tone="quiet" if event.name.startswith(TECHNICAL) else "event",
            title=words.event(event.name),
            details=tuple(part for part in _event_details(event, words) if part),
            pictures=_lines(event)[:6],
            source=entry.source,
        )
        for event in entry.events
        if technical or not (event.name.startswith(TECHNICAL) or _is_repeated(event, told))
    ]


def _is_repeated(event: Event, told: set[object]) -> bool:
    if event.order is not None:
        fact: object = (event.name, event.order.id, event.order.refunded)
    elif event.name == "customer.updated":
        fact = (event.name, event.customer)
    else:
        return False
    known = fact in told
    told.add(fact)
    return known


def _pictured(line: Line, timeline: Timeline) -> Line:
    known = timeline.pictures.get((line.product_id, line.variant_id), "")
    return line if line.image_url or not known else changed(line, image_url=known)


def _event_details(event: Event, words: Wording) -> tuple[str, ...]:
    if event.order is not None:
        order = event.order
        total = money(order.total, order.currency) if order.total else ""
        refunded = f"− {money(order.refunded, order.currency)}" if order.refunded else ""
        number = f"№ {(order.number or order.id).removeprefix('#')}"
        return (number, total, refunded, order.carrier, order.tracking_number, order.pickup_point)
    for part in (event.cart, event.checkout):
        if part is not None:
            return (money(part.total, part.currency) if part.total else "", _count(part.lines, words))
    if event.product is not None:
        product = event.product
        price = money(product.price, product.currency) if product.price else ""
        return (product.title or product.id, price)
    if event.page is not None:
        return (event.page.query or event.page.title or event.page.category or event.page.url,)
    if event.consent is not None:
        topic = words("all-topics") if event.consent.topic == "*" else event.consent.topic
        return (words(event.consent.channel), topic, event.consent.source)
    if event.endpoint is not None:
        return (words(event.endpoint.channel), event.endpoint.platform)
    if event.message is not None:
        told = event.message
        return (words(told.channel), told.kind and words.reason(told.kind), told.link)
    if event.customer is not None:
        person = event.customer
        return (f"{person.first_name} {person.last_name}".strip(), person.city, ", ".join(person.tags))
    return tuple(f"{name}: {value}" for name, value in event.data.items())


def _count(lines: tuple[Line, ...], words: Wording) -> str:
    pieces = sum(line.quantity for line in lines)
    return f"{pieces} {words('pieces')}" if pieces else ""


def _lines(event: Event) -> tuple[Line, ...]:
    for part in (event.cart, event.checkout, event.order):
        if part is not None:
            return part.lines
    return ()


_TONES = {"sent": "sent", "skipped": "quiet", "failed": "trouble", "unknown": "trouble"}


def _message_row(message: Message, words: Wording, zone: ZoneInfo) -> Row:
    status = str(message.status)
    details = [words.status(status)]
    if message.channel:
        details.append(words(message.channel))
    if message.reason:
        details.append(words.reason(message.reason))
    if message.deferred_until is not None and status == "deferred":
        details.append(f"{words('until')} {words.moment(message.deferred_until, zone)}")
    if message.cost:
        details.append(f"{words('cost')} ${message.cost}")
    told = (
        ("delivered", message.delivered_at), ("opened", message.opened_at), ("clicked", message.clicked_at),
        ("complained", message.complained_at),
    )
    marks = tuple((words(name), at) for name, at in told if at is not None)
    return Row(
        at=message.sent_at or message.decided_at,
        tone="trouble" if message.bounced else _TONES.get(status, "waiting"),
        title=message.name,
        details=tuple([*details, f"{words('bounced')}: {message.bounced}"] if message.bounced else details),
        message=message,
        marks=marks,
    )


def _by_day(rows: list[Row], words: Wording, zone: ZoneInfo) -> list[tuple[str, list[Row]]]:
    days: dict[str, list[Row]] = {}
    for row in rows:
        days.setdefault(words.day(row.at, zone), []).append(row)
    return list(days.items())
