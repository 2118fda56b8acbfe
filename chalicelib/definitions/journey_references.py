"""What a journey file may refer to: events, fields, messages, segments, channels. What there is not is a mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from chalicelib.definitions.yaml_reader import Node
from chalicelib.domain.condition_kinds import never_true
from chalicelib.domain.conditions import Condition, ConditionError, compile_condition
from chalicelib.domain.messages import CHANNELS
from chalicelib.domain.shop import MessageDefinition
from chalicelib.domain.vocabulary import EVENT_PARTS, is_internal, part_of

MESSAGE_EVENTS: Final = tuple(
    f"message.{kind}" for kind in ("sent", "skipped", "failed", "delivered", "opened", "clicked", "bounced",
                                   "complained")
)
"""What is told of messages, which journeys may listen to."""
NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
OWN_EVENT: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
"""The name of an event of the shop's own."""
EVENTS: Final = frozenset({
    *(event for event in EVENT_PARTS if not is_internal(event)), *MESSAGE_EVENTS, "task.completed",
    "endpoint.registered", "endpoint.gone",
})
"""The events of the vocabulary that journeys may listen to."""
_STARTED_BY_A_FIELD: Final = {
    "segment.entered": "segment", "segment.left": "segment-left", "date.reached": "date",
    "broadcast.reached": "broadcast",
}


@dataclass(slots=True)
class References:
    """What one journey file may refer to. `events` start it, `key` are the fields of its run key: known once read."""

    messages: Mapping[str, MessageDefinition]
    segments: Mapping[str, Condition] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    def condition(self, node: Node | None, events: tuple[str, ...] | None = None) -> str:
        """The text of a condition, empty for none. It may read `events`, those that start the journey when left out.

        Raises DefinitionError for what cannot be compiled, for a comparison that can never be true, and for fields that
        no such event carries.
        """
        if node is None:
            return ""
        source = self.compiled(node, self.events if events is None else events).source
        mismatch = never_true(source)
        if mismatch:
            raise node.error(mismatch)
        return source

    def compiled(self, node: Node, events: tuple[str, ...]) -> Condition:
        """A condition compiled and checked against the events that it may read, or a DefinitionError."""
        try:
            condition = compile_condition(node.string(), self.segments)
        except ConditionError as error:
            raise node.error(str(error)) from error
        for path in condition.event_paths():
            _check_event_path(node, path, events)
        return condition

    def key_fields(self, node: Node) -> tuple[str, ...]:
        """The fields that make up a run key, or a DefinitionError where an event that starts the journey lacks one."""
        for part in node.items():
            if self.compiled(part, self.events).reads != {part.string()}:
                raise part.error("should be one field of the event, such as `event.cart.id`")
        key = tuple(part.string() for part in node.items())
        for event in self.events:
            check_key(node, key, event)
        return key

    def check_own_key(self, node: Node, event: str) -> None:
        """Refuse an event that is to carry the run's key, and does not have its fields."""
        check_key(node, self.key, event)

    def message(self, node: Node) -> str:
        """The name of a message that there is a folder for, or a DefinitionError."""
        name = node.string()
        if name not in self.messages:
            hint = _suggestion(name, self.messages) or f"; there are {listed(self.messages)}"
            raise node.error(f"no message {name!r} under templates/{hint}")
        return name

    def segment(self, node: Node) -> str:
        """The name of a segment of segments.yaml, or a DefinitionError."""
        name = node.string()
        if name not in self.segments:
            hint = _suggestion(name, self.segments) or f"; there are {listed(self.segments)}"
            raise node.error(f"no segment {name!r} in segments.yaml{hint}")
        return name


def event_name(node: Node) -> str:
    """An event's name: of the vocabulary or the shop's own; one that is nearly of the vocabulary is a mistake."""
    name = node.string()
    if name in _STARTED_BY_A_FIELD:
        raise node.error(f"{name!r} is Selvedge's own: write `{_STARTED_BY_A_FIELD[name]}: …` under `enter` instead")
    areas = {event.partition(".")[0] for event in EVENTS}
    taken = name.partition(".")[0] in areas or is_internal(name)
    if name not in EVENTS and (taken or not OWN_EVENT.fullmatch(name)):
        raise node.error(f"unknown event {name!r}{_suggestion(name, EVENTS)}")
    return name


def event_names(node: Node) -> tuple[str, ...]:
    """One event's name, or those of a list of at least one."""
    names = tuple(event_name(each) for each in node.items())
    if not names:
        raise node.error("names no event")
    return names


def channel_name(node: Node) -> str:
    """A channel's name, or a DefinitionError."""
    if node.string() not in CHANNELS:
        raise node.error(f"unknown channel {node.text!r}; channels: {', '.join(CHANNELS)}")
    return node.string()


def hyphenated_name(node: Node) -> str:
    """A name of small letters, digits and hyphens, or a DefinitionError."""
    if not NAME.fullmatch(node.string()):
        raise node.error(f"{node.text!r} should be small letters and digits, joined by hyphens")
    return node.string()


def check_key(node: Node, key: tuple[str, ...], event: str) -> None:
    """Refuse what can never happen: an event that is to carry the run's key, and does not have its fields."""
    for path in key:
        part = path.split(".")[1]
        if part not in {"name", "occurred_at", _part(event)}:
            raise node.error(f"{event} does not carry {path}, a part of the run key")


def listed(names: Collection[str] | Mapping[str, Any]) -> str:
    """Names as an error lists them."""
    return ", ".join(sorted(names)) or "none"


def _check_event_path(node: Node, path: str, events: tuple[str, ...]) -> None:
    part = path.partition(".")[0]
    if part in {"name", "occurred_at"} and events:
        return
    if not events:
        raise node.error(f"event.{path}: there is no event here, only the customer")
    if not any(_part(event) == part for event in events):
        parts = sorted({_part(event) for event in events} - {""})
        raise node.error(f"event.{path} is not a field of {', '.join(events)}, which carries {listed(parts)}")


def _part(event: str) -> str:
    return "message" if event.startswith("message.") else part_of(event)


def _suggestion(name: str, known: Collection[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
