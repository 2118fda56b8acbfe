"""What SES and SNS tell of messages that went out, translated into events; nothing is read or written here.

SES has two vocabularies: event publishing (`eventType`, with the tags we sent) and feedback notifications of an
identity (`notificationType`, never with tags). Source: SES developer guide, "Contents of event data that Amazon SES
publishes to Amazon SNS", "Amazon SNS notification contents for Amazon SES"; SNS developer guide, "Mobile app events".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any, Final

from msgspec import Struct

from chalicelib.channels.automated_readers import is_automated
from chalicelib.channels.email import TAG_CUSTOMER, TAG_MESSAGE, TAG_TEST
from chalicelib.domain.events import ConsentChange, Endpoint, Event, Feedback, Identity
from chalicelib.domain.identifiers import email_identity
from chalicelib.errors import MalformedPayloadError, UnknownTopicError

LONGEST_LINK: Final = 2048
LONGEST_REASON: Final = 200

DEAD_ENDPOINT: Final = frozenset({"EndpointDisabled", "InvalidPlatformToken", "NotRegistered", "InvalidRegistration"})
"""Failure types of SNS after which an endpoint takes nothing any more."""


class Told(Struct, frozen=True):
    """One event about one recipient. `customer_id` is empty where only `identity` can tell whose it is."""

    event: Event
    delivery_id: str
    source: str
    customer_id: str = ""
    identity: Identity | None = None


Document = Mapping[str, Any]


def read(document: Any, sns_id: str, at: datetime) -> tuple[Told, ...]:
    """What one SNS message tells; `sns_id` is its id, `at` when it was published. Empty for what is of no use (`Send`,
    and whatever becomes of a test).

    Raises UnknownTopicError for a type nobody here reads, MalformedPayloadError for what is no feedback at all.
    """
    if not isinstance(document, dict):
        raise MalformedPayloadError("the message is not a JSON object")
    if isinstance(document.get("EventType"), str) and "EndpointArn" in document:
        return tuple(_of_endpoint(document, sns_id, at))
    kind = document.get("eventType") or document.get("notificationType")
    if not isinstance(kind, str):
        raise MalformedPayloadError("the message has neither eventType nor notificationType")
    reader = _READERS.get(kind)
    if reader is None:
        raise UnknownTopicError(kind)
    if not isinstance(document.get("mail"), dict):
        raise MalformedPayloadError("the message has no mail object")
    if TAG_TEST in (document["mail"].get("tags") or ()):
        return ()
    try:
        return tuple(reader(_Notice(document, kind, sns_id, at)))
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise MalformedPayloadError(f"{kind} is not as SES documents it: {type(error).__name__}") from error


class _Notice:
    """One notification of SES about one mail."""

    def __init__(self, document: Document, kind: str, sns_id: str, at: datetime) -> None:
        self.kind, self._sns_id = kind, sns_id
        self.mail: Document = document["mail"]
        self.part: Document = document.get(_PARTS[kind]) or {}
        self.sent_at = _moment(self.mail.get("timestamp"))
        self.at = _moment(self.part.get("timestamp")) or at
        tags = self.mail.get("tags") or {}
        self.customer_id = _first(tags.get(TAG_CUSTOMER))
        self.message_id = _first(tags.get(TAG_MESSAGE))

    def told(self, name: str, address: str, **fields: Any) -> Iterator[Told]:
        """An event `message.<name>` about one recipient."""
        identity = email_identity(parseaddr(address)[1] or address)
        feedback = Feedback(self.message_id, "email", address=identity.value if identity else "", **fields)
        yield self.about(Event(f"message.{name}", self.at, message=feedback), identity)

    def about(self, event: Event, identity: Identity | None) -> Told:
        """An event about one recipient, under the feedback's own id: the same when it is delivered again."""
        mark = str(self.part.get("feedbackId") or self._sns_id)
        return Told(event, f"{self.kind.lower().replace(' ', '-')}.{mark}", "ses", self.customer_id, identity)

    @property
    def recipients(self) -> tuple[str, ...]:
        """All to whom the mail went."""
        return tuple(self.mail.get("destination") or ())


def _bounce(notice: _Notice) -> Iterator[Told]:
    """Only the recipients listed bounced. Only a permanent bounce is hard; one recipient of it may just be delayed."""
    permanent = notice.part.get("bounceType") == "Permanent"
    for recipient in notice.part["bouncedRecipients"]:
        delayed = recipient.get("action") == "delayed" or str(recipient.get("status", "")).startswith("4.")
        yield from notice.told(
            "bounced", recipient["emailAddress"], kind="hard" if permanent and not delayed else "soft",
        )


def _complaint(notice: _Notice) -> Iterator[Told]:
    for recipient in notice.part["complainedRecipients"]:
        yield from notice.told("complained", recipient["emailAddress"])


def _delivery(notice: _Notice) -> Iterator[Told]:
    for address in notice.part.get("recipients") or notice.recipients:
        yield from notice.told("delivered", address)


def _delay(notice: _Notice) -> Iterator[Told]:
    for recipient in notice.part.get("delayedRecipients") or ():
        yield from notice.told("delayed", recipient["emailAddress"], kind=str(notice.part.get("delayType", "")))


def _open(notice: _Notice) -> Iterator[Told]:
    yield from _reading(notice, "opened")


def _click(notice: _Notice) -> Iterator[Told]:
    yield from _reading(notice, "clicked", link=str(notice.part.get("link") or "")[:LONGEST_LINK])


def _reading(notice: _Notice, name: str, **fields: Any) -> Iterator[Told]:
    after = notice.at - notice.sent_at if notice.sent_at else None
    automated = is_automated(str(notice.part.get("userAgent") or ""), after, click=name == "clicked")
    # SES does not say which of several recipients it was; mails of ours have one.
    recipients = notice.recipients if len(notice.recipients) == 1 else ()
    for address in recipients or ("",):
        yield from notice.told(name, address, automated=automated, **fields)


def _failure(notice: _Notice) -> Iterator[Told]:
    """SES took the mail and then did not send it: a virus in it, or a template of SES's own that cannot be filled."""
    reason = str(notice.part.get("reason") or notice.kind.lower().replace(" ", "-"))[:LONGEST_REASON]
    for address in notice.recipients:
        yield from notice.told("failed", address, kind=reason)


def _subscription(notice: _Notice) -> Iterator[Told]:
    """SES's own subscription management: somebody left every list."""
    if (notice.part.get("newTopicPreferences") or {}).get("unsubscribeAll"):
        for address in notice.recipients:
            consent = ConsentChange("email", source="ses-subscription")
            event = Event("consent.withdrawn", notice.at, consent=consent)
            yield notice.about(event, email_identity(address))


def _nothing(_notice: _Notice) -> Iterator[Told]:
    """`Send` says what the sender has recorded itself."""
    return iter(())


_READERS: Final[dict[str, Callable[[_Notice], Iterator[Told]]]] = {
    "Bounce": _bounce, "Complaint": _complaint, "Delivery": _delivery, "DeliveryDelay": _delay, "Open": _open,
    "Click": _click, "Reject": _failure, "Rendering Failure": _failure, "Subscription": _subscription, "Send": _nothing,
}

_PARTS: Final = {
    "Bounce": "bounce", "Complaint": "complaint", "Delivery": "delivery", "DeliveryDelay": "deliveryDelay",
    "Open": "open", "Click": "click", "Reject": "reject", "Rendering Failure": "failure",
    "Subscription": "subscription", "Send": "send",
}


def _of_endpoint(document: Document, sns_id: str, at: datetime) -> Iterator[Told]:
    """A mobile app event of SNS: a push that was not delivered, an endpoint deleted."""
    kind, arn = document["EventType"], str(document["EndpointArn"])
    gone = kind == "EndpointDeleted" or document.get("FailureType") in DEAD_ENDPOINT
    if kind not in ("DeliveryFailure", "EndpointDeleted", "EndpointCreated", "EndpointUpdated"):
        raise UnknownTopicError(kind)
    if not arn or len(arn) > 512:
        raise MalformedPayloadError("EndpointArn is not an ARN")
    moment = _moment(document.get("Time")) or at
    if gone:
        event = Event("endpoint.gone", moment, endpoint=Endpoint("push", arn))
    elif kind == "DeliveryFailure":
        event = Event("message.bounced", moment, message=Feedback(channel="push", kind="soft", address=arn))
    else:
        return
    mark = str(document.get("MessageId") or sns_id)
    yield Told(event, f"{kind.lower()}.{mark}", "sns", identity=Identity("endpoint", arn))


def _first(values: object) -> str:
    return values[0] if isinstance(values, list) and values and isinstance(values[0], str) else ""


def _moment(text: object) -> datetime | None:
    """A time as SES writes it, or None where there is none that can be read."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
