"""Writes docs/openapi.json from the types that validate requests: `python -m infra.openapi`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from msgspec.json import schema_components

from chalicelib.api.events import LARGEST_BODY
from chalicelib.api.incoming import LARGEST_BATCH, Batch, BatchResult, IncomingEvent, Problem, Result

FILE: Final = Path(__file__).parent.parent / "docs" / "openapi.json"


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 description of the API."""
    types = (IncomingEvent, Batch, Result, BatchResult, Problem)
    (event, batch, result, batch_result, problem), schemas = schema_components(
        types, ref_template="#/components/schemas/{name}",
    )
    # An object that is no event is rejected by itself, with 200: so much is a valid request.
    items = schemas["Batch"]["properties"]["batch"]
    items["items"] = {"anyOf": [items["items"], {"type": "object", "description": "Rejected, with the reason"}]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Selvedge",
            "version": "1",
            "description": "What happens in a shop, told by anything that has no webhook of its own.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"key": []}],
        "paths": {"/v1/events": {"post": {
            "operationId": "postEvents",
            "summary": "Tell one event or a batch",
            "description": (
                f"At most {LARGEST_BATCH} events and {LARGEST_BODY // 1024 // 1024} MB a request. Sending the same "
                "request again changes nothing. In a batch each event is judged by itself."
            ),
            "requestBody": {
                "required": True, "content": {"application/json": {"schema": {"oneOf": [event, batch]}}},
            },
            "responses": {
                "200": _answer("What became of the event, or of each", {"oneOf": [result, batch_result]}),
                "400": _answer("The body is not as described; the message names the place", problem),
                "401": _answer("The API key is missing or unknown", problem),
                "413": _answer("The body is larger than 1 MB", problem),
                "503": _answer("The database is away or throttled: send again after `Retry-After` seconds", problem),
            },
        }}},
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
            "schemas": schemas,
        },
    }


def text() -> str:
    """The file's content."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


if __name__ == "__main__":
    FILE.write_text(text())
    print(FILE)
