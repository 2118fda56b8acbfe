"""A browser's push subscription with its private key: what it can read, it was meant to read.

Decryption is written here with `cryptography`, the product's encryption with pycryptodome: two implementations.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.channels.vapid import to_base64url
from chalicelib.domain.customer import Address


class BrowserSubscription:
    """Keys as a browser makes them for `PushManager.subscribe`."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    @property
    def public(self) -> bytes:
        """The public key: 65 bytes."""
        return self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def keys(self) -> dict[str, str]:
        """The `keys` of a subscription's JSON."""
        return {"p256dh": to_base64url(self.public), "auth": to_base64url(self._auth)}

    def address(self) -> Address:
        """The subscription as a profile holds it."""
        return Address("web-push", self.endpoint, p256dh=self.keys["p256dh"], auth=self.keys["auth"])

    def decrypt(self, body: bytes) -> bytes:
        """The text of a push message (RFC 8188 and RFC 8291); raises InvalidTag for another's."""
        salt, record_size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, ciphertext = body[21 : 21 + length], body[21 + length :]
        assert len(ciphertext) <= record_size
        shared = self._private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        info = b"WebPush: info\x00" + self.public + sender
        secret = HKDFExpand(hashes.SHA256(), 32, info).derive(_extract(self._auth, shared))
        root = _extract(salt, secret)
        key = HKDFExpand(hashes.SHA256(), 16, b"Content-Encoding: aes128gcm\x00").derive(root)
        nonce = HKDFExpand(hashes.SHA256(), 12, b"Content-Encoding: nonce\x00").derive(root)
        padded = AESGCM(key).decrypt(nonce, ciphertext, None)
        text, delimiter, padding = padded.rpartition(b"\x02")
        assert delimiter
        assert not padding.strip(b"\x00")
        return text


def _extract(salt: bytes, secret: bytes) -> bytes:
    extraction = HMAC(salt, hashes.SHA256())
    extraction.update(secret)
    return extraction.finalize()
