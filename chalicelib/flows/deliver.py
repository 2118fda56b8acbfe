"""The sender: a queued message is claimed, handed to its provider, and its outcome recorded.

    claim ─▶ attempt (see attempt.py) ───────────────────▶ provider ─▶ finish ─▶ tell the log
      │         nothing has been sent up to here              │          │           │
    crash:   the stream brings the record again; the      may have   recorded:  told again,
             message is found claimed, its lease runs     gone out   nothing    same key
             out, and the outcome is `unknown`                       is sent

    unknown, marketing:      never sent again (semantics 23).
    unknown, transactional:  lease over ──15 minutes──▶ feedback came: sent; none: sent again, marked `resent`, once.

A plain success writes nothing to the log: the fold counted the send when it decided it. What was not sent, or was sent
late or by another channel than the fold counted, is told there under a key that follows from the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from chalicelib.domain import retries
from chalicelib.domain.events import Event, Feedback
from chalicelib.domain.messages import Message, Status
from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError, StorageUnavailableError
from chalicelib.flows.attempt import LATE, Attempt, ids, tell
from chalicelib.observability import logger
from chalicelib.storage import messages, timers

LEASE: Final = timedelta(minutes=2)
"""How long a claim holds: longer than the function lives, so that a claim that has run out has no living owner."""

FEEDBACK_WAIT: Final = timedelta(minutes=15)
"""How long feedback may still show that a transactional message of unknown outcome went out (semantics 23)."""


def deliver(message: Message, now: datetime) -> None:
    """Send a queued message that the stream brings, or find that somebody has.

    Whatever happens to it ends as a status of the message, so it holds back no other. Raises StorageUnavailableError
    when not even that can be written: then the stream is to bring it again.
    """
    claimed = messages.claim(message.customer_id, message.message_id, now, LEASE)
    if claimed is None:
        _resume(message, now)
        return
    attempt = Attempt(claimed, now)
    outcome = _outcome(attempt, claimed, now)
    if outcome.status is Status.RETRYING or (outcome.status is Status.UNKNOWN and outcome.next_attempt_at):
        assert outcome.next_attempt_at is not None
        timers.arm_message(outcome.customer_id, outcome.message_id, outcome.next_attempt_at, now)
    if messages.finish(outcome, attempt.making):
        _tell(outcome, now)


def wake(customer_id: str, message_id: str, now: datetime) -> None:
    """Look at a message again because its timer is due: the next try, a lease run out, or feedback waited for.

    Doing it twice, or early, changes nothing. Raises StorageUnavailableError.
    """
    message = messages.read(customer_id, message_id)
    if message is None:
        return
    if message.status is Status.RETRYING:
        _wait_or(message, message.next_attempt_at, now, messages.requeue)
    elif message.status is Status.CLAIMED:
        if message.lease_until and message.lease_until >= now:
            timers.arm_message(customer_id, message_id, message.lease_until + timedelta(seconds=1), now)
        elif messages.mark_unknown(customer_id, message_id, now):
            wake(customer_id, message_id, now)
    elif message.status is Status.UNKNOWN:
        _settle(message, now)


def _resume(message: Message, now: datetime) -> None:
    """A record brought again: whatever a crash left undone after the claim is done now."""
    found = messages.read(message.customer_id, message.message_id)
    if found is None or found.status is Status.QUEUED:
        return
    if found.status in (Status.CLAIMED, Status.RETRYING, Status.UNKNOWN):
        wake(found.customer_id, found.message_id, now)
    else:
        _tell(found, now)


def _settle(message: Message, now: datetime) -> None:
    """What becomes of a message whose outcome is unknown."""
    seen = _feedback_time(message, now)
    if seen is not None:
        if messages.confirm_sent(message.customer_id, message.message_id, seen):
            logger.info("an unknown message did go out", extra=ids(message))
        return
    if not _may_be_sent_again(message):
        _tell(message, now)
        return
    lease = message.lease_until or message.decided_at
    _wait_or(message, message.next_attempt_at or lease + FEEDBACK_WAIT, now, messages.resend)


def _wait_or(message: Message, due: datetime | None, now: datetime, act: Callable[[str, str], bool]) -> None:
    if due is not None and due > now:
        timers.arm_message(message.customer_id, message.message_id, due, now)
    else:
        act(message.customer_id, message.message_id)


def _may_be_sent_again(message: Message) -> bool:
    return message.category == "transactional" and not message.resent


def _feedback_time(message: Message, now: datetime) -> datetime | None:
    """When the provider showed that it had the message, or None: it never spoke of it."""
    times = [message.delivered_at, message.opened_at, message.clicked_at, message.complained_at]
    known = [moment for moment in times if moment is not None]
    return min(known) if known else now if message.bounced else None


def _outcome(attempt: Attempt, message: Message, now: datetime) -> Message:
    """Try to send a claimed message; the message as it is to be recorded."""
    try:
        return attempt.make()
    except ProviderOutcomeUnknownError as unknown:
        logger.warning("outcome unknown", extra={**ids(message), "cause": str(unknown)})
        again = now + FEEDBACK_WAIT if _may_be_sent_again(message) else None
        return replace(attempt.message, status=Status.UNKNOWN, reason=str(unknown), next_attempt_at=again)
    except ProviderRefusedError as refused:
        if refused.retryable:
            return _again(attempt.message, str(refused), now)
        logger.warning("refused", extra={**ids(message), "cause": str(refused)})
        return replace(attempt.message, status=Status.FAILED, reason=str(refused))
    except StorageUnavailableError:
        # Raised before a provider took anything: what follows a success is no part of the attempt.
        return _again(message, "storage unavailable", now)
    except Exception as error:
        logger.exception("message not sent", extra=ids(message))
        return _again(message, f"{type(error).__name__} in the sender", now)


def _again(message: Message, reason: str, now: datetime) -> Message:
    """The message, to be tried again later; failed once a day of tries is over."""
    delay = retries.delay_after(message.attempt, message.message_id)
    if delay is None:
        logger.error("given up", extra={**ids(message), "cause": reason})
        return replace(message, status=Status.FAILED, reason=f"given up: {reason}")
    logger.warning("tried again later", extra={**ids(message), "cause": reason})
    return replace(message, status=Status.RETRYING, reason=reason, next_attempt_at=now + delay)


def _tell(message: Message, now: datetime) -> None:
    """Tell the log what became of a message, where the fold cannot take it for sent at its decision. Twice is once."""
    for event in _told(message, now):
        tell(message, event, event.name, now)


def _told(message: Message, now: datetime) -> Iterator[Event]:
    feedback = Feedback(message.message_id, message.channel, message.reason)
    match message.status:
        case Status.SKIPPED | Status.FAILED:
            yield Event(f"message.{message.status.value}", now, message=feedback)
        case Status.UNKNOWN if not _may_be_sent_again(message):
            yield Event("message.unknown", now, message=feedback)
        case Status.SENT if message.sent_at is not None and (
            message.sent_at - message.decided_at > LATE or _fell_back(message)
        ):
            yield Event("message.sent", message.sent_at, message=replace(feedback, kind="", sent_at=message.sent_at))


def _fell_back(message: Message) -> bool:
    """Whether a message that may count toward frequency caps went by another channel than the first."""
    return message.category == "marketing" and message.channel != next(iter(message.channels), message.channel)
