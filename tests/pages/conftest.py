"""A shop with two customers, its definitions in force, and the public pages in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace
from werkzeug.test import Client

from chalicelib import clock
from chalicelib.content import links
from chalicelib.domain.brand import Brand
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.flows import definitions_in_force
from chalicelib.storage import customers
from tests.api.application import client, set_secrets

KEY = "a-link-key"
SETTINGS = ShopSettings(
    url="https://shop.example", locale="ru",
    brand=Brand(name={"": "Лён <и> шерсть"}, support_email="help@shop.example"),
)
MESSAGES = (
    MessageDefinition("welcome-thanks", "marketing", ("email",), topic="news"),
    MessageDefinition("cart-last-call", "marketing", ("push", "email"), topic="cart-reminders"),
    MessageDefinition("sale", "marketing", ("sms", "email"), topic="summer-sale"),
    MessageDefinition("order-shipped", "transactional", ("email", "sms"), topic="orders"),
)

Token = Callable[..., str]


@pytest.fixture
def pages(moto: str) -> Iterator[Client]:
    """The pages as a client sees them."""
    set_secrets(moto, "link-keys", KEY)
    in_force = definitions_in_force.InForce(SETTINGS, MESSAGES)
    assert definitions_in_force.put_in_force(in_force, definitions_in_force.read_in_force())
    definitions_in_force.forget()
    yield client()
    definitions_in_force.forget()


@pytest.fixture
def anna(pages: Client) -> Customer:
    """A customer who agreed to all mail, was never asked about SMS, and has a phone."""
    now = clock.now()
    customer = Customer("0anna", profile=Profile(
        first_name="Анна", locale="ru",
        addresses=(Address("email", "anna@shop.example"), Address("sms", "+79990000000")),
        consents=(Consent("email", "*", given=True, at=now - timedelta(days=30)),),
    ))
    stored = customers.Stored(customer)
    customers.commit(stored, customer, None)
    return customer


@pytest.fixture
def token() -> Token:
    """Makes the token of a link for Anna, with changes."""
    link = links.Link("unsubscribe", "0anna", "5a3c1e0f", "email", "news", clock.now() + timedelta(days=400))

    def make(key: str = KEY, **changes: object) -> str:
        return links.sign(replace(link, **changes), [key])

    return make
