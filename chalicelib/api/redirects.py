"""Links of ours that lead on: signed ones in mail and push, short ones in SMS. They go where we said, nowhere else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from chalice import Response

from chalicelib.api.public_pages import Visit
from chalicelib.content import links
from chalicelib.errors import LinkError, StorageUnavailableError
from chalicelib.flows import clicks
from chalicelib.observability import logger
from chalicelib.storage import secrets, short_links

_CODE: Final = re.compile(rf"[0-9A-Za-z]{{{links.CODE_LENGTH}}}")


class RedirectVisit(Visit):
    """One request to a link that leads on."""

    def follow(self, token: str) -> Response:
        """On to the URL that a signed link holds; from a test too, where nobody clicked."""
        try:
            link, _ = self._read(token, "click")
        except links.TestLinkError:
            return _found(_in_ascii(links.read(token, secrets.values("link-keys"), self._now).about[0]))
        except LinkError as error:
            return self._refuse(error)
        except StorageUnavailableError:
            return self._away()
        url, = link.about
        return self._on(clicks.Click(link.customer_id, link.message_id, link.channel, url, link.made_at))

    def follow_short(self, code: str) -> Response:
        """On to the URL that a code is on record for, or to the page for unsubscribing; from a test too, where nobody
        clicked."""
        try:
            link = short_links.read(code) if _CODE.fullmatch(code) else None
            if link is None:
                return self._refuse(LinkError("is not a short link of ours"))
            if link.expires_at <= self._now:
                return self._refuse(links.ExpiredLinkError(_signed(link, "click", link.expires_at)))
            if not link.url:
                return self._to_unsubscribing(link)
        except StorageUnavailableError:
            return self._away()
        if link.customer_id == links.NOBODY:
            return _found(_in_ascii(link.url))
        return self._on(clicks.Click(link.customer_id, link.message_id, link.channel, link.url, link.made_at))

    def _to_unsubscribing(self, short: short_links.ShortLink) -> Response:
        """Unsubscribing is no click: no order is put down to it."""
        keys = secrets.values("link-keys")
        if not keys:
            raise StorageUnavailableError("there is no key under link-keys/ in the Parameter Store")
        link = _signed(short, "unsubscribe", max(short.expires_at, self._now + timedelta(days=1)))
        return _found(f"../u/{links.sign(link, keys)}")

    def _on(self, click: clicks.Click) -> Response:
        """The reader comes first: a click that cannot be written down is lost, and they go on."""
        try:
            clicks.record(click, self._request.headers.get("user-agent", ""), self._now)
        except StorageUnavailableError:
            logger.exception("a click was not recorded", extra={"message_id": click.message_id})
        return _found(_in_ascii(click.url))


def _signed(short: short_links.ShortLink, purpose: links.Purpose, expires_at: datetime) -> links.Link:
    """What a short link stands for, as a signed one would say it."""
    return links.Link(purpose, short.customer_id, short.message_id, short.channel, "", expires_at)


def _found(url: str) -> Response:
    return Response("", status_code=302, headers={
        "Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
    })


def _in_ascii(url: str) -> str:
    """A URL as a header can hold it (RFC 9110, 10.2.2; RFC 3987, 3.1): what is beyond ASCII encoded, the rest as it is.
    """
    parts = urlsplit(url)
    try:
        host = parts.netloc.encode("idna").decode("ascii")
    except UnicodeError:
        host = quote(parts.netloc, safe="%:[]")
    kept = "%/:?@!$&'()*+,;=~[]"
    return urlunsplit((parts.scheme, host, *(quote(part, safe=kept) for part in parts[2:])))
