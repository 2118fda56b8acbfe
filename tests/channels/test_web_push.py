"""Web pushes leave encrypted for one browser, signed by the shop, and only for the public internet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels import vapid
from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.channels.public_host import parse_endpoint, resolve
from chalicelib.channels.web_push import WebPushSender, payload
from chalicelib.channels.web_push_encryption import MOST_PLAINTEXT, P256_PRIME, encrypt
from chalicelib.errors import ProviderRefusedError
from tests.channels.browser_subscription import BrowserSubscription
from tests.channels.channel_contract import ChannelContract
from tests.channels.outgoing_messages import NOW, message, outgoing
from tests.channels.silent_server import http_answer, silent_server

# The private key that goes with RFC 8291's example of a sender; public knowledge.
VAPID_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"


def sender_to(url: str) -> WebPushSender:
    return WebPushSender(lambda: VAPID_KEY, trusted_origins=frozenset({url}), read_seconds=1)


def push_to(browser: BrowserSubscription, category: Any = "marketing", **changes: Any) -> Outgoing:
    return outgoing("web-push", browser.endpoint, category, full_address=browser.address(), **changes)


class TestWebPushSender(ChannelContract):
    def sender(self, provider_url: str) -> ChannelSender:
        return sender_to(provider_url)

    def outgoing(self, provider_url: str) -> Outgoing:
        return push_to(BrowserSubscription(f"{provider_url}/push/abc"))


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_the_browser_and_nobody_else_reads_the_push() -> None:
    with silent_server(http_answer(201, Location="https://push.example/m/1")) as service:
        browser = BrowserSubscription(f"{service.url}/push/abc?x=1")

        provider_id = sender_to(service.url).send(push_to(browser, image="https://shop.example/coat.jpg"))

    (request,) = service.requests
    assert provider_id == "https://push.example/m/1"
    assert request.startswith(b"POST /push/abc?x=1 HTTP/1.1\r\n")
    assert json.loads(browser.decrypt(request.partition(b"\r\n\r\n")[2])) == {
        "title": "Пальто ждёт", "body": "Осталось два", "url": "https://shop.example/cart",
        "tag": message().message_id, "image": "https://shop.example/coat.jpg",
    }


def test_the_push_service_learns_how_long_and_how_urgent_and_which_push_replaces_which() -> None:
    with silent_server(http_answer(201)) as service:
        browser = BrowserSubscription(f"{service.url}/push/abc")
        provider_id = sender_to(service.url).send(push_to(browser))
        sender_to(service.url).send(push_to(browser, "transactional"))

    marketing, transactional = map(headers_of, service.requests)
    assert marketing["content-encoding"] == "aes128gcm"
    assert (marketing["ttl"], marketing["urgency"], transactional["urgency"]) == ("86400", "normal", "high")
    assert marketing["topic"] == message().message_id == provider_id
    assert len(marketing["topic"]) <= 32


def test_the_push_service_can_check_who_pushes() -> None:
    with silent_server(http_answer(201)) as service:
        sender_to(service.url).send(push_to(BrowserSubscription(f"{service.url}/push/abc")))

    authorization = headers_of(service.requests[0])["authorization"]
    assert authorization.startswith("vapid t=")
    token, public = authorization.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(vapid.from_base64url(claims)) == {
        "aud": service.url, "exp": int(NOW.timestamp()) + 12 * 3600, "sub": "mailto:help@shop.example",
    }
    raw = vapid.from_base64url(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), vapid.from_base64url(public))
    signed = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert public == vapid.public_key(VAPID_KEY)


@pytest.mark.parametrize(
    ("status", "retryable", "dead"),
    [
        (404, False, True), (410, False, True), (400, False, False), (401, False, False), (403, False, False),
        (413, False, False), (429, True, False), (500, True, False), (503, True, False), (301, False, False),
    ],
)
def test_answers_of_the_push_service_are_told_as_what_they_mean(status: int, retryable: bool, dead: bool) -> None:
    with silent_server(http_answer(status, Location="http://169.254.169.254/")) as service:
        outgoing = push_to(BrowserSubscription(f"{service.url}/push/abc"))
        with pytest.raises(ProviderRefusedError) as refused:
            sender_to(service.url).send(outgoing)

    assert (refused.value.retryable, refused.value.address_is_dead) == (retryable, dead)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/abc",
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://[::ffff:127.0.0.1]/abc",
        "https://[64:ff9b::7f00:1]/abc",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.8/abc",
        "https://localhost/abc",
        "https://intranet/abc",
        "https://user:word@push.example.com/abc",
        "https://push.example.com:8443/abc",
        "https://push.example.com/a b",
        "https://push.example.com/abc#part",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_https_on_the_public_internet_is_an_endpoint(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint"):
        parse_endpoint(endpoint)

    with pytest.raises(ProviderRefusedError) as refused:
        WebPushSender(lambda: VAPID_KEY).send(push_to(BrowserSubscription(endpoint)))
    assert refused.value.address_is_dead


def test_a_service_on_loopback_is_not_called_unless_it_is_trusted_by_name() -> None:
    with silent_server(http_answer(201)) as service:
        browser = BrowserSubscription(f"{service.url}/push/abc")
        with pytest.raises(ProviderRefusedError):
            WebPushSender(lambda: VAPID_KEY).send(push_to(browser))

    assert service.requests == []


def test_a_name_that_leads_to_a_private_address_is_refused() -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        resolve("localhost", 443)

    assert not refused.value.retryable


def test_a_key_that_is_no_point_of_the_curve_is_a_dead_address() -> None:
    browser = BrowserSubscription("https://push.example.com/abc")
    address = browser.address()
    crooked = vapid.to_base64url(b"\x04" + b"\x01" * 64)

    for p256dh, auth in ((crooked, address.auth), ("", address.auth), (address.p256dh, "AAAA"), ("%%%", address.auth)):
        broken = type(address)("web-push", address.value, p256dh=p256dh, auth=auth)
        with pytest.raises(ProviderRefusedError) as refused:
            WebPushSender(lambda: VAPID_KEY).send(outgoing("web-push", "", full_address=broken))
        assert refused.value.address_is_dead


def test_a_point_has_one_way_of_being_written() -> None:
    """Uncompressed, with coordinates below the prime: another way would be another key to the browser."""
    point = b"\x02" + (5).to_bytes(32)
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point).public_numbers()
    right = b"\x04" + known.x.to_bytes(32) + known.y.to_bytes(32)
    assert encrypt(b"hello", right, bytes(16))

    reducible = b"\x04" + (known.x + P256_PRIME).to_bytes(32) + known.y.to_bytes(32)
    for wrong in (point, reducible, right + b"\x00", b"\x06" + right[1:]):
        with pytest.raises(ValueError, match="public key"):
            encrypt(b"hello", wrong, bytes(16))


def test_a_wrong_vapid_key_may_be_mended_within_the_day() -> None:
    browser = BrowserSubscription("https://push.example.com/abc")

    with pytest.raises(ProviderRefusedError) as refused:
        WebPushSender(lambda: "AAAA").send(push_to(browser))

    assert refused.value.retryable


def test_a_body_that_is_too_long_is_cut_and_the_push_still_fits() -> None:
    data = payload(outgoing("web-push", "https://push.example.com/abc", body="ы👗" * 4000))

    assert MOST_PLAINTEXT - 40 < len(data) <= MOST_PLAINTEXT
    assert json.loads(data)["body"].endswith("…")


@given(st.binary(max_size=MOST_PLAINTEXT))
@settings(max_examples=25, deadline=None)
def test_whatever_is_encrypted_is_read_as_it_was_by_another_implementation(text: bytes) -> None:
    browser = BrowserSubscription("https://push.example.com/abc")

    body = encrypt(text, browser.public, vapid.from_base64url(browser.keys["auth"]))

    assert browser.decrypt(body) == text
    assert len(body) <= 4096


def test_every_push_has_keys_and_salt_of_its_own() -> None:
    browser = BrowserSubscription("https://push.example.com/abc")
    auth = vapid.from_base64url(browser.keys["auth"])

    first, second = encrypt(b"same", browser.public, auth), encrypt(b"same", browser.public, auth)

    assert first[:16] != second[:16]
    assert first[21:86] != second[21:86]


def test_a_token_is_good_for_less_than_a_day() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    token = vapid.authorization("https://push.example.com/abc", "mailto:a@b.example", VAPID_KEY, now).split(".")[1]

    assert 0 < json.loads(vapid.from_base64url(token))["exp"] - now.timestamp() <= 24 * 3600


def test_the_example_of_rfc_8291_section_5_comes_out_byte_by_byte() -> None:
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        vapid.from_base64url(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        vapid.from_base64url("BTBZMqHH6r4Tts7J_aSIgg"),
        sender_private=vapid.from_base64url(VAPID_KEY),
        salt=vapid.from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert vapid.to_base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
