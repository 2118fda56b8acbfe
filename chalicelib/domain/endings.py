"""What an event means to a run: an exit, the goal (semantics 7 and 8), or what it waits for (12)."""

from __future__ import annotations

from msgspec.structs import replace

from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.customer import Run
from chalicelib.domain.definitions import Program
from chalicelib.domain.events import Event
from chalicelib.domain.journeys import Exit, WaitFor


def leaves(program: Program, run_key: str, event: Event, seen: Scope) -> bool:
    """Whether an event is an exit for the run with this key; `seen` is the customer and the moment."""
    return any(_matches(program, run_key, event, seen, leave) for leave in program.exits_on.get(event.name, ()))


def reaches_goal(program: Program, event: Event, seen: Scope) -> bool:
    """Whether an event is the goal of a journey."""
    goal = program.journey.goal
    if goal is None or goal.on != event.name:
        return False
    return not goal.where or _true_of(program, event, seen, goal.where)


def waited_for(program: Program, run: Run, event: Event, seen: Scope) -> str:
    """Where a run that stands at a `wait-for` goes on because of an event, or nothing: the first case that is true."""
    step = program.journey.steps[run.step]
    if not isinstance(step, WaitFor) or run.wake_at is None:
        return ""
    standing = replace(seen, values=run.values)
    for case in step.cases:
        if case.when and program.conditions[case.when].holds(standing):
            return case.next
        if case.on != event.name or (case.same_key and key_of(program, event) != run.key):
            continue
        if not case.where or _true_of(program, event, seen, case.where):
            return case.next
    return ""


def key_of(program: Program, event: Event) -> str | None:
    """The run key that an event carries, `""` for a journey without one, None when the event lacks a part of it."""
    paths = program.key_paths
    if not paths:
        return ""
    values = event_values(event, frozenset(paths))
    parts = [values[path] for path in paths]
    return None if any(part in (None, "") for part in parts) else "/".join(str(part) for part in parts)


def _matches(program: Program, run_key: str, event: Event, seen: Scope, leave: Exit) -> bool:
    if leave.same_key and key_of(program, event) != run_key:
        return False
    return not leave.where or _true_of(program, event, seen, leave.where)


def _true_of(program: Program, event: Event, seen: Scope, text: str) -> bool:
    condition = program.conditions[text]
    return condition.holds(replace(seen, values=event_values(event, condition.event_paths())))
