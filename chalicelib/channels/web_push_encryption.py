"""Message encryption for web push (RFC 8291) with the aes128gcm content coding (RFC 8188), by pycryptodome."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any

from msgspec import Struct

P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Coordinates of P-256 are below it (FIPS 186-4, D.1.2.3)."""
RECORD_SIZE = 4096
"""Push services need not take bodies over 4096 bytes (RFC 8030, 7.2), so a message is one record."""

MOST_PLAINTEXT = 3993
"""What of 4096 bytes is left for the text: less 86 of header, 16 of tag, 1 of delimiter (RFC 8291, 4)."""


class DerivedKeys(Struct, frozen=True):
    """The keys of one message on their way from the shared secret (names as in RFC 8291, 3.4)."""

    ecdh_secret: bytes
    prk_key: bytes
    ikm: bytes
    prk: bytes
    content_encryption_key: bytes
    nonce: bytes


def encrypt(
    plaintext: bytes, p256dh: bytes, auth: bytes, *, sender_private: bytes | None = None, salt: bytes | None = None
) -> bytes:
    """The body of a push message: only the browser that holds the key to `p256dh` can read it.

    `p256dh` is the browser's public key (65 bytes, uncompressed P-256 point), `auth` its secret (16 bytes). The
    sender's key (32 bytes) and the salt (16 bytes) are fresh for each message, and given only to reproduce vectors.
    Raises ValueError for a key that is not a point of the curve or a text that is too long.
    """
    from Crypto.Cipher import AES  # loaded by the first web push only

    if len(plaintext) > MOST_PLAINTEXT:
        raise ValueError(f"a push message holds {MOST_PLAINTEXT} bytes, this one has {len(plaintext)}")
    if len(auth) != 16:
        raise ValueError("the authentication secret of a subscription has 16 bytes")
    salt = salt or secrets.token_bytes(16)
    sender = _private_key(sender_private or _fresh_private_key())
    sender_public = public_bytes(sender)
    keys = derive(sender, sender_public, p256dh, auth, salt)
    cipher = AES.new(keys.content_encryption_key, AES.MODE_GCM, nonce=keys.nonce, mac_len=16)
    # 0x02 ends the only, hence last, record (RFC 8188, 2).
    ciphertext, tag = cipher.encrypt_and_digest(plaintext + b"\x02")
    header = salt + RECORD_SIZE.to_bytes(4) + bytes([len(sender_public)]) + sender_public
    return header + ciphertext + tag


def derive(sender: Any, sender_public: bytes, p256dh: bytes, auth: bytes, salt: bytes) -> DerivedKeys:
    """The keys of one message, as RFC 8291 (3.3 and 3.4) and RFC 8188 (2.2 and 2.3) derive them."""
    receiver = _public_key(p256dh)
    shared = receiver.pointQ * sender.d
    ecdh_secret = int(shared.x).to_bytes(32)
    prk_key = _hmac(auth, ecdh_secret)
    ikm = _hmac(prk_key, b"WebPush: info\x00" + p256dh + sender_public + b"\x01")
    prk = _hmac(salt, ikm)
    key = _hmac(prk, b"Content-Encoding: aes128gcm\x00\x01")[:16]
    nonce = _hmac(prk, b"Content-Encoding: nonce\x00\x01")[:12]
    return DerivedKeys(ecdh_secret, prk_key, ikm, prk, key, nonce)


def public_bytes(key: Any) -> bytes:
    """A key's public point, uncompressed: 65 bytes."""
    return bytes(key.public_key().export_key(format="raw"))


def _public_key(point: bytes) -> Any:
    """The key of an uncompressed point of P-256 (SEC 1, 2.3.4).

    Not by `import_key`, which loads all curves there are: the package would have to carry them.
    """
    from Crypto.PublicKey import ECC

    if len(point) != 65 or point[0] != 4:
        raise ValueError("the public key of a subscription is an uncompressed point of 65 bytes")
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    # What is too large would be reduced, not refused.
    if max(x, y) >= P256_PRIME:
        raise ValueError("the public key of a subscription is not a point of P-256")
    return ECC.construct(curve="P-256", point_x=x, point_y=y)


def _private_key(scalar: bytes) -> Any:
    from Crypto.PublicKey import ECC

    return ECC.construct(curve="P-256", d=int.from_bytes(scalar))


def _fresh_private_key() -> bytes:
    from Crypto.PublicKey import ECC

    return int(ECC.generate(curve="P-256").d).to_bytes(32)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, sha256)
