"""The pages customers reach from a message: unsubscribing and preferences. No login, no cookies, no script here.

The link's signature is the permission. Looking at a page changes nothing: mail scanners open every link.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from chalice import Response

from chalicelib import clock
from chalicelib.api.public_words import WORDS, pick_language
from chalicelib.content import links
from chalicelib.content.cleaning import clean
from chalicelib.domain.brand import Brand, Palette
from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import LinkError, StorageUnavailableError
from chalicelib.flows import preferences
from chalicelib.flows.definitions_in_force import current
from chalicelib.storage import secrets

if TYPE_CHECKING:
    from jinja2 import Environment

MAX_FIELDS: Final = 400
"""Fields of a preferences form; a shop has some dozens."""

FOLDER: Final = Path(__file__).with_name("pages")
_ONE_CLICK: Final = b"List-Unsubscribe"


class Visit:
    """One request to a page: who reads it, in which language, at which moment."""

    def __init__(self, request: Any) -> None:
        self._request, self._now = request, clock.now()

    def ask_to_unsubscribe(self, token: str) -> Response:
        """The page with the button; nothing changes yet."""
        try:
            link, keys = self._read(token, "unsubscribe")
        except LinkError as error:
            return self._refuse(error)
        except StorageUnavailableError:
            return self._away()
        words = self._words()
        return self._page(
            "unsubscribe.html", words["unsubscribe_title"], text=_by_channel(words, "unsubscribe_text", link),
            preferences_url=_preferences_url(link, keys, self._now),
        )

    def unsubscribe(self, token: str) -> Response:
        """A mail program gets a bare answer, without looking at definitions; a person gets a page."""
        one_click = _ONE_CLICK in (self._request.raw_body or b"")[:4096]
        try:
            link, keys = self._read(token, "unsubscribe")
            source = "one-click" if one_click else "unsubscribe-page"
            said = "List-Unsubscribe=One-Click" if one_click else self._words()["unsubscribe_button"]
            preferences.withdraw(link, self._now, said=said, source=source)
        except LinkError as error:
            told = "A test: nothing has changed." if _status(error) == 200 else "This link is not valid."
            return _plain(_status(error), told) if one_click else self._refuse(error)
        except StorageUnavailableError:
            return _plain(503, "Please try again.") if one_click else self._away()
        if one_click:
            return _plain(200, "Unsubscribed.")
        words = self._words()
        return self._page(
            "unsubscribed.html", words["unsubscribed_title"], text=_by_channel(words, "unsubscribed_text", link),
            preferences_url=_preferences_url(link, keys, self._now),
        )

    def show_preferences(self, token: str) -> Response:
        """The page of choices as consent stands."""
        try:
            link, _ = self._read(token, "preferences")
            customer = preferences.customer_of(link)
        except LinkError as error:
            return self._refuse(error)
        except StorageUnavailableError:
            return self._away()
        if customer is None or customer.profile.redaction_requested_at:
            return self._unknown()
        return self._choices(preferences.choices(customer.profile, current(self._now).messages.values()), saved=False)

    def save_preferences(self, token: str) -> Response:
        """Write what was chosen of what was shown, and show it."""
        try:
            link, _ = self._read(token, "preferences")
            form = parse_qs((self._request.raw_body or b"").decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
            customer = preferences.customer_of(link)
            if customer is None or customer.profile.redaction_requested_at:
                return self._unknown()
            now_given = preferences.choices(customer.profile, current(self._now).messages.values())
            shown = {choice: given for choice, given in now_given.items() if _value(choice) in form.get("shown", ())}
            ticked = [] if "nothing" in form else form.get("wanted", [])
            wanted = {choice for choice in shown if _value(choice) in ticked}
            preferences.change(link, shown, wanted, self._now, said=self._words()["preferences_text"])
        except LinkError as error:
            return self._refuse(error)
        except ValueError:  # more fields than a form of ours has
            return self._refuse(LinkError("is not a form of ours"))
        except StorageUnavailableError:
            return self._away()
        return self._choices(now_given | {choice: choice in wanted for choice in shown}, saved=True)

    def _read(self, token: str, purpose: links.Purpose) -> tuple[links.Link, Sequence[str]]:
        keys = secrets.values("link-keys")
        if not keys:
            raise StorageUnavailableError("there is no key under link-keys/ in the Parameter Store")
        link = links.read(token, keys, self._now)
        if link.purpose != purpose:
            raise LinkError(f"is a link for {link.purpose}")
        if link.customer_id == links.NOBODY:
            raise links.TestLinkError
        return link, keys

    def _choices(self, given: dict[preferences.Choice, bool], *, saved: bool) -> Response:
        words = self._words()
        channels: dict[str, list[dict[str, Any]]] = {}
        for choice, yes in given.items():
            name = words.get(f"topic.{choice.topic}") or choice.topic.replace("-", " ").capitalize()
            channels.setdefault(words.get(f"channel.{choice.channel}", choice.channel), []).append(
                {"value": _value(choice), "name": name, "given": yes}
            )
        return self._page("preferences.html", words["preferences_title"], channels=list(channels.items()), saved=saved)

    def _refuse(self, error: LinkError) -> Response:
        words = self._words()
        kind = "expired" if isinstance(error, links.ExpiredLinkError) else "invalid"
        if isinstance(error, links.TestLinkError):
            return self._page("problem.html", words["test_title"], text=words["test_text"], way_out=False)
        return self._page(
            "problem.html", words[f"{kind}_title"], status=_status(error), text=words[f"{kind}_text"], way_out=True
        )

    def _unknown(self) -> Response:
        words = self._words()
        return self._page("problem.html", words["unknown_title"], status=404, text=words["unknown_text"], way_out=False)

    def _away(self) -> Response:
        words = self._words()
        return self._page("problem.html", words["away_title"], status=503, text=words["away_text"], way_out=True)

    def _words(self) -> dict[str, str]:
        return WORDS[self._language()]

    def _language(self) -> str:
        return pick_language(self._request.headers.get("accept-language", ""), self._settings().locale)

    def _settings(self) -> ShopSettings:
        """The shop as it introduces itself; a page must open even while the database is away."""
        try:
            return current(self._now).settings
        except StorageUnavailableError:
            return ShopSettings()

    def _page(
        self, template: str, title: str, *, status: int = 200, script_digest: str = "", **values: Any,
    ) -> Response:
        """A page; `script_digest` is the SHA-256, in base64, of the one script that stands in it."""
        settings = self._settings()
        style, content_policy = _style(settings.brand)
        if script_digest:
            content_policy += f"; script-src 'sha256-{script_digest}'"
        shop = clean(settings.introduced(self._language()))
        html = _environment().get_template(template).render(
            title=title, language=self._language(), words=self._words(), shop=shop, style=style, **values,
        )
        return Response(html, status_code=status, headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": content_policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
            "Cache-Control": "no-store",
        })


def _status(error: LinkError) -> int:
    if isinstance(error, links.TestLinkError):
        return 200
    return 410 if isinstance(error, links.ExpiredLinkError) else 400


def _plain(status: int, text: str) -> Response:
    return Response(text, status_code=status, headers={
        "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store",
    })


def _by_channel(words: dict[str, str], name: str, link: links.Link) -> str:
    return words[name].format(by_channel=words.get(f"by.{link.channel}", link.channel))


def _value(choice: preferences.Choice) -> str:
    return f"{choice.channel}:{choice.topic}"


def _preferences_url(link: links.Link, keys: Sequence[str], now: datetime) -> str:
    """A way on to the preferences, good for a day; relative, so that it stays on the host of this page."""
    onward = links.Link(
        "preferences", link.customer_id, link.message_id, link.channel, link.topic, now + timedelta(days=1)
    )
    return f"../p/{links.sign(onward, keys)}"


def _style(brand: Brand) -> tuple[Any, str]:
    """The stylesheet in the brand's colours and fonts, to stand in the page, and the content policy that allows it by
    its hash, and nothing else.
    """
    from markupsafe import Markup

    fonts = f"--heading:{brand.heading_font};--body:{brand.body_font}"
    style = (
        f":root{{color-scheme:light dark;{_variables(brand.light)};{fonts}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{_variables(brand.dark)}}}}}{_stylesheet()}"
    )
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = "; ".join((
        "default-src 'none'", f"style-src 'sha256-{digest}'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'",
    ))
    return Markup(style), policy  # noqa: S704  (our own file; colours and fonts are checked when they are read)


def _variables(palette: Palette) -> str:
    return ";".join(f"--{name.replace('_', '-')}:{getattr(palette, name)}" for name in palette.__struct_fields__)


@lru_cache(maxsize=1)
def _stylesheet() -> str:
    return (FOLDER / "public.css").read_text("utf-8").strip()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # a webhook needs no pages

    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )
