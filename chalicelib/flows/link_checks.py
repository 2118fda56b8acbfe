"""Whether the pages that a message links to answer: asked only when a person wants to know, never while rendering."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from chalicelib.channels.public_post import PublicPost
from chalicelib.content.inspection import SeenLink
from chalicelib.errors import ProviderRefusedError

MOST: Final = 20
"""Addresses asked at most, each once, for one message."""
SECONDS: Final = 5.0
"""How long one answer is waited for; with `AT_ONCE` asked together, all of them take three times that at most."""
AT_ONCE: Final = 8


def reached(links: Iterable[SeenLink], *, trusted_origins: frozenset[str] = frozenset()) -> dict[str, str]:
    """What became of asking each web page that a message links to, by its address: a status, or why there is none.

    Our own pages are left out: their links are signed anew each time. Only https on the public internet is asked
    (`trusted_origins` besides: on the laptop and in tests), with HEAD, which changes nothing by its definition
    (RFC 9110, 9.2.1); redirects are not followed.
    """
    asked = [link.url for link in links if link.place in ("shop", "other") and link.url.startswith("http")]
    post = PublicPost(trusted_origins=trusted_origins, read_seconds=SECONDS)

    def ask(url: str) -> str:
        try:
            return str(post.head(url))
        except ValueError as error:
            return f"not asked: {error}"
        except ProviderRefusedError as error:
            return f"no answer: {error}"

    urls = list(dict.fromkeys(asked))[:MOST]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(urls, threads.map(ask, urls), strict=True))
