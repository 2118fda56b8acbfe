"""Writes docs/openapi.json from the types that validate requests: `python -m infra.openapi`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from msgspec.json import schema_components

from chalicelib.api import events, incoming, management_bodies, push, templates
from chalicelib.domain import tasks
from chalicelib.flows import broadcasts, counting, journey_control, preview, shown_again, test_sends, why
from infra.openapi_management import management_paths
from infra.openapi_templates import template_paths

FILE: Final = Path(__file__).parent.parent / "docs" / "openapi.json"
TYPES: Final = (
    incoming.IncomingEvent, incoming.Batch, incoming.Result, incoming.BatchResult, incoming.Problem,
    push.BrowserRequest, push.DeviceRequest, push.PublicKey, push.BrowserResult, push.DeviceResult,
    management_bodies.Act, management_bodies.ResumeAct, management_bodies.MoveAct, management_bodies.Confirmation,
    counting.Answer, journey_control.Listing, broadcasts.Plan, broadcasts.Progress, why.Told, why.NotGot,
    shown_again.Shown,
    management_bodies.OpenTasks, management_bodies.TaskOutcome, tasks.Task,
    templates.ListedTemplates, preview.Previewed, templates.WantedTest, test_sends.SentTest,
)

Schemas = dict[type[Any], dict[str, Any]]
"""References to the components of `TYPES`."""


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of the API."""
    references, schemas = schema_components(TYPES, ref_template="#/components/schemas/{name}")
    by_type: Schemas = dict(zip(TYPES, references, strict=True))
    # An object that is no event is rejected by itself, with 200: so much is a valid request.
    items = schemas["Batch"]["properties"]["batch"]
    items["items"] = {"anyOf": [items["items"], {"type": "object", "description": "Rejected, with the reason"}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Selvedge",
            "version": "1",
            "description": (
                "What happens in a shop, told by anything that has no webhook of its own; and managing what runs."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"key": []}],
        "paths": {
            "/v1/events": {"post": _post_events(by_type)},
            "/push/key": {"get": _get_key(by_type)},
            "/push/subscriptions": {"post": _post_subscription(by_type)},
            "/push/endpoints": {"post": _post_endpoint(by_type)},
            **management_paths(by_type),
            **template_paths(by_type),
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
            "schemas": schemas,
        },
    }


def _post_events(types: Schemas) -> dict[str, Any]:
    return {
        "operationId": "postEvents",
        "summary": "Tell one event or a batch",
        "description": (
            f"At most {incoming.LARGEST_BATCH} events and {events.LARGEST_BODY // 1024 // 1024} MB a request. Sending "
            "the same request again changes nothing. In a batch each event is judged by itself."
        ),
        "requestBody": _body({"oneOf": [types[incoming.IncomingEvent], types[incoming.Batch]]}),
        "responses": {
            "200": _answer(
                "What became of the event, or of each",
                {"oneOf": [types[incoming.Result], types[incoming.BatchResult]]},
            ),
            **_problems(types, "1 MB", "The API key is missing or unknown"),
        },
    }


def _get_key(types: Schemas) -> dict[str, Any]:
    return {
        "operationId": "getPushKey",
        "summary": "The key that a page subscribes its browser with",
        "security": [],
        "responses": {
            "200": _answer("The `applicationServerKey`; may be kept for an hour", types[push.PublicKey]),
            "503": _answer("No key is set, or it cannot be read just now", types[incoming.Problem]),
        },
    }


def _post_subscription(types: Schemas) -> dict[str, Any]:
    return {
        "operationId": "postPushSubscription",
        "summary": "Say where pushes reach a browser",
        "description": "Posted by the storefront's pages, without a key: those name their device only.",
        "security": [{}, {"bearer": []}, {"key": []}],
        "requestBody": _body(types[push.BrowserRequest]),
        "responses": {
            "200": _answer("The browser is subscribed", types[push.BrowserResult]),
            **_problems(types, f"{push.LARGEST_BODY} bytes", "A person is named without the API key"),
        },
    }


def _post_endpoint(types: Schemas) -> dict[str, Any]:
    return {
        "operationId": "postPushEndpoint",
        "summary": "Say where pushes reach a mobile app",
        "description": "Posted by the app's server.",
        "requestBody": _body(types[push.DeviceRequest]),
        "responses": {
            "200": _answer("The device is registered", types[push.DeviceResult]),
            **_problems(types, f"{push.LARGEST_BODY} bytes", "The API key is missing or unknown"),
        },
    }


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _problems(types: Schemas, largest: str, unauthorized: str) -> dict[str, Any]:
    problem = types[incoming.Problem]
    return {
        "400": _answer("The body is not as described; the message names the place", problem),
        "401": _answer(unauthorized, problem),
        "413": _answer(f"The body is larger than {largest}", problem),
        "503": _answer("What is needed is away or throttled: send again after `Retry-After` seconds", problem),
    }


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


if __name__ == "__main__":
    FILE.write_text(text())
    print(FILE)
