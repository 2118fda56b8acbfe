"""`/v1/journeys`, `/v1/broadcasts`, `/v1/customers`, `/v1/tasks`: managing what runs, each act counted first, asking
why, and the tasks of people (docs/openapi.json).

Its keys are others than those that events are posted with: `/<stack>/management-keys/*` in SSM.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from chalice import Blueprint, Response

from chalicelib import clock
from chalicelib.api.events import is_allowed
from chalicelib.api.incoming import Problem
from chalicelib.api.management_bodies import Act, Confirmation, MoveAct, OpenTasks, ResumeAct, TaskOutcome
from chalicelib.errors import (
    ActRefusedError,
    MessageMissingError,
    StorageUnavailableError,
    UnknownCustomerError,
    UnknownJourneyError,
    UnknownMessageError,
    UnknownSampleError,
    UnknownTaskError,
)
from chalicelib.observability import logger
from chalicelib.storage import secrets

LARGEST_BODY: Final = 64 * 1024
ANSWER_WITHIN: Final = 4.0
"""Seconds that are kept of the function's time to tell how far a count has come; the function `audience` goes on."""

_UNKNOWN: Final = (
    UnknownJourneyError, UnknownCustomerError, MessageMissingError, UnknownTaskError, UnknownMessageError,
    UnknownSampleError,
)

blueprint = Blueprint(__name__)
_Body = TypeVar("_Body")


@blueprint.route("/v1/journeys", methods=["GET"])
def get_journeys() -> Response:
    """The journeys in force; with `?count=true` how many people stand in each."""
    from chalicelib.flows.journey_control import listing  # what acts need is not loaded for webhooks

    parameters = blueprint.current_request.query_params or {}
    return answered(lambda: listing(clock.now, runs=parameters.get("count") == "true", left=_left))


@blueprint.route("/v1/journeys/{name}/pause", methods=["POST"], content_types=["*/*"])
def post_pause(name: str) -> Response:
    """Pause a journey."""
    from chalicelib.flows.journey_control import pause

    return acted(Act, lambda act: pause(name, clock.now, basis=_basis(act), left=_left))


@blueprint.route("/v1/journeys/{name}/resume", methods=["POST"], content_types=["*/*"])
def post_resume(name: str) -> Response:
    """Resume a paused journey."""
    from chalicelib.flows.journey_control import Resumption, resume

    def wanted(act: ResumeAct) -> Resumption | None:
        if act.resume is None:
            return None
        if isinstance(act.resume, str):
            return Resumption("drop" if act.resume == "drop" else "shift")
        return Resumption("late", act.resume.at_most)

    return acted(ResumeAct, lambda act: resume(
        name, clock.now, wanted=wanted(act), basis=_basis(act), left=_left,
    ))


@blueprint.route("/v1/journeys/{name}/move", methods=["POST"], content_types=["*/*"])
def post_move(name: str) -> Response:
    """Move people who stand in earlier versions of a journey to the one in force."""
    from chalicelib.flows.journey_control import move

    return acted(MoveAct, lambda act: move(name, clock.now, said=act.steps, basis=_basis(act), left=_left))


@blueprint.route("/v1/journeys/{name}/enrol", methods=["POST"], content_types=["*/*"])
def post_enrol(name: str) -> Response:
    """Let the members of a journey's segment enter it."""
    from chalicelib.flows.journey_control import enrol

    return acted(Act, lambda act: enrol(name, clock.now, basis=_basis(act), left=_left))


@blueprint.route("/v1/broadcasts/{name}/plan", methods=["POST"], content_types=["*/*"])
def post_plan(name: str) -> Response:
    """What a broadcast would come to."""
    from chalicelib.flows.broadcasts import plan

    return answered(lambda: plan(name, clock.now, left=_left))


@blueprint.route("/v1/broadcasts/{name}/start", methods=["POST"], content_types=["*/*"])
def post_start(name: str) -> Response:
    """Start a broadcast by its plan; without confirmation, the plan."""
    from chalicelib.flows.broadcasts import plan, start

    def begin(act: Act) -> msgspec.Struct:
        basis = _basis(act)
        return start(name, basis, clock.now) if basis else plan(name, clock.now, left=_left)

    return acted(Act, begin)


@blueprint.route("/v1/broadcasts/{name}/cancel", methods=["POST"], content_types=["*/*"])
def post_cancel(name: str) -> Response:
    """Stop a broadcast in flight; without confirmation, how far it is."""
    from chalicelib.flows.broadcasts import cancel

    return acted(Confirmation, lambda act: cancel(name, clock.now, confirmed=act.confirm))


@blueprint.route("/v1/broadcasts/{name}/status", methods=["GET"])
def get_status(name: str) -> Response:
    """How far a broadcast is."""
    from chalicelib.flows.broadcasts import status

    return answered(lambda: status(name, clock.now))


@blueprint.route("/v1/customers/{customer_id}/why", methods=["GET"])
def get_why(customer_id: str) -> Response:
    """Every decision about a customer; with `message` and `day` why that message did not come on that day."""
    from chalicelib.flows.why import Told, explain, explain_absence

    def work() -> msgspec.Struct:
        parameters = blueprint.current_request.query_params or {}
        if "message" not in parameters and "day" not in parameters:
            return Told.of(explain(customer_id))
        if "message" not in parameters or "day" not in parameters:
            raise msgspec.ValidationError("`message` and `day` go together")
        day = msgspec.convert(parameters["day"], date)
        return explain_absence(customer_id, parameters["message"], day)[1]

    return answered(work)


@blueprint.route("/v1/customers/{customer_id}/messages/{message_id}", methods=["GET"])
def get_message(customer_id: str, message_id: str) -> Response:
    """A message as it was sent."""
    from chalicelib.flows.shown_again import shown_again  # templates, which no other act needs

    return answered(lambda: shown_again(customer_id, message_id))


@blueprint.route("/v1/tasks", methods=["GET"])
def get_tasks() -> Response:
    """What journeys ask people to do."""
    from chalicelib.storage.tasks import open_tasks

    return answered(lambda: OpenTasks(tuple(open_tasks())))


@blueprint.route("/v1/tasks/{task_id}/complete", methods=["POST"], content_types=["*/*"])
def post_task(task_id: str) -> Response:
    """Note what came of a task."""
    from chalicelib.flows.tasks import complete

    return acted(TaskOutcome, lambda done: complete(task_id, done.outcome, done.score, clock.now()))


def _left() -> float:
    """The seconds left for counting."""
    return float(blueprint.lambda_context.get_remaining_time_in_millis()) / 1000 - ANSWER_WITHIN


def _basis(act: Act) -> str:
    """The counts that a confirmed act goes by, empty when it is not confirmed.

    Raises ActRefusedError when it is confirmed without counts.
    """
    if act.confirm and not act.basis:
        raise ActRefusedError("name the `basis` of the counts that you have seen; ask without `confirm` for them")
    return act.basis if act.confirm else ""


def acted(kind: type[_Body], do: Callable[[_Body], msgspec.Struct]) -> Response:
    """The answer to an act with a body of this kind; an empty body is an empty object."""
    raw = blueprint.current_request.raw_body
    body = raw if isinstance(raw, bytes) else raw.encode()

    def work() -> msgspec.Struct:
        return do(msgspec.json.decode(body or b"{}", type=kind))

    if len(body) > LARGEST_BODY:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Problem(f"the body is larger than {LARGEST_BODY} bytes"))
    return answered(work)


def answered(work: Callable[[], msgspec.Struct]) -> Response:
    """The answer to who has a key: 202 while it is being counted; 404 and 409 say why it cannot be done."""
    try:
        keys = secrets.values("management-keys")
        if not keys:
            logger.error("no management key is set")
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("no management key is set for this shop"))
        if not is_allowed(blueprint.current_request.headers, keys):
            return _answer(HTTPStatus.UNAUTHORIZED, Problem("the management key is missing or unknown"))
        content = work()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _answer(HTTPStatus.BAD_REQUEST, Problem(f"the request cannot be read: {error}"))
    except _UNKNOWN as error:
        return _answer(HTTPStatus.NOT_FOUND, Problem(str(error)))
    except ActRefusedError as error:
        return _answer(HTTPStatus.CONFLICT, Problem(str(error)))
    except StorageUnavailableError as error:
        logger.warning("act put off", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("try again later"))
    counting = getattr(content, "state", "") == "counting" or getattr(content, "counting", False)
    return _answer(HTTPStatus.ACCEPTED if counting else HTTPStatus.OK, content)


def _answer(status: HTTPStatus, content: Any) -> Response:
    headers = {"Content-Type": "application/json"}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.ACCEPTED):
        headers["Retry-After"] = "60"
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(content).decode(), status_code=status.value, headers=headers)
