"""What every kind of step keeps: two methods over what it can see, and the few things it can answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer, Issued, Profile, Run
from chalicelib.domain.definitions import Definitions, Program
from chalicelib.domain.effects import Effect
from chalicelib.domain.messages import Category, CodeOffer, Message, Reason, Status, message_id

OTHERWISE = "otherwise"
"""Why a run went on where none of the conditions was true."""


class Standing(Struct, frozen=True):
    """Where a run stands: the customer as folded so far, the run, its version, the moment.

    `due` is when the step came due; `now` may be later (a late timer, an engine that was down).
    """

    customer: Customer
    run: Run
    program: Program
    definitions: Definitions
    now: datetime
    due: datetime

    def holds(self, condition: str) -> bool:
        """Whether a condition of the journey is true here and now."""
        return self.program.conditions[condition].holds(Scope(self.customer, self.run.values, self.now))


class Proceed(Struct, frozen=True):
    """Go on at another step. `due` is when that one came due; `because` is the choice that led there, for "why"."""

    to: str
    due: datetime
    because: str = ""


class Sleep(Struct, frozen=True):
    """Stay at this step until a moment."""

    until: datetime


class Contend(Struct, frozen=True):
    """The step wants to send: the fold lets those of all runs decide in the order of their priority."""

    priority: int


class Perform(Struct, frozen=True):
    """Do this and go on at another step: effects, a changed profile, a promo code for the run. `told` is for "why"."""

    to: str
    told: str
    effects: tuple[Effect, ...] = ()
    profile: Profile | None = None
    issued: Issued | None = None


class ReachGoal(Struct, frozen=True):
    """Go on as if the goal had been reached."""


class Decided(Struct, frozen=True):
    """A message was decided. `counted_as` are the tags it counts under, if it counts toward the caps.

    `detail` tells more of a reason: which cap, whose quiet hours.
    """

    message: Message
    counted_as: tuple[str, ...] = ()
    detail: str = ""


class Finish(Struct, frozen=True):
    """The run is over."""

    outcome: str


Outcome = Proceed | Sleep | Contend | Perform | ReachGoal | Finish


class StepKind(Protocol):
    """One kind of step. `begin` when a run reaches it, `resume` when its sleep is over."""

    def begin(self, step: Any, at: Standing) -> Outcome:
        """What happens when the run reaches the step."""

    def resume(self, step: Any, at: Standing) -> Outcome:
        """What happens when the moment it slept for has come."""


def message_at(at: Standing, name: str, category: Category, topic: str, code: CodeOffer | None = None) -> Message:
    """The message that a step of this run produces, queued; no limit is tested yet."""
    run = at.run
    return Message(
        customer_id=at.customer.customer_id,
        message_id=message_id(at.customer.customer_id, run.journey, run.key, run.entry, run.step),
        name=name,
        category=category,
        topic=topic,
        journey=run.journey,
        version=run.version,
        run_key=run.key,
        entry=run.entry,
        step=run.step,
        decided_at=at.now,
        status=Status.QUEUED,
        event_ref=run.event_ref,
        code=code,
    )


def skip_reason(at: Standing) -> Reason | None:
    """Why no action may happen here: what came due in a pause is dropped, the step is too late, the customer no longer
    meant.
    """
    journey = at.program.journey
    latest = journey.max_lateness
    pause = at.definitions.paused(journey.name, at.due)
    if pause is not None:
        if pause.resume.choice == "drop":
            return Reason.JOURNEY_PAUSED
        if pause.resume.choice == "late" and pause.resume.at_most is not None:
            latest = pause.resume.at_most
    if (at.now - at.due).total_seconds() > latest:
        return Reason.TOO_LATE
    if journey.profile_filter and not at.holds(journey.profile_filter):
        return Reason.FILTER
    return None
