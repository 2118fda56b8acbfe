"""The management API's part of docs/openapi.json."""

from __future__ import annotations

from typing import Any

from chalicelib.api import incoming, management, management_bodies
from chalicelib.domain import tasks
from chalicelib.flows import broadcasts, counting, journey_control, shown_again, why

Schemas = dict[type[Any], dict[str, Any]]

KEYS = "With a key of its own (`/<stack>/management-keys/*` in SSM), not the one that events are posted with."
_NAME = {
    "name": "name", "in": "path", "required": True, "description": "The journey's name",
    "schema": {"type": "string"},
}
_ACTS = (
    ("pause", "Pause a journey", management_bodies.Act),
    ("resume", "Resume a paused journey", management_bodies.ResumeAct),
    ("move", "Move people from earlier versions to the one in force", management_bodies.MoveAct),
    ("enrol", "Let the members of a journey's segment enter it", management_bodies.Act),
)


def management_paths(types: Schemas) -> dict[str, Any]:
    """The paths below `/v1/journeys`, `/v1/broadcasts` and `/v1/customers`."""
    paths: dict[str, Any] = {"/v1/journeys": {"get": _get_journeys(types)}}
    for act, summary, body in _ACTS:
        paths[f"/v1/journeys/{{name}}/{act}"] = {"post": _operation(
            types, f"post{act.capitalize()}", summary,
            "Without `confirm` the counts are told, and a `basis` that names them; with `confirm` and that `basis` it "
            "is done, unless the journey has changed since.",
            types[counting.Answer], body=types[body],
        )}
    progress = types[broadcasts.Progress]
    paths["/v1/broadcasts/{name}/plan"] = {"post": _operation(
        types, "postPlan", "What a broadcast would come to", "Recipients, skips by reason, duration and cost.",
        types[broadcasts.Plan],
    )}
    paths["/v1/broadcasts/{name}/start"] = {"post": _operation(
        types, "postStart", "Start a broadcast", "Without `confirm` the plan; with it and its `basis` it starts.",
        {"anyOf": [types[broadcasts.Plan], progress]}, body=types[management_bodies.Act],
    )}
    paths["/v1/broadcasts/{name}/cancel"] = {"post": _operation(
        types, "postCancel", "Stop a broadcast in flight", "Whoever was reached stays in the journey.", progress,
        body=types[management_bodies.Confirmation],
    )}
    status = _operation(types, "getBroadcast", "How far a broadcast is", KEYS, progress)
    paths["/v1/broadcasts/{name}/status"] = {"get": status}
    paths["/v1/customers/{customer_id}/why"] = {"get": _get_why(types)}
    paths["/v1/customers/{customer_id}/messages/{message_id}"] = {"get": _get_message(types)}
    paths["/v1/tasks"] = {"get": {
        "operationId": "getTasks",
        "summary": "What journeys ask people to do",
        "description": KEYS,
        "responses": {
            "200": answer("The tasks still to be done, the oldest due first", types[management_bodies.OpenTasks]),
            **problems(types),
        },
    }}
    paths["/v1/tasks/{task_id}/complete"] = {"post": _post_task(types)}
    return paths


def path_parameter(name: str) -> dict[str, Any]:
    """A part of a path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _post_task(types: Schemas) -> dict[str, Any]:
    body = {"application/json": {"schema": types[management_bodies.TaskOutcome]}}
    return {
        "operationId": "postTask",
        "summary": "Note what came of a task",
        "description": "Told to the customer's log as `task.completed`; the first answer stands. " + KEYS,
        "parameters": [path_parameter("task_id")],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": answer("The task as it is on record", types[tasks.Task]),
            "404": answer("There is no such task", types[incoming.Problem]),
            **problems(types, has_body=True),
        },
    }


def _get_why(types: Schemas) -> dict[str, Any]:
    problem = types[incoming.Problem]
    return {
        "operationId": "getWhy",
        "summary": "Why a customer got what they got, and why not",
        "description": (
            "Every decision, from folding the customer's log again under the definitions then in force; with `message` "
            "and `day`, why that message did not come on that day of the customer's calendar. " + KEYS
        ),
        "parameters": [
            path_parameter("customer_id"),
            {"name": "message", "in": "query", "required": False, "schema": {"type": "string"},
             "description": "The name of a message; together with `day`"},
            {"name": "day", "in": "query", "required": False, "schema": {"type": "string", "format": "date"},
             "description": "A day, as 2026-11-20; together with `message`"},
        ],
        "responses": {
            "200": answer("The decisions, or the answer", {"anyOf": [types[why.Told], types[why.NotGot]]}),
            "400": answer("`message` and `day` go together, and the day is a date", problem),
            "404": answer("Nothing is known of that customer", problem),
            **problems(types),
        },
    }


def _get_message(types: Schemas) -> dict[str, Any]:
    problem = types[incoming.Problem]
    return {
        "operationId": "getMessage",
        "summary": "A message as it was sent",
        "description": (
            "Rendered again from the very versions of its templates, and the same letter by letter, or it is refused; "
            "of a mail also the whole of it, as it was handed to SES. " + KEYS
        ),
        "parameters": [path_parameter("customer_id"), path_parameter("message_id")],
        "responses": {
            "200": answer("The message", types[shown_again.Shown]),
            "404": answer("There is no such message of that customer", problem),
            "409": answer("It cannot be shown as it was; the text says why", problem),
            **problems(types),
        },
    }


def _get_journeys(types: Schemas) -> dict[str, Any]:
    listing = types[journey_control.Listing]
    count = {
        "name": "count", "in": "query", "required": False, "schema": {"type": "string"},
        "description": "`true`: how many people stand in each, too",
    }
    return {
        "operationId": "getJourneys",
        "summary": "The journeys in force",
        "description": KEYS,
        "parameters": [count],
        "responses": {"200": answer("All of them", listing), "202": answer(_COUNTING, listing), **problems(types)},
    }


_COUNTING = "Not every customer has been looked at: ask again after `Retry-After` seconds"


def _operation(
    types: Schemas, operation: str, summary: str, description: str, told: dict[str, Any], *,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation,
        "summary": summary,
        "description": description,
        "parameters": [_NAME],
        "responses": {
            "200": answer("Counted, or done", told),
            "202": answer(_COUNTING, told),
            "404": answer("No journey of that name is in force", types[incoming.Problem]),
            "409": answer("It cannot be done as things stand; the message says why", types[incoming.Problem]),
            **problems(types, has_body=body is not None),
        },
    }
    if body is not None:
        described["requestBody"] = {"required": False, "content": {"application/json": {"schema": body}}}
    return described


def problems(types: Schemas, *, has_body: bool = False) -> dict[str, Any]:
    """The answers that every operation may give."""
    problem = types[incoming.Problem]
    of_body = {
        "400": answer("The body is not as described; the message names the place", problem),
        "413": answer(f"The body is larger than {management.LARGEST_BODY} bytes", problem),
    }
    return {
        **(of_body if has_body else {}),
        "401": answer("The management key is missing or unknown", problem),
        "503": answer("What is needed is away or throttled: ask again after `Retry-After` seconds", problem),
    }


def answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}
