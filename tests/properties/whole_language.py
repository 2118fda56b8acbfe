"""Journeys of every trigger and every kind of step, and what may happen to a customer: generated as marketers write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Pause
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import FrequencyCap, QuietHours, ShopSettings
from tests.domain.stories import SHOP, marketing, transactional

DAY = 86400
MESSAGES = {
    message.name: message
    for message in (
        marketing("held", priority=10),
        marketing("dropped", priority=90, quiet_hours="drop"),
        marketing("pushed", "push", "email"),
        transactional("receipt", quiet_hours="ignore"),
    )
}
SEGMENTS = (
    Segment("buyers", "customer.orders.count > 0"),
    Segment("keen", '"keen" in customer.tags'),
    Segment("away", "hours_since(customer.last_seen_at) > 30"),
)
CONDITIONS = (
    "customer.orders.count > 0",
    "customer.orders.count > 1",
    '"keen" in customer.tags',
    'customer.data.mark == "seen"',
    "hours_since(customer.last_seen_at) > 5",
    "hours_since(customer.last_seen_at) <= 26",
    'in_segment("buyers") and not "keen" in customer.tags',
)
EVENTS = ("cart.updated", "cart.emptied", "order.placed", "store.visited")

spans = st.sampled_from(["20 minutes", "1 hour", "5 hours", "1 day", "2 days"])
conditions = st.sampled_from(CONDITIONS)
events = st.sampled_from(EVENTS)
sends = st.sampled_from(sorted(MESSAGES)).map(lambda name: {"send": name})
waits = st.one_of(
    spans.map(lambda span: {"wait": span}),
    spans.map(lambda span: {"wait": span, "restart-on": "cart.updated"}),
    st.builds(lambda days, hour: {"wait": {"days": days, "at": f"{hour}:30"}}, st.integers(0, 2), st.integers(0, 23)),
    st.integers(0, 23).map(lambda hour: {"wait": {"at": f"{hour}:00"}}),
)
ACTIONS: tuple[dict[str, Any], ...] = (
    {"award": {"points": 10}},
    {"issue": {"code": "10 %", "valid": "2 days"}},
    {"tag": "keen"},
    {"tag": {"remove": ["keen"]}},
    {"set": {"mark": "seen"}},
    {"task": {"title": "Call"}},
    {"call-webhook": {"url": "https://erp.example/hook"}},
)
actions = st.sampled_from(ACTIONS)


KINDS_OF_STEPS = {
    "send", "wait", "wait-for", "branch", "split", "goto-goal", "end",
    *(kind for action in ACTIONS for kind in action),
}
"""The kinds of steps in these journeys."""


def _nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    flow = st.lists(inner, min_size=1, max_size=2)
    either = st.one_of(
        st.builds(lambda on, steps: {"on": on, "steps": steps}, events, flow),
        st.builds(lambda on: {"on": on}, events),
        st.builds(lambda when, steps: {"when": when, "steps": steps}, conditions, flow),
    )
    return st.one_of(
        inner,
        st.builds(lambda when, yes, no: {"branch": [{"when": when, "steps": yes}], "otherwise": no},
                  conditions, flow, flow),
        st.builds(lambda cases, limit, no: {"wait-for": cases, "limit": limit, "otherwise": no},
                  st.lists(either, min_size=1, max_size=2), spans, flow),
        st.builds(lambda share, one, two: {
            "split": [{"name": "a", "share": share, "steps": one}, {"name": "b", "share": 100 - share, "steps": two}],
            "experiment": "texts",
        }, st.sampled_from([10, 50, 100]), flow, flow),
    )


steps = st.lists(st.recursive(st.one_of(waits, sends, waits, sends, actions), _nested, max_leaves=6),
                 min_size=1, max_size=4)
agains = st.sampled_from(["never", "always", {"after": "3 hours"}])
exits = st.lists(
    st.sampled_from([{"on": "cart.emptied", "same-key": True}, "order.placed", {"when": "customer.orders.count > 1"}]),
    max_size=2, unique_by=str,
)


goals: st.SearchStrategy[dict[str, Any]] = st.sampled_from([
    {}, {"goal": "order.placed"}, {"goal": {"on": "order.placed", "then": "thanks"}},
])
filters: st.SearchStrategy[dict[str, Any]] = st.sampled_from([
    {}, {"for": "customer.orders.count < 3"}, {"for": 'not "keen" in customer.tags'},
])


@st.composite
def cart_journeys(draw: Any) -> dict[str, Any]:
    """Journeys entered by a cart, with exits, a goal and what it leads to."""
    flow = draw(steps)
    goal = draw(goals)
    if isinstance(goal.get("goal"), dict):
        flow = [*flow, {"end": None}, {"send": "receipt", "label": "thanks"}]
    shortcut = draw(st.sampled_from([None, 0, 1]))
    if goal and shortcut is not None:
        flow.insert(shortcut, {
            "branch": [{"when": '"keen" in customer.tags', "steps": ["goto-goal"]}],
        })
    meant = draw(filters)
    return {
        "journey": "carts",
        "enter": {"on": "cart.updated", "key": "event.cart.id", "where": "event.cart.total > 0", "again": draw(agains)},
        "exit": draw(exits), "steps": flow, **goal, **meant,
    }


segment_journeys = st.builds(
    lambda kind, segment, again, flow: {
        "journey": "segments", "enter": {kind: segment, "again": again}, "steps": _without_restarts(flow),
    },
    st.sampled_from(["segment", "segment-left"]), st.sampled_from([segment.name for segment in SEGMENTS]),
    agains, steps,
)
shops = st.sampled_from([
    SHOP,
    replace(SHOP, quiet_hours=QuietHours()),
    replace(SHOP, caps=(FrequencyCap("email", 1, DAY),)),
    replace(SHOP, quiet_hours=QuietHours(), caps=(FrequencyCap("marketing", 1, DAY), FrequencyCap("push", 1, 3600))),
])


def _without_restarts(flow: Any) -> Any:
    """The same steps for a journey whose key no event carries."""
    if isinstance(flow, list):
        return [_without_restarts(step) for step in flow]
    if isinstance(flow, dict):
        return {name: _without_restarts(value) for name, value in flow.items() if name != "restart-on"}
    return flow


def definitions_of(
    journeys: Iterable[dict[str, Any]], settings: ShopSettings = SHOP, pauses: Iterable[Pause] = ()
) -> Definitions:
    """Definitions in force with these journeys, read from their text (JSON is YAML)."""
    rules = compile_segments(SEGMENTS)
    read = [read_journey(json.dumps(each), f"journeys/{each['journey']}.yaml", MESSAGES, rules) for each in journeys]
    return Definitions.of(settings, MESSAGES.values(), read, segments=SEGMENTS, pauses=pauses)
