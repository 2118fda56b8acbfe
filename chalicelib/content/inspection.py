"""What a rendered message holds, looked at as a mail program or a spam filter would: links, pictures, subject, texts.

Pure: whether a link answers is not known here (see flows/link_checks.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from msgspec import Struct

from chalicelib.content.cleaning import MAX_URL
from chalicelib.domain.rendered import Rendered

CLIPPED_BY_GMAIL: Final = 102 * 1024
"""Bytes of HTML after which Gmail hides the rest, and with it the way out, behind "View entire message"."""
LONG_SUBJECT: Final = 60
"""Characters of a subject that most mail programs show on a desktop; phones show about 40."""
LONG_TITLE: Final = 50
"""Characters of a push's title that Android and iOS show on one line of a locked phone, about."""
LONG_BODY: Final = 150
"""Characters of a push's text that are shown before it is opened: four lines on iOS, about as many on Android."""
LEAST_WORDS_A_PICTURE: Final = 60
"""Characters of text for each picture, below which filters take a mail for one big picture."""
LEAST_TEXT_SHARE: Final = 0.2
"""How long a text part is at least, against the words of the HTML, to pass for the same mail."""

SHORTENERS: Final = frozenset({
    "bit.ly", "clck.ru", "cutt.ly", "goo.gl", "goo.su", "is.gd", "ow.ly", "rb.gy", "rebrand.ly", "t.co", "t.ly",
    "tiny.cc", "tinyurl.com", "vk.cc",
})
"""Public link shorteners: blocklists (Spamhaus DBL, "abused redirectors") mark mail that leads through them."""

Place = Literal["shop", "ours", "other", "mail", "phone"]
"""Where a link leads: the shop, the public pages of this system, elsewhere, a mailbox, a phone."""
Level = Literal["wrong", "doubtful"]


class Remark(Struct, frozen=True):
    """Something to mend (`wrong`) or to think over (`doubtful`); docs/templates.md says what each code means."""

    code: str
    level: Level = "doubtful"
    detail: str = ""


class SeenLink(Struct, frozen=True):
    """A link of a message: its words (of a picture the alt text), where it leads, its UTM marks, and what is wrong."""

    url: str
    part: str
    words: str
    place: Place
    marks: dict[str, str]
    remarks: tuple[Remark, ...]


class SeenPicture(Struct, frozen=True):
    """A picture of a mail. `alt` is None where the attribute is missing; an empty one says that it only decorates."""

    url: str
    alt: str | None
    width: str
    remarks: tuple[Remark, ...]


class Hosts(Struct, frozen=True):
    """The hosts that are the shop's own, and those of this system's public pages."""

    shop: frozenset[str]
    ours: frozenset[str]


class Inspection(Struct, frozen=True):
    """All that is seen in a message. `words` is the text of the HTML part as it is read."""

    links: tuple[SeenLink, ...]
    pictures: tuple[SeenPicture, ...]
    remarks: tuple[Remark, ...]
    words: str = ""


def inspected(rendered: Rendered, hosts: Hosts) -> Inspection:
    """What is in a rendered message of any channel."""
    if rendered.channel != "email":
        return _inspected_short(rendered, hosts)
    parser = _Mail()
    parser.feed(rendered.html)
    parser.close()
    words = " ".join("".join(parser.words).split())
    links = [_link(url, "html", text, hosts) for url, text in parser.links]
    links += [_link(url, "text", "", hosts) for url in urls_in(rendered.text)]
    pictures = tuple(_picture(url, alt, width) for url, alt, width in parser.pictures)
    return Inspection(tuple(links), pictures, tuple(_of_mail(rendered, words, len(pictures))), words)


def urls_in(text: str) -> list[str]:
    """The links of a plain text, in their order, without the punctuation after them."""
    return [found.rstrip(".,;:!?»)") for found in re.findall(r"https?://[^\s<>\"«]+", text)]


def same_site(one: str, other: str) -> bool:
    """Whether two hosts are one's, as far as names tell: one is below the other, or both end in the same two labels."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    ends = one.split(".")[-2:], other.split(".")[-2:]
    return ends[0] == ends[1] and len(ends[0]) == 2 and len(ends[0][0]) > 3


def _inspected_short(rendered: Rendered, hosts: Hosts) -> Inspection:
    links = [_link(url, "text", "", hosts) for url in urls_in(rendered.text or rendered.body)]
    if rendered.url:
        links.insert(0, _link(rendered.url, "link", "", hosts))
    pictures = (_picture(rendered.image, rendered.title, ""),) if rendered.image else ()
    remarks = []
    if len(rendered.title) > LONG_TITLE:
        remarks.append(Remark("title-long", detail=str(len(rendered.title))))
    if len(rendered.body) > LONG_BODY:
        remarks.append(Remark("body-long", detail=str(len(rendered.body))))
    return Inspection(tuple(links), pictures, tuple(remarks))


def _of_mail(rendered: Rendered, words: str, pictures: int) -> Iterator[Remark]:
    yield from _of_subject(rendered)
    size = len(rendered.html.encode())
    if size > CLIPPED_BY_GMAIL:
        yield Remark("clipped", "wrong", str(size))
    elif size > CLIPPED_BY_GMAIL * 0.9:
        yield Remark("nearly-clipped", detail=str(size))
    if not rendered.text.strip():
        yield Remark("text-missing", "wrong")
    elif len(rendered.text) < LEAST_TEXT_SHARE * len(words):
        yield Remark("text-short", detail=f"{len(rendered.text)} / {len(words)}")
    if pictures and len(words) < LEAST_WORDS_A_PICTURE * pictures:
        yield Remark("pictures-over-words", detail=f"{pictures} / {len(words)}")


def _of_subject(rendered: Rendered) -> Iterator[Remark]:
    subject = rendered.subject
    if len(subject) > LONG_SUBJECT:
        yield Remark("subject-long", detail=str(len(subject)))
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) > 5 and sum(letter.isupper() for letter in letters) > len(letters) * 0.7:
        yield Remark("subject-capitals")
    if subject.count("!") > 1:
        yield Remark("subject-exclamation")
    if not rendered.preheader:
        yield Remark("preheader-missing")


def _link(url: str, part: str, words: str, hosts: Hosts) -> SeenLink:
    remarks: list[Remark] = []
    parts = _parts(url)
    place: Place = "other"
    marks: dict[str, str] = {}
    if not url.strip() or url.strip() == "#":
        remarks.append(Remark("link-empty", "wrong"))
    elif parts is None:
        remarks.append(Remark("link-malformed", "wrong"))
    elif parts.scheme in ("mailto", "tel"):
        place = "mail" if parts.scheme == "mailto" else "phone"
    elif parts.scheme not in ("http", "https"):
        remarks.append(Remark("link-scheme", "wrong", parts.scheme or url[:40]))
    else:
        host = parts.hostname or ""
        place = _place(parts, hosts)
        marks = {name: value for name, value in parse_qsl(parts.query) if name.startswith("utm_")}
        remarks += _of_address(url, parts, host, place)
        if place == "shop" and not marks and part != "link":
            remarks.append(Remark("link-unmarked"))
    return SeenLink(url, part, " ".join(words.split())[:120], place, marks, tuple(remarks))


def _of_address(url: str, parts: SplitResult, host: str, place: Place) -> Iterator[Remark]:
    if parts.scheme == "http" and place != "ours":
        yield Remark("link-http")
    if host in SHORTENERS:
        yield Remark("link-shortener", "wrong", host)
    if re.fullmatch(r"[0-9.]+|\[?[0-9a-f:]+\]?", host) and place == "other":
        yield Remark("link-number", "wrong", host)
    if len(url) > MAX_URL:
        yield Remark("link-long", "wrong", str(len(url)))


def _place(parts: SplitResult, hosts: Hosts) -> Place:
    if parts.netloc in hosts.ours and re.match(r"/[a-z]/", parts.path):
        return "ours"
    host = parts.hostname or ""
    return "shop" if any(host == own or host.endswith(f".{own}") for own in hosts.shop) else "other"


def _parts(url: str) -> SplitResult | None:
    """The parts of a link, or None when it is none."""
    if url.lower().startswith("tel:"):
        url = url.replace(" ", "")  # every phone understands it, RFC 3966 or not
    if re.search(r"[\s<>\"{}|\\^`\x00-\x1f]", url.strip()):
        return None
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        return None
    return None if parts.scheme in ("http", "https") and not parts.hostname else parts


def _picture(url: str, alt: str | None, width: str) -> SeenPicture:
    remarks: list[Remark] = []
    parts = _parts(url)
    if alt is None:
        remarks.append(Remark("picture-alt", "wrong"))
    if parts is None or parts.scheme not in ("http", "https"):
        scheme = parts.scheme if parts else ""
        remarks.append(Remark("picture-data" if scheme == "data" else "picture-address", "wrong", url[:40]))
    elif parts.scheme == "http":
        remarks.append(Remark("picture-http"))
    if parts is not None and parts.path.lower().endswith(".svg"):
        remarks.append(Remark("picture-svg", "wrong"))
    return SeenPicture(url, alt, width, tuple(remarks))


class _Mail(HTMLParser):
    """Collects links with their words, pictures, and the words that are read; what is hidden is left out."""

    _SILENT: Final = frozenset({"style", "script", "title", "head"})
    _VOID: Final = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"})

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.pictures: list[tuple[str, str | None, str]] = []
        self.words: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._anchor: str | None = None
        self._said: list[str] = []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self._VOID:
            style = (given.get("style") or "").replace(" ", "").lower()
            self._open.append((tag, tag in self._SILENT or "display:none" in style))
        if tag == "a":
            self._anchor, self._said = given.get("href") or "", []
        elif tag == "img":
            alt = given["alt"] or "" if "alt" in given else None
            self.pictures.append((given.get("src") or "", alt, given.get("width") or ""))
            self._said.append(f" {alt or ''} ")
        elif tag in ("td", "p", "br", "div", "tr", "li", "h1", "h2", "h3"):
            self.words.append(" ")
            self._said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(name == tag for name, _ in self._open):
            if self._open.pop()[0] == tag:
                break
        if tag == "a" and self._anchor is not None:
            self.links.append((self._anchor, "".join(self._said)))
            self._anchor = None

    def handle_data(self, data: str) -> None:
        if any(silent for _, silent in self._open):
            return
        self.words.append(data)
        if self._anchor is not None:
            self._said.append(data)
