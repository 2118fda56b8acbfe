"""Storefronts' webhooks over HTTP: what is answered, and what is kept."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from chalicelib import clock
from chalicelib.domain.events import Entry, Identity
from chalicelib.flows.replay import replay
from chalicelib.storage import bucket, identities, log
from chalicelib.storage.tables import Events, Identities
from tests.api.application import client, set_secrets
from tests.sources import test_shopify, test_woocommerce
from tests.sources.signing import shopify_headers, woocommerce_headers

ORDER = json.dumps(test_shopify.ORDER).encode()
ANNA = Identity("email", "anna@wool.example")


@pytest.fixture
def api(moto: str) -> Client:
    set_secrets(moto, "hooks/shopify", "old-secret", "shop-secret")
    set_secrets(moto, "hooks/woocommerce", "woo-secret")
    return client()


def post(api: Client, topic: str, body: bytes, **headers: str) -> TestResponse:
    return api.post("/hooks/shopify", data=body, headers=shopify_headers(topic, body, **headers))


def entries(identity: Identity = ANNA) -> list[Entry]:
    return list(log.history(identities.find([identity])[identity]))


def written() -> int:
    return len(list(Events.scan_all(None, ["c"]))) + len(list(Identities.scan_all(None, ["k"])))


def quarantined() -> list[bucket.Quarantined]:
    return [bucket.read_quarantined(file.key) for file in bucket.list_files("quarantine/")]


def metrics(output: str) -> dict[str, Any]:
    """The metrics written as EMF lines."""
    found = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    for line in found:
        definition, = line["_aws"]["CloudWatchMetrics"]
        assert definition["Namespace"] == "Selvedge"
    return {metric["Name"]: sum(line[metric["Name"]]) for line in found
            for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def test_an_order_lands_in_its_customers_log(api: Client) -> None:
    response = post(api, "orders/paid", ORDER)

    assert (response.status_code, response.get_json()) == (200, {"message": "accepted"})
    entry, = entries()
    assert [event.name for event in entry.events] == [
        "customer.updated", "order.placed", "order.paid", "consent.given",
    ]
    assert entry.source == "shopify"


def test_a_redelivered_webhook_changes_nothing_and_answers_200(api: Client) -> None:
    post(api, "orders/create", ORDER, X_Shopify_Webhook_Id="w1")
    before = written()

    again = post(api, "orders/create", ORDER, X_Shopify_Webhook_Id="w1")

    assert (again.status_code, again.get_json()) == (200, {"message": "known already"})
    assert written() == before


def test_a_payload_without_any_time_is_known_again_when_redelivered_later(api: Client) -> None:
    body = b'{"customer": {"id": 7, "email": "anna@wool.example"}, "shop_id": 1}'
    post(api, "customers/redact", body, X_Shopify_Webhook_Id="w1")

    again = post(api, "customers/redact", body, X_Shopify_Webhook_Id="w1")

    assert again.get_json() == {"message": "known already"}
    assert len(entries()) == 1


@pytest.mark.parametrize("secret", ["old-secret", "shop-secret"])
def test_each_of_two_secrets_is_valid_while_they_are_rotated(api: Client, secret: str) -> None:
    response = api.post("/hooks/shopify", data=ORDER, headers=shopify_headers("orders/create", ORDER, secret))

    assert response.status_code == 200


def test_a_bad_signature_is_refused_and_nothing_is_written(api: Client) -> None:
    forged = api.post("/hooks/shopify", data=ORDER, headers=shopify_headers("orders/create", ORDER, "guess"))
    unsigned = api.post("/hooks/shopify", data=b"{", headers={"X-Shopify-Topic": "orders/create"})

    assert (forged.status_code, unsigned.status_code) == (401, 401)
    assert written() == 0
    assert quarantined() == []


def test_one_storefronts_signature_does_not_open_anothers_door(api: Client) -> None:
    body = json.dumps(test_woocommerce.ORDER).encode()

    assert api.post("/hooks/woocommerce", data=body,
                    headers=woocommerce_headers("order.created", body, "shop-secret")).status_code == 401


def test_a_woocommerce_order_lands_in_its_customers_log(api: Client) -> None:
    body = json.dumps(test_woocommerce.ORDER).encode()

    response = api.post("/hooks/woocommerce", data=body, headers=woocommerce_headers("order.created", body))

    assert response.status_code == 200
    assert [event.name for event in entries()[0].events] == ["customer.updated", "order.placed"]


def test_the_ping_of_woocommerce_is_answered_and_forgotten(api: Client) -> None:
    response = api.post("/hooks/woocommerce", data={"webhook_id": "17"})

    assert response.status_code == 200
    assert written() == 0
    assert quarantined() == []


def test_an_unknown_topic_is_counted_and_answered_with_200(api: Client, capsys: pytest.CaptureFixture[str]) -> None:
    response = post(api, "themes/publish", b'{"id": 1}')

    assert response.status_code == 200
    assert metrics(capsys.readouterr().out) == {"UnknownTopics": 1}
    assert written() == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"id": null}'])
def test_a_malformed_body_is_kept_whole_counted_and_answered_with_200(
    api: Client, body: bytes, capsys: pytest.CaptureFixture[str],
) -> None:
    response = post(api, "orders/create", body)

    assert (response.status_code, response.get_json()) == (200, {"message": "kept for later"})
    kept, = quarantined()
    assert kept.body == body
    assert kept.headers["x-shopify-topic"] == "orders/create"
    assert not any("hmac" in name for name in kept.headers)
    assert metrics(capsys.readouterr().out) == {"Quarantined": 1}


def test_an_order_that_no_item_of_the_log_can_hold_is_kept_whole(api: Client) -> None:
    noise = Random(7)
    lines = [{"id": number, "quantity": 1, "price": "1.00", "title": "Scarf",
              "image": f"https://cdn.example/{urlsafe_b64encode(noise.randbytes(1500)).decode()}"}
             for number in range(1, 101)]
    order = test_shopify.ORDER | {"line_items": lines, "financial_status": "paid", "fulfillment_status": "fulfilled"}
    body = json.dumps(order).encode()
    assert len(body) < 1024 * 1024

    response = post(api, "orders/cancelled", body)

    assert (response.status_code, response.get_json()) == (200, {"message": "kept for later"})
    kept, = quarantined()
    assert kept.body == body
    assert "an item of the log holds" in kept.reason
    assert list(Events.scan_all(None, ["c"])) == []


def test_two_malformed_bodies_of_one_delivery_id_are_both_kept(api: Client) -> None:
    post(api, "orders/create", b"{1", X_Shopify_Webhook_Id="w1")
    post(api, "orders/create", b"{2", X_Shopify_Webhook_Id="w1")
    post(api, "orders/paid", b"{2", X_Shopify_Webhook_Id="w1")

    assert len(quarantined()) == 3


def test_what_is_in_quarantine_is_replayed_once_it_can_be_read(api: Client) -> None:
    body = json.dumps(test_shopify.ORDER).encode()
    headers = {name.lower(): value for name, value in shopify_headers("orders/create", body).items()}
    bucket.quarantine("shopify", "w1", headers, body, reason="of an older version", now=clock.now())
    post(api, "orders/create", b"{")

    outcomes = {replayed.outcome for replayed in replay(clock.now()) if not replayed.stays}

    assert outcomes == {"accepted"}
    assert [event.name for event in entries()[0].events][1] == "order.placed"
    assert [kept.body for kept in quarantined()] == [b"{"], "what still cannot be read stays"
    assert replay(clock.now())[0].stays


def test_a_replay_of_what_the_log_knows_changes_nothing(api: Client) -> None:
    post(api, "orders/create", ORDER, X_Shopify_Webhook_Id="w1")
    headers = {"x-shopify-topic": "orders/create", "x-shopify-webhook-id": "w1"}
    bucket.quarantine("shopify", "w1", headers, ORDER, reason="", now=datetime(2026, 3, 2, tzinfo=UTC))

    assert [replayed.outcome for replayed in replay(clock.now())] == ["known"]
    assert len(entries()) == 1


def test_a_body_over_one_megabyte_is_413(api: Client) -> None:
    assert post(api, "orders/create", b" " * (1024 * 1024 + 1)).status_code == 413
    assert post(api, "orders/create", b" " * (1024 * 1024)).status_code == 200


@pytest.mark.parametrize("content_type", [
    "application/json; charset=utf-8", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded",
])
def test_any_content_type_is_taken_byte_for_byte(api: Client, content_type: str) -> None:
    body = json.dumps(test_shopify.ORDER | {"note": "é"}, ensure_ascii=False).encode()

    response = api.post("/hooks/shopify", data=body,
                        headers=shopify_headers("orders/create", body) | {"Content-Type": content_type})

    assert response.get_json() == {"message": "accepted"}


def test_header_names_may_be_written_in_any_case(api: Client) -> None:
    headers = {name.upper(): value for name, value in shopify_headers("orders/create", ORDER).items()}

    assert api.post("/hooks/shopify", data=ORDER, headers=headers).get_json() == {"message": "accepted"}


def test_a_database_that_is_away_is_answered_with_503_so_that_the_storefront_retries(
    api: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post(api, "carts/update", b'{"token": "c1"}').status_code == 200  # the secrets are known by now
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")

    response = post(api, "orders/create", ORDER)

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB")
    assert post(api, "orders/create", ORDER).get_json() == {"message": "accepted"}


def test_without_any_secret_the_storefront_is_told_to_come_back(moto: str) -> None:
    response = post(client(), "orders/create", ORDER)

    assert response.status_code == 503
    assert written() == 0


def test_nothing_personal_is_logged(api: Client, caplog: pytest.LogCaptureFixture) -> None:
    post(api, "orders/create", ORDER)
    post(api, "orders/create", ORDER[:-1])
    post(api, "customers/update", b'{"email": ["anna@wool.example"], "phone": "+79123456789"}')
    post(api, "themes/publish", ORDER)

    logged = "\n".join(str(vars(record)) for record in caplog.records).lower()
    assert "quarantined" in logged
    for personal in ("anna", "orlova", "79123456789", "345-67", "shop-secret"):
        assert personal not in logged
