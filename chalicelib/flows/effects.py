"""Doing what the fold wants done. Every effect is one write under a deterministic key: twice is once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from chalicelib.domain.effects import (
    AppendEntry,
    ArmTimer,
    AttributeOrder,
    Effect,
    IssueCode,
    PutMessage,
    PutTask,
    RecordFeedback,
    RepointIdentities,
)
from chalicelib.domain.messages import code_value
from chalicelib.observability import logger
from chalicelib.storage import codes, identities, log, messages, tasks, timers
from chalicelib.storage.codes import IssuedCode


def check(effects: Iterable[Effect]) -> None:
    """Raise MalformedPayloadError if an effect can never be done: it appends what no item of the log can hold."""
    for effect in effects:
        if isinstance(effect, AppendEntry):
            log.check(effect.entry)


def perform(effect: Effect, now: datetime) -> None:
    """Do one effect; `now` is the clock's time, for timers that are due already."""
    _PERFORMERS[type(effect)](effect, now)


def _put_message(effect: PutMessage, _now: datetime) -> None:
    messages.put(effect.message)


def _record_feedback(effect: RecordFeedback, _now: datetime) -> None:
    messages.record_feedback(effect.customer_id, effect.message_id, effect.kind, effect.at, effect.detail)


def _arm_timer(effect: ArmTimer, now: datetime) -> None:
    timers.arm(effect.customer_id, effect.due, now)


def _append_entry(effect: AppendEntry, _now: datetime) -> None:
    log.append(effect.entry)


def _repoint_identities(effect: RepointIdentities, _now: datetime) -> None:
    for key in effect.keys:
        identities.repoint(key, effect.absorbed_id, effect.surviving_id)


def _issue_code(effect: IssueCode, _now: datetime) -> None:
    offer = effect.offer
    assert offer.expires_at is not None, "a step's code has its end"
    issued = codes.issue(IssuedCode(
        code_value(offer.code_id), effect.customer_id, offer.code_id, offer.discount, offer.expires_at, effect.journey,
    ))
    if not issued:
        # Somebody else's by a chance of one in 10^11: a message that would show it finds it is not its own.
        logger.error("a promo code is taken already", extra={"customer_id": effect.customer_id})


def _put_task(effect: PutTask, _now: datetime) -> None:
    tasks.put(effect.task)


def _attribute_order(effect: AttributeOrder, _now: datetime) -> None:
    messages.attribute_order(effect.customer_id, effect.message_id, effect.order)


_PERFORMERS: Final[dict[type, Callable[[Any, datetime], None]]] = {
    PutMessage: _put_message,
    RecordFeedback: _record_feedback,
    ArmTimer: _arm_timer,
    AppendEntry: _append_entry,
    RepointIdentities: _repoint_identities,
    IssueCode: _issue_code,
    PutTask: _put_task,
    AttributeOrder: _attribute_order,
}
