"""AWS clients for calls that must be made once: no retries, and time-outs for providers rather than databases."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from chalicelib.channels.aws_calls import sending_config
from chalicelib.storage import clients


def sending_client(service: str) -> Any:
    """The client of `sesv2` or `sns`, kept for later calls. Messages are sent by several threads, hence the lock."""
    with clients.OPENING:
        return _client(service, os.environ.get("AWS_ENDPOINT_URL", ""))


@lru_cache(maxsize=4)
def _client(service: str, endpoint: str) -> Any:
    return clients.session().create_client(service, endpoint_url=endpoint or None, config=sending_config())


def forget() -> None:
    """Open the clients anew when next asked for."""
    _client.cache_clear()
