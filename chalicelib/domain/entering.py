"""How a customer comes into a journey: by an event, a segment, a date, a broadcast, or enrolled by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.customer import Customer, Run, Visit
from chalicelib.domain.definitions import Program
from chalicelib.domain.endings import key_of, leaves
from chalicelib.domain.events import Event
from chalicelib.domain.journeys import DATE_REACHED, SEGMENT_ENTERED, SEGMENT_LEFT, DateTrigger, SegmentTrigger
from chalicelib.domain.occurrences import date_of, last_occurrence
from chalicelib.domain.walk import Walk

ROUNDS = 8
"""How often one entry may bring customers into segments by what journeys themselves change (tags, own fields)."""


class Before(Struct, frozen=True):
    """The customer as before something happened, and when that was; None before anything ever did."""

    customer: Customer
    now: datetime | None


def enter(walk: Walk, program: Program, event: Event, event_ref: str, due: datetime | None = None) -> None:
    """Let the customer enter a journey by an event, if its rules allow; `due` is when the first step came due."""
    journey = program.journey
    values = event_values(event, program.trigger_paths)
    scope = Scope(walk.customer, values, walk.now)
    if journey.where:
        rule = program.conditions[journey.where]
        if not walk.trace.holds(rule, scope, journey.name):
            walk.trace.note(journey.name, "not entered", "where", rule=rule, scope=scope)
            return
    key = key_of(program, event)
    if key is None:
        walk.trace.note(journey.name, "not entered", "the event has no run key")
        return
    for slot, run in enumerate(walk.runs):
        if run is not None and run.journey == journey.name and run.key == key:
            walk.point(slot, event, event_ref)
            walk.trace.note(journey.name, "same run", event.name, run=run)
            return
    if walk.definitions.paused(journey.name, walk.now):
        walk.trace.note(journey.name, "not entered", "paused", run_key=key)
        return
    visit = Visit.of(journey.name, walk.visits)
    if visit is not None and not journey.again.allows(visit.last_at, walk.now):
        told = f"again: {journey.again.rule}, last entered {visit.last_at.isoformat()}"
        walk.trace.note(journey.name, "not entered", told, run_key=key)
        return
    if journey.profile_filter:
        rule = program.conditions[journey.profile_filter]
        if not walk.trace.holds(rule, scope, journey.name, key):
            walk.trace.note(journey.name, "not entered", "for", run_key=key, rule=rule, scope=scope)
            return
    run = Run(
        journey=journey.name,
        key=key,
        entry=walk.visit(journey.name, walk.now).count,
        version=program.version,
        step=journey.first,
        entered_at=walk.now,
        since=due or walk.now,
        event_ref=event_ref,
        values={path: values[path] for path in program.remembered},
    )
    slot = walk.begin(run, due or walk.now)
    if leaves(program, key, event, walk.seen()):
        walk.end(slot, "exited", event.name)


def enter_by_change(walk: Walk, before: Before) -> None:
    """Enter what a change of the profile, or time alone, leads into since `before`: segments and dates.

    No membership is kept: the rule in force is asked about the state before and the state now. So a changed rule enters
    nobody by itself (semantics 27), and who is new was outside of everything.
    """
    now = Scope(walk.customer, {}, walk.now)
    same = before.customer.profile is walk.customer.profile
    for watched in walk.definitions.watched:
        if before.now is None:
            if same and not watched.rule.timed:
                continue
        elif (
            same or watched.is_untouched(before.customer.profile, walk.customer.profile)
        ) and not watched.rule.turned(now, before.now):
            continue
        was = before.now is not None and watched.rule.holds(Scope(before.customer, {}, before.now))
        inside = watched.rule.holds(now)
        if was != inside:
            event = Event(SEGMENT_ENTERED if inside else SEGMENT_LEFT, walk.now, data={"segment": watched.segment})
            walk.trace.note("", event.name, watched.segment, rule=watched.rule, scope=now)
            for program in watched.entered if inside else watched.left:
                enter(walk, program, event, "")
    if before.now is None or before.now == walk.now:
        return
    for program, occurred_at in _dates(walk, before.customer, before.now):
        event = Event(DATE_REACHED, occurred_at, data={"date": occurred_at.date().isoformat()})
        enter(walk, program, event, "", occurred_at)


def enrol(walk: Walk, event: Event) -> None:
    """Let a customer who is in a segment already enter the journey that it starts (semantics 5)."""
    program = walk.definitions.journeys.get(str(event.data.get("journey", "")))
    if program is None or program.journey.status != "live" or not isinstance(program.journey.trigger, SegmentTrigger):
        return
    rule = walk.definitions.segments.get(program.journey.trigger.segment)
    if rule is not None and rule.holds(walk.seen()) is not program.journey.trigger.left:
        enter(walk, program, event, "")


def reached_by_broadcast(walk: Walk, event: Event) -> None:
    """Let a customer whom a broadcast has reached enter its journey."""
    program = walk.definitions.journeys.get(str(event.data.get("journey", "")))
    if program is not None and program.journey.status == "live":
        enter(walk, program, event, "")


def _dates(walk: Walk, before: Customer, then: datetime) -> Iterator[tuple[Program, datetime]]:
    for program in walk.definitions.dated:
        trigger = program.journey.trigger
        if not isinstance(trigger, DateTrigger):
            continue
        occurred_at = last_occurrence(trigger, walk.customer, walk.definitions.settings, then, walk.now)
        if occurred_at is None:
            continue
        late = (walk.now - occurred_at).total_seconds() > program.journey.max_lateness
        if late and date_of(trigger, before, then) != date_of(trigger, walk.customer, walk.now):
            # Told of only now, long after: nobody has missed anything.
            continue
        yield program, occurred_at
