"""Marks on links to the shop that tell its analytics which message brought a visitor (UTM parameters).

Campaign parameters as Google Analytics and Yandex Metrica read them: `utm_source`, `utm_medium`, `utm_campaign`,
`utm_content`. What a link says itself stands; marking twice is marking once; links elsewhere are left as they are.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_plus, urlsplit

from chalicelib.content.cleaning import MAX_URL, clean_url
from chalicelib.content.occasion import Lead, Occasion

NO_TRACK: Final = "ses:no-track"
"""The attribute of a link that SES is to leave as it is (SES developer guide, "Email sending metrics FAQs")."""

_LINK_TAG: Final = re.compile(
    r"""(?P<before><(?:a|area|v:[a-z]+)\b(?:\s+[^\s=<>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>]+))?)*?\s+)"""
    r"""href\s*=\s*(?P<mark>["'])(?P<url>.*?)(?P=mark)""",
    re.IGNORECASE | re.DOTALL,
)
"""The tag of a link up to the end of its address; other attributes may come before that."""
_URL_IN_TEXT: Final = re.compile(r"""https?://[^\s<>"'«»\x00-\x1f]+""", re.IGNORECASE)
_NO_PART_OF_URL: Final = ".,;:!?)]}…"
"""What ends a sentence after a URL rather than the URL."""
_ENTITY: Final = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z0-9]+);")
"""In an attribute nothing else is one: browsers take `&copy=` for what it says (HTML standard, 13.2.5.73)."""


class LinkMarks:
    """The marks of one message: `values` are the parameters in their order; `pages` is where the public pages are."""

    def __init__(self, shop_url: str, pages: str, values: tuple[tuple[str, str], ...]) -> None:
        self._of_shop = _shop_pattern(shop_url)
        self._pages = tuple(f"{pages}/{page}/" for page in "upsrl") if pages else ()
        self._added = tuple((name, f"{name}={quote(value, safe='.-_~')}") for name, value in values if value)

    def leads_to_shop(self, url: str) -> bool:
        """Whether a URL is of the shop's own host or one below it, and none of the public pages."""
        return self._of_shop.match(url) is not None and not url.startswith(self._pages) and clean_url(url) == url

    def marked(self, url: str) -> str:
        """The URL with the marks that it lacks, when it leads to the shop; as it is when not, or when too long."""
        if not self.leads_to_shop(url):
            return url
        address, hash_sign, fragment = url.partition("#")
        path, _, query = address.partition("?")
        known = {unquote_plus(pair.partition("=")[0]).lower() for pair in query.split("&")} if query else ()
        lacking = [added for name, added in self._added if name not in known]
        if not lacking:
            return url
        if path.count("/") == len("//"):  # those after the scheme: the path is empty
            path += "/"
        queries = "&".join([query.removesuffix("&"), *lacking] if query else lacking)
        marked = f"{path}?{queries}{hash_sign}{fragment}"
        return marked if len(marked) <= MAX_URL else url

    def in_html(self, text: str, redirect: Lead | None = None) -> str:
        """A mail's HTML with its links marked, and led over `redirect` where there is one.

        SES leaves alone what is redirected so, and the links to the public pages: a click there is no visit to the
        shop, and whoever unsubscribes is not to be led over another host.
        """
        def link(found: re.Match[str]) -> str:
            before, url = found["before"], _ENTITY.sub(lambda entity: html.unescape(entity[0]), found["url"])
            to_shop = self.leads_to_shop(url)
            if not to_shop and not url.startswith(self._pages):
                return found[0]
            shown = self.marked(url)
            if to_shop and redirect is not None:
                shown = redirect(shown)
            elif to_shop:
                return f'{before}href="{html.escape(shown)}"'
            return f'{before}{"" if NO_TRACK in before else NO_TRACK + " "}href="{html.escape(shown)}"'

        return _LINK_TAG.sub(link, text)

    def in_text(self, text: str) -> str:
        """A text with the URLs in it marked."""
        def link(found: re.Match[str]) -> str:
            url = found[0].rstrip(_NO_PART_OF_URL)
            return self.marked(url) + found[0][len(url):]

        return _URL_IN_TEXT.sub(link, text)


def marks_of(occasion: Occasion, channel: str) -> LinkMarks:
    """The marks of a message that goes out by a channel: its journey is the campaign, its step and variant the content.
    """
    message, settings = occasion.message, occasion.settings
    content = f"{message.step}.{occasion.variant}" if occasion.variant else message.step
    return LinkMarks(settings.url, occasion.links.pages, (
        ("utm_source", settings.link_source), ("utm_medium", channel), ("utm_campaign", message.journey),
        ("utm_content", content),
    ))


@lru_cache(maxsize=64)
def _shop_pattern(shop_url: str) -> re.Pattern[str]:
    """What the URLs of the shop begin with: its host, or one below it, be it in its own letters or in ASCII (RFC 3490).

    Nothing between the scheme and the host, as in `https://shop.example@elsewhere.example`, and nothing after it but a
    port and a path.
    """
    try:
        host = (urlsplit(shop_url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    hosts = {host, *_spellings(host)} - {""}
    if not hosts:
        return re.compile(r"(?!)")
    named = "|".join(re.escape(one) for one in sorted(hosts))
    return re.compile(rf"https?://(?:[\w-]+\.)*(?:{named})(?::[0-9]{{1,5}})?(?=[/?#]|\Z)", re.IGNORECASE)


def _spellings(host: str) -> set[str]:
    """A host in ASCII and in its own letters."""
    try:
        return {host.encode("idna").decode("ascii") if not host.isascii() else host.encode("ascii").decode("idna")}
    except UnicodeError:
        return set()
