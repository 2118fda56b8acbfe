"""A shop in moto that can send: what the sender needs is put there through the same storage the product uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.editions import Edition
from chalicelib.domain.events import Cart, Entry, Event
from chalicelib.domain.journeys import END, End, EventTrigger, Exit, Journey, Send, version_of
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.shop import Check, MessageDefinition, QuietHours, ShopSettings
from chalicelib.flows import definitions_in_force, editions
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.storage import bucket, clients, customers, log, messages, tables
from chalicelib.storage.customers import Stored
from tests.channels.silent_server import SilentServer, http_answer
from tests.emulators import REGION

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
VAPID_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"

TEMPLATES = {
    "hello/email.ru.mjml": (
        "<mjml><mj-body><mj-section><mj-column><mj-text>Привет, {{ customer.first_name }}! "
        '<a href="{{ links.unsubscribe }}">x</a></mj-text></mj-column></mj-section></mj-body></mjml>'
    ),
    "hello/email.ru.txt": "Subject: Привет\nPreheader: Это мы\n\nПривет, {{ customer.first_name }}! "
    "{{ links.unsubscribe }}\n{% if cart %}{{ cart.url }}{% endif %}{% if product %}{{ product.price }}{% endif %}"
    "{% if code %}{{ code.value }} {{ code.expires_at|moment }}{% endif %}\n",
    "hello/sms.ru.txt": "Привет!\n",
    "hello/web-push.ru.txt": "Title: Привет\nLink: https://shop.example/\nImage:\n\nЭто мы\n",
    "broken/email.ru.mjml": "<mjml></mjml>",
    "broken/email.ru.txt": "Subject: {{ nothing.at.all }}\n\nx\n",
    "broken/sms.ru.txt": "Привет из SMS\n",
}
WELCOME = Journey(
    name="welcome", trigger=EventTrigger(("customer.created",)), steps={"1": Send("hello", END), END: End()}, first="1",
    exits=(Exit(on="order.placed"),),
)
PRICES = 'date: 2026-11-01\nsource: test\nemail: 0.0001\npush: 0.000001\nsms:\n  RU: 0.04\n  "*": 0.05\n'
EVERYTHING = ("email", "sms", "push", "web-push")


class SendingShop:
    """The shop, and what has left it."""

    def __init__(self, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack = stack
        self.push_service = SilentServer(http_answer(201))
        monkeypatch.setenv("SELVEDGE_TRUSTED_PUSH", self.push_service.url)
        clients.client("sesv2").create_email_identity(EmailIdentity="shop.example")
        ssm = clients.client("ssm")
        for name, value in (("link-keys/1", "a key for links"), ("vapid/private-key", VAPID_KEY)):
            ssm.put_parameter(Name=f"/{stack}/{name}", Value=value, Type="SecureString")
        for name, text in TEMPLATES.items():
            bucket.put(f"templates/{name}", text.encode())
        bucket.put("prices.yaml", PRICES.encode())
        self.define()

    def __enter__(self) -> SendingShop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.push_service.close()

    def define(self, *, journey_budget: str = "", checks: tuple[Check, ...] = (), **settings: Any) -> None:
        """Put the two messages in force, under these settings."""
        variants = tuple(name.partition("/")[2].rpartition(".")[0] for name in TEMPLATES if name.endswith(".txt"))
        own: dict[str, Any] = {
            "sender_email": "mail@shop.example", "quiet_hours": QuietHours(), "holdout_percent": 0.0,
        }
        in_force = InForce(
            settings=ShopSettings(**(own | settings)),
            journeys=(replace(WELCOME, budget=journey_budget),),
        )
        messages = tuple(
            MessageDefinition(
                name=name, category="marketing", channels=EVERYTHING, checks=checks,
                variants=variants[:3] if name == "hello" else variants[3:],
            )
            for name in ("hello", "broken")
        )
        in_force = replace(in_force, messages=tuple(pinned(message, in_force.settings) for message in messages))
        assert put_in_force(in_force, read_in_force())
        definitions_in_force.forget()

    def customer(self, *addresses: Address, consents: tuple[str, ...] = EVERYTHING, **fields: Any) -> Customer:
        """Commit a customer with these addresses who agreed to these channels; over an earlier state of theirs."""
        customer_id = fields.pop("customer_id", "c1")
        given = tuple(Consent(channel, "*", True, NOW) for channel in consents)
        fields.setdefault("profile", Profile(first_name="Анна", addresses=addresses, consents=given))
        fields.setdefault("now", NOW)
        customer = Customer(customer_id=customer_id, **fields)
        stored = customers.load(customer_id, consistent=True) or Stored(Customer(customer_id))
        customers.commit(stored, customer, None)
        return customer

    def message(self, **fields: Any) -> Message:
        """Put a queued message for the customer; answers it as the stream brings it."""
        base: dict[str, Any] = {
            "customer_id": "c1", "message_id": "m1", "name": "hello", "category": "marketing", "topic": "news",
            "journey": "welcome", "version": version_of(WELCOME), "run_key": "", "entry": 1, "step": "1",
            "decided_at": NOW, "status": Status.QUEUED, "channels": ("email",),
        }
        message = Message(**(base | fields))
        assert messages.put(message)
        return message

    def cart_entry(self, customer_id: str = "c1") -> str:
        """Log a cart and answer the reference that a message keeps of it."""
        return self.logged(Event("cart.updated", NOW, cart=Cart("k1", url="https://shop.example/cart/k1")), customer_id)

    def logged(self, event: Event, customer_id: str = "c1") -> str:
        """Log an event and answer the reference that a message keeps of it."""
        entry_id = log.entry_id(NOW, "shopify", event.name)
        log.append(Entry(customer_id, entry_id, event.occurred_at, "shopify", (event,)))
        return f"{entry_id}|0"

    def found(self, message_id: str = "m1", customer_id: str = "c1") -> Message:
        """The message as it is on record."""
        message = messages.read(customer_id, message_id)
        assert message is not None
        return message

    def told(self, customer_id: str = "c1") -> list[Event]:
        """What the sender and the feedback told the customer's log."""
        return [event for entry in log.history(customer_id) for event in entry.events if entry.source != "shopify"]

    def timers(self) -> list[datetime]:
        """When message timers fall due, in order."""
        moments = []
        for item in tables.Timers.scan_all(None, ["t"]):
            due, kind, *_ = item["t"]["S"].split("#")
            if kind == "message":
                moments.append(datetime.fromisoformat(due))
        return sorted(moments)

    @property
    def mails(self) -> list[Any]:
        """The mails that reached SES."""
        return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """The SMS that reached SNS: phone and text."""
        return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values())


def pinned(message: MessageDefinition, settings: ShopSettings) -> MessageDefinition:
    """The message with an edition of the files that lie in the bucket now, unchecked: publishing refuses a broken one.
    """
    files = {}
    for listed in bucket.list_files("templates/"):
        file = bucket.read(listed.key)
        assert file is not None
        files[file.key.removeprefix("templates/")] = file.version_id
    edition = Edition.of(message, files, settings)
    editions.keep(edition)
    return replace(message, edition=edition.id)


def later(**units: int) -> datetime:
    """A moment after `NOW`."""
    return NOW + timedelta(**units)


MAIL = Address("email", "anna@example.com")
PHONE = Address("sms", "+79161234567")
