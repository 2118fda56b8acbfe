"""A rendered mail taken apart, as a reader meets it: its words, links and pictures in their order."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LINES = frozenset({"p", "div", "td", "th", "tr", "table", "br", "h1", "h2", "h3", "li", "blockquote"})
"""Elements that begin and end a line of the outline."""
_UNREAD = frozenset({"head", "style", "title", "script"})


class Page(HTMLParser):
    """The texts, links, pictures, elements and attributes of a mail, and its outline.

    The outline is a list of lines: words as they stand, `[words] → link`, `(alt text) picture`.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.elements: set[str] = set()
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.outline: list[str] = []
        self._line: list[str] = []
        self._link: tuple[str, int] | None = None
        self._unread = 0
        self.feed(html)
        self.close()
        self._end_line()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        self.elements.add(tag)
        self.attributes |= set(fields)
        self._unread += tag in _UNREAD
        if tag in _LINES and self._link is None:
            self._end_line()
        if tag == "a":
            self.links.append(fields.get("href") or "")
            self._link = (self.links[-1], len(self._line))
        if tag == "img":
            self.pictures.append(fields)
            self._line.append(f"({fields.get('alt') or ''}) {fields.get('src')} ")

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD
        if tag == "a" and self._link is not None:
            link, begins = self._link
            words = " ".join("".join(self._line[begins:]).split())
            self._line[begins:] = [f"[{words}] → {link} "]
            self._link = None
        if tag in _LINES and self._link is None:
            self._end_line()

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if not self._unread:
            self._line.append(data)

    def _end_line(self) -> None:
        line = " ".join("".join(self._line).split())
        if line:
            self.outline.append(line)
        self._line = []

    @property
    def targets(self) -> list[str]:
        """Where the links lead, without the marks that every link to the shop gets at its end."""
        return [re.sub(r"[?&]utm_source=.*", "", link) for link in self.links]

    @property
    def text(self) -> str:
        """All words on one line."""
        return " ".join(" ".join(self.words).split())
