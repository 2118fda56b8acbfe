"""MJML into the HTML that mail programs understand, by mrml; and where a mistake is, which mrml does not tell."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

from chalicelib.content.template_files import TemplateFile
from chalicelib.errors import TemplateError

_VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta"})
"""HTML elements that have no end tag (HTML Living Standard, 13.1.2)."""
_KNOWN: Final = frozenset({
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font",
    "mj-html-attributes", "mj-preview", "mj-style", "mj-title", "mj-accordion", "mj-accordion-element",
    "mj-accordion-text", "mj-accordion-title", "mj-button", "mj-carousel", "mj-carousel-image", "mj-column",
    "mj-divider", "mj-group", "mj-hero", "mj-image", "mj-navbar", "mj-navbar-link", "mj-raw", "mj-section", "mj-social",
    "mj-social-element", "mj-spacer", "mj-table", "mj-text", "mj-wrapper",
})
"""The elements of MJML 4 (documentation.mjml.io) but `mj-include`: files are included by Jinja."""


def compile_mjml(markup: str, name: str, sources: Iterable[TemplateFile]) -> str:
    """The HTML of a printed MJML document. `sources` are the files it was printed from, looked at only on a mistake.

    Raises TemplateError with file and line.
    """
    from mjml import mjml2html  # 2 MB of native code, wanted by the sender alone

    try:
        return mjml2html(markup, fonts={}, disable_comments=True)
    except ValueError as error:
        for file in sources:
            if file.name.endswith(".mjml"):
                check_markup(file)
        raise TemplateError(f"templates/{name}:1: is not MJML: {error}") from error


def check_markup(file: TemplateFile) -> None:
    """Raise TemplateError at the first element of a file that is unknown, not closed or closed twice.

    Looks at the file as written: each file closes what it opens, which `extends` and `block` allow for.
    """
    checker = _Elements(file.name)
    checker.feed(file.text)
    checker.close()
    if checker.open:
        element, line = checker.open[-1]
        raise TemplateError(f"templates/{file.name}:{line}: <{element}> is not closed")


class _Elements(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._known(tag)
        if tag not in _VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._known(tag)

    def handle_endtag(self, tag: str) -> None:
        line = self.getpos()[0]
        if not self.open or self.open[-1][0] != tag:
            meant = f"; <{self.open[-1][0]}> of line {self.open[-1][1]} is still open" if self.open else ""
            raise TemplateError(f"templates/{self.name}:{line}: </{tag}> closes nothing{meant}")
        self.open.pop()

    def _known(self, tag: str) -> None:
        if tag.startswith("mj") and tag not in _KNOWN:
            raise TemplateError(f"templates/{self.name}:{self.getpos()[0]}: MJML has no <{tag}>")
