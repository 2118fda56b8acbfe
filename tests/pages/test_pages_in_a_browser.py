"""The public pages and the mails in headless Chromium: by keyboard, on a small screen, light and dark."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.test import Client

from chalicelib import clock
from chalicelib.content import links
from chalicelib.domain.customer import Customer
from chalicelib.storage import log
from tests.api.application import wsgi
from tests.content.places import render_shipped, shipped_messages
from tests.pages.conftest import Token
from tests.pages.test_public_pages import told

pytestmark = pytest.mark.browser

PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
"""What a person's Chromium says it is; the tests' says that it has no head."""
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
def opened(
    browser: Browser, width: int = 1280, scheme: str = "light", locale: str = "ru-RU", *, by_person: bool = False,
    script: bool = True,
) -> Iterator[Page]:
    """An empty page without pictures; whatever the browser complains of, but a refused request, fails the test.

    A browser is a person's when it says so and does not own to being driven.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light", locale=locale,
        user_agent=PERSON if by_person else None, java_script_enabled=script,
    )
    if by_person:
        context.add_init_script("Object.defineProperty(navigator, 'webdriver', {get: () => false})")
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


def survey(token: Token, score: str = "") -> str:
    """The address of a survey asked an hour ago."""
    expires_at = clock.now() - timedelta(hours=1) + links.VALID["survey"]
    signed = token(purpose="survey", about=("nps", "1024"), expires_at=expires_at)
    return f"/s/{signed}?score={score}" if score else f"/s/{signed}"


def answers() -> list[tuple[str, int]]:
    """What the log has of Anna's answers."""
    return [(event.name, event.data["score"]) for entry in log.history("0anna") for event in entry.events]


def test_a_click_on_a_number_is_an_answer_and_a_comment_may_follow(
    browser: Browser, address: str, anna: Customer, token: Token,
) -> None:
    with opened(browser, locale="en-GB", by_person=True) as page:
        page.goto(address + survey(token, "4"))
        page.get_by_role("heading", name="Thank you").wait_for()
        assert page.get_by_role("status").inner_text() == "We have noted your 4. You can still change it."
        assert answers() == [("survey.answered", 4)]
        page.get_by_role("radio", name="6", exact=True).check()
        page.get_by_role("textbox", name="Why is that?").fill("The sleeves are short")
        page.get_by_role("button", name="Send").click()
        page.get_by_text("We read every word.").wait_for()
    assert answers() == [("survey.answered", 4), ("survey.answered", 6), ("survey.commented", 6)]


@pytest.mark.parametrize("script", [True, False])
def test_a_driven_browser_and_one_without_scripts_have_a_button(
    browser: Browser, address: str, anna: Customer, token: Token, script: bool,
) -> None:
    with opened(browser, locale="en-GB", script=script) as page:
        page.goto(address + survey(token, "9"))
        page.wait_for_load_state("networkidle")
        assert answers() == []
        page.get_by_role("button", name="Send").click()
        page.get_by_role("heading", name="Thank you").wait_for()
    assert answers() == [("survey.answered", 9)]


def test_answering_by_keyboard(browser: Browser, address: str, anna: Customer, token: Token) -> None:
    with opened(browser, locale="en-GB") as page:
        page.goto(address + survey(token))
        page.keyboard.press("Tab")  # the shop's name
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert answers() == [("survey.answered", 8)]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_pages_fit_the_screen_and_can_be_read(  # noqa: PLR0917  (fixtures)
    browser: Browser, address: str, anna: Customer, token: Token, width: int, scheme: str,
) -> None:
    with opened(browser, width, scheme) as page:
        asked = survey(token, "9")
        for path in (f"/u/{token()}", f"/p/{token(purpose='preferences')}", "/u/forged", asked):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for selector in ("h1", "main p:nth-of-type(2)", ".muted a", "legend", "label", "button", "button.quiet",
                             ".ends", "input:checked + span", "input:not(:checked) + span"):
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
