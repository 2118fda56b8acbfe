"""`POST /v1/events`: the documented API for everything that has no source of its own (docs/openapi.json)."""

from __future__ import annotations

from hmac import compare_digest
from http import HTTPStatus
from typing import Any, Final

import msgspec
from chalice import Blueprint, Response

from chalicelib import clock
from chalicelib.api import incoming
from chalicelib.api.incoming import BatchResult, Problem, Result
from chalicelib.domain.events import Arrival
from chalicelib.errors import MalformedPayloadError, StorageUnavailableError
from chalicelib.flows import accept
from chalicelib.flows.shop_country import shop_country
from chalicelib.observability import logger
from chalicelib.storage import secrets

SOURCE: Final = "api"
"""The source's name in the log."""
LARGEST_BODY: Final = 1024 * 1024
"""Bytes of the largest body that is taken."""

blueprint = Blueprint(__name__)


@blueprint.route("/v1/events", methods=["POST"], content_types=["*/*"])
def post_events() -> Response:
    """One event, or a batch of up to 500."""
    request = blueprint.current_request
    raw = request.raw_body
    body = raw if isinstance(raw, bytes) else raw.encode()
    if len(body) > LARGEST_BODY:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Problem(f"the body is larger than {LARGEST_BODY} bytes"))
    try:
        keys = secrets.values("api-keys")
        if not keys:
            logger.error("no API key is set")
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("no API key is set for this shop"))
        if not is_allowed(request.headers, keys):
            return _answer(HTTPStatus.UNAUTHORIZED, Problem("the API key is missing or unknown"))
        return _take(body)
    except MalformedPayloadError as error:
        return _answer(HTTPStatus.BAD_REQUEST, Problem(str(error)))
    except StorageUnavailableError as error:
        logger.warning("events put off", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("try again later"))


def is_allowed(headers: Any, keys: tuple[str, ...]) -> bool:
    """Whether a request carries one of the API keys: `Authorization: Bearer <key>` or `X-Api-Key: <key>`."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    return bool(given) and any(compare_digest(given.encode(), key.encode()) for key in keys)


def _take(body: bytes) -> Response:
    events, is_batch = incoming.split(body)
    if not is_batch:
        result, = _record([incoming.read(events[0], shop_country=_shop_country)], [len(events[0])])
        return _answer(HTTPStatus.OK, result)
    results: list[Result | None] = [None] * len(events)
    arrivals, places = [], []
    for place, raw in enumerate(events):
        try:
            arrivals.append(incoming.read(raw, f"$.batch[{place}]", _shop_country))
            places.append(place)
        except MalformedPayloadError as error:
            results[place] = Result(_id_of(raw), "rejected", str(error))
    sizes = [len(events[place]) for place in places]
    for place, result in zip(places, _record(arrivals, sizes), strict=True):
        results[place] = result
    return _answer(HTTPStatus.OK, BatchResult([result for result in results if result is not None]))


def _shop_country() -> str:
    return shop_country(clock.now())


def _record(arrivals: list[Arrival], sizes: list[int]) -> list[Result]:
    gathered = incoming.gather_views(arrivals, sizes)
    new = accept.receive([arrival for arrival, _ in gathered], SOURCE, clock.now())
    is_new = dict.fromkeys(range(len(arrivals)), False)
    for (_, places), entry_is_new in zip(gathered, new, strict=True):
        is_new.update(dict.fromkeys(places, entry_is_new))
    return [
        Result(arrival.delivery_id, "accepted" if is_new[place] else "known")
        for place, arrival in enumerate(arrivals)
    ]


def _id_of(raw: bytes) -> str:
    """The id of an event that could not be read, as far as it has one."""
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any]).get("id")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return ""
    return found[:128] if isinstance(found, str) else ""


def _answer(status: HTTPStatus, content: msgspec.Struct) -> Response:
    headers = {"Content-Type": "application/json"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "60"
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(content).decode(), status_code=status.value, headers=headers)
