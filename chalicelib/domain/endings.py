"""What ends a run: its exits and its goal, told from an event (semantics 7 and 8)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.definitions import Program
from chalicelib.domain.events import Event
from chalicelib.domain.journeys import Exit


def leaves(program: Program, run_key: str, event: Event, seen: Scope) -> bool:
    """Whether an event is an exit for the run with this key; `seen` is the customer and the moment."""
    return any(_matches(program, run_key, event, seen, leave) for leave in program.exits_on.get(event.name, ()))


def reaches_goal(program: Program, event: Event, seen: Scope) -> bool:
    """Whether an event is the goal of a journey."""
    goal = program.journey.goal
    if goal is None or goal.on != event.name:
        return False
    return not goal.where or _true_of(program, event, seen, goal.where)


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
