"""The examples that a journey file carries: read, played through the fold, compared. No journey goes live without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.definitions.example_outcomes import Line, came_of, compared, expected
from chalicelib.definitions.journey_fields import EXAMPLE, take
from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import Effect
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.fold import Folded
from chalicelib.domain.journeys import BroadcastTrigger, Journey
from chalicelib.domain.rehearsal import Rehearsal
from chalicelib.domain.segments import Segment
from chalicelib.domain.timing import local_moment, zone_of

HORIZON = timedelta(days=400)
"""How far an example looks ahead after the last thing given, unless it says `until`."""
MOST_ENTRIES = 2000
"""Entries that one example may come to; more, and the journey goes round in a circle."""

_ADDRESSES = {"email": "anna@example.com", "sms": "+79990000000"}
_KINDS_OF_EVENT = get_type_hints(Event)
_KINDS_OF_PROFILE = get_type_hints(Profile)
_ENCODED_NAMES = {field.name: field.encode_name for field in msgspec.structs.fields(Profile)}
_NAMED_OTHERWISE = frozenset({"name", "occurred_at", "merge"})
"""Fields of an event that an example tells in another way, or not at all."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_BEFORE_A_BROADCAST = timedelta(days=2)
"""Before its local time begins anywhere."""
GIVEN_FIELDS = ("at", "event", *(name for name in Event.__struct_fields__ if name not in _NAMED_OTHERWISE))
"""What a line of `given` may say."""
CUSTOMER_FIELDS = ("channels", "consents", *Profile.__struct_fields__)
"""What `customer` may say."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An example that does not hold: what was expected and what came."""

    name: str
    file: str
    line: int
    missing: tuple[Line, ...]
    surplus: tuple[Line, ...]

    @property
    def told(self) -> str:
        """What its author reads, without the place."""
        wanted = [f"  expected but did not come: {line}" for line in self.missing]
        came = [f"  came but was not expected: {line}" for line in self.surplus]
        return "\n".join([f"example {self.name!r} does not hold", *wanted, *came])

    def __str__(self) -> str:
        """The mismatch as its author reads it."""
        return f"{self.file}:{self.line}: {self.told}"


def check_examples(text: str, file: str, journey: Journey, definitions: Definitions) -> Iterator[Mismatch]:
    """Play each example of a journey file; yields those that do not hold.

    The journey alone is in force, without the holdout group. Raises DefinitionError for an example that cannot be read.
    """
    root = read(text, file).mapping()
    if "examples" not in root:
        return
    settings = replace(definitions.settings, holdout_percent=0.0)
    segments = [Segment(name, rule.source) for name, rule in definitions.segments.items()]
    alone = Definitions.of(
        settings, definitions.messages.values(), [replace(journey, status="live")], segments=segments
    )
    for node in root["examples"].items():
        fields = take(node, EXAMPLE)
        wanted = [expected(line) for line in fields["expect"].items()]
        missing, surplus = compared(wanted, _played(node, fields, journey, alone))
        if missing or surplus:
            yield Mismatch(fields["name"].string(), file, node.line, missing, surplus)


@dataclass(slots=True)
class _Watcher:
    """Keeps what comes of one example; stops one that never comes to rest."""

    example: Node
    effects: list[Effect] = field(default_factory=list)
    entries: int = 0

    def folded(self, _entry: Entry, folded: Folded) -> None:
        self.effects.extend(folded.effects)
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise self.example.error("never comes to rest: the journey starts itself again and again")

    def set_aside(self, _entry: Entry, error: Exception) -> None:
        raise error


def _played(example: Node, fields: dict[str, Node], journey: Journey, definitions: Definitions) -> list[Line]:
    """All that comes of an example.

    A customer that the example describes is known from its beginning: nobody enters a segment by being in it then.
    """
    customer = _customer(fields.get("customer"), definitions)
    where = zone_of(customer.profile, definitions.settings)
    entries = _entries(fields.get("given"), customer.customer_id, where)
    start = _start(example, fields, journey, entries, where)
    end = _moment(fields["until"], where) if "until" in fields else max([start, *_moments(entries, journey)]) + HORIZON
    if "customer" in fields or not entries:
        customer = replace(customer, now=start, timer_at=start)
    watcher = _Watcher(example)
    rehearsal = Rehearsal(definitions, watcher, [customer])
    for entry in entries:
        rehearsal.take(entry)
    rehearsal.run_until(end)
    return came_of(watcher.effects, where)


def _entries(given: Node | None, customer_id: str, where: ZoneInfo) -> list[Entry]:
    entries: list[Entry] = []
    for number, node in enumerate(given.items() if given is not None else ()):
        at = _moment(_field(node, "at"), where)
        if entries and at < entries[-1].recorded_at:
            raise node.error("is earlier than what stands before it")
        event = _localised(_event(node, at), where)
        entries.append(Entry(customer_id, f"{at.isoformat()}#{number}", at, "example", (event,)))
    return entries


def _start(
    example: Node, fields: dict[str, Node], journey: Journey, entries: list[Entry], where: ZoneInfo
) -> datetime:
    """When an example begins: at `from`, else with the first thing given, else shortly before the broadcast."""
    if "from" in fields:
        start = _moment(fields["from"], where)
        if entries and entries[0].recorded_at < start:
            raise fields["from"].error("is later than the first thing given")
        return start
    moments = _moments(entries[:1], journey)
    if not moments:
        raise example.error("lacks what is `given`, or `from` when time alone is to pass")
    return moments[0] if entries else moments[0] - _BEFORE_A_BROADCAST


def _moments(entries: list[Entry], journey: Journey) -> list[datetime]:
    trigger = journey.trigger
    broadcast = [trigger.at.replace(tzinfo=UTC)] if isinstance(trigger, BroadcastTrigger) else []
    return [entry.recorded_at for entry in entries] + broadcast


def _field(node: Node, name: str) -> Node:
    fields = node.mapping()
    if name not in fields:
        raise node.error(f"lacks `{name}`")
    return fields[name]


def _moment(node: Node, where: ZoneInfo) -> datetime:
    try:
        local = datetime.strptime(node.string(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (the zone is the customer's)
    except ValueError as error:
        raise node.error(f"should be a local time such as `2026-03-02 10:00`, not {node.text!r}") from error
    return local_moment(local.date(), local.time(), where)


def _event(node: Node, at: datetime) -> Event:
    fields = node.allow(*GIVEN_FIELDS)
    parts = {name: _encoded(value, _KINDS_OF_EVENT[name]) for name, value in fields.items() if name in _KINDS_OF_EVENT}
    name = _field(node, "event").string()
    try:
        return msgspec.convert({"name": name, "occurred_at": at, **parts}, Event, strict=False)
    except msgspec.ValidationError as error:
        raise node.error(str(error)) from error


def _customer(node: Node | None, definitions: Definitions) -> Customer:
    fields = node.allow(*CUSTOMER_FIELDS) if node is not None else {}
    channels = [channel.string() for channel in fields["channels"].items()] if "channels" in fields else ["email"]
    consents = [channel.string() for channel in fields["consents"].items()] if "consents" in fields else channels
    told = {
        _ENCODED_NAMES[name]: _encoded(value, _KINDS_OF_PROFILE[name])
        for name, value in fields.items() if name not in {"channels", "consents"}
    }
    try:
        profile = msgspec.convert(told, Profile, strict=False)
    except msgspec.ValidationError as error:
        assert node is not None
        raise node.error(str(error)) from error
    profile = replace(
        profile,
        addresses=tuple(Address(channel, _ADDRESSES.get(channel, f"{channel}-address")) for channel in channels),
        consents=tuple(Consent(channel, "*", True, _LONG_AGO, "example") for channel in consents),
    )
    return Customer("example", profile=_localised(profile, zone_of(profile, definitions.settings)))


def _encoded(node: Node, kind: Any) -> Any:
    """The plain value of a node with its fields under the names they are stored by; an unknown one is an error."""
    kinds = (kind, *get_args(kind))
    structs = [each for each in kinds if isinstance(each, type) and issubclass(each, Struct)]
    if not structs:
        return _moment_as_text(node) if datetime in kinds and isinstance(node.value, str) else node.plain()
    struct = structs[0]
    if isinstance(node.value, list):
        return [_encoded(item, struct) for item in node.value]
    inner, names = get_type_hints(struct), {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    return {names[name]: _encoded(value, inner[name]) for name, value in node.allow(*names).items()}


def _moment_as_text(node: Node) -> str:
    """A moment as msgspec reads it: `2026-03-02 10:00` and `2026-03-02` are local times, which `_localised` turns."""
    try:
        return datetime.fromisoformat(node.string()).isoformat()
    except ValueError as error:
        raise node.error(f"should be a local time such as `2026-03-02 10:00`, not {node.text!r}") from error


def _localised(value: Any, where: ZoneInfo) -> Any:
    """A value with every local time in it turned into the moment that it is in this zone."""
    if isinstance(value, datetime):
        return value if value.tzinfo else local_moment(value.date(), value.time(), where)
    if isinstance(value, tuple):
        return tuple(_localised(each, where) for each in value)
    if isinstance(value, Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        return replace(value, **{name: _localised(each, where) for name, each in fields.items()})
    return value
