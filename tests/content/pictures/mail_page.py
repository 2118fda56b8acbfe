"""A page of Chromium that mails are opened in, as wide as a telephone or a computer shows them, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, Route

from infra.local.sample_photos import sample_photo

Scheme = Literal["light", "dark"]

TELEPHONE: Final = 320
"""CSS px, the narrowest that WCAG 2.2 asks for (1.4.10 Reflow) and that telephones have."""
COMPUTER: Final = 640
"""CSS px: the mail's own 600 and some of the page around it."""
MODES: Final[tuple[tuple[int, Scheme], ...]] = tuple(
    (width, scheme) for width in (TELEPHONE, COMPUTER) for scheme in ("light", "dark")
)

HERE: Final = Path(__file__).parent
_CHECKS: Final = (HERE / "mail_checks.js").read_text("utf-8")
_OUTLINE: Final = (HERE / "mail_outline.js").read_text("utf-8")
_LIMITS: Final = {
    "fonts": {"text": 14, "label": 13},
    "target": 44,
    "contrast": {"plain": 4.5, "large": 3},
}


class MailPage:
    """One page for one mail after another: opening a new one takes longer than a mail."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def show(self, html: str, width: int, scheme: Scheme) -> None:
        """Open a mail; its pictures are there when this returns."""
        self.turn(width, scheme)
        self._page.set_content(html, wait_until="load")

    def turn(self, width: int, scheme: Scheme) -> None:
        """Show the open mail at another width, in px, or in the other colours."""
        self._page.set_viewport_size({"width": width, "height": 800})
        self._page.emulate_media(color_scheme=scheme)

    def wrong(self) -> list[str]:
        """What is wrong with the mail as it is shown now (mail_checks.js says what is looked at)."""
        return list(self._page.evaluate(_CHECKS, _LIMITS))

    def outline(self) -> list[str]:
        """How the mail is laid out now: a line for each row of columns (see mail_outline.js)."""
        return list(self._page.evaluate(_OUTLINE))

    def keep(self, file: Path) -> None:
        """Keep the whole mail as a picture."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._page.screenshot(path=file, full_page=True, animations="disabled")


@contextmanager
def mail_page(browser: Browser, *, pictures: bool = True) -> Iterator[MailPage]:
    """A page for mails. Nothing leaves the machine: the samples' photos are drawn, any other request fails.

    Without `pictures` no photo can be had, as where a mail program does not load them.
    """
    context = browser.new_context(java_script_enabled=True, device_scale_factor=1)

    def answer(route: Route) -> None:
        photo = sample_photo(route.request.url) if pictures else None
        if photo is not None:
            route.fulfill(body=photo, content_type="image/svg+xml")
        else:
            route.abort()

    context.route("**/*", answer)
    try:
        yield MailPage(context.new_page())
    finally:
        context.close()
