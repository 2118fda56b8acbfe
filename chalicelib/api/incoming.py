"""The bodies of `POST /v1/events`: the types that validate requests, and what they mean.

docs/openapi.json is made of these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

from chalicelib.domain.events import (
    Arrival,
    Attributes,
    Cart,
    Checkout,
    ConsentChange,
    Event,
    Identity,
    Moment,
    Order,
    Page,
    Product,
)
from chalicelib.domain.identifiers import (
    ShopCountry,
    default_country,
    device_identity,
    email_identity,
    phone_identity,
)
from chalicelib.domain.vocabulary import EVENT_PARTS, VIEWS, is_internal
from chalicelib.errors import MalformedPayloadError
from chalicelib.sources.source import fingerprint

LARGEST_BATCH: Final = 500
LARGEST_EVENT: Final = 64 * 1024
"""Bytes of the largest single event: it must fit a log entry, which DynamoDB bounds at 400 KB."""
VIEWS_TOGETHER: Final = 50
"""Views of one visitor that become one log entry."""
LARGEST_VIEWS: Final = 2 * LARGEST_EVENT
"""Bytes of the views that become one log entry; written as MessagePack they are at most twice as long."""
LARGEST_AMOUNT: Final = Decimal(10) ** 12
MOST_PLACES: Final = 6

_WITHOUT_PERSON = frozenset({"product.created", "product.updated", "product.deleted"})


class Identities(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who did it: at least one, save for `product.created`, `product.updated` and `product.deleted`."""

    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(
        max_length=40,
        description="With its country code; without one it is read as of `customer.country`, else as of the shop's own",
    )] = ""
    storefront_id: Annotated[str, Meta(
        pattern=r"^([a-z][a-z0-9-]{0,31}:[A-Za-z0-9._-]{1,90})?$",
        description="The storefront's name and its customer id, as `shopify:820982911946154508`",
    )] = ""
    device_id: Annotated[str, Meta(
        pattern=r"^[A-Za-z0-9._:-]{0,128}$", description="What tells this browser or app from others",
    )] = ""
    cart_id: Annotated[str, Meta(
        pattern=r"^([a-z][a-z0-9-]{0,31}:[A-Za-z0-9._-]{1,90})?$",
        description="The storefront's name and its cart token, as `shopify:eeafa272`: webhooks say not whose a cart is",
    )] = ""


class IncomingEvent(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that happened. Sending the same `id` with the same `occurred_at` again changes nothing."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,128}$", description="Yours; the same when sent again")]
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$", max_length=64)]
    occurred_at: Moment
    identities: Identities = Identities()
    cart: Cart | None = None
    checkout: Checkout | None = None
    order: Order | None = None
    product: Product | None = None
    page: Page | None = None
    customer: Attributes | None = None
    consent: ConsentChange | None = None
    data: Annotated[dict[str, Any], Meta(description="The fields of your own events")] = field(default_factory=dict)


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Several events; each is judged by itself."""

    batch: Annotated[list[IncomingEvent], Meta(min_length=1, max_length=LARGEST_BATCH)]


class Result(Struct, frozen=True, omit_defaults=True):
    """What became of one event: `known` was sent before and changed nothing, `rejected` says why."""

    id: str
    status: Literal["accepted", "known", "rejected"]
    error: str = ""


class BatchResult(Struct, frozen=True):
    """What became of each event of a batch, in its order."""

    results: list[Result]


class Problem(Struct, frozen=True):
    """Why a request was refused; names the place in the body as `$.batch[3].order.total`."""

    message: str


class _RawBatch(Struct, forbid_unknown_fields=True):
    batch: Annotated[list[Raw], Meta(min_length=1, max_length=LARGEST_BATCH)]


_event_decoder = msgspec.json.Decoder(IncomingEvent)
_batch_decoder = msgspec.json.Decoder(_RawBatch)
_keys_decoder = msgspec.json.Decoder(dict[str, Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)


def split(body: bytes) -> tuple[list[bytes], bool]:
    """The single events in a body, still as JSON, and whether they came as a batch.

    Raises:
        MalformedPayloadError: the body is no JSON object, or its batch is no list of 1 to 500 objects.
    """
    try:
        if "batch" not in _keys_decoder.decode(body):
            return [body], False
        events = [bytes(raw) for raw in _batch_decoder.decode(body).batch]
    except _UNREADABLE as error:
        raise MalformedPayloadError(f"the body cannot be read: {error}") from error
    for place, raw in enumerate(events):
        if not raw.startswith(b"{"):
            raise MalformedPayloadError(f"$.batch[{place}]: an object is expected")
    return events, True


def read(raw: bytes, place: str = "$", shop_country: ShopCountry = default_country) -> Arrival:
    """An arrival of one event; `shop_country` is asked for phone numbers that say no country.

    Raises:
        MalformedPayloadError: the event is not as documented; the message names the path below `place`, and why.
    """
    if len(raw) > LARGEST_EVENT:
        raise MalformedPayloadError(f"{place}: larger than {LARGEST_EVENT} bytes")
    try:
        incoming = _event_decoder.decode(raw)
    except _UNREADABLE as error:
        reason = str(error)
        placed = reason.replace("`$", f"`{place}") if "`$" in reason else f"{place}: {reason}"
        raise MalformedPayloadError(placed) from error
    try:
        return _arrival(incoming, shop_country)
    except MalformedPayloadError as error:
        raise MalformedPayloadError(f"{place}{error}") from error


def _arrival(incoming: IncomingEvent, shop_country: ShopCountry) -> Arrival:
    name = incoming.name
    if is_internal(name):
        raise MalformedPayloadError(f".name: {name} is said by Selvedge alone")
    part = EVENT_PARTS.get(name, "data")
    if part not in ("", "data") and getattr(incoming, part, None) is None:
        raise MalformedPayloadError(f".{part}: missing; {name} carries it")
    for path, value in _amounts(incoming):
        places = value.as_tuple().exponent
        if not value.is_finite() or abs(value) >= LARGEST_AMOUNT or (isinstance(places, int) and places < -MOST_PLACES):
            raise MalformedPayloadError(f"{path}: no amount below {LARGEST_AMOUNT:f} with at most {MOST_PLACES} places")
    identities = _identities(incoming, shop_country)
    if not identities and name not in _WITHOUT_PERSON:
        raise MalformedPayloadError(".identities: at least one is needed")
    occurred_at = _in_utc(incoming.occurred_at)
    event = Event(
        name, occurred_at, cart=incoming.cart, checkout=incoming.checkout, order=incoming.order,
        product=incoming.product, page=incoming.page, customer=incoming.customer, consent=incoming.consent,
        data=incoming.data,
    )
    try:
        msgspec.msgpack.encode(event)
    except (OverflowError, ValueError, RecursionError) as error:
        raise MalformedPayloadError(f".data: {error}") from error
    return Arrival(incoming.id, occurred_at, identities, (event,))


def _identities(incoming: IncomingEvent, shop_country: ShopCountry) -> tuple[Identity, ...]:
    given = incoming.identities
    country = incoming.customer.country if incoming.customer else ""
    read_as = (
        ("storefront_id", given.storefront_id, Identity("storefront", given.storefront_id)),
        ("email", given.email, email_identity(given.email)),
        ("phone", given.phone, phone_identity(given.phone, country, shop_country)),
        ("device_id", given.device_id, device_identity(given.device_id)),
        ("cart_id", given.cart_id, Identity("cart", given.cart_id)),
    )
    for name, value, identity in read_as:
        if value and identity is None:
            raise MalformedPayloadError(f".identities.{name}: not a valid one")
    return tuple(identity for _, value, identity in read_as if value and identity is not None)


def _in_utc(at: datetime) -> datetime:
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        at = datetime.min.replace(tzinfo=UTC)
    if at.year < 1970:
        raise MalformedPayloadError(".occurred_at: before 1970")
    return at


def _amounts(part: Struct, path: str = "") -> Iterator[tuple[str, Decimal]]:
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, Decimal):
            yield f"{path}.{name}", value
        elif isinstance(value, Struct):
            yield from _amounts(value, f"{path}.{name}")
        elif name == "lines":
            for number, line in enumerate(value):
                yield from _amounts(line, f"{path}.lines[{number}]")


def gather_views(arrivals: list[Arrival], sizes: list[int]) -> list[tuple[Arrival, list[int]]]:
    """The arrivals to log, each with the places of those it stands for: the views of one visitor become one entry.

    `sizes` are the arrivals' own, in bytes as they came.

    A view weighs little, and a visit brings many. Such an entry is known again by the ids in it, so a batch sent again
    as it was changes nothing; views sent again in a batch of another composition count twice. All else is exact.
    """
    gathered: list[tuple[Arrival, list[int]]] = []
    open_groups: dict[tuple[Identity, ...], list[int]] = {}
    for place, (arrival, size) in enumerate(zip(arrivals, sizes, strict=True)):
        if arrival.events[0].name not in VIEWS:
            gathered.append((arrival, [place]))
            continue
        group = open_groups.get(arrival.identities)
        if (
            group is None
            or len(group) == VIEWS_TOGETHER
            or sum(sizes[other] for other in group) + size > LARGEST_VIEWS
        ):
            group = open_groups[arrival.identities] = []
            gathered.append((arrival, group))
        group.append(place)
    return [(_together([arrivals[place] for place in places]), places) for _, places in gathered]


def _together(arrivals: list[Arrival]) -> Arrival:
    first = arrivals[0]
    if len(arrivals) == 1:
        return first
    once = {(arrival.occurred_at, arrival.delivery_id): arrival.events[0] for arrival in arrivals}
    return Arrival(
        delivery_id=f"views-{fingerprint(*(arrival.delivery_id.encode() for arrival in arrivals))}",
        occurred_at=first.occurred_at,
        identities=first.identities,
        events=tuple(once.values()),
    )
