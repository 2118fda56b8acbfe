"""The form of the links and pictures of a mail: what leads nowhere, what mail programs do not follow or show.

Links that stand in a file as they are, are looked at there. Those that are worked out are known only once they are
printed: `stamped` notes beside each where it stands in its file, and `printed_problems` reads both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from chalicelib.content.mail_markup import TAG, VALUE, masked
from chalicelib.content.source_places import position_of
from chalicelib.content.template_files import TemplateFile
from chalicelib.domain.problems import MOST_TOLD, Problem, Severity

_LINKS: Final = ("href", "src", "background-url", "background", "action")
"""The attributes of MJML and HTML that hold links."""
_PICTURES: Final = frozenset({"src", "background-url", "background"})
_NEEDS_ALT: Final = frozenset({"img", "mj-image", "mj-carousel-image"})
_SCRIPTS: Final = frozenset({"javascript", "vbscript", "data", "file", "blob", "about"})
_PLACEHOLDERS: Final = re.compile(
    r"(.+\.)?(example\.(com|org|net|edu)|(your|my)-?(domain|shop|site|company)\.\w+|domain\.(com|tld|ru)|localhost)"
    r"|.+\.(example|test|invalid|localhost)|127\.\d+\.\d+\.\d+"
)
"""Hosts that nobody owns (RFC 2606), and what guides write in their place."""
_FOREIGN: Final = re.compile(r"\*\|[\w:]+\|\*|%%\w+%%|\$\{\w+\}|\[\[\w+\]\]")
"""How other systems write a value: Mailchimp, Salesforce and UniSender, JavaScript, Bitrix."""
_URL: Final = re.compile(rf"https?://[^\s\"'<>(){VALUE}{TAG}]+")
_PLACES: Final = "selvedge-places"
"""The attribute that notes where the links of an element stand."""
_STAMPED: Final = re.compile(rf"""<[\w-]+ {_PLACES}="([^"]*)"((?:[^<>"']|"[^"]*"|'[^']*')*)""")
_STAMP: Final = re.compile(rf' {_PLACES}="[^"]*"')
_ATTRIBUTE: Final = re.compile(r"""(?<![\w-])([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

Fault = tuple[Severity, str]


def link_fault(link: str, *, picture: bool = False) -> Fault | None:
    """What is wrong (`error`) or doubtful (`warning`) in the form of a link, if anything."""
    what = "the picture's address" if picture else "the link"
    bare = link.strip()
    if not bare or bare.startswith("#"):
        return "error", f"{what} is empty and shows nothing" if picture else f"{what} leads nowhere"
    if "{{" in bare or "{%" in bare:
        return "error", f"{what} holds a tag that was not filled in: {_short(bare)}"
    if re.search(r"\s", bare) and not re.match(r"(tel|sms):", bare):  # phones leave the spaces of a number out
        return "error", f"{what} has a space in it: {_short(bare)}; write %20"
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)", bare)
    if scheme is None:
        if re.match(r"//|www\.|[\w-]+(\.[\w-]+)+(/|:|$)", bare):
            return "error", f"{what} has no scheme: write https:{'' if bare.startswith('//') else '//'}{_short(bare)}"
        return "error", f"{what} is relative: {_short(bare)}; write a whole one, as {{{{ shop.url }}}}/…"
    name = scheme[1].lower()
    if name in _SCRIPTS:
        if picture and name == "data":
            return "warning", "a picture inside the mail (`data:`) is not shown by Gmail and Outlook; give its address"
        return "error", f"{what} begins with `{name}:`, which no mail program follows"
    if name in ("http", "https"):
        return _web_fault(bare, name, what, picture=picture)
    return None


def _web_fault(link: str, scheme: str, what: str, *, picture: bool) -> Fault | None:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        host = ""
    if not host:
        return "error", f"{what} names no site: {_short(link)}"
    if picture and scheme == "http":
        return "warning", f"{what} is not secure: {_short(link)}; write https, or some mail programs do not show it"
    return None


def _short(link: str) -> str:
    return link if len(link) <= 80 else f"{link[:79]}…"


def source_problems(file: TemplateFile, shop_url: str) -> list[Problem]:
    """What can be told of a file's links as they are written, and of its pictures without words (`alt`)."""
    found: list[Problem] = []

    def tell(offset: int, fault: Fault) -> None:
        if len(found) > MOST_TOLD:
            return
        line, column = position_of(file.text, offset)
        found.append(Problem(f"templates/{file.name}", line, fault[1], fault[0], column))

    hidden = masked(file.text)
    if file.name.endswith(".mjml"):
        for element in _elements(hidden):
            for name, value, offset in element.links:
                fault = None if _computed(value) else link_fault(unescape(value), picture=name in _PICTURES)
                if fault is not None:
                    tell(offset, fault)
            if element.tag in _NEEDS_ALT and element.links and not element.has_alt:
                tell(element.offset, ("warning", f"<{element.tag}> has no `alt`: words for those who see no pictures"))
    own = urlsplit(shop_url).hostname or ""
    for url in _URL.finditer(hidden):
        host = re.split(r"[/:?#]", url[0].partition("//")[2], maxsplit=1)[0].lower()
        if _PLACEHOLDERS.fullmatch(host) and host != own and not host.endswith(f".{own}"):
            tell(url.start(), ("warning", f"{host} is a placeholder, not a site; did you mean {{{{ shop.url }}}}?"))
    for mark in _FOREIGN.finditer(hidden):
        tell(mark.start(), ("warning", f"{mark[0]} is printed as it is; values are written as {{{{ … }}}} here"))
    return found


def stamped(file: TemplateFile) -> str:
    """The file's text, with the place of each link that is worked out noted beside it. Lines stay as they are."""
    pieces: list[str] = []
    done = 0
    for element in _elements(masked(file.text)):
        computed = [(name, offset) for name, value, offset in element.links if _computed(value)]
        if not computed:
            continue
        end = element.offset + 1 + len(element.tag)
        noted = ",".join(":".join(map(str, (name, *position_of(file.text, offset)))) for name, offset in computed)
        pieces += [file.text[done:end], f' {_PLACES}="{file.name},{noted}"']
        done = end
    return "".join((*pieces, file.text[done:]))


def unstamped(markup: str) -> str:
    """The printed markup as it goes out: without what `stamped` noted."""
    return _STAMP.sub("", markup)


def printed_problems(markup: str) -> Iterator[Problem]:
    """What is wrong in the links that were worked out, in a markup printed from stamped files."""
    for element in _STAMPED.finditer(markup):
        file, *places = element[1].split(",")
        given = {name: unescape(one or other) for name, one, other in _ATTRIBUTE.findall(element[2])}
        for place in places:
            name, line, column = place.split(":")
            fault = link_fault(given[name], picture=name in _PICTURES) if name in given else None
            if fault is not None:
                yield Problem(f"templates/{file}", int(line), fault[1], fault[0], int(column))


def _computed(value: str) -> bool:
    return VALUE in value or TAG in value


class _Element:
    """An element of a file: where it begins, and its links with the places of their values."""

    __slots__ = ("has_alt", "links", "offset", "tag")

    def __init__(self, tag: str, offset: int) -> None:
        self.tag, self.offset, self.has_alt = tag, offset, False
        self.links: list[tuple[str, str, int]] = []


def _elements(hidden: str) -> list[_Element]:
    reader = _Reader(hidden)
    reader.feed(hidden)
    reader.close()
    return reader.elements


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.elements: list[_Element] = []
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, before = self.getpos()
        element = _Element(tag, self._starts[line - 1] + before)
        written = self.get_starttag_text() or ""
        for raw, value in attrs:
            name = raw.strip(TAG)
            element.has_alt |= name == "alt"
            if name in _LINKS:
                found = re.search(rf"(?<![\w-]){re.escape(name)}\s*=?\s*[\"']?", written[1:], re.IGNORECASE)
                offset = element.offset + 1 + (found.start() if found else 0)
                element.links.append((name, value or "", offset))
        self.elements.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
