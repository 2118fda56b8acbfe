"""`GET /push/key` and `POST /push/subscriptions` (browsers, from the storefront's pages), and `POST /push/endpoints`
(mobile apps' servers).

A page has no secret, so whoever posts a subscription says nothing about who they are but their device id: otherwise
anybody could have another person's pushes sent to their own browser by naming that person's address. With the API key,
which only servers hold, any identity is taken.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

import msgspec
from chalice import Blueprint, Response
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.api.events import is_allowed
from chalicelib.api.incoming import Problem
from chalicelib.domain.events import Identity
from chalicelib.domain.identifiers import device_identity, email_identity, phone_identity
from chalicelib.errors import (
    MalformedPayloadError,
    ProviderOutcomeUnknownError,
    ProviderRefusedError,
    StorageUnavailableError,
)
from chalicelib.flows.shop_country import shop_country
from chalicelib.observability import logger
from chalicelib.storage import secrets

LARGEST_BODY: Final = 8192
"""Bytes; a subscription has some 500."""
KEY_KEPT: Final = 3600
"""Seconds for which browsers and proxies may keep the public key, which changes as good as never."""

blueprint = Blueprint(__name__)

Short = Annotated[str, Meta(max_length=512)]
DeviceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{0,128}$")]


class SubscriptionKeys(Struct, forbid_unknown_fields=True):
    """A browser's public key and its secret, in base64url (RFC 8291)."""

    p256dh: Short
    auth: Short


class Subscription(Struct, rename="camel"):
    """What `PushSubscription.toJSON()` gives."""

    endpoint: Short
    keys: SubscriptionKeys
    expiration_time: float | None = None


class Owner(Struct, forbid_unknown_fields=True):
    """Whose a browser or device is."""

    email: Short = ""
    phone: Short = ""
    storefront_id: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,31}:[A-Za-z0-9._-]{1,90})?$")] = ""
    device_id: DeviceId = ""


class BrowserRequest(Struct, forbid_unknown_fields=True):
    """Without the API key `device_id` names the browser; only with the key may `identities` name a person.

    `consent_text` is what the visitor agreed to, as the page put it.
    """

    subscription: Subscription
    device_id: DeviceId = ""
    identities: Owner | None = None
    consent_text: Annotated[str, Meta(max_length=1000)] = "The browser's own question about notifications"


class DeviceRequest(Struct, forbid_unknown_fields=True):
    """Either `platform` (`GCM`, `APNS`, `APNS_SANDBOX`) with `token`, or `endpoint_arn`.

    Without `consent_text` only transactional pushes are sent to the device.
    """

    identities: Owner
    platform: Annotated[str, Meta(pattern="^(GCM|APNS|APNS_SANDBOX|)$")] = ""
    token: Annotated[str, Meta(max_length=4096)] = ""
    endpoint_arn: Short = ""
    consent_text: Annotated[str, Meta(max_length=1000)] = ""


class PublicKey(Struct, frozen=True):
    """The `applicationServerKey` that a page subscribes its browser with, in base64url."""

    key: str


class BrowserResult(Struct, frozen=True):
    """`known`: the same was posted a minute ago."""

    status: Literal["accepted", "known"]


class DeviceResult(Struct, frozen=True):
    """The device's endpoint at SNS; the same however often it is registered."""

    status: Literal["accepted"]
    endpoint_arn: str


@blueprint.route("/push/key", methods=["GET"])
def get_key() -> Response:
    """The public key that a page subscribes its browser with (RFC 8292)."""
    try:
        key = secrets.value("vapid/public-key")
    except StorageUnavailableError as error:
        logger.warning("push key not read", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("try again later"))
    if not key:
        logger.error("no key for web push is set")
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("no key for web push is set for this shop"))
    answer = _answer(HTTPStatus.OK, PublicKey(key))
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

    request = _decoded(body, BrowserRequest)
    given = request.identities or Owner()
    device_id = request.device_id or given.device_id
    if given.email or given.phone or given.storefront_id:
        if not _has_key():
            return _answer(HTTPStatus.UNAUTHORIZED, Problem("only a request with the API key may name a person"))
    elif not device_id:
        raise MalformedPayloadError("device_id is missing")
    given.device_id = device_id
    subscription = subscribe.BrowserSubscription(
        request.subscription.endpoint, request.subscription.keys.p256dh, request.subscription.keys.auth,
    )
    new = subscribe.subscribe_browser(subscription, _identities(given), request.consent_text, clock.now())
    return _answer(HTTPStatus.OK, BrowserResult("accepted" if new else "known"))


def _subscribe_device(body: bytes) -> Response:
    from chalicelib.flows import subscribe  # a webhook's cold start does without

    if not _has_key():
        return _answer(HTTPStatus.UNAUTHORIZED, Problem("the API key is missing or unknown"))
    request = _decoded(body, DeviceRequest)
    device = msgspec.convert(
        {"platform": request.platform, "token": request.token, "endpoint_arn": request.endpoint_arn}, subscribe.Device,
    )
    identities = _identities(request.identities)
    if not identities:
        raise MalformedPayloadError("identities: at least one is needed")
    arn = subscribe.subscribe_device(device, identities, request.consent_text, clock.now())
    return _answer(HTTPStatus.OK, DeviceResult("accepted", arn))


def _guarded(handle: Any) -> Response:
    raw = blueprint.current_request.raw_body
    body = raw if isinstance(raw, bytes) else raw.encode()
    if len(body) > LARGEST_BODY:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Problem(f"the body is larger than {LARGEST_BODY} bytes"))
    try:
        answer: Response = handle(body)
    except MalformedPayloadError as error:
        return _answer(HTTPStatus.BAD_REQUEST, Problem(str(error)))
    except ProviderRefusedError as error:
        logger.warning("device not registered", extra={"reason": str(error)})
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.retryable else HTTPStatus.BAD_REQUEST
        return _answer(status, Problem("SNS did not take the device"))
    except (StorageUnavailableError, ProviderOutcomeUnknownError) as error:
        logger.warning("push subscription put off", extra={"reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, Problem("try again later"))
    return answer


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPayloadError(f"the body cannot be read: {error}") from error


def _identities(given: Owner) -> tuple[Identity, ...]:
    read_as = (
        ("storefront_id", given.storefront_id, Identity("storefront", given.storefront_id)),
        ("email", given.email, email_identity(given.email)),
        ("phone", given.phone, phone_identity(given.phone, shop_country=lambda: shop_country(clock.now()))),
        ("device_id", given.device_id, device_identity(given.device_id)),
    )
    for name, value, identity in read_as:
        if value and identity is None:
            raise MalformedPayloadError(f"identities.{name}: not a valid one")
    return tuple(identity for _, value, identity in read_as if value and identity is not None)


def _has_key() -> bool:
    return is_allowed(blueprint.current_request.headers, secrets.values("api-keys"))


def _answer(code: HTTPStatus, content: Struct) -> Response:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    if code is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "60"
    if code is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(content).decode(), status_code=code.value, headers=headers)
