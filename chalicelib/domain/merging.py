"""Two customers found to be one person: the older absorbs the younger, both through their logs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.domain import consent
from chalicelib.domain.attribution import newest
from chalicelib.domain.customer import (
    RECENT_IDENTITIES,
    RECENT_ORDERS,
    RECENT_PRODUCTS,
    RECENT_SENDS,
    Customer,
    Engagement,
    Loyalty,
    OrderProgress,
    OrderTotals,
    Profile,
    Run,
    Visit,
)
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import AppendEntry, Effect, RepointIdentities
from chalicelib.domain.events import Entry, Event, Merge

_IDENTITY_OF_CHANNEL = {"email": "email", "sms": "phone"}


def turned(event: Event, entry: Entry, survivor_id: str, absorbed_id: str) -> Effect:
    """Tell a younger customer that this one absorbs it: the older survives, whoever is told to merge with whom.

    That keeps two merges, told at the same time in opposite directions, from leading customers in a circle.
    """
    told = Event(name="customer.merged", occurred_at=event.occurred_at, merge=Merge(survivor_id))
    return AppendEntry(replace(entry, customer_id=absorbed_id, events=(told,), identities=()))


def forward(customer: Customer, surviving_id: str, entry: Entry) -> tuple[Customer, tuple[Effect, ...]]:
    """The absorbed customer from now on: it forwards what still reaches it, and hands over its state and identities."""
    addresses = tuple(
        f"{_IDENTITY_OF_CHANNEL[known.channel]}:{known.value}"
        for known in customer.profile.addresses
        if known.channel in _IDENTITY_OF_CHANNEL
    )
    absorbed = Event(
        name="customer.absorbed",
        occurred_at=entry.recorded_at,
        merge=Merge(customer.customer_id, msgspec.msgpack.encode(customer)),
    )
    handed_over = replace(entry, customer_id=surviving_id, events=(absorbed,), identities=())
    return (
        replace(
            customer, forwarded_to=surviving_id, profile=Profile(), runs=(), sends=(), visits=(), touches=(),
            timer_at=None,
        ),
        (
            AppendEntry(handed_over),
            RepointIdentities(customer.customer_id, surviving_id, (*customer.identities, *addresses)),
        ),
    )


def absorb(customer: Customer, other: Customer) -> Customer:
    """The surviving customer with the other's state taken in; absorbing the same one twice changes nothing.

    What the survivor knows stands; gaps are filled. Counts add up; the newest word on each consent holds.
    """
    if other.customer_id in customer.absorbed:
        return customer
    visits = {visit.journey: visit for visit in customer.visits}
    for visit in other.visits:
        known = visits.get(visit.journey)
        visits[visit.journey] = (
            replace(known, count=max(known.count, visit.count), last_at=max(known.last_at, visit.last_at))
            if known is not None
            else visit
        )
    sends = sorted({*customer.sends, *other.sends}, key=lambda sent: (sent.at, sent.message_id))
    return replace(
        customer,
        profile=_profiles(customer.profile, other.profile),
        visits=tuple(visits.values()),
        sends=tuple(sends)[-RECENT_SENDS:],
        identities=tuple(dict.fromkeys((*customer.identities, *other.identities)))[-RECENT_IDENTITIES:],
        absorbed=(*customer.absorbed, other.customer_id, *other.absorbed),
        touches=newest((*customer.touches, *other.touches)),
    )


def runs_carried_over(customer: Customer, other: Customer, definitions: Definitions) -> list[Run]:
    """The runs of an absorbed customer that go on with the surviving one.

    Not those of a journey that the survivor walks already or may not enter again, and not those that an order of the
    survivor has ended: the order by which two customers turn out to be one may be folded before the absorbed state.
    Raises UnknownVersionError.
    """
    if other.customer_id in customer.absorbed:
        return []
    return [run for run in other.runs if _goes_on(customer, run, definitions)]


def _goes_on(customer: Customer, run: Run, definitions: Definitions) -> bool:
    program = definitions.program(run.journey, run.version)
    if any(own.journey == run.journey and own.key == run.key for own in customer.runs):
        return False
    visit = Visit.of(run.journey, customer.visits)
    if visit is not None and not program.journey.again.allows(visit.last_at, run.entered_at):
        return False
    ends = {*program.exits_on, *((program.journey.goal.on,) if program.journey.goal else ())}
    ordered_at = customer.profile.orders.last_at
    return not ("order.placed" in ends and ordered_at is not None and ordered_at >= run.entered_at)


def _profiles(mine: Profile, other: Profile) -> Profile:
    filled: dict[str, Any] = {
        name: getattr(mine, name) or getattr(other, name)
        for name in (
            "first_name", "last_name", "birthday", "gender", "city", "country", "time_zone", "locale", "first_source",
            "redaction_requested_at",
        )
    }
    merged = replace(
        mine,
        **filled,
        tags=tuple(dict.fromkeys((*mine.tags, *other.tags))),
        first_seen_at=min(filter(None, (mine.first_seen_at, other.first_seen_at)), default=None),
        last_seen_at=max(filter(None, (mine.last_seen_at, other.last_seen_at)), default=None),
        orders=_orders(mine.orders, other.orders),
        progress=_progress(mine.progress, other.progress),
        cart=max(
            (cart for cart in (mine.cart, other.cart) if cart is not None and cart.updated_at is not None),
            key=lambda cart: cart.updated_at or 0,
            default=mine.cart or other.cart,
        ),
        viewed=tuple(dict.fromkeys((*other.viewed, *mine.viewed)))[-RECENT_PRODUCTS:],
        bought=tuple(dict.fromkeys((*other.bought, *mine.bought)))[-RECENT_PRODUCTS:],
        categories=tuple(dict.fromkeys((*other.categories, *mine.categories)))[-RECENT_PRODUCTS:],
        engagement=_engagement(mine.engagement, other.engagement),
        wished=tuple(dict.fromkeys((*other.wished, *mine.wished)))[-RECENT_PRODUCTS:],
        loyalty=Loyalty(mine.loyalty.points + other.loyalty.points, mine.loyalty.level or other.loyalty.level),
        data={**other.data, **mine.data},
    )
    merged = replace(merged, checkout_at=_open_checkout(merged, mine, other))
    for address in other.addresses:
        known = next((a for a in merged.addresses if (a.channel, a.value) == (address.channel, address.value)), None)
        if known is None:
            merged = replace(merged, addresses=(address, *merged.addresses))
        elif address.suppressed and not known.suppressed:
            merged = consent.with_suppression(merged, address.channel, address.value, address.suppressed)
    for word in sorted(other.consents, key=lambda word: word.at):
        merged = consent.with_consent(
            merged, word.channel, word.topic, given=word.given, at=word.at, source=word.source
        )
    return merged


def _open_checkout(merged: Profile, mine: Profile, other: Profile) -> datetime | None:
    """The newest open checkout of both, unless an order came after it."""
    newest = max(filter(None, (mine.checkout_at, other.checkout_at)), default=None)
    ordered_at = merged.orders.last_at
    return None if newest is not None and ordered_at is not None and ordered_at >= newest else newest


def _progress(mine: tuple[OrderProgress, ...], other: tuple[OrderProgress, ...]) -> tuple[OrderProgress, ...]:
    """The facts of each order, one progress for an order that both know."""
    facts: dict[str, tuple[str, ...]] = {}
    for progress in (*other, *mine):
        known = facts.pop(progress.order_id, ())
        facts[progress.order_id] = tuple(dict.fromkeys((*known, *progress.facts)))
    return tuple(OrderProgress(order_id, told) for order_id, told in facts.items())[-RECENT_ORDERS:]


def _engagement(mine: tuple[Engagement, ...], other: tuple[Engagement, ...]) -> tuple[Engagement, ...]:
    """Opens and clicks added up by channel, the newest of each kept."""
    by_channel = {known.channel: known for known in mine}
    for more in other:
        known = by_channel.get(more.channel, Engagement(more.channel))
        by_channel[more.channel] = Engagement(
            more.channel,
            opened_at=max(filter(None, (known.opened_at, more.opened_at)), default=None),
            clicked_at=max(filter(None, (known.clicked_at, more.clicked_at)), default=None),
            opens=known.opens + more.opens,
            clicks=known.clicks + more.clicks,
        )
    return tuple(by_channel.values())


def _orders(mine: OrderTotals, other: OrderTotals) -> OrderTotals:
    if other == OrderTotals():
        return mine
    if mine == OrderTotals():
        return other
    currency = mine.currency or other.currency
    return OrderTotals(
        count=mine.count + other.count,
        spent=mine.spent + (other.spent if other.currency == currency else 0),
        currency=currency,
        first_at=min(filter(None, (mine.first_at, other.first_at)), default=None),
        last_at=max(filter(None, (mine.last_at, other.last_at)), default=None),
        in_store=mine.in_store + other.in_store,
        cancelled=mine.cancelled + other.cancelled,
        returned=mine.returned + other.returned,
    )
