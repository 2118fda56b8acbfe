"""A message as it was sent, by the management API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.flows import definitions_in_force, means
from chalicelib.flows.deliver import deliver
from tests.api.application import client, set_secrets
from tests.flows.sending_shop import MAIL, NOW, SendingShop

KEY = "the-manager"


@pytest.fixture
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SendingShop]:
    """A shop that has sent one mail."""
    monkeypatch.setenv("SELVEDGE_STAGE", "production")
    monkeypatch.setenv("SELVEDGE_URL", "https://api.shop.example")
    definitions_in_force.forget()
    means.forget()
    set_secrets(moto, "management-keys", KEY)
    with SendingShop(moto, monkeypatch) as shop:
        shop.customer(MAIL)
        deliver(shop.message(event_ref=shop.cart_entry()), NOW)
        yield shop
    definitions_in_force.forget()
    means.forget()


def ask(message_id: str, key: str = KEY) -> tuple[int, Any]:
    answer = client().get(f"/v1/customers/c1/messages/{message_id}", headers={"X-Api-Key": key})
    return answer.status_code, answer.get_json()


def test_a_message_is_told_as_it_was_sent(shop: SendingShop) -> None:
    status, shown = ask("m1")

    assert status == 200
    assert shown["mail"] == shop.mails[0].raw_data
    assert shown["rendered"]["subject"] == "Привет"
    assert shown["message"]["template_version"] == shop.found().template_version


def test_who_asks_for_what_cannot_be_shown_is_told_why(shop: SendingShop) -> None:
    shop.message(message_id="m2")

    status, problem = ask("m2")
    assert (status, problem["message"]) == (409, "no words of it are on record: its status is queued")
    assert ask("m3")[0] == 404
    assert ask("m1", key="a-till")[0] == 401
