"""Links that need no login: signed, expiring, and telling nobody who the customer is.

A token is URL-safe text signed by itsdangerous (HMAC-SHA256); whoever holds it may do what its purpose says and nothing
else. Several keys may be valid at once: the last one signs, all of them are accepted, which is how a key is rotated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.content.occasion import SHORTENED, Links
from chalicelib.domain.messages import Message
from chalicelib.errors import LinkError

if TYPE_CHECKING:
    from itsdangerous import URLSafeSerializer

Purpose = Literal["unsubscribe", "preferences", "survey", "click"]

VALID: Final[dict[Purpose, timedelta]] = {
    "unsubscribe": timedelta(days=400), "preferences": timedelta(days=90), "survey": timedelta(days=90),
    "click": timedelta(days=400),
}
"""How long a link works. An unsubscribe link must for at least 30 days (CAN-SPAM, 15 USC 7704(a)(3)(A)(ii));
people use those in mails a year old."""

MAX_TOKEN: Final = 2000
"""Characters of a token that are looked at; a real one has about 150, one that holds a URL some 300."""
REDIRECTED: Final = frozenset({"email", "push", "web-push"})
"""Channels whose links to the shop go over our own redirect where the shop counts clicks itself."""
CODE_LENGTH: Final = 11
"""Letters and digits of a short link's code: 65 bits, which nobody can guess."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


class Link(Struct, frozen=True):
    """What a token says: whose link it is, of which message, and what it is for. Ids only, no personal data.

    `about` is what the purpose needs besides: of a survey its name and the order asked about (or an empty text), of a
    click the URL that it goes to.
    """

    purpose: Purpose
    customer_id: str
    message_id: str
    channel: str
    topic: str
    expires_at: datetime
    about: tuple[str, ...] = ()

    @property
    def made_at(self) -> datetime:
        """When the link was made, which is when its message went out; to the second."""
        return self.expires_at - VALID[self.purpose]


NOBODY: Final = "sample"
"""The customer of samples, previews and tests, who is none: a link of theirs changes nothing (see `TestLinkError`)."""


class TestLinkError(LinkError):
    """A signed link is of a preview or a test: it is right, and there is nobody whom it could do anything for."""

    def __init__(self) -> None:
        super().__init__("is a link of a test")


class ExpiredLinkError(LinkError):
    """A signed link is too old; `link` tells what it was."""

    def __init__(self, link: Link) -> None:
        super().__init__(f"the link expired at {link.expires_at.isoformat()}")
        self.link = link


def sign(link: Link, keys: Sequence[str]) -> str:
    """The token of a link, signed by the last key. Raises LinkError when there is no key."""
    payload = (
        _PURPOSES.index(link.purpose), link.customer_id, link.message_id, link.channel, link.topic,
        int(link.expires_at.timestamp()), *link.about,
    )
    token = _serializer(keys).dumps(payload)
    return token if isinstance(token, str) else token.decode("ascii")


def read(token: str, keys: Sequence[str], now: datetime) -> Link:
    """The link of a token. Raises ExpiredLinkError for one that was ours, LinkError for one that never was."""
    from itsdangerous import BadData  # public pages and the sender alone need it

    if len(token) > MAX_TOKEN:
        raise LinkError("is not a link of ours: too long")
    try:
        payload: Any = _serializer(keys).loads(token)
        number, customer_id, message_id, channel, topic, expires, *about = payload
        expires_at = datetime.fromtimestamp(expires, UTC)
        link = Link(_PURPOSES[number], customer_id, message_id, channel, topic, expires_at, tuple(about))
    except (BadData, TypeError, ValueError, IndexError) as error:
        raise LinkError("is not a link of ours: the signature is wrong") from error
    if now >= link.expires_at:
        raise ExpiredLinkError(link)
    return link


def link_of(message: Message, channel: str, purpose: Purpose, now: datetime, about: tuple[str, ...] = ()) -> Link:
    """The link for a purpose of a message that goes out by a channel at `now`."""
    return Link(purpose, message.customer_id, message.message_id, channel, message.topic, now + VALID[purpose], about)


def urls(message: Message, channel: str, base_url: str, keys: Sequence[str], now: datetime) -> tuple[str, str]:
    """The whole URLs of a message's unsubscribe page (also the one-click address, RFC 8058) and preferences page."""
    base = base_url.rstrip("/")
    unsubscribe = sign(link_of(message, channel, "unsubscribe", now), keys)
    preferences = sign(link_of(message, channel, "preferences", now), keys)
    return f"{base}/u/{unsubscribe}", f"{base}/p/{preferences}"


def survey_url(
    message: Message, channel: str, base_url: str, keys: Sequence[str], now: datetime, *, survey: str, order: str,
) -> str:
    """The whole URL of the page of a survey; `order` is the number of the order asked about, or empty."""
    link = link_of(message, channel, "survey", now, (survey, order))
    return f"{base_url.rstrip('/')}/s/{sign(link, keys)}"


def to_pages(
    message: Message, channel: str, base_url: str, keys: Sequence[str], now: datetime, *, survey: str = "",
    order: str = "",
) -> Links:
    """The links of a message to the public pages; `survey` is the one it asks, if any, about an `order`."""
    base = base_url.rstrip("/")
    unsubscribe, preferences = urls(message, channel, base, keys, now)
    return Links(
        unsubscribe, preferences,
        survey=survey_url(message, channel, base, keys, now, survey=survey, order=order) if survey else "",
        stop=short_url(message.message_id, "unsubscribe", base, keys) if channel in SHORTENED else unsubscribe,
        pages=base,
    )


def click_url(message: Message, channel: str, base_url: str, keys: Sequence[str], now: datetime, *, url: str) -> str:
    """Where a click on a link to `url` is counted on its way; `url` itself when it is too long for a token."""
    link = replace(link_of(message, channel, "click", now, (url,)), topic="")
    token = sign(link, keys)
    return f"{base_url.rstrip('/')}/r/{token}" if len(token) <= MAX_TOKEN else url


def short_url(message_id: str, target: str, base_url: str, keys: Sequence[str]) -> str:
    """The short link of a message to a target: the same at every try to send it, and known to nobody without the key.
    """
    from hashlib import sha256
    from hmac import digest

    _check(keys)
    secret = digest(keys[-1].encode(), f"selvedge.short-link\x1f{message_id}\x1f{target}".encode(), sha256)
    number, code = int.from_bytes(secret), ""
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(_ALPHABET))
        code += _ALPHABET[index]
    return f"{base_url.rstrip('/')}/l/{code}"


def _check(keys: Sequence[str]) -> None:
    if not keys or not all(keys):
        raise LinkError("there is no key for links: put one under link-keys/ in the Parameter Store")


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    from hashlib import sha256

    from itsdangerous import URLSafeSerializer

    _check(keys)
    return URLSafeSerializer(list(keys), salt="selvedge.link", signer_kwargs={
        "digest_method": sha256, "key_derivation": "hmac",
    })
