"""The public pages and the mails in headless Chromium: by keyboard, on a small screen, light and dark."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.test import Client

from chalicelib.domain.customer import Customer
from tests.api.application import wsgi
from tests.content.places import render_shipped, shipped_messages
from tests.pages.conftest import Token
from tests.pages.test_public_pages import told

pytestmark = pytest.mark.browser

SCREENS = [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")]


@pytest.fixture
def address(pages: Client) -> Iterator[str]:
    """The pages served over HTTP on loopback."""
    server = make_server("127.0.0.1", 0, wsgi, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@contextmanager
def opened(browser: Browser, width: int = 1280, scheme: str = "light", locale: str = "ru-RU") -> Iterator[Page]:
    """An empty page without pictures; whatever the browser complains of, but a refused request, fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", locale=locale,
    )
    page = context.new_page()
    page.route("**/*.jpg", lambda route: route.abort())
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [complaint for complaint in complaints if not complaint.startswith("Failed to load resource")] == []


def contrast(page: Page, selector: str) -> float:
    """The contrast of an element's text with what is behind it (WCAG 2.2, 1.4.3)."""
    ratio: float = page.evaluate("""selector => {
        const parse = text => text.match(/[\\d.]+/g).map(Number);
        const light = colour => { const [r, g, b] = colour.slice(0, 3).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const element = document.querySelector(selector);
        const front = light(parse(getComputedStyle(element).color));
        let behind = element, colour;
        do { colour = parse(getComputedStyle(behind).backgroundColor); behind = behind.parentElement; }
        while (behind && colour.length === 4 && colour[3] === 0);
        const back = light(colour);
        return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    }""", selector)
    return ratio


def test_unsubscribing_by_keyboard(browser: Browser, address: str, token: Token) -> None:
    with opened(browser) as page:
        page.goto(f"{address}/u/{token()}")
        assert page.title().startswith("Отписаться от рассылок")
        page.keyboard.press("Tab")  # the shop's name
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "BUTTON"
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.get_by_role("heading", name="Вы отписаны").is_visible()
    assert told() == [("consent.withdrawn", "email", "*", "unsubscribe-page")]


def test_choosing_by_keyboard(browser: Browser, address: str, anna: Customer, token: Token) -> None:
    with opened(browser, locale="en-GB") as page:
        page.goto(f"{address}/p/{token(purpose='preferences')}")
        assert page.get_by_role("group", name="Email").is_visible()
        box = page.get_by_role("checkbox", name="News and new arrivals")
        assert box.is_checked()
        box.focus()
        page.keyboard.press("Space")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.get_by_role("status").inner_text() == "Saved."
        assert not page.get_by_role("checkbox", name="News and new arrivals").is_checked()
        assert page.get_by_role("checkbox", name="Cart reminders").is_checked()
    assert told() == [("consent.withdrawn", "email", "news", "preferences-page")]


def test_stopping_everything_with_the_mouse(browser: Browser, address: str, anna: Customer, token: Token) -> None:
    with opened(browser, locale="en-GB") as page:
        page.goto(f"{address}/u/{token()}")
        page.get_by_role("link", name="Choose what to receive instead").click()
        page.get_by_role("button", name="Stop everything").click()
        assert page.get_by_role("status").is_visible()
        assert page.locator("input:checked").count() == 0
    assert told() == [("consent.withdrawn", "email", "*", "preferences-page")]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_pages_fit_the_screen_and_can_be_read(  # noqa: PLR0917  (fixtures)
    browser: Browser, address: str, anna: Customer, token: Token, width: int, scheme: str,
) -> None:
    with opened(browser, width, scheme) as page:
        for path in (f"/u/{token()}", f"/p/{token(purpose='preferences')}", "/u/forged"):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for selector in ("h1", "main p:nth-of-type(2)", ".muted a", "legend", "label", "button", "button.quiet"):
                if page.locator(selector).count():
                    assert contrast(page, selector) >= 4.5, selector
        assert page.locator("main").evaluate("main => getComputedStyle(main).maxWidth") == "560px"  # the style applies


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_mails_fit_the_screen_and_can_be_read_without_pictures(browser: Browser, width: int, scheme: str) -> None:
    with opened(browser, width, scheme) as page:
        for name in (name for name, message in shipped_messages().items() if "email" in message.channels):
            page.set_content(render_shipped(name, "email").html)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for selector in (".heading div", ".ink p", ".muted p", ".action a", ".lines strong", ".code td"):
                if page.locator(selector).count():
                    assert contrast(page, selector) >= 4.5, (name, selector)
