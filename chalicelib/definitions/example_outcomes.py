"""What an example expects, what came of it, and how the two are told from each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from chalicelib.definitions.journey_fields import EXPECTED, take
from chalicelib.definitions.yaml_reader import Node
from chalicelib.domain.effects import AppendEntry, Effect, PutMessage, PutTask
from chalicelib.domain.messages import WEBHOOK, Message, Status
from chalicelib.domain.rehearsal import AWARDED

_DETAILS: Final = {"send": "by", "skip": "because"}
"""The second word of a line, by its first; a line of another kind has none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that comes of an example: when (local time), what kind of thing, which, and by or because of what.

    `kind` is a field of `EXPECTED`; `code` is the discount that the message shows, empty where nothing is said of it.
    """

    at: str
    kind: str
    what: str
    detail: str = ""
    code: str = ""

    def __str__(self) -> str:
        """The line as it is written in the file."""
        detail = f", {_DETAILS[self.kind]}: {self.detail}" if self.detail else ""
        code = f", code: {self.code}" if self.code else ""
        return f"{{at: {self.at}, {self.kind}: {self.what}{detail}{code}}}"

    def is_met_by(self, came: Line) -> bool:
        """Whether what came is what this line expects; a code counts only where the line names one."""
        alike = (self.at, self.kind, self.what, self.detail) == (came.at, came.kind, came.what, came.detail)
        return alike and self.code in ("", came.code)


def expected(node: Node) -> Line:
    """A line of `expect`, or a DefinitionError."""
    given = node.mapping()
    kinds = [kind for kind in EXPECTED if kind in given]
    if len(kinds) != 1:
        raise node.error(f"lacks `{'`, `'.join(list(EXPECTED)[:-1])}` or `{list(EXPECTED)[-1]}`: exactly one of them")
    kind = kinds[0]
    fields = take(node, EXPECTED[kind])
    detail = fields[_DETAILS[kind]].string() if kind in _DETAILS else ""
    code = fields["code"].string() if "code" in fields else ""
    return Line(fields["at"].string(), kind, fields[kind].string(), detail, code)


def came_of(effects: Iterable[Effect], where: tzinfo) -> list[Line]:
    """What effects come to, at local times: messages sent and skipped, points, tasks, calls of other systems."""
    lines = []
    for effect in effects:
        match effect:
            case PutMessage(message=message) if message.status in {Status.QUEUED, Status.SKIPPED}:
                lines.append(_of_message(message, where))
            case PutTask(task=task):
                lines.append(Line(_local(task.created_at, where), "task", task.title))
            case AppendEntry(entry=entry):
                lines.extend(
                    Line(_local(event.occurred_at, where), "award", str(event.data["points"]))
                    for event in entry.events if event.name == AWARDED
                )
            case _:
                pass
    return lines


def compared(wanted: Iterable[Line], came: Iterable[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """What was expected and did not come, and what came and was not expected."""
    surplus = list(came)
    missing = []
    for line in sorted(wanted, key=lambda line: not line.code):
        met = next((each for each in surplus if line.is_met_by(each)), None)
        if met is None:
            missing.append(line)
        else:
            surplus.remove(met)
    return tuple(missing), tuple(surplus)


def _of_message(message: Message, where: tzinfo) -> Line:
    at = _local(message.decided_at, where)
    if message.status is Status.SKIPPED:
        return Line(at, "skip", message.name, message.reason)
    if WEBHOOK in message.channels:
        return Line(at, "call", message.url)
    return Line(at, "send", message.name, message.channels[0], message.code.discount if message.code else "")


def _local(moment: datetime, where: tzinfo) -> str:
    return f"{moment.astimezone(where):%Y-%m-%d %H:%M}"
