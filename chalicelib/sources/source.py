"""What every storefront's module offers: tell a genuine request, translate it into arrivals, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import Protocol

import msgspec

from chalicelib.domain.events import Arrival
from chalicelib.domain.identifiers import ShopCountry, default_country
from chalicelib.errors import MalformedPayloadError, SignatureError

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""`Arrival.occurred_at` of a payload that names no time: the entry's id must not depend on when it was delivered.

The events in it carry the time of receipt."""


class Source(Protocol):
    """A storefront that posts signed webhooks. Implementations hold no state and do no I/O.

    `headers` have lower-case names; `body` is the raw bytes as they came.
    """

    @property
    def name(self) -> str:
        """The storefront's name: the last part of its address and of its secrets' path."""

    def is_ping(self, headers: Mapping[str, str], body: bytes, /) -> bool:
        """Whether this is the storefront's unsigned test of the address, to be answered with 200 and forgotten."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> None:
        """Check the signature over the raw bytes against each of the secrets in force.

        Raises:
            SignatureError: none of them signed this body.
        """

    def read(
        self,
        headers: Mapping[str, str],
        body: bytes,
        received_at: datetime,
        shop_country: ShopCountry = default_country,
    ) -> tuple[Arrival, ...]:
        """Translate a request into arrivals: every fact that the payload proves, not only the one its topic names.

        Storefronts deliver out of order and more than once; facts already known are ignored when they are folded.
        `received_at` stands in for times that the payload lacks, `shop_country` for the country of a phone number.

        Raises:
            UnknownTopicError: nobody here reads this topic.
            MalformedPayloadError: a part without which nothing can be said is missing or wrong; names its path.
        """


def fingerprint(*parts: bytes) -> str:
    """A short name for a body: equal for equal parts."""
    return blake2b(b"\0".join(parts), digest_size=16).hexdigest()


def verify_hmac_sha256(signature: str, body: bytes, secrets: Iterable[str]) -> None:
    """Check a base64 HMAC-SHA256 of the raw body (RFC 2104) in constant time, against each secret.

    Raises:
        SignatureError: there is no signature, or none of the secrets gives it.
    """
    if not signature:
        raise SignatureError("the request is not signed")
    given = signature.strip().encode()
    matches = [compare_digest(given, b64encode(hmac_digest(secret.encode(), body, "sha256"))) for secret in secrets]
    if not any(matches):
        raise SignatureError("the signature fits none of the secrets in force")


_arrival_encoder = msgspec.msgpack.Encoder()
_arrival_decoder = msgspec.msgpack.Decoder(tuple[Arrival, ...])


def checked(arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...]:
    """The arrivals as the log will read them back: what breaks a limit of the vocabulary shows now, not in the engine.

    Raises:
        MalformedPayloadError: a translated value breaks a limit; names its path.
    """
    try:
        return _arrival_decoder.decode(_arrival_encoder.encode(arrivals))
    except (msgspec.ValidationError, OverflowError) as error:
        raise MalformedPayloadError(f"the translated payload breaks the vocabulary: {error}") from error
