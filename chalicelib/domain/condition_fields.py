"""What a condition can read: the fields of the customer and of the event that began the run, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, get_args, get_type_hints

import msgspec

from chalicelib.domain import events
from chalicelib.domain.customer import Customer


class Scope(msgspec.Struct, frozen=True):
    """What a condition can see: the customer, the fields of the event that began the run (by path), and the moment.

    `now` is in UTC.
    """

    customer: Customer
    values: Mapping[str, Any]
    now: datetime


Evaluate = Callable[[Scope], Any]
"""A compiled part of a condition: its value in a scope."""

_PROFILE_FIELDS = (
    "first_name", "last_name", "birthday", "gender", "city", "country", "time_zone", "locale", "tags", "email", "phone",
    "first_source", "first_seen_at", "last_seen_at", "checkout_at", "viewed", "bought", "wished", "categories",
    "orders.count", "orders.spent", "orders.currency", "orders.first_at", "orders.last_at", "orders.in_store",
    "orders.cancelled", "orders.returned", "loyalty.points", "loyalty.level",
)
_CART_FIELDS = ("id", "total", "currency", "updated_at", "items")


def _newest(moments: list[datetime]) -> datetime | None:
    return max(moments, default=None)


def _consents(scope: Scope) -> tuple[str, ...]:
    """The channels agreed to, each once, in the order in which they came: a set has another order in every process."""
    found: list[str] = []
    for consent in scope.customer.profile.consents:
        if consent.given and consent.channel not in found:
            found.append(consent.channel)
    return tuple(found)


def _channels(scope: Scope) -> tuple[str, ...]:
    """The channels there is an address for, each once, in the order in which they came."""
    found: list[str] = []
    for address in scope.customer.profile.addresses:
        if not address.suppressed and address.channel not in found:
            found.append(address.channel)
    return tuple(found)


def _average(scope: Scope) -> Decimal | None:
    orders = scope.customer.profile.orders
    return orders.spent / orders.count if orders.count else None


def _cart_field(name: str) -> Evaluate:
    return lambda scope: getattr(scope.customer.profile.cart, name, None)


CUSTOMER_FIELDS: Final[dict[str, Evaluate]] = {
    "id": attrgetter("customer.customer_id"),
    "consents": _consents,
    "channels": _channels,
    "opened_at": lambda scope: _newest([e.opened_at for e in scope.customer.profile.engagement if e.opened_at]),
    "clicked_at": lambda scope: _newest([e.clicked_at for e in scope.customer.profile.engagement if e.clicked_at]),
    "orders.average": _average,
    **{name: attrgetter(f"customer.profile.{name}") for name in _PROFILE_FIELDS},
    **{f"cart.{name}": _cart_field(name) for name in _CART_FIELDS},
}
"""Every field that a condition may read as `customer.<field>`; the shop's own are `customer.data.<name>` besides."""

CUSTOMER_DATES: Final = frozenset({
    "birthday", "first_seen_at", "last_seen_at", "orders.first_at", "orders.last_at", "cart.updated_at", "checkout_at",
    "opened_at", "clicked_at",
})
"""Those of `CUSTOMER_FIELDS` that are a moment or a date."""

_KEPT_IN: Final = {
    "id": "", "channels": "addresses", "email": "addresses", "phone": "addresses", "opened_at": "engagement",
    "clicked_at": "engagement",
}

_EVENT_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "cart": events.Cart, "checkout": events.Checkout, "order": events.Order, "product": events.Product,
    "page": events.Page, "customer": events.Attributes, "consent": events.ConsentChange, "message": events.Feedback,
}

EVENT_FIELDS: Final[dict[str, Any]] = {"name": str, "occurred_at": datetime} | {
    f"{part}.{field}": kind
    for part, struct in _EVENT_PARTS.items()
    for field, kind in get_type_hints(struct).items()
    if field not in {"lines", "tags"}
}
"""Every field that a condition may read as `event.<field>`, with its type; own events have `event.data.<name>` too."""

EVENT_DATES: Final = frozenset(
    field for field, kind in EVENT_FIELDS.items() if {date, datetime} & {kind, *get_args(kind)}
)
"""Those of `EVENT_FIELDS` that are a moment or a date."""

_STORED_AS_TEXT: Final = frozenset(field for field, kind in EVENT_FIELDS.items() if kind == date | None)


def is_own(field: str) -> bool:
    """Whether a field is one of the shop's own, `data.<name>`: not known beforehand, of any type."""
    return field.startswith("data.") and field.count(".") == 1


def customer_field(field: str) -> Evaluate:
    """How `customer.<field>` is read. Raises KeyError for a field that there is not."""
    if not is_own(field):
        return CUSTOMER_FIELDS[field]
    name = field.removeprefix("data.")
    return lambda scope: _plain(scope.customer.profile.data.get(name))


def part_of_profile(field: str) -> str:
    """The field of `Profile` that `customer.<field>` is told from; empty for the id, which never changes."""
    head = field.partition(".")[0]
    return _KEPT_IN.get(head, head)


def event_field(field: str) -> Evaluate:
    """How `event.<field>` is read, of the values remembered."""
    return lambda scope: event_value(scope.values, field)


def event_value(values: Mapping[str, Any], path: str) -> Any:
    """A remembered value of an event; a date, which storage keeps as a text, is itself again.

    A broken number of an own event is the decimal that was written, so that it equals the same one in a condition.
    """
    value = values.get(path)
    if path in _STORED_AS_TEXT:
        return date.fromisoformat(value) if isinstance(value, str) else value
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [Decimal(repr(one)) if isinstance(one, float) else one for one in value]
    return value


def event_values(event: events.Event, paths: frozenset[str]) -> dict[str, Any]:
    """The values of an event at these paths (without `event.`); a missing one is None."""
    values: dict[str, Any] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        part = getattr(event, head, None)
        values[path] = part if not rest else part.get(rest) if isinstance(part, dict) else getattr(part, rest, None)
    return values
