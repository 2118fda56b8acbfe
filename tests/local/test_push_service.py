"""The demo browser decrypts what the product encrypts, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from werkzeug.test import EnvironBuilder

from chalicelib.channels.vapid import authorization, from_base64url, public_key, to_base64url
from chalicelib.channels.web_push_encryption import encrypt
from infra.local.demo_session import Session, Sessions
from infra.local.outbox import Outbox
from infra.local.push_service import PushService, decrypt, new_browser_key, subscription


def sealed(key: str, text: bytes) -> bytes:
    keys = subscription(key, "http://127.0.0.1/push-service/1")["keys"]
    assert isinstance(keys, dict)
    return encrypt(text, from_base64url(keys["p256dh"]), from_base64url(keys["auth"]))


def test_what_the_product_encrypts_the_browser_reads() -> None:
    key = new_browser_key()
    assert decrypt(key, sealed(key, '{"title":"Привет"}'.encode())) == '{"title":"Привет"}'.encode()


def test_another_browser_cannot_read_it() -> None:
    with pytest.raises(ValueError, match="not encrypted for this subscription"):
        decrypt(new_browser_key(), sealed(new_browser_key(), b"{}"))


def test_what_was_changed_on_the_way_is_refused() -> None:
    key = new_browser_key()
    body = bytearray(sealed(key, b"{}"))
    body[-1] ^= 1
    with pytest.raises(ValueError, match="not encrypted"):
        decrypt(key, bytes(body))


def test_only_who_the_browser_subscribed_to_may_push_to_it() -> None:
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    ours, another = to_base64url(bytes(range(32))), to_base64url(bytes(range(1, 33)))
    sessions, outbox = Sessions(), Outbox()
    browser = Session("visitor-1", push_key=new_browser_key(), shop_key=public_key(ours))
    sessions.keep(browser)
    service = PushService(sessions, outbox, lambda: now)

    def pushed_by(private: str) -> int:
        signed = authorization("http://127.0.0.1/push-service/visitor-1", "mailto:shop@shop.example", private, now)
        request = EnvironBuilder(
            "/push-service/visitor-1", method="POST", data=sealed(browser.push_key, b'{"title": "Hi"}'),
            headers={"Authorization": signed, "TTL": "60"},
        ).get_request()
        status: int = service.answer(request).status_code
        return status

    assert pushed_by(another) == 403
    assert pushed_by(ours) == 201
