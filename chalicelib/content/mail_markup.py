"""MJML into the HTML that mail programs understand, by mrml; and where a mistake is, which mrml does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

from chalicelib.content.attribute_values import attributes_as_written
from chalicelib.content.sandbox import suggestion
from chalicelib.content.source_places import position_of
from chalicelib.content.template_files import TemplateFile
from chalicelib.domain.problems import MOST_TOLD, Problem
from chalicelib.errors import TemplateError

MAX_ELEMENTS: Final = 20_000
"""Tags of a printed document; a mail of 100 KB has some 2,000."""
MAX_NESTED: Final = 200
"""How deep elements may stand in each other. mrml is native code that recurses: at some thousands it ends the process
(an overflow of the stack), which no `except` can catch."""
_FEW: Final = 1000
"""Tags of a document that cannot stand deep enough to harm."""

_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
"""HTML elements that have no end tag (HTML Living Standard, 13.1.2)."""
_KNOWN: Final = frozenset({
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font",
    "mj-html-attributes", "mj-preview", "mj-style", "mj-title", "mj-accordion", "mj-accordion-element",
    "mj-accordion-text", "mj-accordion-title", "mj-button", "mj-carousel", "mj-carousel-image", "mj-column",
    "mj-divider", "mj-group", "mj-hero", "mj-image", "mj-navbar", "mj-navbar-link", "mj-raw", "mj-section", "mj-social",
    "mj-social-element", "mj-spacer", "mj-table", "mj-text", "mj-wrapper",
})
"""The elements of MJML 4 (documentation.mjml.io) but `mj-include`: files are included by Jinja."""
_REFUSED: Final = frozenset({
    "script", "iframe", "frame", "frameset", "object", "embed", "applet", "form", "input", "button", "select",
    "textarea", "base",
})
"""Elements that mail programs take out, and for which filters take a mail for an attack (Gmail, "CSS support"; the
sanitising that MJML leaves to its users)."""

_TAG: Final = re.compile(r"<(/?)([^\s<>/!?\"'=]+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_OPENING: Final = re.compile(r"\{[{%#]")
_CLOSING: Final = {"{{": "}}", "{%": "%}", "{#": "#}"}

VALUE: Final = "\ue000"
"""Stands for each character of `{{ … }}` in a file looked at as markup (a code point for private use)."""
TAG: Final = "\ue001"
"""Stands for each character of `{% … %}` and `{# … #}`."""


def compile_mjml(markup: str, name: str, sources: Iterable[TemplateFile]) -> str:
    """The HTML of a printed MJML document. `sources` are the files it was printed from, looked at only on a mistake.

    Raises TemplateError with file and line.
    """
    from mjml import mjml2html  # 2 MB of native code, wanted by the sender alone

    _refuse_deep(markup, name)
    try:
        return attributes_as_written(mjml2html(markup, fonts={}, disable_comments=True))
    except ValueError as error:
        for file in sources:
            if file.name.endswith(".mjml"):
                check_markup(file)
        raise TemplateError(f"is not MJML: {error}", file=name, line=1) from error


def _refuse_deep(markup: str, name: str) -> None:
    count = markup.count("<")
    if count <= _FEW:
        return
    if count > MAX_ELEMENTS:
        raise TemplateError(f"makes more than {MAX_ELEMENTS:,} elements", file=name, line=1)
    depth = deepest = found = 0
    for tag in _TAG.finditer(markup):
        found += 1
        if tag[1]:
            depth -= 1
        elif not tag[3].endswith("/") and tag[2].lower() not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    loose = count - found - markup.count("<!") - markup.count("<?")
    if deepest + loose > MAX_NESTED:
        raise TemplateError(f"nests elements more than {MAX_NESTED} deep, or closes none", file=name, line=1)


def check_markup(file: TemplateFile) -> None:
    """Raise TemplateError at the first element of a file that is unknown, refused, not closed or closed twice."""
    for problem in markup_problems(file):
        raise TemplateError(problem.text, file=file.name, line=problem.line, column=problem.column)


def markup_problems(file: TemplateFile) -> list[Problem]:
    """All elements of a file that are unknown, refused, not closed or closed twice.

    Looks at the file as written: each file closes what it opens, which `extends` and `block` allow for.
    """
    checker = _Elements(file)
    checker.feed(masked(file.text))
    checker.close()
    for element, line, column in checker.open:
        checker.tell(line, column, f"<{element}> is not closed")
    return checker.problems


def masked(text: str) -> str:
    """The text with Jinja's tags put out of sight: other characters in their place, line for line.

    A plain walk: a pattern would look for the end of each of a hundred thousand tags that have none.
    """
    pieces: list[str] = []
    done, endless = 0, set()
    for opening in _OPENING.finditer(text):
        closing = _CLOSING[opening[0]]
        if opening.start() < done or closing in endless:
            continue
        end = text.find(closing, opening.end())
        if end < 0:
            endless.add(closing)
            continue
        mark = VALUE if opening[0] == "{{" else TAG
        hidden = re.sub(r"[^\n]", mark, text[opening.start() : end + 2])
        pieces += [text[done : opening.start()], hidden]
        done = end + 2
    return "".join((*pieces, text[done:]))


class _Elements(HTMLParser):
    def __init__(self, file: TemplateFile) -> None:
        super().__init__(convert_charrefs=False)
        self.file = file
        self.open: list[tuple[str, int, int]] = []
        self.problems: list[Problem] = []
        for made in re.finditer(rf"</?[{VALUE}{TAG}]", masked(file.text)):
            self.tell(*position_of(file.text, made.start()), "the name of an element must be written out")

    def tell(self, line: int, column: int, text: str) -> None:
        if len(self.problems) <= MOST_TOLD:
            self.problems.append(Problem(f"templates/{self.file.name}", line, text, column=column))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._known(tag, attrs)
        if tag not in _VOID:
            self.open.append((tag, *self._place()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._known(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        line, column = self._place()
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        elif any(element == tag for element, _, _ in self.open):
            while (opened := self.open.pop())[0] != tag:
                meant = f"</{tag}> closes nothing; <{opened[0]}> of line {opened[1]} is still open"
                self.tell(line, column, meant)
        else:
            meant = f"; <{self.open[-1][0]}> of line {self.open[-1][1]} is still open" if self.open else ""
            self.tell(line, column, f"</{tag}> closes nothing{meant}")

    def handle_decl(self, decl: str) -> None:
        self._refuse_declaration(decl)

    def unknown_decl(self, data: str) -> None:
        self._refuse_declaration(data)

    def handle_pi(self, data: str) -> None:
        self._refuse_declaration(data)

    def _refuse_declaration(self, text: str) -> None:
        if text.strip().lower() != "doctype html":
            self.tell(*self._place(), "declarations (`<!…>`, `<?…>`) are not for MJML; take this one out")

    def _known(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self._place()
        if tag == "mj-include":
            text = "MJML has no <mj-include> here; write {% include \"blocks/…\" %}"
            self.tell(line, column, text)
        elif tag.startswith("mj") and tag not in _KNOWN:
            self.tell(line, column, f"MJML has no <{tag}>{suggestion(tag, _KNOWN)}")
        elif tag in _REFUSED:
            self.tell(line, column, f"<{tag}> is not for mails: mail programs take it out, and filters suspect it")
        for name, _ in attrs:
            bare = name.strip(TAG)
            at = self._place_of(name)
            if VALUE in name:
                self.tell(*at, "the name of an attribute must be written out")
            elif re.fullmatch(r"on[a-z]+", bare):
                self.tell(*at, f"`{bare}` runs a script, which no mail program does; take it out")
            elif bare in ("srcdoc", "http-equiv", "formaction"):
                self.tell(*at, f"`{bare}` is not for mails; take it out")

    def _place(self) -> tuple[int, int]:
        line, before = self.getpos()
        return line, before + 1

    def _place_of(self, attribute: str) -> tuple[int, int]:
        """Where an attribute of the element just begun stands."""
        line, column = self._place()
        written = self.get_starttag_text() or ""
        found = re.search(rf"(?<![\w-]){re.escape(attribute)}(?![\w-])", written[1:], re.IGNORECASE)
        if found is None:
            return line, column
        within = position_of(written, found.start() + 1)
        return line + within[0] - 1, within[1] + (column - 1 if within[0] == 1 else 0)
