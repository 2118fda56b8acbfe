"""`send`: one message, by the first usable channel, within every limit (semantics 14 to 18)."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from chalicelib.domain.customer import Run
from chalicelib.domain.journeys import Send
from chalicelib.domain.limits import Defer, Go, tags_of, verdict
from chalicelib.domain.messages import CodeOffer, Message, Status
from chalicelib.domain.steps.contract import Contend, Decided, Outcome, Standing, message_at, skip_reason


class SendStep:
    """Contends for its slot; `decide` is called when its turn has come."""

    def begin(self, step: Send, at: Standing) -> Outcome:
        """Ask for a turn."""
        return Contend(at.definitions.message(step.message).priority)

    def resume(self, step: Send, at: Standing) -> Outcome:
        """A deferral is over: ask again, and test every limit again."""
        return self.begin(step, at)


def message_of(step: Send, at: Standing) -> Message:
    """The message of this step, queued; the limits are not yet tested."""
    definition = at.definitions.message(step.message)
    code = step.issue or _code_of(at.run, at.now)
    return message_at(at, definition.name, definition.category, definition.topic, code)


def _code_of(run: Run, now: datetime) -> CodeOffer | None:
    """The promo code that an earlier step of the run has issued, while it is valid."""
    issued = run.code
    if issued is None or issued.expires_at <= now:
        return None
    return CodeOffer(issued.discount, 0, code_id=issued.code_id, expires_at=issued.expires_at)


def decide(step: Send, at: Standing) -> Decided:
    """Queue, defer or skip the message of this step."""
    definition = at.definitions.message(step.message)
    channels = step.channels or definition.channels
    message = message_of(step, at)
    refused = skip_reason(at)
    if refused is not None:
        return Decided(replace(message, status=Status.SKIPPED, reason=refused))
    answer = verdict(at.customer, definition, channels, at.definitions.settings, at.now, since=at.run.since)
    if isinstance(answer, Go):
        counts = definition.category == "marketing" and definition.counts_toward_cap
        counted = tags_of(definition, answer.channels[0]) if counts else ()
        return Decided(replace(message, channels=answer.channels), counted)
    if isinstance(answer, Defer):
        deferred = replace(message, status=Status.DEFERRED, reason=answer.reason, deferred_until=answer.until)
        return Decided(deferred, detail=answer.detail)
    return Decided(replace(message, status=Status.SKIPPED, reason=answer.reason), detail=answer.detail)

