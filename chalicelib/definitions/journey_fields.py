"""The words of a journey file: every mapping it may hold, with its fields, their meaning and their form.

The reader refuses what is not here, and docs/journey.schema.json is made of it, so that an editor knows the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from chalicelib.definitions.yaml_reader import Node

Form = Mapping[str, Any]
"""A JSON Schema of a value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it means, the form of its value, and whether it must be there."""

    means: str
    form: Form
    required: bool = False


Fields = Mapping[str, Field]


def take(node: Node, known: Fields) -> dict[str, Node]:
    """The fields of a mapping; raises DefinitionError for an unknown one, at its line, and for a missing one."""
    given = node.mapping()
    for name, value in given.items():
        if name not in known:
            close = get_close_matches(name, list(known), n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise value.error(f"unknown field {name!r}; {hint}known here: {', '.join(known)}")
    for name, field in known.items():
        if field.required and name not in given:
            raise node.error(f"lacks `{name}`")
    return given


def _named(name: str) -> Form:
    return {"$ref": f"#/$defs/{name}"}


def _list_of(form: Form) -> Form:
    return {"type": "array", "items": form}


def _one_or_more(form: Form) -> Form:
    """A list, or what would stand in it alone."""
    return {"anyOf": [form, _list_of(form)]}


CONDITION: Final = _named("condition")
DURATION: Final = _named("duration")
EVENTS: Final = _one_or_more(_named("event"))
STEPS: Final = _named("steps")
TEXT: Final[Form] = {"type": ["string", "number"], "minLength": 1}
TIME: Final = _named("time")
FLAG: Final[Form] = {"type": "boolean"}

AGAIN: Final[Fields] = {"after": Field("So long since the last entry, whatever its key.", DURATION, required=True)}

_AGAIN_FIELD: Final = Field(
    "Whether a customer may enter again: never, after a gap, or always (as soon as the run with this key has ended).",
    _named("again"),
)
_WHERE: Final = Field("A condition on the event, tested once.", CONDITION)

BROADCAST: Final[Fields] = {
    "to": Field("Who gets it: a condition on the customer.", CONDITION, required=True),
    "at": Field("The moment: 2026-12-01 11:00.", _named("moment"), required=True),
    "clock": Field(
        "Whose clock shows it: each customer's own (when left out), or the shop's: one moment for all.",
        {"enum": ["customer", "shop"]},
    ),
}

TRIGGERS: Final[Mapping[str, Fields]] = {
    "on": {
        "on": Field("The event that starts it, or a list of them.", EVENTS, required=True),
        "where": _WHERE,
        "key": Field(
            "The field of the event whose value makes a run its own, or a list of them: event.cart.id.",
            _one_or_more(_named("event-field")),
        ),
        "again": _AGAIN_FIELD,
    },
    "segment": {
        "segment": Field("Started by entering this segment of segments.yaml.", TEXT, required=True),
        "again": _AGAIN_FIELD,
    },
    "segment-left": {
        "segment-left": Field("Started by leaving this segment of segments.yaml.", TEXT, required=True),
        "again": _AGAIN_FIELD,
    },
    "date": {
        "date": Field("A date of the customer: customer.birthday.", _named("customer-date"), required=True),
        "every": Field("Every year; once when left out.", {"const": "year"}),
        "at": Field("The time on the customer's clock, 9:00 when left out.", TIME),
        "offset": Field("So long before (-3 days) or after the date.", _named("offset")),
        "again": _AGAIN_FIELD,
    },
    "product": {
        "product": Field(
            "A change of a product that the customer watches.",
            {"enum": ["price-dropped", "back-in-stock", "low-stock"]},
            required=True,
        ),
        "where": _WHERE,
        "key": Field(
            "What makes a run its own; event.product.id when left out.", _one_or_more(_named("event-field"))
        ),
        "again": _AGAIN_FIELD,
    },
    "broadcast": {
        "broadcast": Field("Sent to many at one time.", _named("broadcast"), required=True),
        "again": _AGAIN_FIELD,
    },
}
"""What can start a journey, by the field that says which it is."""

EXIT_ON: Final[Fields] = {
    "on": Field("The event that ends the run at once.", _named("event"), required=True),
    "where": Field("A condition on that event.", CONDITION),
    "same-key": Field("Only when the event carries the run's own key.", FLAG),
}
EXIT_WHEN: Final[Fields] = {
    "when": Field("A condition on the customer that ends the run as soon as it is true.", CONDITION, required=True),
}
GOAL: Final[Fields] = {
    "on": Field("The event that the journey is for.", _named("event"), required=True),
    "where": Field("A condition on that event.", CONDITION),
    "then": Field("The label of the step at which the run goes on; it is over when left out.", TEXT),
}
RESUME: Final[Fields] = {
    "at-most": Field("Do what is at most so late, and skip the rest.", DURATION, required=True),
}
BUDGET: Final[Fields] = {
    "month": Field("US dollars a month: \"10.00\".", {"type": ["string", "number"]}, required=True),
}
OFFER: Final[Fields] = {
    "code": Field("The discount as the customer reads it: 10 %.", TEXT, required=True),
    "valid": Field("How long the code is good for.", DURATION, required=True),
}
WAIT_AT: Final[Fields] = {
    "days": Field("So many calendar days later; without it, the next time the clock shows that.",
                  {"type": "integer", "minimum": 0, "maximum": 3660}),
    "at": Field("The time on the customer's clock.", TIME, required=True),
}
WAIT_UNTIL: Final[Fields] = {
    "until": Field("A date of the event or of the customer: order.delivery_date, customer.birthday.", TEXT,
                   required=True),
    "offset": Field("So long before (-1 day) or after the date.", _named("offset")),
    "at": Field("The time that a bare date means, 9:00 when left out.", TIME),
}
WAIT_FOR_ON: Final[Fields] = {
    "on": Field("The event that is waited for.", _named("event"), required=True),
    "where": Field("A condition on that event.", CONDITION),
    "same-key": Field("Only when the event carries the run's own key.", FLAG),
    "steps": Field("What to do then; when left out, the run goes on after the wait.", STEPS),
}
WAIT_FOR_WHEN: Final[Fields] = {
    "when": Field("A condition on the customer that is waited for.", CONDITION, required=True),
    "steps": Field("What to do then; when left out, the run goes on after the wait.", STEPS),
}
CASE: Final[Fields] = {
    "when": Field("The condition.", CONDITION, required=True),
    "steps": Field("What to do when it is true.", STEPS, required=True),
}
ARM: Final[Fields] = {
    "name": Field("The arm's name in reports.", TEXT, required=True),
    "share": Field("Per cent of all who come by; those of all arms make 100.",
                   {"type": "number", "minimum": 0, "maximum": 100}, required=True),
    "control": Field("Nobody leaves this arm when shares change.", FLAG),
    "steps": Field("What this arm does; when left out, the run goes on after the split.", STEPS),
}
AWARD: Final[Fields] = {
    "points": Field("How many loyalty points.", {"type": "integer", "minimum": 1}, required=True),
    "because": Field("What for, as the ledger shows it.", TEXT),
}
TAGS: Final[Fields] = {
    "add": Field("Tags that the customer gets.", _one_or_more(TEXT)),
    "remove": Field("Tags that are taken away.", _one_or_more(TEXT)),
}
TASK: Final[Fields] = {
    "title": Field("What is to be done.", TEXT, required=True),
    "script": Field("What to say, in plain text.", TEXT),
    "within": Field("By when; 2 days when left out.", DURATION),
}
WEBHOOK: Final[Fields] = {
    "url": Field("Where the signed request goes.", {"type": "string", "pattern": "^https://"}, required=True),
}
_OTHERWISE: Final = "what to do then; when left out, the run goes on with the next step."
_LABEL: Final = Field("A name to jump to.", TEXT)

STEP_FIELDS: Final[Mapping[str, Fields]] = {
    "wait": {
        "wait": Field("Wait: so long, for a time on the customer's clock, or until a date.", _named("wait"),
                      required=True),
        "restart-on": Field("Events with the run's key that start the wait anew.", EVENTS),
        "otherwise": Field(f"Where there is no such date: {_OTHERWISE}", STEPS),
        "label": _LABEL,
    },
    "wait-for": {
        "wait-for": Field("Wait for the first of these events and conditions.",
                          _one_or_more(_named("wait-for-case")), required=True),
        "limit": Field("How long at most.", DURATION, required=True),
        "otherwise": Field(f"When the limit has passed: {_OTHERWISE}", STEPS),
        "label": _LABEL,
    },
    "send": {
        "send": Field("The message of templates/ to send, by the first usable of its channels.", TEXT, required=True),
        "by": Field("Other channels, in this order.", _one_or_more(_named("channel"))),
        "issue": Field("A promo code of its own.", _named("offer")),
        "label": _LABEL,
    },
    "branch": {
        "branch": Field("Go by the first case that is true.",
                        _one_or_more(_named("case")), required=True),
        "otherwise": Field(f"When none is true: {_OTHERWISE}", STEPS),
        "label": _LABEL,
    },
    "split": {
        "split": Field("Divide customers into arms, always the same way.",
                       {"type": "array", "items": _named("arm"), "minItems": 2}, required=True),
        "experiment": Field("The name by which customers are divided; the journey's and the step's when left out.",
                            TEXT),
        "label": _LABEL,
    },
    "award": {"award": Field("Award loyalty points.", _named("award"), required=True), "label": _LABEL},
    "issue": {
        "issue": Field("Issue a promo code, which later messages of the run show.", _named("offer"), required=True),
        "label": _LABEL,
    },
    "tag": {
        "tag": Field("Add tags to the customer, and take others away.",
                     {"anyOf": [_one_or_more(TEXT), _named("tags")]}, required=True),
        "label": _LABEL,
    },
    "set": {
        "set": Field(
            "Set fields of the shop's own, read as customer.data.<name>; null takes one away.",
            {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
             "additionalProperties": {"type": ["string", "integer", "boolean", "null"]}},
            required=True,
        ),
        "label": _LABEL,
    },
    "task": {"task": Field("Give a person a task about this customer.", _named("task"), required=True),
             "label": _LABEL},
    "call-webhook": {
        "call-webhook": Field("Tell another system, by a signed request.", _named("webhook"), required=True),
        "label": _LABEL,
    },
    "goto-goal": {
        "goto-goal": Field("Go on as if the goal had been reached.", {"type": "null"}, required=True), "label": _LABEL,
    },
    "end": {"end": Field("The run is over.", {"type": "null"}, required=True), "label": _LABEL},
}
"""What a step can be, by the field that says which it is."""

JOURNEY: Final[Fields] = {
    "journey": Field("The journey's name, which is also the file's.", _named("name"), required=True),
    "status": Field("Only a live journey takes entries; live when left out.",
                    {"enum": ["draft", "live", "paused", "ended"]}),
    "resume": Field("What becomes of what came due while the journey was paused.", _named("resume")),
    "budget": Field("What this journey may spend; the shop's budget alone bounds it when left out.", _named("budget")),
    "enter": Field("What starts it.", _named("enter"), required=True),
    "for": Field("A condition on the customer, tested at entry and again before every action.", CONDITION),
    "exit": Field("What ends a run at once.", _one_or_more(_named("exit"))),
    "goal": Field("What the journey is for; reaching it ends the run.", _named("goal")),
    "max-lateness": Field("How late a step may still happen, 6 hours when left out.", DURATION),
    "steps": Field("What happens, in order.", STEPS, required=True),
    "examples": Field("What is given and what is to come of it; played before the journey goes live.",
                      _list_of(_named("example"))),
}
EXAMPLE: Final[Fields] = {
    "name": Field("What the example shows.", TEXT, required=True),
    "customer": Field(
        "Someone known already: channels, consents and any field of the profile. Someone new when left out.",
        _named("customer"),
    ),
    "from": Field("When it begins; with the first thing given when left out.", _named("moment")),
    "given": Field("What happens, in order, at local times of the customer.", _one_or_more(_named("given"))),
    "until": Field("When it ends; 400 days after the last thing given when left out.", _named("moment")),
    "expect": Field("All that is to come of it, in any order.", _one_or_more(_named("expected")), required=True),
}

_AT: Final = Field("When: 2026-03-02 10:00, on the customer's clock.", _named("moment"), required=True)

EXPECTED: Final[Mapping[str, Fields]] = {
    "send": {
        "at": _AT,
        "send": Field("The message that goes out.", TEXT, required=True),
        "by": Field("The channel it goes by.", _named("channel"), required=True),
        "code": Field("The discount of the promo code that it shows.", TEXT),
    },
    "skip": {
        "at": _AT,
        "skip": Field("The message that does not go out.", TEXT, required=True),
        "because": Field("The reason.", _named("reason"), required=True),
    },
    "award": {"at": _AT, "award": Field("So many points.", {"type": "integer", "minimum": 1}, required=True)},
    "task": {"at": _AT, "task": Field("The title of a task for a person.", TEXT, required=True)},
    "call": {"at": _AT, "call": Field("The URL of another system that is told.", TEXT, required=True)},
}
"""What can come of an example, by the field that says which it is."""
