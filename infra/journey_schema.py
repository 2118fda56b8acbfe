"""Writes docs/journey.schema.json from the words that journey files are read by: `python -m infra.journey_schema`.

Editors complete and check a journey file by it (docs/journeys.md says how). What it allows the reader may still refuse:
a message that does not exist, a condition that cannot be compiled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

from msgspec import Struct

from chalicelib.definitions import journey_fields as words
from chalicelib.definitions.examples import CUSTOMER_FIELDS, GIVEN_FIELDS
from chalicelib.definitions.journey_fields import Fields
from chalicelib.definitions.journey_references import EVENTS, NAME, OWN_EVENT
from chalicelib.definitions.spans import SPAN, TIME
from chalicelib.domain.condition_fields import CUSTOMER_DATES, EVENT_FIELDS
from chalicelib.domain.customer import Profile
from chalicelib.domain.events import Event
from chalicelib.domain.messages import CHANNELS, Reason

FILE: Final = Path(__file__).parent.parent / "docs" / "journey.schema.json"

Schema = dict[str, Any]

_LOCAL_MOMENT: Final = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"


def document() -> Schema:
    """The schema of a journey file (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A journey",
        **_object(words.JOURNEY),
        "$defs": {
            "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
            "condition": {
                "description": "A condition, such as customer.orders.count > 3 and \"coats\" in customer.categories.",
                "type": ["string", "boolean"],
            },
            "duration": {"type": "string", "pattern": SPAN.pattern.replace("-?", ""), "examples": ["24 hours"]},
            "offset": {"type": "string", "pattern": SPAN.pattern, "examples": ["-3 days"]},
            "time": {"type": "string", "pattern": TIME.pattern, "examples": ["15:00"]},
            "moment": {"type": "string", "pattern": _LOCAL_MOMENT, "examples": ["2026-12-01 11:00"]},
            "event": {"anyOf": [
                {"enum": sorted(EVENTS)},
                {"description": "An event of your own.", "type": "string", "pattern": f"^{OWN_EVENT.pattern}$"},
            ]},
            "event-field": {"anyOf": [
                {"enum": sorted(f"event.{field}" for field in EVENT_FIELDS)},
                {"type": "string", "pattern": r"^event\.data\.[^.]+$"},
            ]},
            "customer-date": {"enum": sorted(f"customer.{field}" for field in CUSTOMER_DATES)},
            "channel": {"enum": list(CHANNELS)},
            "reason": {"enum": [reason.value for reason in Reason]},
            "again": {"anyOf": [{"enum": ["never", "always"]}, _object(words.AGAIN)]},
            "resume": {"anyOf": [{"enum": ["drop", "shift"]}, _object(words.RESUME)]},
            "budget": _object(words.BUDGET),
            "broadcast": _object(words.BROADCAST),
            "enter": {"anyOf": [_object(fields) for fields in words.TRIGGERS.values()]},
            "exit": {"anyOf": [_ref("event"), _object(words.EXIT_ON), _object(words.EXIT_WHEN)]},
            "goal": {"anyOf": [_ref("event"), _object(words.GOAL)]},
            "steps": {"type": "array", "items": _ref("step")},
            "step": {"anyOf": [
                {"enum": ["end", "goto-goal"]}, *(_object(fields) for fields in words.STEP_FIELDS.values()),
            ]},
            "wait": {"anyOf": [_ref("duration"), _object(words.WAIT_AT), _object(words.WAIT_UNTIL)]},
            "wait-for-case": {"anyOf": [_object(words.WAIT_FOR_ON), _object(words.WAIT_FOR_WHEN)]},
            "case": _object(words.CASE),
            "arm": _object(words.ARM),
            "offer": _object(words.OFFER),
            "award": _object(words.AWARD),
            "tags": _object(words.TAGS),
            "task": _object(words.TASK),
            "webhook": _object(words.WEBHOOK),
            "example": _object(words.EXAMPLE),
            "given": _of_struct(Event, GIVEN_FIELDS, {
                "at": {"description": "When: 2026-03-02 10:00, on the customer's clock.", **_ref("moment")},
                "event": {"description": "What happens.", "type": "string"},
            }, required=["at", "event"]),
            "customer": _of_struct(Profile, CUSTOMER_FIELDS, {
                "channels": {"description": "Where there is an address; email when left out.", **_channels()},
                "consents": {"description": "Agreed to marketing by these; all channels when left out.", **_channels()},
            }),
            "expected": {"anyOf": [_object(fields) for fields in words.EXPECTED.values()]},
        },
    }


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _object(fields: Fields) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {name: {"description": field.means, **field.form} for name, field in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if field.required]
    return {**schema, "required": required} if required else schema


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _channels() -> Schema:
    return {"anyOf": [_ref("channel"), {"type": "array", "items": _ref("channel")}]}


def _of_struct(
    struct: type[Struct], names: tuple[str, ...], own: Mapping[str, Schema], required: list[str] | None = None
) -> Schema:
    """The mapping of a struct's fields by these names, `own` being those that the struct does not have in this form."""
    kinds = get_type_hints(struct)
    properties = {name: own[name] if name in own else _of_kind(kinds[name]) for name in names}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _of_kind(kind: Any) -> Schema:
    kinds = (kind, *get_args(kind))
    struct = next((each for each in kinds if isinstance(each, type) and issubclass(each, Struct)), None)
    if struct is None:
        return {"type": "string"} if datetime in kinds else {}
    inner = _of_struct(struct, struct.__struct_fields__, {})
    return {"type": "array", "items": inner} if get_origin(kind) is tuple else inner


if __name__ == "__main__":
    FILE.write_text(text())
    print(FILE)
