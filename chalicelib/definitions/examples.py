"""The examples that a journey file carries: read, played through the fold, compared. No journey goes live without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import Journey
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.rehearsal import play
from chalicelib.domain.timing import local_moment, zone_of

HORIZON = timedelta(days=400)
"""How far an example looks ahead after its last event."""

_ADDRESSES = {"email": "anna@example.com", "sms": "+79990000000"}
_KINDS_OF_EVENT = get_type_hints(Event)
_KINDS_OF_PROFILE = get_type_hints(Profile)
_ENCODED_NAMES = {field.name: field.encode_name for field in msgspec.structs.fields(Profile)}
_NAMED_OTHERWISE = frozenset({"name", "occurred_at", "merge"})
"""Fields of an event that an example tells in another way, or not at all."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that came of an example: when (local time), what (`send` or `skip`), and by what or because of what."""

    at: str
    did: str
    message: str
    detail: str

    def __str__(self) -> str:
        """The line as it is written in the file."""
        word = "by" if self.did == "send" else "because"
        return f"{{at: {self.at}, {self.did}: {self.message}, {word}: {self.detail}}}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An example that does not hold: what was expected and what came."""

    name: str
    file: str
    line: int
    missing: tuple[Line, ...]
    surplus: tuple[Line, ...]

    def __str__(self) -> str:
        """The mismatch as its author reads it."""
        wanted = [f"  expected but did not come: {line}" for line in self.missing]
        came = [f"  came but was not expected: {line}" for line in self.surplus]
        return "\n".join([f"{self.file}:{self.line}: example {self.name!r} does not hold", *wanted, *came])


def check_examples(text: str, file: str, journey: Journey, definitions: Definitions) -> Iterator[Mismatch]:
    """Play each example of a journey file; yields those that do not hold.

    The journey alone is in force, without the holdout group. Raises DefinitionError for an example that cannot be read.
    """
    root = read(text, file).mapping()
    if "examples" not in root:
        return
    settings = replace(definitions.settings, holdout_percent=0.0)
    alone = Definitions.of(settings, definitions.messages.values(), [replace(journey, status="live")])
    for node in root["examples"].items():
        fields = node.allow("name", "customer", "given", "expect")
        for name in ("name", "given", "expect"):
            if name not in fields:
                raise node.error(f"an example lacks `{name}`")
        expected = [_expected(line) for line in fields["expect"].items()]
        came = _play(fields, alone)
        missing = tuple(line for line in expected if line not in came)
        surplus = tuple(line for line in came if line not in expected)
        if missing or surplus or len(came) != len(expected):
            yield Mismatch(fields["name"].string(), file, node.line, missing, surplus)


def _play(fields: dict[str, Node], definitions: Definitions) -> list[Line]:
    customer = _customer(fields.get("customer"))
    where = zone_of(customer.profile, definitions.settings)
    entries: list[Entry] = []
    for number, node in enumerate(fields["given"].items()):
        at = _moment(_field(node, "at"), where)
        if entries and at < entries[-1].recorded_at:
            raise node.error("is earlier than what stands before it")
        event = _event(node, at)
        entries.append(Entry(customer.customer_id, f"{at.isoformat()}#{number}", at, "example", (event,)))
    end = entries[-1].recorded_at + HORIZON if entries else _LONG_AGO
    played = play(customer, entries, definitions, until=end)
    return [
        _line(message, where) for message in played.messages if message.status in {Status.QUEUED, Status.SKIPPED}
    ]


def _line(message: Message, where: Any) -> Line:
    at = f"{message.decided_at.astimezone(where):%Y-%m-%d %H:%M}"
    if message.status is Status.SKIPPED:
        return Line(at, "skip", message.name, message.reason)
    return Line(at, "send", message.name, message.channels[0])


def _expected(node: Node) -> Line:
    fields = node.mapping()
    if "send" in fields:
        fields = node.allow("at", "send", "by")
        return Line(_field(node, "at").string(), "send", fields["send"].string(), _field(node, "by").string())
    fields = node.allow("at", "skip", "because")
    return Line(
        _field(node, "at").string(), "skip", _field(node, "skip").string(), _field(node, "because").string()
    )


def _field(node: Node, name: str) -> Node:
    fields = node.mapping()
    if name not in fields:
        raise node.error(f"lacks `{name}`")
    return fields[name]


def _moment(node: Node, where: Any) -> datetime:
    try:
        local = datetime.strptime(node.string(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (the zone is the customer's)
    except ValueError as error:
        raise node.error(f"should be a local time such as `2026-03-02 10:00`, not {node.text!r}") from error
    return local_moment(local.date(), local.time(), where)


def _event(node: Node, at: datetime) -> Event:
    fields = node.allow("at", "event", *(field for field in Event.__struct_fields__ if field not in _NAMED_OTHERWISE))
    parts = {name: _encoded(value, _KINDS_OF_EVENT[name]) for name, value in fields.items() if name in _KINDS_OF_EVENT}
    name = _field(node, "event").string()
    try:
        return msgspec.convert({"name": name, "occurred_at": at, **parts}, Event, strict=False)
    except msgspec.ValidationError as error:
        raise node.error(str(error)) from error


def _customer(node: Node | None) -> Customer:
    fields = node.allow("channels", "consents", *Profile.__struct_fields__) if node is not None else {}
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
    return Customer(
        customer_id="example",
        profile=replace(
            profile,
            addresses=tuple(Address(channel, _ADDRESSES.get(channel, f"{channel}-address")) for channel in channels),
            consents=tuple(Consent(channel, "*", True, _LONG_AGO, "example") for channel in consents),
        ),
    )


def _encoded(node: Node, kind: Any) -> Any:
    """The plain value of a node with its fields under the names they are stored by; an unknown one is an error."""
    structs = [each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Struct)]
    if not structs:
        return node.plain()
    struct = structs[0]
    if isinstance(node.value, list):
        return [_encoded(item, struct) for item in node.value]
    kinds, names = get_type_hints(struct), {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    return {names[name]: _encoded(value, kinds[name]) for name, value in node.allow(*names).items()}
