"""`POST /hooks/<storefront>`: signed webhooks. Verify, translate, log, answer; all else happens after the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice import Blueprint, Response

from chalicelib import clock
from chalicelib.errors import (
    MalformedPayloadError,
    SignatureError,
    StorageUnavailableError,
    UnknownTopicError,
)
from chalicelib.flows import accept
from chalicelib.flows.shop_country import shop_country
from chalicelib.observability import QUARANTINED, UNKNOWN_TOPICS, count, logger
from chalicelib.sources.registry import SOURCES
from chalicelib.sources.source import Source, fingerprint
from chalicelib.storage import bucket, secrets

LARGEST_BODY: Final = 1024 * 1024
"""Bytes of the largest body that is taken."""
JSON: Final = {"Content-Type": "application/json"}
RETRY_AFTER: Final = {"Retry-After": "60"}

blueprint = Blueprint(__name__)


@blueprint.route("/hooks/shopify", methods=["POST"], content_types=["*/*"])
def shopify_webhook() -> Response:
    """A delivery of Shopify."""
    return _deliver(SOURCES["shopify"])


@blueprint.route("/hooks/woocommerce", methods=["POST"], content_types=["*/*"])
def woocommerce_webhook() -> Response:
    """A delivery of WooCommerce, or its ping."""
    return _deliver(SOURCES["woocommerce"])


def _deliver(source: Source) -> Response:
    request = blueprint.current_request
    raw = request.raw_body
    body = raw if isinstance(raw, bytes) else raw.encode()
    headers = {name.lower(): value for name, value in request.headers.items()}
    if len(body) > LARGEST_BODY:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {LARGEST_BODY} bytes")
    if source.is_ping(headers, body):
        return _answer(HTTPStatus.OK, "ping")
    try:
        in_force = secrets.values(f"hooks/{source.name}")
        if not in_force:
            # Ours to mend, and a refusal for good would lose what the storefront still holds.
            logger.error("no webhook secret is set", extra={"storefront": source.name})
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "no secret is set for this storefront", retry=True)
        source.verify(headers, body, in_force)
        return _take(source, headers, body)
    except SignatureError as error:
        logger.warning("webhook refused", extra={"storefront": source.name, "reason": str(error)})
        return _answer(HTTPStatus.UNAUTHORIZED, str(error))
    except StorageUnavailableError as error:
        logger.warning("webhook put off", extra={"storefront": source.name, "reason": str(error)})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "try again later", retry=True)


def _take(source: Source, headers: dict[str, str], body: bytes) -> Response:
    now = clock.now()
    try:
        arrivals = source.read(headers, body, now, lambda: shop_country(now))
        new = accept.receive(arrivals, source.name, now)
    except UnknownTopicError as error:
        count(UNKNOWN_TOPICS)
        logger.info("webhook of an unknown topic", extra={"storefront": source.name, "topic": error.topic})
        return _answer(HTTPStatus.OK, str(error))
    except StorageUnavailableError:
        raise
    except MalformedPayloadError as error:
        return _set_aside(source, headers, body, str(error))
    except Exception as error:
        # Our own mistake: the storefront is not to blame, so the body is kept until it is mended.
        logger.exception("webhook could not be taken", extra={"storefront": source.name})
        return _set_aside(source, headers, body, type(error).__name__)
    return _answer(HTTPStatus.OK, "accepted" if any(new) or not new else "known already")


def _set_aside(source: Source, headers: dict[str, str], body: bytes, reason: str) -> Response:
    """Keep a body that was not understood, and answer 200: a storefront that is told of errors ends its webhook."""
    # Named by topic and bytes, not by the id a header gives: no body takes another's place.
    topics = (value.encode() for name, value in sorted(headers.items()) if name.endswith("topic"))
    name = fingerprint(body, *topics)
    key = bucket.quarantine(source.name, name, headers, body, reason=reason, now=clock.now())
    count(QUARANTINED)
    logger.warning("webhook quarantined", extra={"storefront": source.name, "key": key, "reason": reason})
    return _answer(HTTPStatus.OK, "kept for later")


def _answer(status: HTTPStatus, message: str, *, retry: bool = False) -> Response:
    return Response({"message": message}, status_code=status.value, headers=JSON | (RETRY_AFTER if retry else {}))
