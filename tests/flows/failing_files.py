"""S3 that is away, and a process that dies at a file: hooks of the real client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import EndpointConnectionError

from chalicelib.storage import clients
from tests.flows.engine_on_aws import dying_at_call


@contextmanager
def s3_away() -> Iterator[None]:
    """No request reaches S3 meanwhile."""
    events = clients.client("s3").meta.events

    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.example")

    events.register("before-call.s3", fail, unique_id="away")
    try:
        yield
    finally:
        events.unregister("before-call.s3", unique_id="away")


@contextmanager
def dying_at_file(number: int, *, answered: bool) -> Iterator[None]:
    """Let the process die at the `number`th file it writes (from 1): before it is sent, or after S3 has it."""
    with dying_at_call(clients.client("s3"), {"PutObject"}, number, answered=answered):
        yield


@contextmanager
def requests_to_s3() -> Iterator[list[str]]:
    """The operations that S3 is asked for meanwhile."""
    seen: list[str] = []
    events = clients.client("s3").meta.events

    def note(model: Any, **_: Any) -> None:
        seen.append(model.name)

    events.register("before-call.s3", note, unique_id="seen")
    try:
        yield seen
    finally:
        events.unregister("before-call.s3", unique_id="seen")
