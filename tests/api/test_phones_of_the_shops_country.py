"""A shop in Germany: numbers written as they are dialled there, whichever way they come in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from chalicelib import clock
from chalicelib.domain.events import Identity
from chalicelib.domain.shop import ShopSettings
from chalicelib.flows import shop_country
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.flows.replay import replay
from chalicelib.storage import bucket, identities
from tests.api.application import client, set_secrets
from tests.channels.browser_subscription import BrowserSubscription
from tests.sources.signing import shopify_headers, woocommerce_headers

DIALLED, ANNA = "030 901820", Identity("phone", "+4930901820")
BY_PHONE = {"phone": DIALLED}
KEY = {"Authorization": "Bearer the-key"}


@pytest.fixture
def api(moto: str) -> Iterator[Client]:
    set_secrets(moto, "hooks/shopify", "shop-secret")
    set_secrets(moto, "hooks/woocommerce", "woo-secret")
    set_secrets(moto, "api-keys", "the-key")
    assert put_in_force(InForce(settings=ShopSettings(country="DE")), read_in_force())
    shop_country.forget()
    yield client()
    shop_country.forget()


def is_known() -> bool:
    return ANNA in identities.find([ANNA])


SHOPIFY = {
    "customers/create": {"id": 7, "phone": DIALLED},
    "customers_marketing_consent/update": {
        "customer_id": 7, "phone": DIALLED, "sms_marketing_consent": {"state": "subscribed"},
    },
    "customers/data_request": {"customer": {"id": 7, "phone": DIALLED}},
    "carts/create": {"token": "c1", "customer": {"id": 7, "default_address": {"phone": DIALLED}}},
    "checkouts/create": {"token": "k1", "phone": DIALLED},
    "orders/create": {"id": 9, "customer": {"id": 7, "phone": DIALLED}},
}


@pytest.mark.parametrize("topic", sorted(SHOPIFY))
def test_by_a_webhook_of_shopify(api: Client, topic: str) -> None:
    body = json.dumps(SHOPIFY[topic]).encode()

    assert api.post("/hooks/shopify", data=body, headers=shopify_headers(topic, body)).status_code == 200

    assert is_known()


@pytest.mark.parametrize("topic", ["order.created", "customer.created"])
def test_by_a_webhook_of_woocommerce(api: Client, topic: str) -> None:
    body = json.dumps({"id": 9, "status": "processing", "billing": {"phone": DIALLED}}).encode()

    assert api.post("/hooks/woocommerce", data=body, headers=woocommerce_headers(topic, body)).status_code == 200

    assert is_known()


@pytest.mark.parametrize("batch", [False, True])
def test_by_the_api(api: Client, batch: bool) -> None:
    event = {"id": "1", "name": "store.visited", "occurred_at": "2026-03-02T10:00:00Z"} | {"identities": BY_PHONE}

    answer = api.post("/v1/events", json={"batch": [event]} if batch else event, headers=KEY)

    assert answer.status_code == 200
    assert is_known()


def test_by_a_push_subscription(api: Client) -> None:
    endpoint = "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk"
    inner = {"endpoint": endpoint, "keys": BrowserSubscription(endpoint).keys}

    answer = api.post("/push/subscriptions", json={"subscription": inner, "identities": BY_PHONE}, headers=KEY)

    assert answer.status_code == 200
    assert is_known()


def test_by_a_replay_of_what_was_set_aside(api: Client) -> None:
    body = json.dumps(SHOPIFY["customers/create"]).encode()
    headers = {"x-shopify-topic": "customers/create"}
    bucket.quarantine("shopify", "w1", headers, body, reason="of an older version", now=clock.now())

    assert [replayed.outcome for replayed in replay(clock.now())] == ["accepted"]

    assert is_known()


def test_the_country_beside_a_number_goes_first(api: Client) -> None:
    body = json.dumps({"id": 9, "billing": {"phone": "8 912 345-67-89", "country": "RU"}}).encode()

    api.post("/hooks/woocommerce", data=body, headers=woocommerce_headers("customer.created", body))

    assert Identity("phone", "+79123456789") in identities.find([Identity("phone", "+79123456789")])


def test_while_the_country_cannot_be_read_the_storefront_is_told_to_come_back(
    api: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The secrets are known from then on.
    api.post("/hooks/shopify", data=b"{}", headers=shopify_headers("themes/publish", b"{}"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    body = json.dumps(SHOPIFY["customers/create"]).encode()

    answer = api.post("/hooks/shopify", data=body, headers=shopify_headers("customers/create", body))

    assert answer.status_code == 503
