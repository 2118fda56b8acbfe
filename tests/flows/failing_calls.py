"""Making the real clients fail at a chosen call, and letting time go on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.domain.messages import Message, Status
from chalicelib.flows.deliver import deliver, wake
from chalicelib.storage import clients, tables
from tests.flows.sending_shop import SendingShop


def names(shop: SendingShop, customer_id: str = "c1") -> list[str]:
    return [event.name for event in shop.told(customer_id)]


def play(shop: SendingShop, message: Message, start: datetime, until: timedelta = timedelta(days=2)) -> list[datetime]:
    """Let the ticks and the stream go on: timers that fall due wake the message, and one queued again is delivered."""
    fired: set[datetime] = set()
    while True:
        due = [moment for moment in shop.timers() if moment not in fired and moment <= start + until]
        if not due:
            return sorted(fired)
        fired.add(due[0])
        now = max(due[0], start) + timedelta(seconds=1)
        wake(message.customer_id, message.message_id, now)
        found = shop.found(message.message_id, message.customer_id)
        if found.status is Status.QUEUED:
            deliver(found, now)


def emitters() -> tuple[Any, Any]:
    """The hooks of clients that are opened from now on, and of the one for DynamoDB, which is open."""
    return clients.session().get_component("event_emitter"), tables.Messages.connection().connection.client.meta.events


class Cut(BaseException):
    """The process ends here."""


@contextmanager
def failing(event: str, error: BaseException | None, *, after: int = 0, times: int = 10**6) -> Iterator[list[str]]:
    """Raise from a hook of the real clients at the call number `after` and the following; gives the calls seen."""
    seen: list[str] = []

    def hook(**call: Any) -> None:
        seen.append(call["event_name"])
        if error is not None and after <= len(seen) - 1 < after + times:
            raise error

    for emitter in emitters():
        emitter.register(event, hook)
    try:
        yield seen
    finally:
        for emitter in emitters():
            emitter.unregister(event, hook)


@contextmanager
def failing_at_write(moment: str, operations: tuple[str, ...], number: int) -> Iterator[None]:
    """End the process at the write of this number, before it reaches the service or after it was done."""
    seen = 0

    def hook(**call: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number + 1:
            raise Cut

    for emitter in emitters():
        for operation in operations:
            emitter.register(f"{moment}.{operation}", hook)
    try:
        yield
    finally:
        for emitter in emitters():
            for operation in operations:
                emitter.unregister(f"{moment}.{operation}", hook)


def throttling() -> BaseException:
    error: BaseException = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail")
    return error


def lost_answer() -> BaseException:
    error: BaseException = ReadTimeoutError(endpoint_url="https://email.example")
    return error
