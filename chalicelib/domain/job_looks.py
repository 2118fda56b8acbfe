"""What each kind of job does with one customer: pure functions of the job, the definitions, the customer, a moment.

A look may raise UnknownVersionError, when a run is pinned to a version that is not at hand: load it and look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.broadcasts import broadcast_id, moment_of
from chalicelib.domain.conditions import Scope, compile_condition
from chalicelib.domain.customer import Customer, Run
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Event
from chalicelib.domain.fold import TIMER_DUE, fold
from chalicelib.domain.jobs import NOTHING, REACHED, TOO_LATE, Job, JobKind, Look
from chalicelib.domain.journeys import (
    BROADCAST_REACHED,
    JOURNEY_ENROLLED,
    JOURNEY_MOVED,
    BroadcastTrigger,
    SegmentTrigger,
)
from chalicelib.domain.messages import Status
from chalicelib.domain.waking import due_of, next_wake

LookAt = Callable[[Customer, datetime], Look]


def broadcast(job: Job, definitions: Definitions) -> LookAt:
    """Reach a customer if the broadcast is for them and their moment has come, or is so late that it is not worth it.

    Late is counted from the start: that others are reached first makes nobody too late.
    """
    program = definitions.journeys[job.journey]
    trigger = program.journey.trigger
    assert isinstance(trigger, BroadcastTrigger)
    to = compile_condition(trigger.to, definitions.segments)
    latest = job.created_at - timedelta(seconds=program.journey.max_lateness)
    data = {"journey": job.journey, "broadcast": broadcast_id(job.journey, trigger)}

    def look(customer: Customer, now: datetime) -> Look:
        if not to.holds(Scope(customer, {}, now)):
            return NOTHING
        moment = moment_of(trigger, customer.profile, definitions.settings)
        if job.pass_from is not None and moment <= job.pass_from:
            return NOTHING
        if job.pass_until is not None and moment > job.pass_until:
            return Look(ahead=moment)
        if moment < latest:
            return Look((TOO_LATE,))
        event = Event(BROADCAST_REACHED, now, data=data)
        if not job.plan:
            return Look((REACHED,), job.entry(customer.customer_id, now, event))
        told = _first_messages(customer, job, definitions, event, max(moment, now))
        return Look((REACHED, *told), ahead=moment)

    return look


def enrol(job: Job, definitions: Definitions) -> LookAt:
    """Let a member of the segment that starts the journey enter it (semantics 5)."""
    trigger = definitions.journeys[job.journey].journey.trigger
    assert isinstance(trigger, SegmentTrigger)
    rule = definitions.segments[trigger.segment]

    def look(customer: Customer, now: datetime) -> Look:
        if rule.holds(Scope(customer, {}, now)) is trigger.left:
            return NOTHING
        if any(run.journey == job.journey for run in customer.runs):
            return Look(("members", "in the journey already"))
        event = Event(JOURNEY_ENROLLED, now, data={"journey": job.journey})
        if not job.plan:
            return Look(("members",), job.entry(customer.customer_id, now, event))
        return Look(("members", *_first_messages(customer, job, definitions, event, now)))

    return look


def resume(job: Job, _definitions: Definitions) -> LookAt:
    """Wake a customer who stands in the journey."""

    def look(customer: Customer, now: datetime) -> Look:
        if not any(run.journey == job.journey for run in customer.runs):
            return NOTHING
        return Look(("woken",), job.entry(customer.customer_id, now, Event(TIMER_DUE, now)))

    return look


def review(job: Job, definitions: Definitions) -> LookAt:
    """Wake a customer for whom time alone will change something earlier than their pending timer comes."""

    def look(customer: Customer, now: datetime) -> Look:
        wake = next_wake(customer, definitions, now)
        if wake is None or (customer.timer_at is not None and now < customer.timer_at <= wake):
            return NOTHING
        return Look(("woken",), job.entry(customer.customer_id, now, Event(TIMER_DUE, now)))

    return look


def move(job: Job, definitions: Definitions) -> LookAt:
    """Move a customer's runs of earlier versions to the journey in force, each to the step that the job maps it to."""
    version = definitions.journeys[job.journey].version

    def look(customer: Customer, now: datetime) -> Look:
        earlier = {
            run.version for run in customer.runs
            if run.journey == job.journey and run.step in job.steps.get(run.version, {})
        }
        events = tuple(
            Event(JOURNEY_MOVED, now, data={
                "journey": job.journey, "from": old, "to": version, "steps": job.steps[old],
            })
            for old in sorted(earlier)
        )
        return Look(("moved",), job.entry(customer.customer_id, now, *events)) if events else NOTHING

    return look


def count(job: Job, definitions: Definitions) -> LookAt:
    """Count the runs of a journey: where they stand, by version, and what came due at which lateness.

    Of a job without a journey: the runs of each journey, by its name.
    """
    at_most = timedelta(seconds=int(job.arguments.get("at-most", "0")))

    def told_of(run: Run, now: datetime) -> tuple[str, ...]:
        standing = ("runs", f"at {run.version} {run.step}")
        due = due_of(run, definitions)
        if due is None or due > now:
            return standing
        return (*standing, "due", "due too late" if now - due > at_most else "due in time")

    def look(customer: Customer, now: datetime) -> Look:
        if not job.journey:
            return Look(tuple(run.journey for run in customer.runs))
        return Look(tuple(
            told for run in customer.runs if run.journey == job.journey for told in told_of(run, now)
        ))

    return look


def _first_messages(
    customer: Customer, job: Job, definitions: Definitions, event: Event, then: datetime
) -> tuple[str, ...]:
    """What comes of an entry at once, by folding it: `not entered`, `no message yet`, or of each message how it fares.

    `send <channel> <message>`, `later` (quiet hours, a cap), `skip <reason>`.
    """
    folded = fold(customer, job.entry(customer.customer_id, then, event), definitions)
    if _entries(folded.customer, job.journey) == _entries(customer, job.journey):
        return ("not entered",)
    told = []
    for effect in folded.effects:
        if isinstance(effect, PutMessage) and effect.message.journey == job.journey:
            message = effect.message
            if message.status is Status.SKIPPED:
                told.append(f"skip {message.reason}")
            elif message.status is Status.DEFERRED:
                told.append("later")
            else:
                told.append(f"send {message.channels[0]} {message.name}")
    return tuple(told) or ("no message yet",)


def _entries(customer: Customer, journey: str) -> int:
    return sum(visit.count for visit in customer.visits if visit.journey == journey)


LOOKS: Final[Mapping[JobKind, Callable[[Job, Definitions], LookAt]]] = {
    "broadcast": broadcast, "enrol": enrol, "resume": resume, "review": review, "move": move, "count": count,
}
"""How each kind of job looks at customers."""
