"""`POST /v1/events`: who may, what is taken, and what is said of each event."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from chalicelib.domain.events import Identity
from chalicelib.storage import catalogue, identities, log
from chalicelib.storage.tables import Events
from tests.api.application import client, set_secrets

ANNA = Identity("email", "anna@wool.example")


def event(event_id: str = "e1", **changes: Any) -> dict[str, Any]:
    return {
        "id": event_id,
        "name": "cart.updated",
        "occurred_at": "2026-03-02T10:00:00+03:00",
        "identities": {"email": "Anna@Wool.Example"},
        "cart": {"id": "c1", "total": "7990.00", "currency": "RUB", "lines": [{"product_id": "22", "quantity": 2}]},
    } | changes


def view(event_id: str, device: str = "d1") -> dict[str, Any]:
    return {"id": event_id, "name": "page.viewed", "occurred_at": "2026-03-02T10:00:00Z",
            "identities": {"device_id": device}, "page": {"url": "https://wool.example/"}}


@pytest.fixture
def api(moto: str) -> Client:
    set_secrets(moto, "api-keys", "till-key", "app-key")
    return client()


def post(api: Client, content: Any, **headers: str) -> TestResponse:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return api.post("/v1/events", data=body, headers=headers or {"Authorization": "Bearer till-key"},
                    content_type="application/json")


def names(identity: Identity = ANNA) -> list[str]:
    return [event.name for entry in log.history(identities.find([identity])[identity]) for event in entry.events]


def statuses(response: TestResponse) -> list[str]:
    assert response.status_code == 200
    return [result["status"] for result in response.get_json()["results"]]


def test_an_event_lands_in_its_customers_log(api: Client) -> None:
    response = post(api, event())

    assert (response.status_code, response.get_json()) == (200, {"id": "e1", "status": "accepted"})
    entry, = log.history(identities.find([ANNA])[ANNA])
    cart = entry.events[0].cart
    assert cart is not None
    assert (str(cart.total), cart.lines[0].quantity) == ("7990.00", 2)
    assert entry.events[0].occurred_at.isoformat() == "2026-03-02T07:00:00+00:00"


def test_an_event_sent_again_is_known(api: Client) -> None:
    post(api, event())

    assert post(api, event()).get_json() == {"id": "e1", "status": "known"}
    assert names() == ["cart.updated"]


@pytest.mark.parametrize("headers", [
    {"Authorization": "Bearer app-key"}, {"Authorization": "bearer till-key"}, {"X-Api-Key": "till-key"},
])
def test_either_key_and_either_header_open_the_door(api: Client, headers: dict[str, str]) -> None:
    assert post(api, event(), **headers).status_code == 200


@pytest.mark.parametrize("headers", [
    {"Authorization": "Bearer guess"}, {"Authorization": "Bearer "}, {"Authorization": "till-key"},
    {"Authorization": "Basic till-key"}, {"X-Api-Key": ""}, {"X-Api-Key": "é"}, {"Accept": "*/*"},
])
def test_without_a_key_nothing_is_read(api: Client, headers: dict[str, str]) -> None:
    response = post(api, b"{", **headers)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("content", "complaint"), [
    (b"", "cannot be read"),
    (b"[]", "cannot be read"),
    (b'{"batch": []}', "length >= 1"),
    ({"batch": {}}, "$.batch"),
    ({"batch": [7]}, "$.batch[0]: an object"),
    ({"batch": [event()], "extra": 1}, "unknown field `extra`"),
    (event(id=""), "$.id"),
    (event(name="Cart Updated"), "$.name"),
    (event(name="message.sent"), "$.name: message.sent is said by Selvedge alone"),
    (event(name="customer.merged"), "$.name"),
    (event(cart=None), "$.cart: missing; cart.updated carries it"),
    (event(occurred_at="2026-03-02T10:00:00"), "$.occurred_at"),
    (event(occurred_at="0001-01-01T00:00:00+23:59"), "$.occurred_at"),
    (event(identities={}), "$.identities: at least one"),
    (event(identities={"email": "anna at wool"}), "$.identities.email"),
    (event(identities={"phone": "12345"}), "$.identities.phone"),
    (event(identities={"storefront_id": "7"}), "$.identities.storefront_id"),
    (event(cart={"id": "c", "total": "NaN"}), "$.cart.total"),
    (event(cart={"id": "c", "lines": [{"product_id": "1", "price": "1e99"}]}), "$.cart.lines[0].price"),
    (event(cart={"id": "c", "lines": [{"product_id": "1", "quantity": 10**30}]}), "$.cart.lines[0].quantity"),
    (event(cart={"id": "c", "currency": "roubles"}), "$.cart.currency"),
    (event(surprise=1), "unknown field `surprise`"),
    (event(data={"big": 10**30}), "$.data"),
    (event(data={"text": "x" * 70_000}), "larger than"),
])
def test_a_wrong_event_is_refused_with_the_place_and_the_reason(api: Client, content: Any, complaint: str) -> None:
    response = post(api, content)

    assert response.status_code == 400
    assert complaint in response.get_json()["message"]
    assert list(Events.scan_all(None, ["c"])) == []


def test_a_batch_is_judged_event_by_event(api: Client) -> None:
    response = post(api, {"batch": [event("a"), event("b", cart=None), event("a"), {"id": "c"}, event("d")]})

    assert statuses(response) == ["accepted", "rejected", "known", "rejected", "accepted"]
    results = response.get_json()["results"]
    assert [result["id"] for result in results] == ["a", "b", "a", "c", "d"]
    assert results[1]["error"].startswith("$.batch[1].cart: missing")
    assert "$.batch[3]" in results[3]["error"]
    assert names() == ["cart.updated", "cart.updated"]


def test_a_batch_holds_500_events_and_no_more(api: Client) -> None:
    assert statuses(post(api, {"batch": [view(f"v{number}") for number in range(500)]})) == ["accepted"] * 500
    assert post(api, {"batch": [view(f"v{number}") for number in range(501)]}).status_code == 400


def test_ten_views_of_one_visitor_are_one_entry(api: Client) -> None:
    batch = {"batch": [*(view(f"v{number}") for number in range(10)), view("other", "d2")]}

    assert statuses(post(api, batch)) == ["accepted"] * 11

    visitor = Identity("device", "d1")
    entry, = log.history(identities.find([visitor])[visitor])
    assert len(entry.events) == 10
    assert statuses(post(api, batch)) == ["known"] * 11
    assert len(names(visitor)) == 10


def test_facts_among_views_are_exact_whatever_batch_they_come_in(api: Client) -> None:
    post(api, {"batch": [view("v1"), event("cart"), view("v2")]})

    assert statuses(post(api, {"batch": [event("cart"), event("new")]})) == ["known", "accepted"]


def test_a_phone_is_read_as_of_the_customers_country(api: Client) -> None:
    content = event(name="customer.updated", identities={"phone": "613-555-0142"}, customer={"country": "CA"})

    assert post(api, content).status_code == 200
    assert names(Identity("phone", "+16135550142")) == ["customer.updated"]


def test_an_event_of_the_shops_own_carries_its_data(api: Client) -> None:
    post(api, event(name="fitting-room.booked", cart=None, data={"room": 2, "note": "é"}))

    entry, = log.history(identities.find([ANNA])[ANNA])
    assert entry.events[0].data == {"room": 2, "note": "é"}


def test_a_product_needs_nobody(api: Client) -> None:
    content = event(name="product.updated", identities={}, cart=None, product={"id": "22", "title": "Coat", "stock": 3})

    assert post(api, content).status_code == 200
    assert catalogue.find([("22", "")])[("22", "")].stock == 3


def test_a_body_over_one_megabyte_is_413(api: Client) -> None:
    assert post(api, b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_database_that_is_away_is_503(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    post(api, event())
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")

    response = post(api, event("e2"))

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_views_that_one_entry_cannot_hold_together_are_logged_apart(api: Client) -> None:
    noise = Random(7)
    views = [view(f"v{number}") | {"data": {"seen": noise.randbytes(15_000).hex()}} for number in range(30)]

    response = post(api, {"batch": [*views, event("after")]})

    assert statuses(response) == ["accepted"] * 31
    device = Identity("device", "d1")
    assert names(device) == ["page.viewed"] * 30
    assert len(list(log.history(identities.find([device])[device]))) < 30
    assert statuses(post(api, {"batch": views})) == ["known"] * 30
