"""The rendering under way, as filters and the loader of templates need to know it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.content.link_marks import LinkMarks
from chalicelib.content.occasion import Lead
from chalicelib.content.sandbox import Budget, budget
from chalicelib.content.template_files import TemplateFiles


class Scope(Struct):
    """One rendering: its moment, language and time zone, the files it reads, and which of them in which version.

    `marks` are those of links to the shop, `shorten` makes the short link to a URL. `read` are the fields of the
    customer's profile that templates have read so far.
    """

    now: datetime
    locale: str
    zone: ZoneInfo
    files: TemplateFiles
    used: dict[str, str]
    marks: LinkMarks
    shorten: Lead
    read: set[str]


_scope: Final[ContextVar[Scope]] = ContextVar("rendering")


def scope() -> Scope:
    """The rendering under way."""
    return _scope.get()


@contextmanager
def rendering(under_way: Scope, seconds: float) -> Iterator[None]:
    """Let a rendering be the one under way, with a budget of its own: `seconds` are those of the processor."""
    scope_before, budget_before = _scope.set(under_way), budget.set(Budget(seconds))
    try:
        yield
    finally:
        _scope.reset(scope_before)
        budget.reset(budget_before)
