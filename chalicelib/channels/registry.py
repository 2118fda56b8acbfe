"""Which sender serves which channel: built once per process, each AWS client opened by the first message in need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from chalicelib.channels.aws_calls import sending_config
from chalicelib.channels.channel import ChannelSender
from chalicelib.channels.email import EmailSender
from chalicelib.channels.push import PushSender
from chalicelib.channels.sms import SmsSender
from chalicelib.channels.web_push import WebPushSender
from chalicelib.errors import ProviderRefusedError

VAPID_SECRETS = "vapid"
"""Where the web push key lies among the stack's secrets: the first value under it is used."""


def senders_from(
    environment: Mapping[str, str],
    session: Callable[[], Any],
    secrets: Callable[[str], tuple[str, ...]],
    *,
    trusted_origins: frozenset[str] = frozenset(),
) -> dict[str, ChannelSender]:
    """The senders by channel name.

    `environment` is the function's (`SELVEDGE_STACK`, `AWS_ENDPOINT_URL`); `session` gives botocore's session;
    `secrets` reads the values under a path. `trusted_origins` are push services that may be on a private network.
    """

    @cache
    def open_client(service: str) -> Any:
        endpoint = environment.get("AWS_ENDPOINT_URL") or None
        return session().create_client(service, endpoint_url=endpoint, config=sending_config())

    def private_key() -> str:
        found = secrets(VAPID_SECRETS)
        if not found:
            raise ProviderRefusedError("the stack has no VAPID key (see docs/channels.md)", retryable=True)
        return found[0].strip()

    senders: tuple[ChannelSender, ...] = (
        EmailSender(lambda: open_client("sesv2"), f"{environment['SELVEDGE_STACK']}-mail"),
        SmsSender(lambda: open_client("sns")),
        PushSender(lambda: open_client("sns")),
        WebPushSender(private_key, trusted_origins=trusted_origins),
    )
    return {sender.name: sender for sender in senders}
