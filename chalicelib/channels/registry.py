"""Which sender serves which channel: built once per process, each AWS client opened by the first message in need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.channels.channel import ChannelSender
from chalicelib.channels.email import EmailSender
from chalicelib.channels.push import PushSender
from chalicelib.channels.sms import SmsSender
from chalicelib.channels.web_push import WebPushSender
from chalicelib.channels.webhook import WebhookSender
from chalicelib.errors import ProviderRefusedError

PRIVATE_KEY = "vapid/private-key"
"""Where the key of web push lies among the stack's secrets."""
WEBHOOK_KEYS = "webhook-keys"
"""Below which the keys lie that calls of other systems are signed with."""


def senders_from(
    stack: str,
    open_client: Callable[[str], Any],
    secret: Callable[[str], str],
    secrets_below: Callable[[str], Sequence[str]],
    *,
    trusted_origins: frozenset[str] = frozenset(),
) -> dict[str, ChannelSender]:
    """The senders of a stack by channel name.

    `open_client` gives the client of an AWS service that makes each call once; `secret` reads one, empty when not set,
    `secrets_below` all below a path. `trusted_origins` may be called although they are on a private network.
    """

    def private_key() -> str:
        found = secret(PRIVATE_KEY)
        if not found:
            raise ProviderRefusedError("the stack has no VAPID key (see docs/channels.md)", retryable=True)
        return found.strip()

    senders: tuple[ChannelSender, ...] = (
        EmailSender(
            lambda: open_client("sesv2"), {"marketing": f"{stack}-mail", "transactional": f"{stack}-transactional"},
        ),
        SmsSender(lambda: open_client("sns")),
        PushSender(lambda: open_client("sns")),
        WebPushSender(private_key, trusted_origins=trusted_origins),
        WebhookSender(lambda: secrets_below(WEBHOOK_KEYS), trusted_origins=trusted_origins),
    )
    return {sender.name: sender for sender in senders}
