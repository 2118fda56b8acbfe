"""Reading `enter`: what starts a journey, when a customer may enter again, and what makes a run its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from chalicelib.definitions.journey_fields import AGAIN, BROADCAST, TRIGGERS, take
from chalicelib.definitions.journey_references import References, event_names, listed
from chalicelib.definitions.spans import seconds_of, time_of
from chalicelib.definitions.yaml_reader import Node
from chalicelib.domain.condition_fields import CUSTOMER_DATES
from chalicelib.domain.journeys import (
    BROADCAST_REACHED,
    DATE_REACHED,
    DAY,
    SEGMENT_ENTERED,
    SEGMENT_LEFT,
    Again,
    BroadcastTrigger,
    DateTrigger,
    EventTrigger,
    SegmentTrigger,
    Trigger,
)


class Enter(NamedTuple):
    """What `enter` says: the trigger, the fields of the run key, the rule of re-entry."""

    trigger: Trigger
    key: tuple[str, ...]
    again: Again


ONCE_A_YEAR: Final = Again("after", 300 * DAY)
"""How often a yearly date enters unless its file says otherwise: who changes their birthday gets no second gift."""


def read_enter(node: Node, references: References) -> Enter:
    """Read `enter`. From then on `references` knows the events that start the journey, and the run key.

    Raises DefinitionError with file, line and reason.
    """
    given = node.mapping()
    kinds = [kind for kind in TRIGGERS if kind in given]
    if len(kinds) != 1:
        what = "this has " + " and ".join(f"`{kind}`" for kind in kinds) if kinds else "this lacks one"
        raise node.error(f"a journey is started by exactly one of {', '.join(TRIGGERS)}; {what}")
    fields = take(node, TRIGGERS[kinds[0]])
    enter = _READERS[kinds[0]](fields, references)
    references.key = enter.key
    return enter


def customer_date(node: Node) -> str:
    """The path of a date of the customer, or a DefinitionError."""
    root, _, field = node.string().partition(".")
    if root != "customer" or field not in CUSTOMER_DATES:
        raise node.error(
            f"is not a date of the profile; dates: {listed({f'customer.{known}' for known in CUSTOMER_DATES})}"
        )
    return node.string()


def _on(fields: dict[str, Node], references: References) -> Enter:
    references.events = event_names(fields["on"])
    key = references.key_fields(fields["key"]) if "key" in fields else ()
    return Enter(
        EventTrigger(references.events, references.condition(fields.get("where"))), key, _again(fields.get("again"))
    )


def _product(fields: dict[str, Node], references: References) -> Enter:
    changes = {"price-dropped", "back-in-stock", "low-stock"}
    if fields["product"].string() not in changes:
        raise fields["product"].error(f"is one of {listed(changes)}, not {fields['product'].text!r}")
    references.events = (f"product.{fields['product'].string()}",)
    key = references.key_fields(fields["key"]) if "key" in fields else ("event.product.id",)
    return Enter(
        EventTrigger(references.events, references.condition(fields.get("where"))), key, _again(fields.get("again"))
    )


def _segment(fields: dict[str, Node], references: References) -> Enter:
    references.events = (SEGMENT_ENTERED,)
    return Enter(SegmentTrigger(references.segment(fields["segment"])), (), _again(fields.get("again")))


def _segment_left(fields: dict[str, Node], references: References) -> Enter:
    references.events = (SEGMENT_LEFT,)
    name = references.segment(fields["segment-left"])
    return Enter(SegmentTrigger(name, left=True), (), _again(fields.get("again")))


def _date(fields: dict[str, Node], references: References) -> Enter:
    references.events = (DATE_REACHED,)
    if "every" in fields and fields["every"].string() != "year":
        raise fields["every"].error(f"can only be `year`, not {fields['every'].text!r}")
    yearly = "every" in fields
    offset = seconds_of(fields["offset"], negative=True) if "offset" in fields else 0
    if abs(offset) > 365 * DAY and yearly:
        raise fields["offset"].error("is longer than the year after which the date comes again")
    trigger = DateTrigger(
        path=customer_date(fields["date"]),
        yearly=yearly,
        offset=offset,
        at=time_of(fields["at"]) if "at" in fields else DateTrigger("").at,
    )
    return Enter(trigger, (), _again(fields.get("again"), ONCE_A_YEAR if yearly else Again()))


def _broadcast(fields: dict[str, Node], references: References) -> Enter:
    references.events = (BROADCAST_REACHED,)
    inner = take(fields["broadcast"], BROADCAST)
    clock = inner["clock"].string() if "clock" in inner else "customer"
    if clock not in {"customer", "shop"}:
        raise inner["clock"].error(f"is `customer` or `shop`, not {clock!r}")
    trigger = BroadcastTrigger(
        to=references.condition(inner["to"], ()),
        at=_local_moment(inner["at"]),
        clock="shop" if clock == "shop" else "customer",
    )
    return Enter(trigger, ("event.data.broadcast",), _again(fields.get("again"), Again("always")))


_READERS: Final[dict[str, Callable[[dict[str, Node], References], Enter]]] = {
    "on": _on, "segment": _segment, "segment-left": _segment_left, "date": _date, "product": _product,
    "broadcast": _broadcast,
}


def _local_moment(node: Node) -> datetime:
    try:
        return datetime.strptime(node.string(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (the zone is the recipient's)
    except ValueError as error:
        raise node.error(f"should be a local time such as `2026-12-01 11:00`, not {node.text!r}") from error


def _again(node: Node | None, default: Again = Again()) -> Again:  # noqa: B008 (frozen)
    if node is None:
        return default
    if isinstance(node.value, dict):
        return Again("after", seconds_of(take(node, AGAIN)["after"]))
    word = node.string()
    if word == "never":
        return Again("never")
    if word == "always":
        return Again("always")
    raise node.error("is `never`, `always` or `{after: 7 days}`")
