"""A web push service and the browser behind it: takes what the product posts (RFC 8030) and decrypts it (RFC 8291)."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.wrappers import Request, Response

from infra.local.demo_session import Sessions
from infra.local.outbox import Outbox, Outgoing

PATH = "/push-service/"


def new_browser_key() -> str:
    """A browser's private key and authentication secret, as one text: `<number>.<secret>`."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return f"{_text(number.to_bytes(32, 'big'))}.{_text(secrets.token_bytes(16))}"


def subscription(key: str, endpoint: str) -> dict[str, object]:
    """What a browser's PushSubscription is as JSON."""
    private, secret = _parts(key)
    return {
        "endpoint": endpoint,
        "expirationTime": None,
        "keys": {"p256dh": _text(_public(private)), "auth": _text(secret)},
    }


def decrypt(key: str, body: bytes) -> bytes:
    """The plain text of an `aes128gcm` body. Raises ValueError for one that is not encrypted for this key."""
    private, secret = _parts(key)
    salt, record_size, key_length = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, sealed = body[21 : 21 + key_length], body[21 + key_length :]
    if record_size < 18 or len(sealed) > record_size:
        raise ValueError("not one record")
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    material = _derive(shared, secret, b"WebPush: info\0" + _public(private) + sender, 32)
    content_key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    try:
        padded = AESGCM(content_key).decrypt(nonce, sealed, None)
    except InvalidTag as error:
        raise ValueError("not encrypted for this subscription") from error
    return padded.rstrip(b"\0").removesuffix(b"\x02")


class PushService:
    """Answers at `/push-service/<session>`; what arrives goes into the outbox."""

    def __init__(self, sessions: Sessions, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self._sessions, self._outbox, self._now = sessions, outbox, now

    def answer(self, request: Request) -> Response:
        """201 for a push taken, 410 for a subscription that is gone, 403 for another's, 400 for what cannot be read."""
        session = self._sessions.holder_of(request.path.removeprefix(PATH))
        if session is None:
            return Response("the subscription is gone", 410)
        if not request.headers.get("Authorization", "").startswith("vapid ") or "TTL" not in request.headers:
            return Response("Authorization (RFC 8292) and TTL (RFC 8030) are needed", 400)
        if session.shop_key and not request.headers["Authorization"].endswith(f"k={session.shop_key}"):
            return Response("the browser has subscribed to another key (RFC 8292, 4.2)", 403)
        try:
            shown = json.loads(decrypt(session.push_key, request.get_data()))
        except ValueError:
            return Response("the body cannot be decrypted", 400)
        identifier = secrets.token_urlsafe(12)
        headers = ("Authorization", "TTL", "Urgency", "Topic", "Content-Encoding")
        self._outbox.add(
            Outgoing(
                id=identifier,
                channel="web-push",
                at=self._now(),
                title=str(shown.get("title", "")),
                recipient=session.person.email if session.person else session.id,
                text=str(shown.get("body", "")),
                headers=tuple((name, request.headers[name]) for name in headers if name in request.headers),
                details={"payload": shown},
            )
        )
        return Response(status=201, headers={"Location": f"{request.host_url}push-message/{identifier}"})


def _parts(key: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    number, _, secret = key.partition(".")
    return ec.derive_private_key(int.from_bytes(_bytes(number)), ec.SECP256R1()), _bytes(secret)


def _public(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
