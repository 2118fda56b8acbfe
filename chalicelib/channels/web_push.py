"""Web push to browsers: RFC 8030 over HTTPS, encrypted by RFC 8291, identified by RFC 8292."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from chalicelib.channels import vapid, web_push_encryption
from chalicelib.channels.channel import Outgoing
from chalicelib.channels.public_post import READ_SECONDS, PublicPost
from chalicelib.errors import ProviderRefusedError

TIME_TO_LIVE = 24 * 3600
"""Seconds for which the push service keeps a message for a browser that is closed."""


class WebPushSender:
    """Sends to browser subscriptions; the address is the subscription's endpoint with its keys."""

    name = "web-push"

    def __init__(
        self,
        private_key: Callable[[], str],
        *,
        trusted_origins: frozenset[str] = frozenset(),
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """`private_key` fetches the VAPID key when the first push needs it.

        `trusted_origins` (as `http://127.0.0.1:9000`) may be called although they are not on the public internet: a
        push service on the laptop.
        """
        self._private_key = private_key
        self._post = PublicPost(trusted_origins=trusted_origins, read_seconds=read_seconds)

    def cost(self, outgoing: Outgoing) -> Decimal:
        """Push services of browsers are free; a price list has no entry for them."""
        return outgoing.prices.email * 0

    def send(self, outgoing: Outgoing) -> str:
        """Send one push; returns the message's URL at the push service where it gives one, else our own message id.

        404 and 410 mean that the subscription is gone (RFC 8030, 7.3); so does an endpoint that cannot be one.
        """
        address = outgoing.address
        try:
            keys = vapid.from_base64url(address.p256dh), vapid.from_base64url(address.auth)
            body = web_push_encryption.encrypt(payload(outgoing), *keys)
        except ValueError as error:
            raise ProviderRefusedError(
                "not the keys of a push subscription", retryable=False, address_is_dead=True
            ) from error
        settings = outgoing.settings
        subject = f"mailto:{settings.brand.support_email or settings.sender_email}"
        try:
            authorization = vapid.authorization(address.value, subject, self._private_key(), outgoing.now)
        except ValueError as error:
            raise ProviderRefusedError("the shop's VAPID key is not one", retryable=True) from error
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TIME_TO_LIVE),
            "Urgency": "high" if outgoing.message.category == "transactional" else "normal",
            # A second push of the same message replaces the first where that still waits (RFC 8030, 5.4).
            "Topic": outgoing.message.message_id[:32],
        }
        try:
            status, answered = self._post(address.value, headers, body)
        except ValueError as error:
            raise ProviderRefusedError("not a push endpoint", retryable=False, address_is_dead=True) from error
        _judge(status)
        return answered.get("Location", "") or outgoing.message.message_id


def payload(outgoing: Outgoing) -> bytes:
    """What the shop's service worker gets, as JSON: title, body, url, image and a tag; a body too long is cut.

    Raises ProviderRefusedError when title and link alone are too long.
    """
    rendered = outgoing.rendered
    body = rendered.body
    fields = {"title": rendered.title, "body": body, "url": rendered.url, "tag": outgoing.message.message_id}
    if rendered.image:
        fields["image"] = rendered.image
    data = _json(fields)
    while len(data) > web_push_encryption.MOST_PLAINTEXT and body:
        excess = len(data) - web_push_encryption.MOST_PLAINTEXT
        body = body[: max(0, len(body) - max(2, excess // 4 + 1))].rstrip()
        data = _json(fields | {"body": body + "…" if body else ""})
    if len(data) > web_push_encryption.MOST_PLAINTEXT:
        raise ProviderRefusedError("the push is too long without its body", retryable=False)
    return data


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _judge(status: int) -> None:
    """Raise for every answer but success (RFC 8030, 5, 7.3 and 8.4)."""
    if 200 <= status < 300:
        return
    raise ProviderRefusedError(
        f"HTTP {status}", retryable=status in (408, 429) or status >= 500, address_is_dead=status in (404, 410)
    )
