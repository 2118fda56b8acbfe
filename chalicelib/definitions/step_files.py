"""Reading `steps`: a list with lists inside, kept flat: each step under its path, with the path of the one after it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from chalicelib.definitions import journey_fields as words
from chalicelib.definitions.journey_fields import STEP_FIELDS, take
from chalicelib.definitions.journey_references import References, channel_name, event_name, event_names, hyphenated_name
from chalicelib.definitions.spans import LONGEST, seconds_of, time_of
from chalicelib.definitions.trigger_files import customer_date
from chalicelib.definitions.yaml_reader import Node
from chalicelib.domain.condition_fields import EVENT_DATES, EVENT_FIELDS
from chalicelib.domain.journeys import (
    DAY,
    END,
    Arm,
    AssignTask,
    Award,
    Branch,
    CallWebhook,
    Case,
    Delay,
    Duration,
    End,
    GotoGoal,
    Issue,
    LocalTime,
    Send,
    SetFields,
    Split,
    Step,
    Tag,
    UntilDate,
    Wait,
    WaitFor,
    WaitForCase,
)
from chalicelib.domain.messages import CodeOffer

_OWN_FIELD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WHOLE: Final = 10_000
"""All shares of a split together, in hundredths of a per cent."""
_MOST_POINTS: Final = 1_000_000


class StepReader:
    """Reads the steps of one journey: `steps` by their paths, `labels`, and `lines`, the places, fill as it goes."""

    def __init__(self, references: References, journey: str, *, has_goal: bool) -> None:
        """Begin with no step but the end."""
        self.steps: dict[str, Step] = {END: End()}
        self.labels: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        self._references, self._journey, self._has_goal = references, journey, has_goal
        self._readers: dict[str, Callable[[dict[str, Node], str, str], Step]] = {
            "wait": self._wait, "wait-for": self._wait_for, "send": self._send, "branch": self._branch,
            "split": self._split, "award": _award, "issue": _issue_step, "tag": _tag, "set": _set, "task": _task,
            "call-webhook": _call_webhook, "goto-goal": self._goto_goal, "end": _end,
        }

    def read(self, node: Node, prefix: str = "", after: str = END) -> str:
        """Flatten a list of steps; the answer is the path of its first, `after` that of what follows the list.

        Raises DefinitionError with file, line and reason.
        """
        if not isinstance(node.value, list):
            raise node.error("should be a list of steps, each with a dash")
        paths = [f"{prefix}{number}" for number in range(1, len(node.value) + 1)]
        for number, (path, step) in enumerate(zip(paths, node.value, strict=True)):
            self._step(step, path, paths[number + 1] if number + 1 < len(paths) else after)
        return paths[0] if paths else after

    def _step(self, node: Node, path: str, following: str) -> None:
        fields = node.mapping() if isinstance(node.value, dict) else {node.text: node}
        kinds = [kind for kind in STEP_FIELDS if kind in fields]
        if kinds == ["send", "issue"]:
            kinds = ["send"]
        if len(kinds) != 1:
            unknown = next(iter(fields), "")
            raise node.error(f"a step has one of {', '.join(STEP_FIELDS)}; this one has {unknown!r}")
        if isinstance(node.value, dict):
            take(node, STEP_FIELDS[kinds[0]])
        elif kinds[0] not in {"end", "goto-goal"}:
            raise node.error(f"should say more, as `{kinds[0]}: …`")
        if "label" in fields:
            label = fields["label"].string()
            if label in self.labels:
                raise fields["label"].error(f"the label {label!r} is used twice")
            self.labels[label] = path
        self.lines[path] = node.line
        self.steps[path] = self._readers[kinds[0]](fields, path, following)

    def _inner(self, fields: dict[str, Node], name: str, prefix: str, following: str) -> str:
        """Where an inner list of steps begins; at what follows when it is left out or empty."""
        return self.read(fields[name], prefix, following) if name in fields else following

    def _wait(self, fields: dict[str, Node], path: str, following: str) -> Step:
        delay = self._delay(fields["wait"])
        otherwise = self._inner(fields, "otherwise", f"{path}.otherwise.", following) if "otherwise" in fields else ""
        if otherwise and not isinstance(delay, UntilDate):
            raise fields["otherwise"].error("only `wait: {until: …}` can lack its date")
        restart = event_names(fields["restart-on"]) if "restart-on" in fields else ()
        for event in restart:
            self._references.check_own_key(fields["restart-on"], event)
        return Wait(delay=delay, next=following, restart_on=restart, otherwise=otherwise)

    def _delay(self, node: Node) -> Delay:
        if not isinstance(node.value, dict):
            return Duration(seconds_of(node))
        if "until" not in node.value:
            if "offset" in node.value:
                raise node.value["offset"].error("`offset` goes with `until`")
            fields = take(node, words.WAIT_AT)
            days = fields["days"].integer() if "days" in fields else None
            if days is not None and not 0 <= days <= LONGEST // DAY:
                raise fields["days"].error(f"is from 0 to {LONGEST // DAY} calendar days")
            return LocalTime(at=time_of(fields["at"]), days=days)
        fields = take(node, words.WAIT_UNTIL)
        return UntilDate(
            path=self._date(fields["until"]),
            offset=seconds_of(fields["offset"], negative=True) if "offset" in fields else 0,
            at=time_of(fields["at"]) if "at" in fields else UntilDate("").at,
        )

    def _date(self, node: Node) -> str:
        path = node.string()
        if path.startswith("customer."):
            return customer_date(node)
        path = path if path.startswith("event.") else f"event.{path}"
        field = path.removeprefix("event.")
        if field in EVENT_FIELDS and field not in EVENT_DATES:
            raise node.error("is not a date")
        if path.startswith("event.data."):
            raise node.error("the shop's own fields have no type, so none is a date")
        self._references.compiled(Node(path, node.file, node.line, node.path, path), self._references.events)
        return path

    def _wait_for(self, fields: dict[str, Node], path: str, following: str) -> Step:
        limit = seconds_of(fields["limit"])
        if limit <= 0:
            raise fields["limit"].error("is longer than nothing, as `7 days`")
        cases = []
        for number, node in enumerate(_some(fields["wait-for"]), 1):
            on, where, when, inner = _event_or_condition(node, self._references)
            same_key = inner["same-key"].boolean() if "same-key" in inner else False
            if same_key:
                self._references.check_own_key(inner["same-key"], on)
            to = self._inner(inner, "steps", f"{path}.{number}.", following)
            cases.append(WaitForCase(to, on, where, when, same_key))
        otherwise = self._inner(fields, "otherwise", f"{path}.otherwise.", following)
        return WaitFor(cases=tuple(cases), limit=limit, otherwise=otherwise)

    def _send(self, fields: dict[str, Node], _path: str, following: str) -> Step:
        return Send(
            message=self._references.message(fields["send"]),
            next=following,
            channels=tuple(channel_name(channel) for channel in fields["by"].items()) if "by" in fields else (),
            issue=_offer(fields["issue"]) if "issue" in fields else None,
        )

    def _branch(self, fields: dict[str, Node], path: str, following: str) -> Step:
        cases = []
        for number, arm in enumerate(_some(fields["branch"]), 1):
            inner = take(arm, words.CASE)
            when = self._references.condition(inner["when"])
            cases.append(Case(when, self.read(inner["steps"], f"{path}.{number}.", following)))
        return Branch(cases=tuple(cases), otherwise=self._inner(fields, "otherwise", f"{path}.otherwise.", following))

    def _split(self, fields: dict[str, Node], path: str, following: str) -> Step:
        arms: list[Arm] = []
        for number, node in enumerate(_some(fields["split"]), 1):
            inner = take(node, words.ARM)
            arm = Arm(
                name=hyphenated_name(inner["name"]),
                share=_share(inner["share"]),
                next=self._inner(inner, "steps", f"{path}.{number}.", following),
                control=inner["control"].boolean() if "control" in inner else False,
            )
            if arm.name in {known.name for known in arms}:
                raise inner["name"].error(f"two arms are named {arm.name!r}")
            if arm.control and any(known.control for known in arms):
                raise inner["control"].error("an experiment has one control arm")
            arms.append(arm)
        total = sum(arm.share for arm in arms)
        if total != _WHOLE:
            raise fields["split"].error(f"the shares of all arms make {Decimal(total) / 100} per cent, not 100")
        experiment = fields["experiment"].string() if "experiment" in fields else f"{self._journey}/{path}"
        return Split(experiment=experiment, arms=tuple(arms))

    def _goto_goal(self, fields: dict[str, Node], _path: str, _following: str) -> Step:
        _nothing(fields["goto-goal"])
        if not self._has_goal:
            raise fields["goto-goal"].error("the journey has no `goal` to go to; write one, or `end`")
        return GotoGoal()


def _event_or_condition(node: Node, references: References) -> tuple[str, str, str, dict[str, Node]]:
    """The event, its condition and the condition on the customer that one thing waited for names, and its fields."""
    given = node.mapping()
    if ("on" in given) == ("when" in given):
        raise node.error("waits for either `on: <event>` or `when: <condition on the customer>`")
    if "when" in given:
        fields = take(node, words.WAIT_FOR_WHEN)
        return "", "", references.condition(fields["when"]), fields
    fields = take(node, words.WAIT_FOR_ON)
    event = event_name(fields["on"])
    return event, references.condition(fields.get("where"), (event,)), "", fields


def _award(fields: dict[str, Node], _path: str, following: str) -> Step:
    inner = take(fields["award"], words.AWARD)
    points = inner["points"].integer()
    if not 1 <= points <= _MOST_POINTS:
        raise inner["points"].error(f"is from 1 to {_MOST_POINTS} points")
    return Award(points=points, next=following, because=inner["because"].string() if "because" in inner else "")


def _issue_step(fields: dict[str, Node], _path: str, following: str) -> Step:
    return Issue(offer=_offer(fields["issue"]), next=following)


def _offer(node: Node) -> CodeOffer:
    fields = take(node, words.OFFER)
    return CodeOffer(fields["code"].string(), seconds_of(fields["valid"]))


def _tag(fields: dict[str, Node], _path: str, following: str) -> Step:
    node = fields["tag"]
    if not isinstance(node.value, dict):
        return Tag(next=following, add=tuple(each.string() for each in _some(node)))
    inner = take(node, words.TAGS)
    if not inner:
        raise node.error("lacks `add` or `remove`")
    add, remove = (
        tuple(each.string() for each in inner[name].items()) if name in inner else () for name in ("add", "remove")
    )
    if set(add) & set(remove):
        raise node.error(f"adds and removes {', '.join(sorted(set(add) & set(remove)))}")
    return Tag(next=following, add=add, remove=remove)


def _set(fields: dict[str, Node], _path: str, following: str) -> Step:
    values: dict[str, str | int | bool | None] = {}
    for name, node in fields["set"].mapping().items():
        if not _OWN_FIELD.fullmatch(name):
            raise node.error("a field of the shop's own is named by small letters, digits and _, up to 40 of them")
        if isinstance(node.value, list | dict | float):
            raise node.error("is a text, a whole number, true, false or null; write other numbers in quotes")
        values[name] = node.value
    if not values:
        raise fields["set"].error("sets no field")
    return SetFields(fields=values, next=following)


def _task(fields: dict[str, Node], _path: str, following: str) -> Step:
    inner = take(fields["task"], words.TASK)
    return AssignTask(
        title=inner["title"].string(),
        next=following,
        script=inner["script"].string() if "script" in inner else "",
        within=seconds_of(inner["within"]) if "within" in inner else AssignTask("", "").within,
    )


def _call_webhook(fields: dict[str, Node], _path: str, following: str) -> Step:
    inner = take(fields["call-webhook"], words.WEBHOOK)
    url = inner["url"].string()
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme == "https" and parts.username is None else None
    except ValueError:
        host = None
    if not host or re.search(r"\s", url):
        raise inner["url"].error(f"should be a URL such as https://crm.example/hooks/1, not {url!r}")
    return CallWebhook(url=url, next=following)


def _end(fields: dict[str, Node], _path: str, _following: str) -> Step:
    _nothing(fields["end"])
    return End()


def _nothing(node: Node) -> None:
    """`- end` is written alone; with a label it is `end:` with nothing after it."""
    if node.value is not None and node.value not in {"end", "goto-goal"}:
        raise node.error("takes no value")


def _some(node: Node) -> list[Node]:
    if not node.items() or node.value is None:
        raise node.error("lists nothing")
    return node.items()


def _share(node: Node) -> int:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise node.error(f"should be per cent, as 50 or 33.34, not {node.text!r}")
    share = Decimal(node.text) * 100
    if not 0 <= share <= _WHOLE or share != int(share):
        raise node.error(f"is from 0 to 100 per cent, with at most two decimals, not {node.text}")
    return int(share)
