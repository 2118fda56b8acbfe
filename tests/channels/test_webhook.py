"""Calls of other systems: signed as libraries of Standard Webhooks check it, and only to the public internet."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest

from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.channels.webhook import WebhookSender, payload, signature
from chalicelib.domain.customer import Address
from chalicelib.domain.events import Attributes, Cart, ConsentChange, Endpoint, Event, Line
from chalicelib.domain.messages import CHANNELS, WEBHOOK
from chalicelib.domain.rendered import Rendered
from chalicelib.errors import ProviderRefusedError
from tests.channels.channel_contract import ChannelContract
from tests.channels.outgoing_messages import NOW, PRICES, SETTINGS, message
from tests.channels.silent_server import http_answer, silent_server
from tests.channels.test_web_push import headers_of

KEY = "whsec_" + b64encode(bytes(range(32))).decode()


def sender_to(url: str, *keys: str) -> WebhookSender:
    return WebhookSender(lambda: keys or (KEY,), trusted_origins=frozenset({url}), read_seconds=1)


def call_of(url: str) -> Outgoing:
    called = message(WEBHOOK, "transactional", name="call-webhook", url=url)
    words = Rendered(WEBHOOK, "", text=payload(called, None))
    return Outgoing(called, Address(WEBHOOK, url), words, SETTINGS, PRICES, NOW)


class TestWebhookSender(ChannelContract):
    def sender(self, provider_url: str) -> ChannelSender:
        return sender_to(provider_url)

    def outgoing(self, provider_url: str) -> Outgoing:
        return call_of(f"{provider_url}/hook")

    def test_its_name_is_one_that_messages_use(self) -> None:
        assert self.sender("http://127.0.0.1:9").name == WEBHOOK
        assert WEBHOOK not in CHANNELS, "it reaches no customer"


def test_the_example_of_the_standard_webhooks_specification_comes_out() -> None:
    """That of its reference libraries (standard-webhooks, libraries/*, "sign" tests)."""
    body = b'{"test": 2432232314}'

    assert signature(("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_the_receiver_can_check_who_calls_and_when_and_tell_a_repeated_call() -> None:
    with silent_server(http_answer(204)) as receiver:
        call = call_of(f"{receiver.url}/hook?for=crm")
        provider_id = sender_to(receiver.url).send(call)

    (request,) = receiver.requests
    headers, body = headers_of(request), request.partition(b"\r\n\r\n")[2]
    assert request.startswith(b"POST /hook?for=crm HTTP/1.1\r\n")
    assert provider_id == headers["webhook-id"] == headers["idempotency-key"] == message().message_id
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["content-type"] == "application/json"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = b64encode(hmac.digest(bytes(range(32)), signed, sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_while_a_key_is_rotated_every_key_signs() -> None:
    both = signature((KEY, "plain text"), "m1", 1, b"{}").split()

    assert both == [signature((key,), "m1", 1, b"{}") for key in (KEY, "plain text")]
    assert {len(b64decode(one.removeprefix("v1,"))) for one in both} == {32}


@pytest.mark.parametrize("keys", [(), ("whsec_not base64",)])
def test_without_a_key_the_call_waits_for_one(keys: tuple[str, ...]) -> None:
    with silent_server(http_answer(200)) as receiver, pytest.raises(ProviderRefusedError) as refused:
        WebhookSender(lambda: keys, trusted_origins=frozenset({receiver.url})).send(call_of(receiver.url))

    assert refused.value.retryable
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (401, False), (404, False), (410, False), (301, False), (307, False),
     (408, True), (425, True), (429, True), (500, True), (503, True)],
)
def test_answers_are_told_as_what_they_mean_and_no_redirect_is_followed(status: int, retryable: bool) -> None:
    with silent_server(http_answer(status, Location="http://169.254.169.254/")) as receiver:
        with pytest.raises(ProviderRefusedError) as refused:
            sender_to(receiver.url).send(call_of(receiver.url))

        assert len(receiver.requests) == 1
    assert refused.value.retryable is retryable


@pytest.mark.parametrize("url", [
    "http://crm.example.com/hook", "https://127.0.0.1/hook", "https://169.254.169.254/latest/meta-data",
    "https://[::1]/", "https://intranet/hook", "https://user:word@crm.example.com/", "https://crm.example.com:8443/",
    "",
])
def test_nothing_but_https_on_the_public_internet_is_called(url: str) -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        WebhookSender(lambda: (KEY,)).send(call_of(url))

    assert not refused.value.retryable


def test_the_body_says_who_is_where_and_what_began_it() -> None:
    cart = Cart("c1", Decimal("7990.00"), lines=(Line("p1", title="Пальто"),))
    event = Event("cart.updated", datetime(2026, 11, 20, 9, tzinfo=UTC), cart=cart)

    assert json.loads(payload(message(WEBHOOK), event)) == {
        "type": "journey.call-webhook",
        "timestamp": "2026-11-20T09:30:00Z",
        "data": {
            "customer_id": "c0ffee", "journey": "cart-abandoned", "run_key": "cart-1", "step": "1",
            "message_id": message().message_id,
            "event": {
                "name": "cart.updated", "occurred_at": "2026-11-20T09:00:00Z",
                "cart": {"id": "c1", "total": "7990.00", "lines": [{"product_id": "p1", "title": "Пальто"}]},
            },
        },
    }


def test_the_body_says_nothing_of_the_person() -> None:
    event = Event(
        "form.submitted", NOW, customer=Attributes(first_name="Анна", city="Тверь"), data={"answer": "M"},
        consent=ConsentChange("email"), endpoint=Endpoint("web-push", "https://push.example/x", auth="secret"),
    )

    told = json.loads(payload(message(WEBHOOK), event))["data"]["event"]

    assert set(told) == {"name", "occurred_at", "data"}
