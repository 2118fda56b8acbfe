"""A message: decided by the fold, carried out by the sender, and the record of what came of it.

The same item is the command and its outcome, also for messages that are skipped: it is where "why" is answered.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Literal

from msgspec import Struct

Channel = Literal["email", "sms", "push", "web-push"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "web-push")

WEBHOOK = "webhook"
"""The channel by which another system is told, and the name of such messages is `call-webhook`: no person gets them."""

Category = Literal["marketing", "transactional"]


class Status(StrEnum):
    """Where a message stands. `queued` is what the sender's stream filter looks for."""

    DEFERRED = "deferred"
    QUEUED = "queued"
    CLAIMED = "claimed"
    RETRYING = "retrying"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a message was not sent: the closed list of semantics 15."""

    NO_CONSENT = "no-consent"
    SUPPRESSED = "suppressed"
    NO_CHANNEL = "no-channel"
    FREQUENCY_CAP = "frequency-cap"
    QUIET_HOURS_DROP = "quiet-hours-drop"
    TOO_LATE = "too-late"
    FILTER = "filter"
    HOLDOUT = "holdout"
    BUDGET = "budget"
    OUT_OF_STOCK = "out-of-stock"
    CODE_POOL_EMPTY = "code-pool-empty"
    TEMPLATE_ERROR = "template-error"
    JOURNEY_PAUSED = "journey-paused"
    EXPIRED = "expired"


class CodeOffer(Struct, frozen=True, omit_defaults=True):
    """A promo code that goes with a message: `discount` as the customer reads it ("10 %"), `valid` in seconds.

    `code_id` and `expires_at` name a code that an earlier step of the run has issued; without them the code is the
    message's own, and its time begins when the message goes out.
    """

    discount: str
    valid: int
    code_id: str = ""
    expires_at: datetime | None = None


class AttributedOrder(Struct, frozen=True):
    """An order put down to a message: by a click (`clicked`), or by an open alone."""

    order_id: str
    total: Decimal
    currency: str
    at: datetime
    clicked: bool


class Message(Struct, frozen=True, omit_defaults=True):
    """One message to one customer. Only the first fields matter to the fold; the rest is the sender's record.

    `channels` are the usable ones in the order to try; `event_ref` names the log entry whose cart or order is shown;
    `reason` is a `Reason` when skipped, the provider's word when failed; `cost` is in US dollars, a Decimal's text;
    `url` is where a call of another system goes (`WEBHOOK`); `template_version` is the S3 version id of the main file,
    a slash, and the id of the edition that it was rendered from (domain/editions.py).
    """

    customer_id: str
    message_id: str
    name: str
    category: Category
    topic: str
    journey: str
    version: str
    run_key: str
    entry: int
    step: str
    decided_at: datetime
    status: Status
    reason: str = ""
    channels: tuple[str, ...] = ()
    event_ref: str = ""
    deferred_until: datetime | None = None
    code: CodeOffer | None = None
    attempt: int = 0
    resent: bool = False
    lease_until: datetime | None = None
    next_attempt_at: datetime | None = None
    channel: str = ""
    provider_id: str = ""
    sent_at: datetime | None = None
    cost: str = ""
    template_version: str = ""
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced: str = ""
    complained_at: datetime | None = None
    url: str = ""
    orders: tuple[AttributedOrder, ...] = ()


def message_id(customer_id: str, journey: str, run_key: str, entry: int, step: str) -> str:
    """The id of the message that a step of a run produces: producing it twice gives the same id (semantics 22).

    Holds no content and no time, so a definition changed between a crash and its replay cannot send twice.
    24 hexadecimal digits: also fits an SES message tag ([A-Za-z0-9_-], at most 256).
    """
    source = "\x1f".join((customer_id, journey, run_key, str(entry), step))
    return blake2b(source.encode(), digest_size=12).hexdigest()


def code_value(message: str) -> str:
    """The promo code made for a message id: eight characters without look-alikes, the same however often it is made."""
    alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    number = int.from_bytes(blake2b(message.encode(), digest_size=8, person=b"promo-code").digest())
    characters = []
    for _ in range(8):
        number, index = divmod(number, len(alphabet))
        characters.append(alphabet[index])
    return "".join(characters)
