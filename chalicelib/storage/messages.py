"""Messages: the command to send and the record of what came of it, in one item that moves from status to status.

    put ─▶ deferred ─put▶ queued ─claim▶ claimed ─finish▶ sent | skipped | failed
                            ▲                ├─ finish ─▶ retrying ─┐
                            ├──── requeue ───│──────────────────────┘
                            └──── resend ────│─ unknown ◀─ finish, or mark_unknown once the lease has run out
                                             │     └─ confirm_sent ─▶ sent

Every move is one conditional write. A claim in time:

    now            now + lease
     ├── claimed ──┤ finish by the claimer: taken, whenever it comes, as long as nobody has claimed again
     │             ├──▶ mark_unknown by anybody: taken
     └─ a second claim: refused, whenever it comes
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

import msgspec

from chalicelib.domain.messages import AttributedOrder, Category, CodeOffer, Message, Status
from chalicelib.storage.connection import ConditionFailedError, Item
from chalicelib.storage.items import Image, binary, moment, number, text
from chalicelib.storage.packing import pack, unpack
from chalicelib.storage.tables import Messages

KEPT = timedelta(days=400)
"""How long a message stays in the table after its decision."""

FEEDBACK = {
    "delivered": Messages.delivered_at,
    "opened": Messages.opened_at,
    "clicked": Messages.clicked_at,
    "bounced": Messages.bounced,
    "complained": Messages.complained_at,
}
"""What a provider or a link can tell, and where it is noted."""


class _Decision(msgspec.Struct, array_like=True):
    """What the fold decided; it never changes once the message is queued."""

    name: str
    category: Category
    topic: str
    journey: str
    version: str
    run_key: str
    entry: int
    step: str
    decided_at: datetime
    channels: tuple[str, ...]
    event_ref: str
    code: CodeOffer | None
    url: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Decision)


def put(message: Message) -> bool:
    """Write a message as decided; False when it has gone further than `deferred` already, which changes nothing.

    Key: customer, message id. Condition: no such item, or a deferred one. One write unit.
    """
    free = Messages.message_id.does_not_exist() | (Messages.status == Status.DEFERRED.value)
    try:
        _item(message).save(condition=free)
    except ConditionFailedError:
        return False
    return True


def read(customer_id: str, message_id: str) -> Message | None:
    """One message, strongly consistent: one read unit."""
    item = Messages.fetch(customer_id, message_id, consistent=True)
    return message_of(item) if item else None


def read_with_making(customer_id: str, message_id: str) -> tuple[Message, bytes] | None:
    """One message with what `finish` was given of its making (empty if nothing), strongly consistent: a read unit per
    4 KB."""
    item = Messages.fetch(customer_id, message_id, consistent=True)
    if item is None:
        return None
    packed = binary(item, "mk")
    return message_of(item), unpack(packed) if packed else b""


def of_customer(customer_id: str) -> list[Message]:
    """All messages of a customer, in the order of their decision. Half a read unit per 4 KB of them."""
    return sorted(map(message_of, Messages.search(customer_id)), key=lambda message: message.decided_at)


def claim(customer_id: str, message_id: str, now: datetime, lease: timedelta) -> Message | None:
    """Take a queued message to send it; None when it is not queued any more (someone else has it, or it is done).

    `attempt` counts the claims and marks what `finish` writes as this one's. The claimer has until `lease_until` to
    finish. Condition: status `queued`. One write unit, nothing read.
    """
    mark = os.urandom(8)
    actions = [
        Messages.status.set(Status.CLAIMED.value),
        Messages.claim.set(mark),
        Messages.lease_until.set(now + lease),
        Messages.attempt.set((Messages.attempt | 0) + 1),
    ]
    try:
        return message_of(_update(customer_id, message_id, actions, Messages.status == Status.QUEUED.value))
    except ConditionFailedError as refused:
        # botocore repeats a request whose answer was lost: refused by our own claim, we hold it.
        return message_of(refused.item) if binary(refused.item, "cl") == mark else None


def finish(message: Message, making: bytes = b"") -> bool:
    """Record what came of a claimed message: its status, with the fields that the sender filled in.

    `making` is what it takes, besides templates and log, to put the message in the same words again.
    Any status but `queued` and `claimed`: also `retrying` with `next_attempt_at`, `deferred` until later, `unknown`.
    False when the message has gone on without this claim. Recording the same outcome twice is recording it once.
    Condition: the claim (`attempt`, `lease_until`) is the message's, and no outcome is recorded but `unknown`. One
    write unit.
    """
    ours = (
        (Messages.attempt == message.attempt)
        & (Messages.lease_until == message.lease_until)
        & Messages.status.is_in(Status.CLAIMED.value, Status.UNKNOWN.value)
    )
    outcome: list[tuple[Any, Any]] = [
        (Messages.reason, message.reason),
        (Messages.deferred_until, message.deferred_until),
        (Messages.next_attempt_at, message.next_attempt_at),
        (Messages.resent, message.resent),
        (Messages.channel, message.channel),
        (Messages.provider_id, message.provider_id),
        (Messages.sent_at, message.sent_at),
        (Messages.cost, message.cost),
        (Messages.template_version, message.template_version),
        (Messages.making, pack(making, above=0) if making else b""),
    ]
    actions = [Messages.status.set(message.status.value), Messages.claim.remove(), Messages.lease_until.remove()]
    actions += [attribute.set(value) if value else attribute.remove() for attribute, value in outcome]
    try:
        _update(message.customer_id, message.message_id, actions, ours)
    except ConditionFailedError as refused:
        return (text(refused.item, "st"), number(refused.item, "a")) == (message.status.value, message.attempt)
    return True


def requeue(customer_id: str, message_id: str) -> bool:
    """Queue a `retrying` message for its next attempt; False when it is not retrying. One write unit."""
    actions = [Messages.status.set(Status.QUEUED.value), Messages.next_attempt_at.remove()]
    return _moved(customer_id, message_id, actions, Messages.status == Status.RETRYING.value)


def resend(customer_id: str, message_id: str) -> bool:
    """Queue an `unknown` message once more, marked `resent`; False when it is not unknown or feedback shows it went.

    For transactional messages only (semantics 23). Condition: status `unknown`, no feedback. One write unit.
    """
    condition = Messages.status == Status.UNKNOWN.value
    for attribute in FEEDBACK.values():
        condition &= attribute.does_not_exist()
    actions = [
        Messages.status.set(Status.QUEUED.value), Messages.resent.set(True), Messages.next_attempt_at.remove(),
    ]
    return _moved(customer_id, message_id, actions, condition)


def mark_unknown(customer_id: str, message_id: str, now: datetime) -> bool:
    """Note that nobody knows what came of a claim whose lease has run out; False when it has not, or is finished.

    Condition: status `claimed`, lease before `now`. One write unit.
    """
    actions = [Messages.status.set(Status.UNKNOWN.value)]
    condition = (Messages.status == Status.CLAIMED.value) & (Messages.lease_until < now)
    return _moved(customer_id, message_id, actions, condition)


def confirm_sent(customer_id: str, message_id: str, at: datetime) -> bool:
    """Note that an `unknown` message did go out, by `at`; False when it is not unknown. One write unit."""
    actions = [Messages.status.set(Status.SENT.value), Messages.sent_at.set(at)]
    return _moved(customer_id, message_id, actions, Messages.status == Status.UNKNOWN.value)


def record_feedback(customer_id: str, message_id: str, kind: str, at: datetime, detail: str = "") -> bool:
    """Note what a provider or a link told: `kind` is a key of `FEEDBACK`, `detail` the kind of a bounce.

    The first word stands: told again it changes nothing. False when there is no such message (expired, or a forged id).
    Condition: the item exists. One write unit.
    """
    attribute = FEEDBACK[kind]
    first = attribute | (detail or "unspecified" if kind == "bounced" else at)
    return _moved(customer_id, message_id, [attribute.set(first)], Messages.message_id.exists())


def attribute_order(customer_id: str, message_id: str, order: AttributedOrder) -> bool:
    """Note that an order is put down to a message; told again it changes nothing, since the orders are a set.

    False when there is no such message. Condition: the item exists. One write unit.
    """
    told = msgspec.json.encode(order, order="deterministic").decode()
    return _moved(customer_id, message_id, [Messages.orders.add({told})], Messages.message_id.exists())


def message_of(image: Image) -> Message:
    """The message of an item, be it read from the table or the `NewImage` of a stream record."""
    decision = _decoder.decode(unpack(binary(image, "d")))
    return Message(
        customer_id=text(image, "c"),
        message_id=text(image, "m"),
        name=decision.name,
        category=decision.category,
        topic=decision.topic,
        journey=decision.journey,
        version=decision.version,
        run_key=decision.run_key,
        entry=decision.entry,
        step=decision.step,
        decided_at=decision.decided_at,
        status=Status(text(image, "st")),
        reason=text(image, "rs"),
        channels=decision.channels,
        event_ref=decision.event_ref,
        deferred_until=moment(image, "du"),
        code=decision.code,
        url=decision.url,
        attempt=number(image, "a"),
        resent=image.get("re", {}).get("BOOL", False),
        lease_until=moment(image, "le"),
        next_attempt_at=moment(image, "na"),
        channel=text(image, "ch"),
        provider_id=text(image, "pi"),
        sent_at=moment(image, "sa"),
        cost=text(image, "co"),
        template_version=text(image, "tv"),
        delivered_at=moment(image, "da"),
        opened_at=moment(image, "oa"),
        clicked_at=moment(image, "ca"),
        bounced=text(image, "bo"),
        complained_at=moment(image, "cm"),
        orders=_orders(image),
    )


def _orders(image: Image) -> tuple[AttributedOrder, ...]:
    told = image.get("or", {}).get("SS", ())
    orders = [msgspec.json.decode(each, type=AttributedOrder) for each in told]
    return tuple(sorted(orders, key=lambda order: (order.at, order.order_id)))


def _item(message: Message) -> Messages:
    decision = _Decision(
        message.name, message.category, message.topic, message.journey, message.version, message.run_key,
        message.entry, message.step, message.decided_at, message.channels, message.event_ref, message.code,
        message.url,
    )
    return Messages(
        message.customer_id,
        message.message_id,
        status=message.status.value,
        decision=pack(_encoder.encode(decision)),
        expires_at=message.decided_at + KEPT,
        reason=message.reason or None,
        deferred_until=message.deferred_until,
        attempt=message.attempt or None,
        resent=message.resent or None,
    )


def _update(customer_id: str, message_id: str, actions: list[Any], condition: Any) -> Item:
    answer = Messages.connection().update_item(
        customer_id, message_id, actions=actions, condition=condition, return_values="ALL_NEW",
    )
    item: Item = answer["Attributes"]
    return item


def _moved(customer_id: str, message_id: str, actions: list[Any], condition: Any) -> bool:
    try:
        _update(customer_id, message_id, actions, condition)
    except ConditionFailedError:
        return False
    return True
