"""docs/journey.schema.json is the one that the reader's words give: what it allows and what the reader allows agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chalicelib.definitions import journey_fields as words
from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_fields import Fields
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.yaml_reader import read
from chalicelib.errors import DefinitionError
from infra.journey_schema import FILE, document, text
from tests.definitions import test_whole_language, test_wrong_journeys
from tests.definitions.shipped import SHIPPED, journey_texts
from tests.domain.stories import MESSAGES
from tests.properties.whole_language import KINDS_OF_STEPS, cart_journeys, segment_journeys

VALIDATOR = Draft202012Validator(json.loads(FILE.read_text("utf-8")))

WORDS: dict[str, Fields] = {
    name: fields for name, fields in vars(words).items()
    if isinstance(fields, dict) and fields and all(isinstance(field, words.Field) for field in fields.values())
} | {f"enter {kind}": fields for kind, fields in words.TRIGGERS.items()} | {
    f"step {kind}": fields for kind, fields in words.STEP_FIELDS.items()
} | {f"expected {kind}": fields for kind, fields in words.EXPECTED.items()}


def complaints(yaml: str) -> list[str]:
    """What the schema has against a file."""
    return [error.message for error in VALIDATOR.iter_errors(read(yaml, "journeys/story.yaml").plain())]


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every mapping that a schema describes."""
    if isinstance(schema, list):
        return [found for each in schema for found in objects(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "additionalProperties" in schema and "properties" in schema else []
    return own + [found for each in schema.values() for found in objects(each)]


def test_the_schema_is_the_one_that_the_code_gives() -> None:
    assert FILE.read_text("utf-8") == text(), "run: python -m infra.journey_schema"
    Draft202012Validator.check_schema(document())


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_mapping_that_is_read_is_in_the_schema_with_all_its_fields(name: str) -> None:
    """And each field says what it means."""
    fields = WORDS[name]
    (found,) = {
        json.dumps(schema, sort_keys=True) for schema in objects(document())
        if schema["properties"].keys() == fields.keys()
        and {each.get("description") for each in schema["properties"].values()} == {f.means for f in fields.values()}
    }
    required = json.loads(found).get("required", [])
    assert required == [field for field in fields if fields[field].required]


def test_the_schema_has_no_mapping_that_is_not_read() -> None:
    known = {tuple(fields) for fields in WORDS.values()}
    described = [schema for schema in objects(document()) if all(
        "description" in each for each in schema["properties"].values()
    )]
    assert {tuple(schema["properties"]) for schema in described} <= known


@pytest.mark.parametrize("name", sorted(journey_texts()))
def test_every_shipped_journey_keeps_to_the_schema(name: str) -> None:
    assert complaints(journey_texts()[name]) == []


def test_the_schema_allows_what_the_reader_reads() -> None:
    """Every trigger and step of the reader's own tests."""
    head = "journey: story\ngoal: order.placed\n"
    for enter, *_ in test_whole_language.TRIGGERS:
        assert complaints(f"{head}enter: {enter}\nsteps: [send: first]\n") == [], enter
    for step, _ in test_whole_language.STEPS:
        assert complaints(f"{head}enter: {{on: cart.updated}}\nsteps:\n{step}\n") == [], step
    assert complaints(test_wrong_journeys.RIGHT) == []


@pytest.mark.parametrize(("right", "wrong"), [
    ("journey: carts", "journey: Carts left"),
    ("status: live", "status: on"),
    ("status: live", "colour: red"),
    ("  on: cart.updated\n", "  on: cart\n"),
    ("key: event.cart.id", "key: cart"),
    ("again: {after: 7 days}", "again: sometimes"),
    ("wait: 1 hour\n", "wait: an hour\n"),
    ("wait: 1 hour\n", "wait: -1 hour\n"),
    ("restart-on: cart.updated", "restarts-on: cart.updated"),
    ("by: email", "by: pigeon"),
    ("issue: {code: 10 %, valid: 48 hours}", "issue: {code: 10 %}"),
    ("{days: 3, at: 15:00}", "{days: 3}"),
    ("{days: 3, at: 15:00}", "{days: 3, at: 25:00}"),
    ("        steps: [send: second]\n", ""),
    ("send: thanks\n", "post: thanks\n"),
])
def test_the_schema_refuses_what_the_reader_refuses(right: str, wrong: str) -> None:
    assert right in test_wrong_journeys.RIGHT
    spoiled = test_wrong_journeys.RIGHT.replace(right, wrong, 1)
    with pytest.raises(DefinitionError):
        read_journey(spoiled, "journeys/carts.yaml", MESSAGES)

    assert complaints(spoiled) != []


@pytest.mark.parametrize("example", [
    "{name: a, given: [{at: 2026-03-02 10:00, event: form.submitted, card: {id: c1}}], expect: []}",
    "{name: a, given: [{at: 2026-03-02 10:00, event: cart.updated, cart: {id: c1, totl: 5}}], expect: []}",
    "{name: a, given: [{at: 2026-03-02 10:00, event: cart.updated, cart: {id: c1, lines: [{b: 1}]}}], expect: []}",
    "{name: a, customer: {orders: {number: 3}}, from: 2026-03-02 10:00, expect: []}",
    "{name: a, customer: {channels: [pigeon]}, from: 2026-03-02 10:00, expect: []}",
    "{name: a, from: 2026-03-02 10:00, expect: [{at: 2026-03-02 10:00, send: first}]}",
    "{name: a, from: Monday, expect: []}",
])
def test_the_schema_knows_examples_too(example: str) -> None:
    text = f"journey: story\nenter: {{on: form.submitted}}\nsteps: [send: first]\nexamples:\n  - {example}\n"
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)
    if "pigeon" not in example:
        with pytest.raises(DefinitionError):
            list(check_examples(text, "journeys/story.yaml", journey, SHIPPED))

    assert complaints(text) != []


@settings(max_examples=60, deadline=None)
@given(st.one_of(cart_journeys(), segment_journeys))
def test_the_journeys_that_the_properties_make_are_what_the_schema_allows(written: dict[str, Any]) -> None:
    assert complaints(json.dumps(written)) == []


def test_the_properties_make_every_kind_of_step() -> None:
    """Between them: none is left out of what the engine is held against."""
    assert set(words.STEP_FIELDS) == KINDS_OF_STEPS
