"""The pages about templates: the gallery of all messages, and one message with all that is to be known of it.

Pure: previews in, HTML out. The message itself is a document of its own, in a sandboxed iframe, with its own policy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import quote, urlencode

from chalicelib.console.pages import HEADERS, Frame
from chalicelib.console.preview_wording import CHANNEL_NAMES, REMARKS, TEXTS
from chalicelib.console.wording import Wording
from chalicelib.content.inspection import CLIPPED_BY_GMAIL, Remark
from chalicelib.content.samples import SAMPLES
from chalicelib.domain.rendered import Rendered
from chalicelib.flows.preview import Previewed
from chalicelib.flows.preview_subjects import PHOTOS

Scheme = Literal["light", "dark"]

WIDTHS: Final = ("640", "375", "320")
"""Widths of the window, CSS pixels: a desktop's reading pane, a phone, the narrowest phone."""
CHANNELS: Final = ("email", "sms", "push", "web-push", "telegram")
LONG_ADDRESS: Final = 70
"""Characters of an address that are shown."""
AROUND: Final = 3
"""Lines of a file shown before and after the one with a mistake."""

SHOWN_POLICY: Final = "; ".join((
    "sandbox allow-popups allow-popups-to-escape-sandbox", "default-src 'none'", "style-src 'unsafe-inline'",
    "img-src {pictures}", "font-src https:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
))
"""A message may show its styles and its pictures and nothing else: no script, no form, no access to these pages."""


@dataclass(frozen=True)
class Look:
    """What a preview shows and how, as its address says it; what is left out has its default."""

    channel: str = ""
    locale: str = ""
    sample: str = ""
    customer: str = ""
    scheme: str = ""
    width: str = ""
    images: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Look:
        """Read from the parameters of an address; what is unknown is left out."""
        known = {name: parameters.get(name, "").strip()[:100] for name in cls.__dataclass_fields__}
        look = cls(**known)
        return replace(
            look,
            scheme=look.scheme if look.scheme == "dark" else "",
            width=look.width if look.width in WIDTHS[1:] else "",
            images=look.images if look.images == "off" else "",
            sample="" if look.sample == SAMPLES[0].name else look.sample,
        )

    def query(self, **changes: str) -> str:
        """The parameters with changes, as `?channel=sms&…`; empty when all are the default."""
        changed = replace(self, **changes)
        given = {name: value for name in self.__dataclass_fields__ if (value := getattr(changed, name))}
        return f"?{urlencode(given)}" if given else ""


@dataclass(frozen=True)
class Card:
    """One message of the gallery: how many problems its files have, and in which channels it goes out. Its mail is
    shown where it has one."""

    name: str
    channels: tuple[str, ...]
    problems: int = 0

    @property
    def channel(self) -> str:
        """The channel to show."""
        return "email" if "email" in self.channels else ""


@dataclass(frozen=True)
class Around:
    """The lines of a file around a mistake: number, text, and whether it is the one."""

    file: str
    lines: tuple[tuple[int, str, bool], ...]


@dataclass(frozen=True)
class FormForTests:
    """What can be sent where: the allowed addresses, the outcome of the last test, and where it can be seen."""

    addresses: tuple[str, ...] = ()
    said: str = ""
    refused: bool = False
    seen_at: str = ""


@dataclass(frozen=True)
class Extras:
    """What a page shows besides the preview: answers of links by URL, the form for tests, customers to choose from."""

    reached: Mapping[str, str] = field(default_factory=dict)
    test: FormForTests | None = None
    has_customers: bool = False
    path: str = "/templates"
    stamp: str = ""


def render_gallery(
    groups: Sequence[tuple[str, Sequence[Card]]], frame: Frame, look: Look, *, locales: Sequence[str], query: str = "",
    wrong: Sequence[str] = (), path: str = "/templates", stamp: str = "",
) -> str:
    """All messages by the journey that sends them, as small pictures. `stamp` changes when any file does."""
    say = Wording(frame.words.language, TEXTS)
    found = [(journey, [card for card in cards if _matches(card, journey, query)]) for journey, cards in groups]
    shown = [(journey, cards) for journey, cards in found if cards]
    return frame.render(
        "gallery.html",
        title=say("templates"), say=say, groups=shown, look=look, locales=locales, query=query, wrong=wrong, path=path,
        stamp=stamp, count=sum(len(cards) for _, cards in groups), channel_name=_channel_name(frame),
        quote=lambda name: quote(name, safe=""),
    )


def render_preview(shown: Previewed, frame: Frame, look: Look, extras: Extras) -> str:
    """One message: as it looks, what is wrong or doubtful, size, links, pictures, headers, files."""
    say = Wording(frame.words.language, TEXTS)
    return frame.render(
        "preview.html",
        title=shown.message, say=say, shown=shown, look=look, extras=extras, path=extras.path,
        here=f"{extras.path}/{quote(shown.message, safe='')}",
        channels=_channels(shown), locales=_locales(shown), widths=WIDTHS, samples=[one.name for one in SAMPLES],
        channel_name=_channel_name(frame), around=_around(shown), remark=lambda one: _told(one, frame.words.language),
        size=_size, short=_short, clip=CLIPPED_BY_GMAIL, language=frame.words.language,
    )


def document(rendered: Rendered | None, frame: Frame, look: Look, photos: str) -> str:
    """The message as a document of its own: the mail as it is, anything else as on a phone.

    `photos` is where the samples' photos are. Light or dark is played: the mail's `prefers-color-scheme` queries are
    rewritten to be true or false, so that the machine's own setting does not matter. What mail programs do by
    themselves to a mail without such rules is not played.
    """
    scheme: Scheme = "dark" if look.scheme == "dark" else "light"
    if rendered is None or rendered.channel != "email":
        say = Wording(frame.words.language, TEXTS)
        page = frame.render("phone.html", title="", say=say, shown=rendered, scheme=scheme)
        return page.replace(PHOTOS, photos)
    html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', rendered.html, count=1)
    return in_scheme(html, scheme).replace(PHOTOS, photos)


def in_scheme(html: str, scheme: Scheme) -> str:
    """A mail as where people have chosen this scheme: each query becomes one that is always true, or never."""
    html = re.sub(
        r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)",
        lambda query: "(min-width: 0px)" if query[1] == scheme else "(max-width: 0px)", html,
    )
    html = re.sub(r"(color-schemes?\s*:\s*)light dark\b", rf"\g<1>{scheme}", html)
    return re.sub(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")', rf"\g<1>{scheme}\g<2>", html)


def document_headers(look: Look, own: str = "") -> dict[str, str]:
    """The headers of such a document; with the pictures off, its policy forbids them, so that the alt texts show.

    `own` is the origin of these pages, where the samples' photos are.
    """
    pictures = "'none'" if look.images else " ".join((own or "'self'", "http:", "https:", "data:"))
    return HEADERS | {"Content-Security-Policy": SHOWN_POLICY.format(pictures=pictures)}


def _matches(card: Card, journey: str, query: str) -> bool:
    return all(word in f"{card.name} {journey}".lower() for word in query.lower().split())


def _channels(shown: Previewed) -> list[str]:
    there = {variant.partition(".")[0] for variant in shown.variants} | {shown.channel}
    return [channel for channel in CHANNELS if channel in there]


def _locales(shown: Previewed) -> list[str]:
    return sorted(
        variant.partition(".")[2] for variant in shown.variants if variant.partition(".")[0] == shown.channel
    )


def _around(shown: Previewed) -> dict[int, Around]:
    """By the number of the problem: the lines of its file around it."""
    texts = {file.key: file.text.splitlines() for file in shown.files}
    around = {}
    for number, problem in enumerate(shown.problems):
        lines = texts.get(problem.file, [])
        if 0 < problem.line <= len(lines):
            first = max(1, problem.line - AROUND)
            near = enumerate(lines[first - 1 : problem.line + AROUND], first)
            around[number] = Around(problem.file, tuple((at, text, at == problem.line) for at, text in near))
    return around


def _told(remark: Remark, language: str) -> tuple[str, str]:
    """What a remark says, and what to do about it."""
    said = REMARKS.get(remark.code)
    if said is None:
        return remark.code, ""
    told, advice = said[language == "ru"]
    return (f"{told}: {remark.detail}" if remark.detail else told), advice


def _channel_name(frame: Frame) -> Mapping[str, str]:
    return {channel: CHANNEL_NAMES[channel][frame.words.language == "ru"] for channel in CHANNELS}


def _short(url: str) -> str:
    """An address without its parameters, and of a signed one only the beginning."""
    bare = url.partition("?")[0]
    return bare if len(bare) <= LONG_ADDRESS else f"{bare[:LONG_ADDRESS]}…"


def _size(number: int) -> str:
    """A number of bytes as people read it."""
    return f"{number} B" if number < 1000 else f"{number / 1024:.1f} KB"


