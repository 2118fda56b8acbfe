"""What each kind of job does with one customer: a pure function of the customer, the job, the definitions and a moment.

A look may raise UnknownVersionError, when a run is pinned to a version that is not at hand: load it and look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.broadcasts import broadcast_id, moment_of
from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer, Run
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Event
from chalicelib.domain.fold import TIMER_DUE, fold
from chalicelib.domain.jobs import NOTHING, REACHED, TOO_LATE, Job, JobKind, Look
from chalicelib.domain.journeys import (
    BROADCAST_REACHED,
    JOURNEY_MOVED,
    BroadcastTrigger,
)
from chalicelib.domain.messages import Status

LookAt = Callable[[Customer, Job, Definitions, datetime], Look]


def broadcast(customer: Customer, job: Job, definitions: Definitions, now: datetime) -> Look:
    """Reach the customer if the broadcast is for them and their moment has come, or is so late that it is not worth it.

    Late is counted from the start: that others are reached first makes nobody too late.
    """
    program = definitions.journeys[job.journey]
    trigger = program.journey.trigger
    assert isinstance(trigger, BroadcastTrigger)
    if not program.conditions[trigger.to].holds(Scope(customer, {}, now)):
        return NOTHING
    moment = moment_of(trigger, customer.profile, definitions.settings)
    if job.pass_from is not None and moment <= job.pass_from:
        return NOTHING
    if job.pass_until is not None and moment > job.pass_until:
        return Look(ahead=moment)
    if moment < job.created_at - timedelta(seconds=program.journey.max_lateness):
        return Look((TOO_LATE,))
    event = Event(BROADCAST_REACHED, now, data={
        "journey": job.journey, "broadcast": broadcast_id(job.journey, trigger),
    })
    if not job.plan:
        return Look((REACHED,), job.entry(customer.customer_id, now, event))
    told = _first_messages(customer, job, definitions, event, max(moment, now))
    return Look((REACHED, *told), ahead=moment)


def resume(customer: Customer, job: Job, _definitions: Definitions, now: datetime) -> Look:
    """Wake a customer who stands in the journey."""
    if not any(run.journey == job.journey for run in customer.runs):
        return NOTHING
    return Look(("woken",), job.entry(customer.customer_id, now, Event(TIMER_DUE, now)))


def move(customer: Customer, job: Job, definitions: Definitions, now: datetime) -> Look:
    """Move a customer's runs of earlier versions to the journey in force, each to the step that the job maps it to."""
    program = definitions.journeys[job.journey]
    versions = {
        run.version for run in customer.runs
        if run.journey == job.journey and run.step in job.steps.get(run.version, {})
    }
    events = tuple(
        Event(JOURNEY_MOVED, now, data={
            "journey": job.journey, "from": version, "to": program.version, "steps": job.steps[version],
        })
        for version in sorted(versions)
    )
    if not events:
        return NOTHING
    return Look(("moved",) * len(events), job.entry(customer.customer_id, now, *events))


def count(customer: Customer, job: Job, _definitions: Definitions, now: datetime) -> Look:
    """Count the runs of a journey: where they stand, by version, and what came due at which lateness."""
    runs = [run for run in customer.runs if run.journey == job.journey]
    return Look(tuple(told for run in runs for told in _told_of(run, job, now)))


def _told_of(run: Run, job: Job, now: datetime) -> tuple[str, ...]:
    told = ["runs", f"at {run.version} {run.step}"]
    if run.wake_at is not None and run.wake_at <= now:
        at_most = int(job.arguments.get("at-most", "0"))
        late = now - run.wake_at > timedelta(seconds=at_most)
        told += ["due", "due too late" if late else "due in time"]
    return tuple(told)


def _first_messages(
    customer: Customer, job: Job, definitions: Definitions, event: Event, then: datetime
) -> tuple[str, ...]:
    """What comes of an entry at once, by folding it: `not entered`, `no message yet`, or of each message how it fares.

    `send <channel> <message>`, `later` (quiet hours, a cap), `skip <reason>`.
    """
    folded = fold(customer, job.entry(customer.customer_id, then, event), definitions)
    if not _has_entered(customer, folded.customer, job.journey):
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


def _has_entered(before: Customer, after: Customer, journey: str) -> bool:
    def entries(customer: Customer) -> int:
        return sum(visit.count for visit in customer.visits if visit.journey == journey)

    return entries(after) > entries(before)


LOOKS: Final[Mapping[JobKind, LookAt]] = {
    "broadcast": broadcast, "resume": resume, "move": move, "count": count,
}
"""The look of each kind of job."""

