"""Which message an order belongs to (semantics 29): the last one clicked lately, else none.

Opens alone count only in the figure named "generous"; what proxies and scanners open and click never does.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.customer import Touch
from chalicelib.domain.effects import AttributeOrder
from chalicelib.domain.events import Event, Order
from chalicelib.domain.messages import AttributedOrder

WINDOW: Final = timedelta(days=5)
"""How long a click on an email, a push or a messenger's message counts."""
SMS_WINDOW: Final = timedelta(hours=24)
"""How long a click on an SMS counts."""


def touched(touches: tuple[Touch, ...], event: Event, customer_id: str) -> tuple[Touch, ...]:
    """The touches with an open or a click of a message added: of each kind and window the newest is remembered."""
    told, kind = event.message, event.name.removeprefix("message.")
    if told is None or not told.message_id or told.automated or kind not in {"opened", "clicked"}:
        return touches
    new = Touch(customer_id, told.message_id, told.channel, event.occurred_at, clicked=kind == "clicked")
    return newest((*touches, new))


def newest(touches: tuple[Touch, ...]) -> tuple[Touch, ...]:
    """The newest touch of each kind: clicks of SMS, other clicks, opens."""
    kept: dict[tuple[bool, bool], Touch] = {}
    for touch in sorted(touches, key=lambda touch: touch.at):
        kept[touch.clicked, touch.clicked and touch.channel == "sms"] = touch
    return tuple(sorted(kept.values(), key=lambda touch: touch.at))


def attribute(touches: tuple[Touch, ...], order: Order, at: datetime) -> tuple[AttributeOrder, ...]:
    """What an order placed at a moment is put down to: the message clicked last, or, generously, opened last."""
    alive = [touch for touch in touches if touch.at <= at <= touch.at + _window(touch)]
    clicked = [touch for touch in alive if touch.clicked]
    basis = (clicked or alive)[-1:]
    return tuple(
        AttributeOrder(
            touch.customer_id, touch.message_id,
            AttributedOrder(order.id, order.total, order.currency, at, touch.clicked),
        )
        for touch in basis
    )


def _window(touch: Touch) -> timedelta:
    return SMS_WINDOW if touch.channel == "sms" else WINDOW
