"""Calls of other systems, by the step `call-webhook`: JSON over https, signed as Standard Webhooks 1.0.0 says.

    webhook-id: <message id>          the same at every attempt; Idempotency-Key says it too
    webhook-timestamp: <seconds since 1970>
    webhook-signature: v1,<base64>    HMAC-SHA256 of `<id>.<timestamp>.<body>`; one for each key, with spaces between

There are libraries to check it in most languages (https://www.standardwebhooks.com). The body holds ids and what the
event says of carts, orders, products and pages; what it says of the person stays here.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import msgspec

from chalicelib.channels.channel import Outgoing
from chalicelib.channels.public_post import READ_SECONDS, PublicPost
from chalicelib.domain.events import Event
from chalicelib.domain.messages import WEBHOOK, Message
from chalicelib.errors import ProviderRefusedError

KEY_PREFIX: Final = "whsec_"
"""Begins a key written as Standard Webhooks writes it: base64 follows. Any other text is a key as it stands."""

TYPE: Final = "journey.call-webhook"
"""What the body says it is."""

PUBLIC_PARTS: Final = ("cart", "checkout", "order", "product", "page", "data")
"""The parts of an event that are told. `customer`, `consent`, `endpoint`, `message`, `merge` are about the person."""

AGAIN_LATER: Final = frozenset({408, 425, 429})
"""Statuses below 500 that ask for another try (RFC 9110, 15.5.9; RFC 8470; RFC 6585)."""


class WebhookSender:
    """Calls the URL of a message; its words are the body."""

    name = WEBHOOK

    def __init__(
        self,
        keys: Callable[[], Sequence[str]],
        *,
        trusted_origins: frozenset[str] = frozenset(),
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """`keys` fetches the keys to sign with: all of them, so that one can be rotated.

        `trusted_origins` (as `http://127.0.0.1:9000`) may be called although they are not on the public internet: a
        receiver on the laptop.
        """
        self._keys = keys
        self._post = PublicPost(trusted_origins=trusted_origins, read_seconds=read_seconds)

    def cost(self, outgoing: Outgoing) -> Decimal:
        """Nobody bills for it."""
        return outgoing.prices.email * 0

    def send(self, outgoing: Outgoing) -> str:
        """Call once; returns our message id. A redirect is an answer like another: it is not followed."""
        message_id, body = outgoing.message.message_id, outgoing.rendered.text.encode()
        seconds = int(outgoing.now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Selvedge",
            "Idempotency-Key": message_id,
            "webhook-id": message_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(self._keys(), message_id, seconds, body),
        }
        try:
            status, _ = self._post(outgoing.address.value, headers, body)
        except ValueError as error:
            raise ProviderRefusedError("not a URL that may be called", retryable=False) from error
        if not 200 <= status < 300:
            raise ProviderRefusedError(f"HTTP {status}", retryable=status in AGAIN_LATER or status >= 500)
        return message_id


def signature(keys: Sequence[str], message_id: str, seconds: int, body: bytes) -> str:
    """The header `webhook-signature`; raises ProviderRefusedError, to be tried again, where there is no key."""
    if not keys:
        raise ProviderRefusedError("the stack has no key under webhook-keys/ (see docs/channels.md)", retryable=True)
    signed = f"{message_id}.{seconds}.".encode() + body
    return " ".join(f"v1,{b64encode(hmac.digest(_key(key), signed, sha256)).decode()}" for key in keys)


def payload(message: Message, event: Event | None) -> str:
    """The body, as JSON: which customer is where in which journey, and the public parts of the event it began with."""
    told: dict[str, Any] = {}
    if event is not None:
        told = {"name": event.name, "occurred_at": event.occurred_at}
        told |= {part: value for part in PUBLIC_PARTS if (value := getattr(event, part))}
    return msgspec.json.encode({
        "type": TYPE,
        "timestamp": message.decided_at,
        "data": {
            "customer_id": message.customer_id, "journey": message.journey, "run_key": message.run_key,
            "step": message.step, "message_id": message.message_id, "event": told or None,
        },
    }).decode()


def _key(text: str) -> bytes:
    text = text.strip()
    if not text.startswith(KEY_PREFIX):
        return text.encode()
    try:
        return b64decode(text.removeprefix(KEY_PREFIX), validate=True)
    except ValueError as error:
        raise ProviderRefusedError(f"a webhook key is not base64 after {KEY_PREFIX}", retryable=True) from error
