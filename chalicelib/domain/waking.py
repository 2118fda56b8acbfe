"""When a customer must be looked at again although nothing happens: the moment that the one timer is armed for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer, Run
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import DateTrigger, WaitFor
from chalicelib.domain.occurrences import next_occurrence


def next_wake(customer: Customer, definitions: Definitions, now: datetime) -> datetime | None:
    """The first moment after which time alone changes something for this customer, or None.

    A run that has come due already (after a pause) is a reason to wake at once: the answer may be before `now`.
    Raises UnknownVersionError.
    """
    return min(_moments(customer, definitions, now), default=None)


def due_of(run: Run, definitions: Definitions) -> datetime | None:
    """When a run goes on by itself: where pauses since it began to wait were resumed by a shift, that much later."""
    due = run.wake_at
    if due is None:
        return None
    for pause in definitions.pauses.get(run.journey, ()):
        if pause.resume.choice == "shift" and pause.resumed_at and run.since <= pause.paused_at < due:
            due += pause.resumed_at - pause.paused_at
    return due


def _moments(customer: Customer, definitions: Definitions, now: datetime) -> Iterator[datetime]:
    scope = Scope(customer, {}, now)
    for run in customer.runs:
        due = due_of(run, definitions)
        if due is None or definitions.paused(run.journey, now):
            continue
        yield due
        program = definitions.versions.get((run.journey, run.version))
        step = program.journey.steps[run.step] if program is not None else None
        if program is not None and isinstance(step, WaitFor):
            seen = Scope(customer, run.values, now)
            for case in step.cases:
                change = program.conditions[case.when].next_change(seen) if case.when else None
                if change is not None:
                    yield change
    for watched in definitions.watched:
        change = watched.rule.next_change(scope)
        if change is not None:
            yield change
    for program in definitions.dated:
        trigger = program.journey.trigger
        if isinstance(trigger, DateTrigger):
            occurrence = next_occurrence(trigger, customer, definitions.settings, now)
            if occurrence is not None:
                yield occurrence
