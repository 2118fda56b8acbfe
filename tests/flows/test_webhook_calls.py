"""The step `call-webhook`: the sender calls, with its claims, its tries and its record, whatever people agreed to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.domain.customer import Profile
from chalicelib.domain.events import Event
from chalicelib.domain.messages import WEBHOOK, Message, Status
from chalicelib.flows.deliver import deliver
from chalicelib.storage import clients
from tests.channels.silent_server import SilentServer, http_answer, silent_server
from tests.channels.test_web_push import headers_of
from tests.flows.failing_calls import names, play
from tests.flows.sending_shop import NOW, SendingShop, later


@pytest.fixture(autouse=True)
def key(shop: SendingShop) -> None:
    """The key that a deployment makes."""
    clients.client("ssm").put_parameter(Name=f"/{shop.stack}/webhook-keys/1", Value="a key", Type="SecureString")


@contextmanager
def receiver(monkeypatch: pytest.MonkeyPatch, answer: bytes = b"", *, hang_up: bool = False) -> Iterator[SilentServer]:
    """Another system, on loopback."""
    with silent_server(answer, hang_up=hang_up) as server:
        monkeypatch.setenv("SELVEDGE_TRUSTED_PUSH", server.url)
        yield server


def call(shop: SendingShop, url: str, **fields: Any) -> Message:
    """A call as the engine queues it."""
    return shop.message(
        name="call-webhook", category="transactional", topic="call-webhook", channels=(WEBHOOK,), url=url, **fields,
    )


def test_it_goes_out_whatever_the_person_agreed_to_and_needs_no_address(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.customer(consents=())
    with receiver(monkeypatch, http_answer(200)) as other:
        deliver(call(shop, f"{other.url}/hook", event_ref=shop.cart_entry()), later(seconds=1))

    (request,) = other.requests
    body = json.loads(request.partition(b"\r\n\r\n")[2])
    assert headers_of(request)["webhook-id"] == "m1"
    assert body["data"]["event"]["cart"]["id"] == "k1"
    assert (body["data"]["customer_id"], body["data"]["journey"]) == ("c1", "welcome")
    found = shop.found()
    assert (found.status, found.channel, found.cost) == (Status.SENT, WEBHOOK, "0.0000")
    assert shop.told() == []


def test_it_costs_nothing_and_takes_nothing_from_a_spent_budget(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.define(budget="0")
    shop.customer()
    with receiver(monkeypatch, http_answer(200)) as other:
        deliver(call(shop, other.url), NOW)

    assert shop.found().status is Status.SENT


def test_of_a_person_who_is_to_be_forgotten_nobody_is_told(shop: SendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.customer(profile=Profile(redaction_requested_at=NOW))
    with receiver(monkeypatch, http_answer(200)) as other:
        deliver(call(shop, other.url), NOW)

    assert other.requests == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "suppressed")


def test_a_definite_no_is_final_and_not_now_is_tried_again(shop: SendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.customer()
    with receiver(monkeypatch, http_answer(400)) as other:
        deliver(call(shop, other.url), NOW)
    assert (shop.found().status, shop.found().reason) == (Status.FAILED, "HTTP 400")

    with receiver(monkeypatch, http_answer(503)) as other:
        deliver(call(shop, other.url, message_id="m2"), NOW)
    assert shop.found("m2").status is Status.RETRYING


def test_a_call_whose_answer_was_lost_is_made_once_more_and_says_that_it_is_the_same(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.customer()
    with receiver(monkeypatch, hang_up=True) as other:
        message = call(shop, other.url)
        deliver(message, NOW)
        assert shop.found().status is Status.UNKNOWN
        play(shop, message, NOW)

    assert [headers_of(request)["idempotency-key"] for request in other.requests] == ["m1", "m1"]
    assert shop.found().status is Status.UNKNOWN
    assert shop.found().resent


def test_a_call_that_waited_is_not_made_once_its_run_has_ended(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.customer(now=later(minutes=5))
    shop.logged(Event("order.placed", later(minutes=1)))
    with receiver(monkeypatch, http_answer(200)) as other:
        deliver(call(shop, other.url), later(minutes=5))

    assert other.requests == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "expired")
    assert names(shop) == ["message.skipped"]


def test_a_stage_that_is_not_production_calls_only_what_its_list_allows(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SELVEDGE_STAGE", "staging")
    shop.customer()
    with receiver(monkeypatch, http_answer(200)) as other:
        deliver(call(shop, other.url), NOW)
        assert other.requests == []

        monkeypatch.setenv("SELVEDGE_ALLOW", other.url)
        deliver(call(shop, other.url, message_id="m2"), NOW)

    assert len(other.requests) == 1
    assert shop.found().provider_id == "not-allowed"
