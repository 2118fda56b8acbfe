"""Taking in where pushes can reach a device: subscriptions of browsers, endpoints of mobile apps."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from chalicelib.channels.public_host import parse_endpoint
from chalicelib.channels.push import platform_of, register_device
from chalicelib.channels.vapid import from_base64url
from chalicelib.domain.events import Arrival, ConsentChange, Endpoint, Event, Identity
from chalicelib.errors import MalformedPayloadError, ProviderRefusedError
from chalicelib.flows import accept
from chalicelib.flows.sending_clients import sending_client
from chalicelib.sources.source import fingerprint

SOURCE: Final = "push"
"""The source's name in the log."""

LONGEST_ENDPOINT: Final = 512

# Domain parameters of the curve P-256 (NIST SP 800-186, 3.2.1.3): y² = x³ - 3x + b (mod p).
_P: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class BrowserSubscription(Struct, frozen=True):
    """A subscription as browsers give it (`PushSubscription.toJSON()`): its endpoint and its two keys, in base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Device(Struct, frozen=True):
    """A mobile app's device: its platform and token, or the ARN of an SNS endpoint that exists already."""

    platform: Literal["GCM", "APNS", "APNS_SANDBOX", ""] = ""
    token: str = ""
    endpoint_arn: str = ""


def subscribe_browser(
    subscription: BrowserSubscription, identities: tuple[Identity, ...], consent_text: str, now: datetime
) -> bool:
    """Log a browser's subscription, and that its owner agreed to be pushed to; False when it was logged a minute ago.

    Raises MalformedPayloadError for an endpoint that is none or keys that cannot be, StorageUnavailableError.
    """
    if len(subscription.endpoint) > LONGEST_ENDPOINT:
        raise MalformedPayloadError(f"the endpoint is longer than {LONGEST_ENDPOINT} characters")
    try:
        if not subscription.endpoint.startswith(_trusted_push_services()):
            parse_endpoint(subscription.endpoint)
        public, auth = from_base64url(subscription.p256dh), from_base64url(subscription.auth)
    except ValueError as error:
        raise MalformedPayloadError("the endpoint or a key is not a push subscription's") from error
    if not _is_point(public):
        raise MalformedPayloadError("keys.p256dh is not a public key (65 bytes, a point of P-256)")
    if len(auth) != 16:
        raise MalformedPayloadError("keys.auth is not a secret of 16 bytes")
    endpoint = Endpoint("web-push", subscription.endpoint, subscription.p256dh, subscription.auth)
    return _record(endpoint, identities, consent_text, now)


def _trusted_push_services() -> tuple[str, ...]:
    """Laptop only: a push service of one's own, which is not on the public internet (see `means.py`)."""
    return tuple(f"{origin}/" for origin in os.environ.get("SELVEDGE_TRUSTED_PUSH", "").split())


def subscribe_device(device: Device, identities: tuple[Identity, ...], consent_text: str, now: datetime) -> str:
    """Register a device with SNS, where that is not done yet, and log its endpoint; answers the endpoint's ARN.

    Without `consent_text` no consent is logged: the app's owner may then only be told of orders.
    Raises MalformedPayloadError for what is no device, ProviderRefusedError and ProviderOutcomeUnknownError as
    `register_device` does, StorageUnavailableError.
    """
    arn = device.endpoint_arn
    if not arn:
        application = _applications().get(device.platform)
        if application is None or not device.token:
            raise MalformedPayloadError("a platform that this shop has an application for, and a token, are needed")
        arn = register_device(sending_client("sns"), application, device.token)
    try:
        platform = platform_of(arn)
    except ProviderRefusedError as error:
        raise MalformedPayloadError("endpoint_arn is not an SNS endpoint of FCM or APNs") from error
    if len(arn) > LONGEST_ENDPOINT:
        raise MalformedPayloadError(f"the ARN is longer than {LONGEST_ENDPOINT} characters")
    _record(Endpoint("push", arn, platform=platform), identities, consent_text, now)
    return arn


def _record(endpoint: Endpoint, identities: tuple[Identity, ...], consent_text: str, now: datetime) -> bool:
    # To the minute: a page that subscribes twice at once is one entry, one that subscribes again tomorrow another.
    minute = now.replace(second=0, microsecond=0)
    events = [Event("endpoint.registered", minute, endpoint=endpoint)]
    if consent_text:
        consent = ConsentChange(endpoint.channel, source="push-subscription", text=consent_text)
        events.append(Event("consent.given", minute, consent=consent))
    mark = fingerprint(endpoint.address.encode(), endpoint.p256dh.encode(), consent_text.encode())
    arrival = Arrival(mark, minute, (*identities, Identity("endpoint", endpoint.address)), tuple(events))
    return accept.receive((arrival,), SOURCE, now)[0]


def _is_point(public: bytes) -> bool:
    """Whether these 65 bytes are an uncompressed point of P-256 (RFC 8291, 2.1 asks for one)."""
    if len(public) != 65 or public[0] != 4:
        return False
    x, y = int.from_bytes(public[1:33]), int.from_bytes(public[33:])
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def _applications() -> dict[str, str]:
    """The shop's SNS platform applications by platform: `SELVEDGE_PUSH_APPLICATIONS`, `GCM=<arn> APNS=<arn>`."""
    pairs = os.environ.get("SELVEDGE_PUSH_APPLICATIONS", "").replace(",", " ").split()
    return {platform: arn for platform, _, arn in (pair.partition("=") for pair in pairs)}
