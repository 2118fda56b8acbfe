"""`GET /push/key` and `POST /push/subscriptions` (browsers, from the storefront's pages), and `POST /push/endpoints`
(mobile apps' servers).

A page has no secret, so whoever posts a subscription says nothing about who they are but their device id: otherwise
anybody could have another person's pushes sent to their own browser by naming that person's address. With the API key,
which only servers hold, any identity is taken.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from chalice import Blueprint, Response
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.api.events import is_allowed
from chalicelib.domain.events import Identity
from chalicelib.domain.identifiers import device_identity, email_identity, phone_identity
from chalicelib.errors import (
    MalformedPayloadError,
    ProviderOutcomeUnknownError,
    ProviderRefusedError,
    StorageUnavailableError,
)
from chalicelib.observability import logger
from chalicelib.storage import secrets

LARGEST_BODY: Final = 8192
"""Bytes; a subscription has some 500."""
KEY_KEPT: Final = 3600
"""Seconds for which browsers and proxies may keep the public key, which changes as good as never."""

blueprint = Blueprint(__name__)

Short = Annotated[str, Meta(max_length=512)]
DeviceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{0,128}$")]


class _Keys(Struct, forbid_unknown_fields=True):
    p256dh: Short
    auth: Short


class _Subscription(Struct, rename="camel"):
    endpoint: Short
    keys: _Keys
    expiration_time: float | None = None


class _Identities(Struct, forbid_unknown_fields=True):
    email: Short = ""
    phone: Short = ""
    storefront_id: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,31}:[A-Za-z0-9._-]{1,90})?$")] = ""
    device_id: DeviceId = ""


class _BrowserRequest(Struct, forbid_unknown_fields=True):
    """`consent_text` is what the visitor agreed to, as the page put it."""

    subscription: _Subscription
    device_id: DeviceId = ""
    identities: _Identities | None = None
    consent_text: Annotated[str, Meta(max_length=1000)] = "The browser's own question about notifications"


class _DeviceRequest(Struct, forbid_unknown_fields=True):
    """Either `platform` (`GCM`, `APNS`, `APNS_SANDBOX`) with `token`, or `endpoint_arn`."""

    identities: _Identities
    platform: Annotated[str, Meta(pattern="^(GCM|APNS|APNS_SANDBOX|)$")] = ""
    token: Annotated[str, Meta(max_length=4096)] = ""
    endpoint_arn: Short = ""
    consent_text: Annotated[str, Meta(max_length=1000)] = ""


@blueprint.route("/push/key", methods=["GET"])
def get_key() -> Response:
    """The `applicationServerKey` that a page subscribes its browser with (RFC 8292)."""
    try:
        key = secrets.value("vapid/public-key")
    except StorageUnavailableError as error:
        logger.warning("push key not read", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, error="try again later")
    if not key:
        logger.error("no key for web push is set")
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, error="no key for web push is set for this shop")
    answer = _answer(HTTPStatus.OK, key=key)
    answer.headers["Cache-Control"] = f"public, max-age={KEY_KEPT}"
    return answer


@blueprint.route("/push/subscriptions", methods=["POST"], content_types=["*/*"])
def post_subscription() -> Response:
    """A browser's subscription. `text/plain` is taken as well: a page may post that to another origin unasked."""
    return _guarded(_subscribe_browser)


@blueprint.route("/push/endpoints", methods=["POST"], content_types=["*/*"])
def post_endpoint() -> Response:
    """A mobile app's device, posted by the app's server with the API key."""
    return _guarded(_subscribe_device)


def _subscribe_browser(body: bytes) -> Response:
    from chalicelib.flows import subscribe  # a webhook's cold start does without

    request = _decoded(body, _BrowserRequest)
    given = request.identities or _Identities()
    device_id = request.device_id or given.device_id
    if given.email or given.phone or given.storefront_id:
        if not _has_key():
            return _answer(HTTPStatus.UNAUTHORIZED, error="only a request with the API key may name a person")
    elif not device_id:
        raise MalformedPayloadError("device_id is missing")
    given.device_id = device_id
    subscription = subscribe.BrowserSubscription(
        request.subscription.endpoint, request.subscription.keys.p256dh, request.subscription.keys.auth,
    )
    new = subscribe.subscribe_browser(subscription, _identities(given), request.consent_text, clock.now())
    return _answer(HTTPStatus.OK, status="accepted" if new else "known")


def _subscribe_device(body: bytes) -> Response:
    from chalicelib.flows import subscribe  # a webhook's cold start does without

    if not _has_key():
        return _answer(HTTPStatus.UNAUTHORIZED, error="the API key is missing or unknown")
    request = _decoded(body, _DeviceRequest)
    device = msgspec.convert(
        {"platform": request.platform, "token": request.token, "endpoint_arn": request.endpoint_arn}, subscribe.Device,
    )
    identities = _identities(request.identities)
    if not identities:
        raise MalformedPayloadError("identities: at least one is needed")
    arn = subscribe.subscribe_device(device, identities, request.consent_text, clock.now())
    return _answer(HTTPStatus.OK, status="accepted", endpoint_arn=arn)


def _guarded(handle: Any) -> Response:
    raw = blueprint.current_request.raw_body
    body = raw if isinstance(raw, bytes) else raw.encode()
    if len(body) > LARGEST_BODY:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error=f"the body is larger than {LARGEST_BODY} bytes")
    try:
        answer: Response = handle(body)
    except MalformedPayloadError as error:
        return _answer(HTTPStatus.BAD_REQUEST, error=str(error))
    except ProviderRefusedError as error:
        logger.warning("device not registered", extra={"reason": str(error)})
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.BAD_REQUEST
        return _answer(status, error="SNS did not take the device")
    except (StorageUnavailableError, ProviderOutcomeUnknownError) as error:
        logger.warning("push subscription put off", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, error="try again later")
    return answer


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPayloadError(f"the body cannot be read: {error}") from error


def _identities(given: _Identities) -> tuple[Identity, ...]:
    read_as = (
        ("storefront_id", given.storefront_id, Identity("storefront", given.storefront_id)),
        ("email", given.email, email_identity(given.email)),
        ("phone", given.phone, phone_identity(given.phone)),
        ("device_id", given.device_id, device_identity(given.device_id)),
    )
    for name, value, identity in read_as:
        if value and identity is None:
            raise MalformedPayloadError(f"identities.{name}: not a valid one")
    return tuple(identity for _, value, identity in read_as if value and identity is not None)


def _has_key() -> bool:
    return is_allowed(blueprint.current_request.headers, secrets.values("api-keys"))


def _answer(code: HTTPStatus, /, **content: str) -> Response:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    if code is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "60"
    if code is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(content).decode(), status_code=code.value, headers=headers)
