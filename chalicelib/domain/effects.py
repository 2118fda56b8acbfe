"""What the fold wants done: data only. Each effect has a deterministic key, so doing it twice is doing it once."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from chalicelib.domain.events import Entry
from chalicelib.domain.messages import AttributedOrder, CodeOffer, Message
from chalicelib.domain.tasks import Task


class PutMessage(Struct, frozen=True, tag=True):
    """Write a message decided by the fold. Never over one that has gone further than `deferred`."""

    message: Message


class RecordFeedback(Struct, frozen=True, tag=True):
    """Note on a message what its provider or a link told.

    `kind` is `delivered`, `opened`, `clicked`, `bounced` or `complained`; `detail` refines it (`hard`, `soft`).
    """

    customer_id: str
    message_id: str
    kind: str
    at: datetime
    detail: str = ""


class ArmTimer(Struct, frozen=True, tag=True):
    """Wake the customer's log at `due` by an entry `timer.due`."""

    customer_id: str
    due: datetime


class AppendEntry(Struct, frozen=True, tag=True):
    """Append an entry to another customer's log (a merge, or forwarding after one)."""

    entry: Entry


class RepointIdentities(Struct, frozen=True, tag=True):
    """Let the identities of an absorbed customer lead to the surviving one."""

    absorbed_id: str
    surviving_id: str
    keys: tuple[str, ...]


class IssueCode(Struct, frozen=True, tag=True):
    """Put a promo code on record for a customer; its value follows from `offer.code_id`."""

    customer_id: str
    journey: str
    offer: CodeOffer


class PutTask(Struct, frozen=True, tag=True):
    """Put a task onto the list that people work through."""

    task: Task


class AttributeOrder(Struct, frozen=True, tag=True):
    """Note on a message that an order is put down to it."""

    customer_id: str
    message_id: str
    order: AttributedOrder


Effect = (
    PutMessage | RecordFeedback | ArmTimer | AppendEntry | RepointIdentities | IssueCode | PutTask | AttributeOrder
)
