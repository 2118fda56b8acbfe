"""When a customer must be looked at again although nothing happens: the moment that the one timer is armed for."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer, Run
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import DateTrigger, WaitFor
from chalicelib.domain.occurrences import next_occurrence


def next_wake(
    customer: Customer, definitions: Definitions, now: datetime, before: datetime | None = None
) -> datetime | None:
    """The first moment after which time alone changes something for this customer, or None.

    A run that has come due already (after a pause) is a reason to wake at once: the answer may be before `now`.
    Where a timer is pending, only what is `before` it matters: a later moment may be answered with None.
    Raises UnknownVersionError.
    """
    first = before
    scope = Scope(customer, {}, now)
    for run in customer.runs:
        first = _sooner(first, _of_run(run, customer, definitions, now, first))
    for watched in definitions.watched:
        first = _sooner(first, watched.rule.next_change(scope, first))
    for program in definitions.dated:
        trigger = program.journey.trigger
        if isinstance(trigger, DateTrigger):
            first = _sooner(first, next_occurrence(trigger, customer, definitions.settings, now))
    return None if first is before else first


def due_of(run: Run, definitions: Definitions) -> datetime | None:
    """When a run goes on by itself: where pauses since it began to wait were resumed by a shift, that much later."""
    due = run.wake_at
    if due is None:
        return None
    for pause in definitions.pauses.get(run.journey, ()):
        if pause.resume.choice == "shift" and pause.resumed_at and run.since <= pause.paused_at <= due:
            due += pause.resumed_at - pause.paused_at
    return due


def _of_run(
    run: Run, customer: Customer, definitions: Definitions, now: datetime, before: datetime | None
) -> datetime | None:
    """When a run goes on by itself, or time alone makes true what it waits for or what ends it."""
    paused = definitions.paused(run.journey, now)
    first = None if paused else due_of(run, definitions)
    program = definitions.versions.get((run.journey, run.version))
    if program is None:
        return first
    step = program.journey.steps[run.step]
    waited_for = [case.when for case in step.cases if case.when] if isinstance(step, WaitFor) else []
    rules = (*program.exits_when, *waited_for)
    if rules:
        seen = Scope(customer, run.values, now)
        for rule in rules:
            first = _sooner(first, program.conditions[rule].next_change(seen, before))
    return first


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments; the first where they are the same."""
    if one is None:
        return other
    return one if other is None or one <= other else other
