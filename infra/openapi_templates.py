"""The part of docs/openapi.json that is about templates."""

from __future__ import annotations

from typing import Any

from chalicelib.api import incoming, templates
from chalicelib.flows import preview, test_sends
from infra.openapi_management import KEYS, Schemas, answer, path_parameter, problems


def template_paths(types: Schemas) -> dict[str, Any]:
    """The paths below `/v1/templates`."""
    problem = types[incoming.Problem]
    unknown = answer("There is no message, sample or customer of that name", problem)
    return {
        "/v1/templates": {"get": {
            "operationId": "getTemplates",
            "summary": "The messages there are",
            "description": "As their files were uploaded last, in force or not. " + KEYS,
            "responses": {
                "200": answer("All of them, by name", types[templates.ListedTemplates]), **problems(types),
            },
        }},
        "/v1/templates/{message}/preview": {"get": {
            "operationId": "getPreview",
            "summary": "A message as it would go out now",
            "description": (
                "Rendered from the files as they were uploaded last, with what is wrong or doubtful, its size, links, "
                "pictures and headers, and what an SMS costs. Nothing is sent, and its links change nothing. " + KEYS
            ),
            "parameters": [
                path_parameter("message"),
                _query("channel", "`email`, `sms`, `push`, `web-push` or `telegram`; the message's first"),
                _query("locale", "As `ru`; the reader's"),
                _query("sample", "The sample to show it with; `full`. Not together with `customer`"),
                _query("customer", "A customer's id: their data, and the newest event that the message could be about"),
            ],
            "responses": {
                "200": answer("The message, or what keeps it from being rendered", types[preview.Previewed]),
                "400": answer("`sample` and `customer` do not go together", problem),
                "404": unknown,
                **problems(types),
            },
        }},
        "/v1/templates/{message}/test": {"post": {
            "operationId": "postTest",
            "summary": "Send a test of a message",
            "description": (
                "To an address of `test-addresses` in shop.yaml, by email or SMS. No message is recorded, and no "
                "customer's log hears of it. " + KEYS
            ),
            "parameters": [path_parameter("message")],
            "requestBody": {
                "required": True, "content": {"application/json": {"schema": types[templates.WantedTest]}},
            },
            "responses": {
                "200": answer("The provider has taken it", types[test_sends.SentTest]),
                "404": unknown,
                "409": answer("It cannot be sent; the message says why, and what to do", problem),
                **problems(types, has_body=True),
            },
        }},
    }


def _query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": description}
