"""The frame of every page for people: one look, two languages, a strict content policy, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.console.wording import LANGUAGES, Wording

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).with_name("pages")
"""Templates, stylesheet and script."""

CONTENT_POLICY = "; ".join((
    "default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self' https: data:", "connect-src 'self'",
    "frame-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))
"""Only our own stylesheet and script; pictures of products come from the shop's own servers."""

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""The headers of every page."""


@dataclass(frozen=True)
class Place:
    """A link of the navigation."""

    path: str
    label: str


@dataclass(frozen=True)
class ClockFace:
    """The clock on a laptop's pages: the time when the page was made, how fast it runs, how far it can be moved.

    `left` is how much of the last move is still to come.
    """

    now: datetime
    speed: float
    zone: str
    spans: tuple[str, ...] = ()
    left: timedelta = timedelta(0)

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone in which the clock is shown."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True)
class Frame:
    """What surrounds a page: its language, where it can lead, and (on a laptop) the clock.

    `path` is the page's own address, for the switch of languages; `folders` hold templates besides the console's.
    """

    words: Wording
    path: str = ""
    places: tuple[Place, ...] = ()
    clock: ClockFace | None = None
    folders: tuple[Path, ...] = ()
    customers_path: str = "/customers"

    def render(self, template: str, *, title: str, **values: Any) -> str:
        """The page as HTML, all values escaped."""
        page = _environment((*self.folders, FOLDER)).get_template(template)
        return page.render(frame=self, words=self.words, languages=LANGUAGES, title=title, **values)


def render_problem(frame: Frame, title: str, text: str) -> str:
    """A page that says what is wrong and where to go on."""
    return frame.render("problem.html", title=title, text=text)


@lru_cache(maxsize=4)
def _environment(folders: Sequence[Path]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # a webhook needs no pages

    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
