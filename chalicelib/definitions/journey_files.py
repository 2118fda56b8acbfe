"""Reading a journey file: YAML with the words of docs/journeys.md into a `Journey`, or a reason with its line.

Steps are written as a list and kept flat: each under its path, with the path of the one after it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, get_args

from chalicelib.definitions.spans import LONGEST, seconds_of, time_of
from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.conditions import CUSTOMER_FIELDS, EVENT_FIELDS, Condition, ConditionError, compile_condition
from chalicelib.domain.journeys import (
    DAY,
    END,
    HOUR,
    Again,
    Branch,
    Case,
    Delay,
    Duration,
    End,
    EventTrigger,
    Exit,
    Goal,
    Journey,
    JourneyStatus,
    LocalTime,
    Send,
    Step,
    UntilDate,
    Wait,
)
from chalicelib.domain.messages import CHANNELS, CodeOffer
from chalicelib.domain.shop import MessageDefinition
from chalicelib.domain.vocabulary import EVENT_PARTS, part_of

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FIELDS: Final = (
    "journey", "status", "enter", "for", "exit", "goal", "steps", "max-lateness", "examples",
)
"""What a journey file may say at its top level."""
STEP_KINDS: Final = ("wait", "send", "branch", "end")
"""What a step can be."""
_DATE_FIELDS: Final = {"birthday", "first_seen_at", "last_seen_at", "orders.first_at", "orders.last_at",
                       "cart.updated_at", "opened_at", "clicked_at"}


def read_journey(text: str, file: str, messages: Mapping[str, MessageDefinition]) -> Journey:
    """Read a journey file. `messages` are those there are templates for.

    Raises DefinitionError with file, line, field and reason for anything unknown, missing or contradictory.
    """
    return _Reader(read(text, file), messages).journey()


class _Reader:
    """Reads one file; keeps the steps as they are flattened, and the events that fill the run."""

    def __init__(self, root: Node, messages: Mapping[str, MessageDefinition]) -> None:
        self.root = root
        self.messages = messages
        self.steps: dict[str, Step] = {END: End()}
        self.labels: dict[str, str] = {}
        self.triggers: tuple[str, ...] = ()
        self.key: tuple[str, ...] = ()

    def journey(self) -> Journey:
        fields = self.root.allow(*FIELDS)
        name = _journey_name(_required(self.root, fields, "journey"))
        enter_node = _required(self.root, fields, "enter")
        enter = enter_node.allow("on", "where", "key", "again")
        self.triggers = tuple(_event_name(node) for node in _required(enter_node, enter, "on").items())
        self.key = self._key(enter.get("key"))
        first = self._steps(_required(self.root, fields, "steps"), "", END)
        if first == END:
            raise fields["steps"].error("a journey has at least one step")
        journey = Journey(
            name=name,
            trigger=EventTrigger(self.triggers, self._condition(enter.get("where"), self.triggers)),
            steps=self.steps,
            first=first,
            status=_status(fields.get("status")),
            profile_filter=self._condition(fields.get("for"), self.triggers),
            key=self.key,
            again=_again(enter.get("again")),
            exits=tuple(self._exit(node) for node in fields["exit"].items()) if "exit" in fields else (),
            goal=self._goal(fields["goal"]) if "goal" in fields else None,
            labels=self.labels,
            max_lateness=seconds_of(fields["max-lateness"]) if "max-lateness" in fields else 6 * HOUR,
        )
        if journey.goal and journey.goal.then and journey.goal.then not in self.labels:
            raise fields["goal"].error(f"no step has the label {journey.goal.then!r}; labels: {_known(self.labels)}")
        return journey

    def _condition(self, node: Node | None, events: tuple[str, ...]) -> str:
        return self._compiled(node, events).source if node is not None else ""

    def _compiled(self, node: Node, events: tuple[str, ...]) -> Condition:
        try:
            condition = compile_condition(node.string())
        except ConditionError as error:
            raise node.error(str(error)) from error
        for path in condition.event_paths():
            self._check_event_path(node, path, events)
        return condition

    def _check_event_path(self, node: Node, path: str, events: tuple[str, ...]) -> None:
        part = path.partition(".")[0]
        if part in {"name", "occurred_at"}:
            return
        if not any(part_of(event) == part for event in events):
            parts = sorted({part_of(event) for event in events} - {""})
            raise node.error(
                f"event.{path} is not a field of {', '.join(events) or 'any event here'}, which carries {_known(parts)}"
            )

    def _key(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        for part in node.items():
            condition = self._compiled(part, self.triggers)
            if condition.reads != {part.string()}:
                raise part.error("should be one field of the event, such as `event.cart.id`")
        key = tuple(part.string() for part in node.items())
        for event in self.triggers:
            _check_key(node, key, event)
        return key

    def _exit(self, node: Node) -> Exit:
        if not isinstance(node.value, dict):
            return Exit(on=_event_name(node))
        fields = node.allow("on", "where", "when", "same-key")
        if ("on" in fields) == ("when" in fields):
            raise node.error("an exit has either `on: <event>` or `when: <condition on the profile>`")
        if "when" in fields:
            return Exit(when=self._condition(fields["when"], self.triggers))
        event = _event_name(fields["on"])
        same_key = fields["same-key"].boolean() if "same-key" in fields else False
        if same_key:
            _check_key(fields["same-key"], self.key, event)
        return Exit(on=event, where=self._condition(fields.get("where"), (event,)), same_key=same_key)

    def _goal(self, node: Node) -> Goal:
        if not isinstance(node.value, dict):
            return Goal(on=_event_name(node))
        fields = node.allow("on", "where", "then")
        event = _event_name(_required(node, fields, "on"))
        then = fields["then"].string() if "then" in fields else ""
        return Goal(on=event, where=self._condition(fields.get("where"), (event,)), then=then)

    def _steps(self, node: Node, prefix: str, after: str) -> str:
        """Flatten a list of steps; the answer is the path of its first, `after` that of what follows the list."""
        if not isinstance(node.value, list):
            raise node.error("should be a list of steps, each with a dash")
        paths = [f"{prefix}{number}" for number in range(1, len(node.value) + 1)]
        for number, (path, step) in enumerate(zip(paths, node.value, strict=True)):
            following = paths[number + 1] if number + 1 < len(paths) else after
            self._step(step, path, following)
        return paths[0] if paths else after

    def _step(self, node: Node, path: str, following: str) -> None:
        fields = node.mapping() if isinstance(node.value, dict) else {node.text: node}
        kinds = [kind for kind in STEP_KINDS if kind in fields]
        if len(kinds) != 1:
            unknown = next(iter(fields), "")
            raise node.error(f"a step has one of {', '.join(STEP_KINDS)}; this one has {unknown!r}")
        kind = kinds[0]
        if "label" in fields:
            label = fields["label"].string()
            if label in self.labels:
                raise fields["label"].error(f"the label {label!r} is used twice")
            self.labels[label] = path
        readers = {"wait": self._wait, "send": self._send, "branch": self._branch, "end": self._end}
        readers[kind](node, fields, path, following)

    def _wait(self, node: Node, fields: dict[str, Node], path: str, following: str) -> None:
        node.allow("wait", "restart-on", "otherwise", "label")
        otherwise = self._steps(fields["otherwise"], f"{path}.otherwise.", following) if "otherwise" in fields else ""
        delay = self._delay(fields["wait"])
        if otherwise and not isinstance(delay, UntilDate):
            raise fields["otherwise"].error("only `wait: {until: …}` can lack its date")
        restart = tuple(_event_name(event) for event in fields["restart-on"].items()) if "restart-on" in fields else ()
        for event in restart:
            _check_key(fields["restart-on"], self.key, event)
        self.steps[path] = Wait(delay=delay, next=following, restart_on=restart, otherwise=otherwise)

    def _delay(self, node: Node) -> Delay:
        if not isinstance(node.value, dict):
            return Duration(seconds_of(node))
        fields = node.allow("days", "at", "until", "offset")
        if "until" not in fields:
            if "offset" in fields:
                raise fields["offset"].error("`offset` goes with `until`")
            days = fields["days"].integer() if "days" in fields else None
            if days is not None and not 0 <= days <= LONGEST // DAY:
                raise fields["days"].error(f"is from 0 to {LONGEST // DAY} calendar days")
            return LocalTime(at=time_of(_required(node, fields, "at")), days=days)
        until = fields["until"]
        path = until.string()
        root, _, field = path.partition(".")
        if root == "customer":
            if field not in CUSTOMER_FIELDS or field not in _DATE_FIELDS:
                raise until.error(f"is not a date of the profile; dates: {_known(_DATE_FIELDS)}")
        else:
            path = path if root == "event" else f"event.{path}"
            kind = EVENT_FIELDS.get(path.removeprefix("event."))
            if kind is not None and not {date, datetime} & {kind, *get_args(kind)}:
                raise until.error("is not a date")
            if path.startswith("event.data."):
                raise until.error("the shop's own fields have no type, so none is a date")
            self._compiled(Node(path, until.file, until.line, until.path, path), self.triggers)
        offset = seconds_of(fields["offset"], negative=True) if "offset" in fields else 0
        at = time_of(fields["at"]) if "at" in fields else UntilDate("").at
        return UntilDate(path=path, offset=offset, at=at)

    def _send(self, node: Node, fields: dict[str, Node], path: str, following: str) -> None:
        node.allow("send", "by", "issue", "label")
        message = fields["send"].string()
        if message not in self.messages:
            raise fields["send"].error(f"no message {message!r} under templates/; there are {_known(self.messages)}")
        channels = tuple(_channel(channel) for channel in fields["by"].items()) if "by" in fields else ()
        issue = _issue(fields["issue"]) if "issue" in fields else None
        self.steps[path] = Send(message=message, next=following, channels=channels, issue=issue)

    def _branch(self, node: Node, fields: dict[str, Node], path: str, following: str) -> None:
        node.allow("branch", "otherwise", "label")
        cases = []
        for number, arm in enumerate(fields["branch"].items(), 1):
            inner = arm.allow("when", "steps")
            when = self._condition(_required(arm, inner, "when"), self.triggers)
            cases.append(Case(when, self._steps(_required(arm, inner, "steps"), f"{path}.{number}.", following)))
        otherwise = following
        if "otherwise" in fields:
            otherwise = self._steps(fields["otherwise"], f"{path}.otherwise.", following)
        self.steps[path] = Branch(cases=tuple(cases), otherwise=otherwise)

    def _end(self, _node: Node, _fields: dict[str, Node], path: str, _following: str) -> None:
        self.steps[path] = End()


def _journey_name(node: Node) -> str:
    if not _NAME.fullmatch(node.string()):
        raise node.error(f"{node.text!r} should be small letters and digits, joined by hyphens")
    return node.string()


def _check_key(node: Node, key: tuple[str, ...], event: str) -> None:
    """Refuse what can never happen: an event that is to carry the run's key, and does not have its fields."""
    for path in key:
        part = path.split(".")[1]
        if part not in {"name", "occurred_at", part_of(event)}:
            raise node.error(f"{event} does not carry {path}, a part of the run key")


def _required(parent: Node, fields: dict[str, Node], name: str) -> Node:
    if name not in fields:
        raise parent.error(f"lacks `{name}`")
    return fields[name]


def _known(names: Collection[str] | Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"


def _event_name(node: Node) -> str:
    """An event's name: of the vocabulary or the shop's own; one that is nearly of the vocabulary is a mistake."""
    name = node.string()
    area, _, _what = name.partition(".")
    areas = {known.partition(".")[0] for known in EVENT_PARTS} | {"message"}
    if "." not in name or (area in areas - {"message"} and name not in EVENT_PARTS):
        import difflib  # only a mistake needs it

        close = difflib.get_close_matches(name, list(EVENT_PARTS), n=1)
        raise node.error(f"unknown event {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return name


def _channel(node: Node) -> str:
    if node.string() not in CHANNELS:
        raise node.error(f"unknown channel {node.text!r}; channels: {', '.join(CHANNELS)}")
    return node.string()


def _status(node: Node | None) -> JourneyStatus:
    if node is None:
        return "live"
    known: tuple[JourneyStatus, ...] = get_args(JourneyStatus)
    for status in known:
        if node.string() == status:
            return status
    raise node.error(f"unknown status {node.text!r}; it is one of {', '.join(known)}")


def _again(node: Node | None) -> Again:
    if node is None:
        return Again()
    if isinstance(node.value, dict):
        return Again("after", seconds_of(_required(node, node.allow("after"), "after")))
    word = node.string()
    if word == "never":
        return Again("never")
    if word == "always":
        return Again("always")
    raise node.error("is `never`, `always` or `{after: 7 days}`")


def _issue(node: Node) -> CodeOffer:
    fields = node.allow("code", "valid")
    return CodeOffer(_required(node, fields, "code").string(), seconds_of(_required(node, fields, "valid")))
