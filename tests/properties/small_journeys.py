"""Small journeys and histories for the properties: generated as files a marketer could write, read as such."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Cart, Event, Order
from chalicelib.domain.shop import FrequencyCap, QuietHours, ShopSettings
from tests.domain.stories import NO_QUIET_HOURS, SHOP, at, marketing, transactional

START = at("03-02 08:00")
DAY = 86400
MESSAGES = {
    message.name: message
    for message in (
        marketing("held", priority=10),
        marketing("dropped", priority=90, quiet_hours="drop"),
        marketing("patient", on_cap="retry-until", retry_for=2 * DAY),
        transactional("receipt", quiet_hours="ignore"),
    )
}

sends = st.sampled_from(sorted(MESSAGES)).map(lambda name: {"send": name})
durations = st.sampled_from(["20 minutes", "1 hour", "5 hours", "1 day", "3 days"])
local_times = st.builds(lambda days, hour: {"days": days, "at": f"{hour}:30"}, st.integers(0, 2), st.integers(0, 23))
waits = st.one_of(
    durations.map(lambda span: {"wait": span}),
    durations.map(lambda span: {"wait": span, "restart-on": "cart.updated"}),
    local_times.map(lambda local: {"wait": local}),
)
branches = st.builds(
    lambda condition, yes, no: {"branch": [{"when": condition, "steps": yes}], "otherwise": no},
    st.sampled_from(["customer.orders.count > 0", "event.cart.total > 500", "hours_since(customer.last_seen_at) > 2"]),
    st.lists(st.one_of(sends, waits), max_size=2),
    st.lists(sends, max_size=1),
)
steps = st.lists(st.one_of(waits, sends, waits, sends, branches), min_size=1, max_size=5)
exits = st.lists(
    st.sampled_from([
        {"on": "cart.emptied", "same-key": True},
        {"on": "order.placed", "where": "event.order.total > 500"},
        {"when": "customer.orders.count > 1"},
    ]),
    max_size=2, unique_by=str,
)


def cart_journeys(flow: st.SearchStrategy[list[Any]] = steps) -> st.SearchStrategy[dict[str, Any]]:
    """Journeys entered by a cart, one run for each cart."""
    again = st.sampled_from(["never", "always", {"after": "2 hours"}])
    goal = st.sampled_from([{}, {"goal": "order.placed"}])
    return st.builds(
        lambda flow, out, aim, often: {
            "journey": "carts",
            "enter": {"on": "cart.updated", "key": "event.cart.id", "again": often, "where": "event.cart.total > 0"},
            "exit": out, "steps": flow, **aim,
        },
        flow, exits, goal, again,
    )


def order_journeys() -> st.SearchStrategy[dict[str, Any]]:
    """Journeys entered by an order; they share caps and quiet hours with those of carts."""
    return st.builds(
        lambda flow: {
            "journey": "orders", "enter": {"on": "order.placed", "key": "event.order.id", "again": "always"},
            "steps": [step for step in flow if "branch" not in step and "restart-on" not in step] or [{"send": "held"}],
        },
        steps,
    )


shops = st.sampled_from([
    SHOP,
    replace(SHOP, quiet_hours=QuietHours()),
    replace(SHOP, caps=(FrequencyCap("email", 1, DAY),)),
    replace(SHOP, quiet_hours=QuietHours(), caps=(FrequencyCap("email", 1, DAY), FrequencyCap("email", 2, 3 * DAY))),
])


def definitions_of(journeys: list[dict[str, Any]], settings: ShopSettings) -> Definitions:
    """Definitions in force with these journeys, read from their text (JSON is YAML)."""
    read = [read_journey(json.dumps(each), f"journeys/{each['journey']}.yaml", MESSAGES) for each in journeys]
    return Definitions.of(settings, MESSAGES.values(), read)


WITHOUT_LIMITS = replace(SHOP, quiet_hours=NO_QUIET_HOURS, caps=())

carts = st.sampled_from(["c1", "c2"])
orders = st.sampled_from(["o1", "o2", "o3"])
happenings = st.one_of(
    st.tuples(st.just("cart.updated"), carts, st.sampled_from([0, 100, 900])),
    st.tuples(st.just("cart.emptied"), carts, st.just(0)),
    st.tuples(st.just("order.placed"), orders, st.sampled_from([100, 900])),
    st.just(("quiz.done", "", 0)),
)
"""What may happen to a customer: an event's name, its cart or order, an amount."""


def event_of(happening: tuple[str, str, int], moment: Any) -> Event:
    """The event of a happening."""
    name, which, total = happening
    if name.startswith("cart."):
        return Event(name, moment, cart=Cart(which, Decimal(total)))
    if name.startswith("order."):
        return Event(name, moment, order=Order(which, total=Decimal(total)))
    return Event(name, moment)


def minutes(number: int) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)
