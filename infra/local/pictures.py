"""`python -m infra.local.pictures`: take the pictures of docs/templates.md anew, from the templates as they are.

Wants Chromium (`/usr/bin/chromium`, or CHROMIUM=path) and Playwright, which is in requirements-dev.txt.
"""

from __future__ import annotations

import base64
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.options import REPOSITORY
from infra.local.preview import start
from infra.local.template_pages import PATH

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = REPOSITORY / "docs" / "pictures"
LARGEST = 60 * 1024
"""Bytes of a picture: a guide is read over slow lines too."""
QUALITIES = (80, 65, 50, 35, 20)
"""Of WebP, the first that is small enough."""

PAGES: dict[str, tuple[str, int, int]] = {
    "gallery": (f"{PATH}?lang=en&locale=en", 1180, 760),
    "message": (f"{PATH}/cart-reminder?lang=en&locale=en&channel=email", 1180, 900),
    "dark-phone": (f"{PATH}/order-confirmation?lang=en&locale=en&channel=email&scheme=dark&width=375", 1180, 900),
    "sms": (f"{PATH}/inactive-code?lang=en&locale=en&channel=sms", 1180, 760),
}
"""By name: the address, and width and height in CSS pixels."""
MISTAKE = ("mistake", f"{PATH}/cart-reminder?lang=en&locale=en&channel=email", 1180, 620)
BROKEN = "templates/cart-reminder/email.en.txt"


def main() -> int:
    """Take all pictures into docs/pictures/."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox", "--disable-gpu"],
        )
        _take(chromium, REPOSITORY, PAGES)
        _take(chromium, _with_a_mistake(Path(folder)), {MISTAKE[0]: MISTAKE[1:]})
        chromium.close()
    for picture in sorted(FOLDER.glob("*.webp")):
        print(f"{picture.relative_to(REPOSITORY)}  {picture.stat().st_size / 1024:.0f} KB")
    return 0


def _take(chromium: Browser, folder: Path, pages: dict[str, tuple[str, int, int]]) -> None:
    server, _ = start(folder, 0)
    try:
        for name, (path, width, height) in pages.items():
            page = chromium.new_page(viewport={"width": width, "height": height}, color_scheme="light")
            page.goto(server.url + path, wait_until="networkidle")
            session = page.context.new_cdp_session(page)
            for quality in QUALITIES:
                shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
                body = base64.b64decode(shot["data"])
                if len(body) <= LARGEST:
                    break
            (FOLDER / f"{name}.webp").write_bytes(body)
            page.close()
    finally:
        server.stop()


def _with_a_mistake(folder: Path) -> Path:
    """The templates with a field misspelt in one of them."""
    for name in ("templates", "schedules"):
        shutil.copytree(REPOSITORY / name, folder / name)
    broken = folder / BROKEN
    text = broken.read_text("utf-8")
    assert "{{ customer|greeting }}" in text
    broken.write_text(text.replace("{{ customer|greeting }}", "Hello {{ customer.firstname }},"), "utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
