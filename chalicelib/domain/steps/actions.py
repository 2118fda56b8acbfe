"""Steps that do something other than sending and go on at once: `award`, `issue`, `tag`, `set`, `task`, `call-webhook`.

Each answers with what it does; the walk does it, unless the customer is no longer meant or the moment has passed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from chalicelib.domain.customer import Issued
from chalicelib.domain.effects import AppendEntry, IssueCode, PutMessage, PutTask
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import AssignTask, Award, CallWebhook, Issue, SetFields, Tag
from chalicelib.domain.messages import WEBHOOK, message_id
from chalicelib.domain.profile import MAX_TAGS
from chalicelib.domain.steps.contract import Outcome, Perform, Standing, message_at
from chalicelib.domain.tasks import Task

CALL_WEBHOOK: Final = "call-webhook"
"""The name of the message by which another system is told."""
MAX_DATA: Final = 32
"""Fields of the shop's own on one profile; the oldest goes first."""


class Action(ABC):
    """A step that acts at once and never sleeps."""

    @abstractmethod
    def begin(self, step: Any, at: Standing) -> Outcome:
        """What is done."""

    def resume(self, step: Any, at: Standing) -> Outcome:
        """An action has nothing to resume; come upon again, it is the same action under the same keys."""
        return self.begin(step, at)


class AwardStep(Action):
    """Points are told to the customer's own log, which every count of them is folded from."""

    def begin(self, step: Award, at: Standing) -> Outcome:
        """Append the award."""
        data = {"points": step.points, "because": step.because, "journey": at.run.journey}
        event = Event("loyalty.points-awarded", at.now, data=data)
        entry_id = f"{at.now:%Y-%m-%dT%H:%M:%S.%fZ}#journey#{_key(at)}"
        entry = Entry(at.customer.customer_id, entry_id, recorded_at=at.now, source="journey", events=(event,))
        return Perform(step.next, f"{step.points} points", effects=(AppendEntry(entry),))


class IssueStep(Action):
    """A promo code for the run: its later messages show it."""

    def begin(self, step: Issue, at: Standing) -> Outcome:
        """Put the code on record; its time begins now."""
        expires_at = at.now + timedelta(seconds=step.offer.valid)
        issued = Issued(_key(at), step.offer.discount, expires_at)
        offer = replace(step.offer, code_id=issued.code_id, expires_at=expires_at)
        effect = IssueCode(at.customer.customer_id, at.run.journey, offer)
        return Perform(step.next, step.offer.discount, effects=(effect,), issued=issued)


class TagStep(Action):
    """Tags of the profile."""

    def begin(self, step: Tag, at: Standing) -> Outcome:
        """Add, and take away."""
        profile = at.customer.profile
        kept = [tag for tag in profile.tags if tag not in step.remove and tag not in step.add]
        told = [*(f"+{tag}" for tag in step.add), *(f"-{tag}" for tag in step.remove)]
        return Perform(step.next, " ".join(told), profile=replace(profile, tags=(*kept, *step.add)[-MAX_TAGS:]))


class SetStep(Action):
    """Fields of the shop's own."""

    def begin(self, step: SetFields, at: Standing) -> Outcome:
        """Set them; None takes one away."""
        profile = at.customer.profile
        data = {name: value for name, value in profile.data.items() if name not in step.fields}
        data |= {name: value for name, value in step.fields.items() if value is not None}
        data = dict(list(data.items())[-MAX_DATA:])
        told = ", ".join(f"{name}={value}" for name, value in step.fields.items())
        return Perform(step.next, told, profile=replace(profile, data=data))


class AssignTaskStep(Action):
    """A task for a person."""

    def begin(self, step: AssignTask, at: Standing) -> Outcome:
        """Put it on the list."""
        task = Task(
            task_id=_key(at),
            customer_id=at.customer.customer_id,
            journey=at.run.journey,
            run_key=at.run.key,
            step=at.run.step,
            title=step.title,
            script=step.script,
            created_at=at.now,
            due_at=at.now + timedelta(seconds=step.within),
        )
        return Perform(step.next, step.title, effects=(PutTask(task),))


class CallWebhookStep(Action):
    """Another system is told, by the sender: with its claims, its tries and its record."""

    def begin(self, step: CallWebhook, at: Standing) -> Outcome:
        """Queue the call."""
        told = message_at(at, CALL_WEBHOOK, "transactional", CALL_WEBHOOK)
        message = replace(told, channels=(WEBHOOK,), url=step.url)
        return Perform(step.next, step.url, effects=(PutMessage(message),))


def _key(at: Standing) -> str:
    run = at.run
    return message_id(at.customer.customer_id, run.journey, run.key, run.entry, run.step)
