"""Secrets in SSM's Parameter Store: all values under a path are valid at once, which is how one is rotated.

What there can be but one of, as the key that browsers know us by, is a parameter of its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock
from chalicelib.errors import StorageUnavailableError
from chalicelib.storage import clients

KEPT = timedelta(minutes=5)
"""How long values are used before they are read again: a rotated secret is valid within that."""

_read: dict[str, tuple[datetime, tuple[str, ...]]] = {}


def values(path: str) -> tuple[str, ...]:
    """The values under `/<stack>/<path>/`, as `hooks/shopify`; empty when none is set. SSM's standard tier is free.

    Raises:
        StorageUnavailableError: SSM is throttled or away, and no earlier values are at hand.
    """
    return _kept(path, _fetch_all)


def value(path: str) -> str:
    """The value of the one parameter `/<stack>/<path>`, as `vapid/private-key`; empty when it is not set.

    Raises:
        StorageUnavailableError: SSM is throttled or away, and no earlier value is at hand.
    """
    return next(iter(_kept(path, _fetch_one)), "")


def _kept(path: str, fetch: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    name = f"/{os.environ['SELVEDGE_STACK']}/{path.strip('/')}"
    now = clock.now()
    known = _read.get(name)
    if known and timedelta(0) <= now - known[0] < KEPT:
        return known[1]
    try:
        found = fetch(name)
    except (BotoCoreError, ClientError) as error:
        if known:
            return known[1]
        raise StorageUnavailableError(f"{name} cannot be read from SSM") from error
    _read[name] = now, found
    return found


def _fetch_one(name: str) -> tuple[str, ...]:
    try:
        answer = clients.client("ssm").get_parameter(Name=name, WithDecryption=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return ()
        raise
    return (answer["Parameter"]["Value"],)


def _fetch_all(name: str) -> tuple[str, ...]:
    ssm, found, token = clients.client("ssm"), [], None
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        answer = ssm.get_parameters_by_path(Path=name, Recursive=True, WithDecryption=True, **more)
        found += [(parameter["Name"], parameter["Value"]) for parameter in answer["Parameters"]]
        token = answer.get("NextToken")
        if not token:
            # Sorted by name: which of two secrets is tried first does not change from call to call.
            return tuple(value for _, value in sorted(found))
