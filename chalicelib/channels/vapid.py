"""Who is pushing: voluntary application server identification (VAPID, RFC 8292), a signed token per push service."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

TOKEN_LIFE = timedelta(hours=12)
"""How long a token is good for; push services refuse more than 24 hours (RFC 8292, 2)."""


def authorization(endpoint: str, subject: str, private_key: str, now: datetime) -> str:
    """The Authorization header for a push to `endpoint`.

    `subject` is a `mailto:` or `https:` address at which the push service may reach us; `private_key` the 32 bytes of a
    P-256 key in base64url, as tools for web push write it. Raises ValueError for another key.
    """
    from Crypto.Hash import SHA256  # loaded by the first web push only
    from Crypto.Signature import DSS

    parts = urlsplit(endpoint)
    header = {"typ": "JWT", "alg": "ES256"}
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "sub": subject,
    }
    signed = f"{_encoded_json(header)}.{_encoded_json(claims)}"
    signer = DSS.new(_key(private_key), "fips-186-3", encoding="binary")
    signature = to_base64url(signer.sign(SHA256.new(signed.encode())))
    return f"vapid t={signed}.{signature}, k={public_key(private_key)}"


def public_key(private_key: str) -> str:
    """The public key that belongs to a private one, in base64url: browsers ask for it when subscribing."""
    return to_base64url(bytes(_key(private_key).public_key().export_key(format="raw")))


def from_base64url(text: str) -> bytes:
    """Decode base64url with or without padding; raises ValueError for anything else."""
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def to_base64url(data: bytes) -> str:
    """Encode as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@lru_cache(maxsize=2)
def _key(private_key: str) -> Any:
    from Crypto.PublicKey import ECC

    scalar = from_base64url(private_key)
    if len(scalar) != 32:
        raise ValueError("a VAPID private key has 32 bytes")
    return ECC.construct(curve="P-256", d=int.from_bytes(scalar))


def _encoded_json(value: object) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())
