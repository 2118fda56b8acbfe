"""Reading a journey file: YAML with the words of docs/journeys.md into a `Journey`, or a reason with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from chalicelib.definitions.budgets import month_budget
from chalicelib.definitions.journey_fields import EXIT_ON, EXIT_WHEN, GOAL, JOURNEY, RESUME, take
from chalicelib.definitions.journey_references import References, event_name, hyphenated_name, listed
from chalicelib.definitions.spans import seconds_of
from chalicelib.definitions.step_files import StepReader
from chalicelib.definitions.trigger_files import read_enter
from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.conditions import Condition
from chalicelib.domain.journeys import END, HOUR, Exit, Goal, Journey, JourneyStatus, Resume
from chalicelib.domain.shop import MessageDefinition


@dataclass(frozen=True, slots=True)
class JourneyFile:
    """A journey as read, and the line each of its steps stands on, by path."""

    journey: Journey
    file: str
    lines: Mapping[str, int]


def read_journey(
    text: str, file: str, messages: Mapping[str, MessageDefinition], segments: Mapping[str, Condition] | None = None
) -> Journey:
    """Read a journey file. `messages` are those there are templates for, `segments` those of segments.yaml
    compiled.

    Raises DefinitionError with file, line, field and reason for anything unknown, missing or contradictory.
    """
    return read_journey_file(text, file, messages, segments).journey


def read_journey_file(
    text: str, file: str, messages: Mapping[str, MessageDefinition], segments: Mapping[str, Condition] | None = None
) -> JourneyFile:
    """The same with the places of its steps, for what is said of them later."""
    fields = take(read(text, file), JOURNEY)
    name = hyphenated_name(fields["journey"])
    references = References(messages, segments or {})
    enter = read_enter(fields["enter"], references)
    reader = StepReader(references, name, has_goal="goal" in fields)
    first = reader.read(fields["steps"])
    if first == END:
        raise fields["steps"].error("a journey has at least one step")
    journey = Journey(
        name=name,
        trigger=enter.trigger,
        steps=reader.steps,
        first=first,
        status=_status(fields.get("status")),
        profile_filter=references.condition(fields.get("for")),
        key=enter.key,
        again=enter.again,
        exits=tuple(_exit(node, references) for node in fields["exit"].items()) if "exit" in fields else (),
        goal=_goal(fields["goal"], references, reader.labels) if "goal" in fields else None,
        labels=reader.labels,
        max_lateness=seconds_of(fields["max-lateness"]) if "max-lateness" in fields else 6 * HOUR,
        resume=_resume(fields["resume"]) if "resume" in fields else Resume(),
        budget=month_budget(fields["budget"]) if "budget" in fields else "",
    )
    return JourneyFile(journey, file, reader.lines)


def _exit(node: Node, references: References) -> Exit:
    if not isinstance(node.value, dict):
        return Exit(on=event_name(node))
    if ("on" in node.value) == ("when" in node.value):
        raise node.error("an exit has either `on: <event>` or `when: <condition on the profile>`")
    if "when" in node.value:
        return Exit(when=references.condition(take(node, EXIT_WHEN)["when"]))
    fields = take(node, EXIT_ON)
    event = event_name(fields["on"])
    same_key = fields["same-key"].boolean() if "same-key" in fields else False
    if same_key:
        references.check_own_key(fields["same-key"], event)
    return Exit(on=event, where=references.condition(fields.get("where"), (event,)), same_key=same_key)


def _goal(node: Node, references: References, labels: Mapping[str, str]) -> Goal:
    if not isinstance(node.value, dict):
        return Goal(on=event_name(node))
    fields = take(node, GOAL)
    event = event_name(fields["on"])
    then = fields["then"].string() if "then" in fields else ""
    if "then" in fields and then not in labels:
        raise node.error(f"no step has the label {then!r}; labels: {listed(labels)}")
    return Goal(on=event, where=references.condition(fields.get("where"), (event,)), then=then)


def _status(node: Node | None) -> JourneyStatus:
    if node is None:
        return "live"
    known: tuple[JourneyStatus, ...] = get_args(JourneyStatus)
    for status in known:
        if node.string() == status:
            return status
    raise node.error(f"unknown status {node.text!r}; it is one of {', '.join(known)}")


def _resume(node: Node) -> Resume:
    if isinstance(node.value, dict):
        return Resume("late", seconds_of(take(node, RESUME)["at-most"]))
    if node.string() == "drop":
        return Resume("drop")
    if node.string() == "shift":
        return Resume("shift")
    raise node.error("is `drop`, `shift` or `{at-most: 12 hours}`")
