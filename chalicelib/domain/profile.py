"""What each event makes of the profile: one function per event name, no journeys in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from chalicelib.domain import consent
from chalicelib.domain.customer import (
    RECENT_ORDERS,
    RECENT_PRODUCTS,
    Address,
    Engagement,
    OpenCart,
    OrderProgress,
    OrderTotals,
    Profile,
)
from chalicelib.domain.events import Event, Identity, Order

MAX_ADDRESSES = 6
"""Addresses remembered of each channel: browsers subscribe anew again and again, and must not push out the email."""
MAX_CATEGORIES = 12
MAX_TAGS = 32

_ADDRESS_CHANNELS: Final = {"email": "email", "phone": "sms"}


def apply(profile: Profile, event: Event, now: datetime) -> Profile | None:
    """The profile after an event, or None when the event is no news (an order paid is paid once).

    What is no news changes nothing and starts nothing: storefronts tell the same thing in several webhooks, and not
    always in the order in which it happened.
    """
    if event.name == "cart.updated" and _is_outdated(profile, event):
        return None
    if event.order is not None and event.name.startswith("order."):
        fact = event.name.removeprefix("order.")
        if event.order.refund_id:
            # An order may be refunded in parts: each refund is a fact of its own.
            fact = f"{fact}:{event.order.refund_id}"
        known = _with_fact(profile, event.order.id, fact)
        if known is None:
            return None
        profile = known
    change = _CHANGES.get(event.name)
    return change(profile, event, now) if change is not None else profile


def with_identities(profile: Profile, identities: tuple[Identity, ...]) -> Profile:
    """The profile with the mail address and phone that a request was known by as its newest addresses."""
    for identity in identities:
        channel = _ADDRESS_CHANNELS.get(identity.kind)
        if channel:
            profile = _with_address(profile, Address(channel, identity.value))
    return profile


def _with_address(profile: Profile, address: Address) -> Profile:
    changed = consent.with_address(profile, address)
    of_channel = [known for known in changed.addresses if known.channel == address.channel]
    if len(of_channel) <= MAX_ADDRESSES:
        return changed
    # A suppression outlives the addresses in use: forgotten, its address would be written to again.
    forgotten = next((known for known in of_channel[:-1] if not known.suppressed), of_channel[0])
    return replace(changed, addresses=tuple(known for known in changed.addresses if known is not forgotten))


def seen(profile: Profile, event: Event, source: str) -> Profile:
    """The profile with the person's activity noted: the first and the last time they did something."""
    at = event.occurred_at
    if profile.first_seen_at is None or at < profile.first_seen_at:
        return replace(
            profile, first_seen_at=at, last_seen_at=max(profile.last_seen_at or at, at), first_source=source
        )
    if profile.last_seen_at is None or at > profile.last_seen_at:
        return replace(profile, last_seen_at=at)
    return profile


def _is_outdated(profile: Profile, event: Event) -> bool:
    """Whether a cart is told as it was before what is known already: a newer state of it, or an order."""
    if profile.orders.last_at is not None and event.occurred_at < profile.orders.last_at:
        return True
    held, cart = profile.cart, event.cart
    if held is None or cart is None or held.id != cart.id or held.updated_at is None:
        return False
    return event.occurred_at < held.updated_at


def _with_fact(profile: Profile, order_id: str, fact: str) -> Profile | None:
    for progress in profile.progress:
        if progress.order_id == order_id:
            if fact in progress.facts:
                return None
            others = tuple(other for other in profile.progress if other is not progress)
            return replace(profile, progress=(*others, replace(progress, facts=(*progress.facts, fact))))
    return replace(profile, progress=(*profile.progress[-RECENT_ORDERS + 1 :], OrderProgress(order_id, (fact,))))


def _recent(known: tuple[str, ...], new: tuple[str, ...], limit: int) -> tuple[str, ...]:
    if len(new) == 1 and new[0] not in known:  # one view, as most are
        return (*known, new[0])[-limit:] if new[0] else known
    fresh = tuple(dict.fromkeys(item for item in new if item))
    if not fresh or fresh == known[-len(fresh) :]:
        return known
    return (*(item for item in known if item not in fresh), *fresh)[-limit:]


def _cart_updated(profile: Profile, event: Event, _now: datetime) -> Profile:
    cart = event.cart
    if cart is None:
        return profile
    held = profile.cart
    if held is not None and held.updated_at is not None and held.updated_at > event.occurred_at:
        return profile
    pieces = sum(line.quantity for line in cart.lines)
    return replace(profile, cart=OpenCart(cart.id, cart.total, cart.currency, event.occurred_at, pieces))


def _cart_emptied(profile: Profile, event: Event, _now: datetime) -> Profile:
    if event.cart is not None and profile.cart is not None and profile.cart.id != event.cart.id:
        return profile
    return replace(profile, cart=None)


def _checkout_open(profile: Profile, event: Event, _now: datetime) -> Profile:
    known = [moment for moment in (profile.checkout_at, profile.orders.last_at) if moment is not None]
    if known and event.occurred_at <= max(known):
        return profile
    return replace(profile, checkout_at=event.occurred_at)


def _checkout_over(profile: Profile, _event: Event, _now: datetime) -> Profile:
    return replace(profile, checkout_at=None)


def _order_placed(profile: Profile, event: Event, _now: datetime) -> Profile:
    order = event.order
    if order is None:
        return profile
    totals = profile.orders
    at = event.occurred_at
    totals = replace(
        totals,
        count=totals.count + 1,
        spent=totals.spent + order.total if order.currency == (totals.currency or order.currency) else totals.spent,
        currency=totals.currency or order.currency,
        first_at=min(totals.first_at or at, at),
        last_at=max(totals.last_at or at, at),
        in_store=totals.in_store + order.in_store,
    )
    return replace(
        profile,
        orders=totals,
        cart=_cart_after_order(profile, order),
        checkout_at=profile.checkout_at if profile.checkout_at is not None and profile.checkout_at > at else None,
        bought=_recent(profile.bought, tuple(line.product_id for line in order.lines), RECENT_PRODUCTS),
        categories=_recent(profile.categories, tuple(line.category for line in order.lines), MAX_CATEGORIES),
    )


def _cart_after_order(profile: Profile, order: Order) -> OpenCart | None:
    if profile.cart is None or not order.cart_id or order.cart_id == profile.cart.id:
        return None
    return profile.cart


def _order_cancelled(profile: Profile, event: Event, _now: datetime) -> Profile:
    return _less(profile, event, cancelled=1)


def _order_returned(profile: Profile, event: Event, _now: datetime) -> Profile:
    return _less(profile, event, returned=1)


def _less(profile: Profile, event: Event, cancelled: int = 0, returned: int = 0) -> Profile:
    totals: OrderTotals = profile.orders
    order = event.order
    if order is None:
        return profile
    # A refund may be told before its order: the first of them names the currency.
    currency = totals.currency or order.currency
    refunded = order.refunded if order.currency == currency else 0
    return replace(
        profile,
        orders=replace(
            totals,
            currency=currency,
            cancelled=totals.cancelled + cancelled,
            returned=totals.returned + returned,
            spent=totals.spent - refunded,
        ),
    )


def _product_viewed(profile: Profile, event: Event, _now: datetime) -> Profile:
    product = event.product
    if product is None:
        return profile
    return replace(
        profile,
        viewed=_recent(profile.viewed, (product.id,), RECENT_PRODUCTS),
        categories=_recent(profile.categories, (product.category,), MAX_CATEGORIES),
    )


def _wished(profile: Profile, event: Event, _now: datetime) -> Profile:
    if event.product is None:
        return profile
    return replace(profile, wished=_recent(profile.wished, (event.product.id,), RECENT_PRODUCTS))


def _no_longer_wished(profile: Profile, event: Event, _now: datetime) -> Profile:
    if event.product is None:
        return profile
    return replace(profile, wished=tuple(known for known in profile.wished if known != event.product.id))


def _points(sign: int) -> Callable[[Profile, Event, datetime], Profile]:
    """Points added or redeemed: `data.points`, a whole number; told otherwise they change nothing."""

    def change(profile: Profile, event: Event, _now: datetime) -> Profile:
        points = event.data.get("points")
        if not isinstance(points, int) or isinstance(points, bool):
            return profile
        loyalty = replace(profile.loyalty, points=profile.loyalty.points + sign * points)
        return replace(profile, loyalty=loyalty)

    return change


def _level_reached(profile: Profile, event: Event, _now: datetime) -> Profile:
    level = event.data.get("level")
    return replace(profile, loyalty=replace(profile.loyalty, level=level)) if isinstance(level, str) else profile


def _category_viewed(profile: Profile, event: Event, _now: datetime) -> Profile:
    if event.page is None or not event.page.category:
        return profile
    return replace(profile, categories=_recent(profile.categories, (event.page.category,), MAX_CATEGORIES))


def _attributes(profile: Profile, event: Event, _now: datetime) -> Profile:
    told = event.customer
    if told is None:
        return profile
    return replace(
        profile,
        first_name=told.first_name or profile.first_name,
        last_name=told.last_name or profile.last_name,
        birthday=told.birthday or profile.birthday,
        gender=told.gender or profile.gender,
        city=told.city or profile.city,
        country=told.country or profile.country,
        time_zone=told.time_zone or profile.time_zone,
        locale=told.locale or profile.locale,
        tags=_recent(profile.tags, told.tags, MAX_TAGS),
    )


def _untagged(profile: Profile, event: Event, _now: datetime) -> Profile:
    taken = event.customer.tags if event.customer is not None else ()
    return replace(profile, tags=tuple(tag for tag in profile.tags if tag not in taken))


def _consent(given: bool) -> Callable[[Profile, Event, datetime], Profile]:
    def change(profile: Profile, event: Event, _now: datetime) -> Profile:
        word = event.consent
        if word is None:
            return profile
        return consent.with_consent(
            profile, word.channel, word.topic, given=given, at=event.occurred_at, source=word.source
        )

    return change


def _endpoint_registered(profile: Profile, event: Event, _now: datetime) -> Profile:
    point = event.endpoint
    if point is None:
        return profile
    address = Address(
        point.channel, point.address, p256dh=point.p256dh, auth=point.auth, platform=point.platform
    )
    return _with_address(profile, address)


def _endpoint_gone(profile: Profile, event: Event, _now: datetime) -> Profile:
    point = event.endpoint
    gone = point.address if point is not None else event.message.address if event.message is not None else ""
    return replace(profile, addresses=tuple(known for known in profile.addresses if known.value != gone))


def _message_bounced(profile: Profile, event: Event, _now: datetime) -> Profile:
    told = event.message
    if told is None:
        return profile
    channel = told.channel or "email"
    if told.kind == "hard":
        return consent.with_suppression(profile, channel, told.address, "hard-bounce")
    return consent.with_soft_bounce(profile, channel, told.address)


def _message_complained(profile: Profile, event: Event, _now: datetime) -> Profile:
    told = event.message
    if told is None:
        return profile
    return consent.with_suppression(profile, told.channel or "email", told.address, "complaint")


def _engaged(profile: Profile, event: Event, _now: datetime) -> Profile:
    told = event.message
    if told is None or told.automated:
        return profile
    channel = told.channel or "email"
    others = tuple(known for known in profile.engagement if known.channel != channel)
    known = next((known for known in profile.engagement if known.channel == channel), Engagement(channel))
    at = event.occurred_at
    if event.name == "message.opened":
        known = replace(known, opened_at=max(known.opened_at or at, at), opens=known.opens + 1)
    else:
        known = replace(known, clicked_at=max(known.clicked_at or at, at), clicks=known.clicks + 1)
    return consent.with_sign_of_life(replace(profile, engagement=(*others, known)), channel)


def _message_delivered(profile: Profile, event: Event, _now: datetime) -> Profile:
    told = event.message
    if told is None:
        return profile
    return consent.with_sign_of_life(profile, told.channel or "email", told.address)


def _redaction_requested(profile: Profile, _event: Event, now: datetime) -> Profile:
    return replace(profile, redaction_requested_at=now)


_CHANGES: Final[dict[str, Callable[[Profile, Event, datetime], Profile]]] = {
    "cart.updated": _cart_updated,
    "cart.emptied": _cart_emptied,
    "checkout.started": _checkout_open,
    "checkout.updated": _checkout_open,
    "checkout.completed": _checkout_over,
    "checkout.deleted": _checkout_over,
    "order.placed": _order_placed,
    "order.cancelled": _order_cancelled,
    "order.returned": _order_returned,
    "product.viewed": _product_viewed,
    "category.viewed": _category_viewed,
    "wishlist.added": _wished,
    "wishlist.removed": _no_longer_wished,
    "loyalty.points-awarded": _points(1),
    "loyalty.points-redeemed": _points(-1),
    "loyalty.level-reached": _level_reached,
    "customer.created": _attributes,
    "customer.updated": _attributes,
    "customer.identified": _attributes,
    "customer.untagged": _untagged,
    "consent.given": _consent(given=True),
    "consent.withdrawn": _consent(given=False),
    "endpoint.registered": _endpoint_registered,
    "endpoint.gone": _endpoint_gone,
    "message.bounced": _message_bounced,
    "message.complained": _message_complained,
    "message.delivered": _message_delivered,
    "message.opened": _engaged,
    "message.clicked": _engaged,
    "customer.redaction-requested": _redaction_requested,
}
