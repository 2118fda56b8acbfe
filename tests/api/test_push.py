"""Browsers and apps say where pushes can reach them, and nobody can speak for another person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.channels.vapid import from_base64url, public_key, to_base64url
from chalicelib.domain.events import Entry, Identity
from chalicelib.storage import clients, identities, log
from infra import secret_parameters
from infra.aws import Aws
from tests.api.application import client, set_secrets
from tests.channels.browser_subscription import BrowserSubscription

ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk"
KEY = {"Authorization": "Bearer the-key"}


@pytest.fixture
def web(moto: str) -> Any:
    """The API, with one API key in force."""
    set_secrets(moto, "api-keys", "the-key")
    return client()


def subscription(**changes: Any) -> dict[str, Any]:
    browser = BrowserSubscription(ENDPOINT)
    inner = {"endpoint": ENDPOINT, "expirationTime": None, "keys": browser.keys}
    return {"subscription": inner, "device_id": "d-1"} | changes


def with_subscription(**changes: Any) -> dict[str, Any]:
    body = subscription()
    body["subscription"] |= changes
    return body


def entries_of(identity: Identity) -> list[Entry]:
    found = identities.find([identity])
    return list(log.history(found[identity])) if found else []


def test_a_page_is_given_the_public_key_that_its_browser_subscribes_with(moto: str) -> None:
    secret_parameters.create_missing(Aws(), moto)

    answer = client().get("/push/key")

    private = clients.client("ssm").get_parameter(Name=f"/{moto}/vapid/private-key", WithDecryption=True)
    assert (answer.status_code, answer.get_json()) == (200, {"key": public_key(private["Parameter"]["Value"])})
    assert len(from_base64url(answer.get_json()["key"])) == 65
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"


def test_the_key_can_be_given_by_who_may_not_read_the_private_one(moto: str) -> None:
    clients.client("ssm").put_parameter(Name=f"/{moto}/vapid/public-key", Value="a-public-key", Type="String")

    assert client().get("/push/key").get_json() == {"key": "a-public-key"}


def test_without_a_key_the_page_is_told_to_come_back_and_nothing_is_cached(moto: str) -> None:
    answer = client().get("/push/key")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Cache-Control" not in answer.headers


def test_a_browser_subscribes_and_so_agrees(web: Any) -> None:
    body = subscription(consent_text="Да, присылайте")

    answer = web.post("/push/subscriptions", json=body)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "accepted"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (entry,) = entries_of(Identity("device", "d-1"))
    registered, consent = entry.events
    assert (registered.name, consent.name) == ("endpoint.registered", "consent.given")
    assert registered.endpoint is not None
    assert registered.endpoint.address == ENDPOINT
    assert registered.endpoint.p256dh == body["subscription"]["keys"]["p256dh"]
    assert consent.consent is not None
    assert (consent.consent.channel, consent.consent.text) == ("web-push", "Да, присылайте")
    assert entries_of(Identity("endpoint", ENDPOINT)) == [entry]


def test_a_page_may_post_as_plain_text_since_that_needs_no_preflight(web: Any) -> None:
    answer = web.post("/push/subscriptions", data=json.dumps(subscription()), content_type="text/plain")

    assert answer.status_code == 200


def test_without_the_api_key_nobody_is_named(web: Any) -> None:
    for named in ({"email": "anna@example.com"}, {"phone": "+79161234567"}, {"storefront_id": "shopify:1"}):
        answer = web.post("/push/subscriptions", json=subscription(identities=named))
        assert answer.status_code == 401

    assert entries_of(Identity("email", "anna@example.com")) == []
    assert entries_of(Identity("device", "d-1")) == []


def test_with_the_api_key_a_subscription_lands_on_the_person_named(web: Any) -> None:
    answer = web.post("/push/subscriptions", json=subscription(identities={"email": "Anna@Example.com"}), headers=KEY)

    assert answer.status_code == 200
    assert len(entries_of(Identity("email", "anna@example.com"))) == 1


@pytest.mark.parametrize(
    "body",
    [
        with_subscription(endpoint="http://push.example.com/x"),
        with_subscription(endpoint="https://169.254.169.254/x"),
        with_subscription(endpoint="https://localhost/x"),
        with_subscription(endpoint="https://push.example.com/" + "x" * 600),
        with_subscription(keys={"p256dh": "AAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}),
        with_subscription(keys={"p256dh": to_base64url(b"\x04" + b"\x01" * 64), "auth": "AAAAAAAAAAAAAAAAAAAAAA"}),
        with_subscription(keys=BrowserSubscription(ENDPOINT).keys | {"auth": "AAAA"}),
        with_subscription(keys={}),
        subscription(device_id=""),
        subscription(device_id="<script>"),
        subscription(unknown=1),
        {},
        [],
    ],
)
def test_what_is_no_subscription_is_refused_and_nothing_is_written(web: Any, body: Any) -> None:
    answer = web.post("/push/subscriptions", json=body)

    assert answer.status_code == 400
    assert answer.get_json()["message"]
    assert entries_of(Identity("device", "d-1")) == []


def test_a_body_that_is_no_json_or_too_long_is_refused(web: Any) -> None:
    assert web.post("/push/subscriptions", data=b"\xff{").status_code == 400
    assert web.post("/push/subscriptions", data=b" " * 9000).status_code == 413


def application(monkeypatch: pytest.MonkeyPatch) -> None:
    sns = clients.client("sns")
    arn = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})["PlatformApplicationArn"]
    monkeypatch.setenv("SELVEDGE_PUSH_APPLICATIONS", f"GCM={arn}")


def test_an_app_registers_a_device_as_often_as_it_likes(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    application(monkeypatch)
    body = {"platform": "GCM", "token": "t-1", "identities": {"email": "anna@example.com"}, "consent_text": "ok"}

    answers = [web.post("/push/endpoints", json=body, headers=KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    arn = answers[0].get_json()["endpoint_arn"]
    assert answers[1].get_json()["endpoint_arn"] == arn
    registered = entries_of(Identity("email", "anna@example.com"))[0].events[0]
    assert registered.endpoint is not None
    assert (registered.endpoint.channel, registered.endpoint.address) == ("push", arn)
    assert registered.endpoint.platform == "GCM"


def test_a_device_without_consent_is_registered_without_consent(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    application(monkeypatch)
    body = {"platform": "GCM", "token": "t-1", "identities": {"device_id": "d-9"}}

    assert web.post("/push/endpoints", json=body, headers=KEY).status_code == 200

    (entry,) = entries_of(Identity("device", "d-9"))
    assert [event.name for event in entry.events] == ["endpoint.registered"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-Api-Key": ""}])
def test_endpoints_take_the_api_key_only(web: Any, headers: dict[str, str]) -> None:
    body = {"endpoint_arn": "arn:aws:sns:eu-west-1:1:endpoint/GCM/shop/1", "identities": {"device_id": "d-1"}}

    assert web.post("/push/endpoints", json=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"platform": "GCM", "token": "t"},
        {"platform": "APNS", "token": "t", "identities": {"device_id": "d-1"}},
        {"platform": "ADM", "token": "t", "identities": {"device_id": "d-1"}},
        {"platform": "GCM", "token": "", "identities": {"device_id": "d-1"}},
        {"endpoint_arn": "arn:aws:sns:eu-west-1:1:topic", "identities": {"device_id": "d-1"}},
        {"platform": "GCM", "token": "t", "identities": {}},
    ],
)
def test_what_is_no_device_is_refused(web: Any, monkeypatch: pytest.MonkeyPatch, body: Any) -> None:
    application(monkeypatch)

    answer = web.post("/push/endpoints", json=body, headers=KEY)

    assert answer.status_code == 400
    assert entries_of(Identity("device", "d-1")) == []
