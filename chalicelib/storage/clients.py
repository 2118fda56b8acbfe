"""AWS clients, opened when first needed, all of one botocore session (each session reads its data files anew)."""

from __future__ import annotations

import os
from functools import lru_cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

CONNECT_TIMEOUT = 1.0
"""Seconds to reach an endpoint of one's own region."""
READ_TIMEOUT = 2.0
"""Seconds to wait for an answer: with two retries still well within a function's 15 seconds."""
USER_AGENT = "selvedge"
RETRIES = 2
"""Tries after the first."""

OPENING = Lock()
"""Held while any client is made: creating two of one session at once is not safe in botocore."""


@lru_cache(maxsize=1)
def session() -> Session:
    """The one botocore session of the process.

    Its clients say who they are in one fixed text: botocore's own is put together twice for every request, which is a
    tenth of a webhook's processor time.
    """
    opened = get_session()
    opened.set_default_client_config(Config(user_agent=USER_AGENT))
    return opened


def client(service: str) -> Any:
    """The client of a service (`s3`, `ssm`), kept for later calls; the endpoint may be set by `AWS_ENDPOINT_URL`."""
    with OPENING:
        return _client(service, os.environ.get("AWS_ENDPOINT_URL", ""))


@lru_cache(maxsize=8)
def _client(service: str, endpoint: str) -> Any:
    # A laptop's emulator has no wildcard names for buckets in front of its address.
    addressing = {"addressing_style": "path" if endpoint else "auto"}
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": 1 + RETRIES, "mode": "standard"},
        s3=addressing,
    )
    return session().create_client(service, endpoint_url=endpoint or None, config=config)
