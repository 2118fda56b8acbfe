"""The demo browser decrypts what the product encrypts, and nothing else."""

from __future__ import annotations

import pytest

from chalicelib.channels.vapid import from_base64url
from chalicelib.channels.web_push_encryption import encrypt
from infra.local.push_service import decrypt, new_browser_key, subscription


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
