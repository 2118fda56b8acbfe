"""The pages in a real browser: they work, fit a phone, follow the content policy, and speak both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.local.running import Run
from tests.local.watched_page import watched_page

pytestmark = [pytest.mark.browser, pytest.mark.ministack, pytest.mark.slow]

PATIENCE = 120_000
"""Milliseconds to wait for what comes by itself: the machine may be busy with other tests."""


@pytest.fixture
def page(browser: Any, shared_run: Run) -> Iterator[Any]:
    with watched_page(browser, shared_run.url, PATIENCE) as opened:
        yield opened


def sign_up(page: Any) -> str:
    email = f"anna-{uuid4().hex[:6]}@example.com"
    page.goto("/shop")
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_text("Signed up as").wait_for()
    return email


def move_on(page: Any, span: str) -> None:
    page.locator(".clock summary").click()
    page.get_by_role("button", name=f"+ {span}").click()
    page.get_by_text("moving on…").wait_for(state="hidden")


def test_a_cart_left_behind_brings_a_reminder_with_its_pieces(page: Any) -> None:
    email = sign_up(page)
    # The welcome is the one marketing mail of its day.
    move_on(page, "1 day")
    page.locator("#selvedge-jeans").get_by_role("button", name="Add to cart").click()
    page.locator(".basket").get_by_text("Selvedge jeans").wait_for()
    move_on(page, "1 day")
    page.goto(f"/outbox?to={email}")
    page.get_by_text("You left something in your cart").first.click()
    page.frame_locator("iframe.mail").get_by_text("Selvedge jeans", exact=True).wait_for()
    page.locator("summary", has_text="Headers").click()
    assert "List-Unsubscribe-Post" in page.locator(".headers").inner_text()
    page.get_by_role("link", name="Anna", exact=True).click()
    page.locator(".row.sent", has_text="cart-reminder").wait_for()
    assert "cart-abandoned" in page.locator("aside").inner_text()


def test_an_order_is_confirmed_at_once_and_its_way_is_told(page: Any) -> None:
    email = sign_up(page)
    page.locator("#wool-coat").get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("button", name="Ship").click()
    page.get_by_text("shipped").first.wait_for()
    page.goto(f"/outbox?to={email}")
    page.locator(".messages li", has_text="We have your order").wait_for()
    page.locator(".messages li", has_text="has shipped").wait_for()


def test_a_mail_is_shown_from_the_timeline_as_it_was_sent(page: Any) -> None:
    email = sign_up(page)
    page.locator("#wool-coat").get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy").click()
    page.goto(f"/outbox?to={email}")
    page.locator(".messages li", has_text="We have your order").get_by_role("link").click()
    sent = page.frame_locator("iframe.mail").locator("body").inner_text()
    page.get_by_role("link", name="Anna", exact=True).click()
    page.locator(".row.sent", has_text="order-confirmation").get_by_role("link", name="as it was sent").click()
    page.get_by_role("heading", name="We have your order").wait_for()
    assert page.frame_locator("iframe.mail").locator("body").inner_text() == sent
    page.get_by_text("The whole mail, as it was handed over").click()
    assert "Content-Type: multipart/alternative" in page.locator("pre").last.inner_text()


def test_a_mail_cannot_run_scripts_or_reach_these_pages(page: Any, shared_run: Run) -> None:
    email = sign_up(page)
    page.locator("#wool-scarf").get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy").click()
    page.goto(f"/outbox?to={email}")
    page.locator(".messages a").first.click()
    source = page.locator("iframe.mail").get_attribute("src")
    answer = page.request.get(source)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/shop", "/outbox", "/customers", "/rehearsal", "/templates"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_sticks_out_at_the_side(page: Any, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", [
    "/", "/shop", "/outbox", "/customers", "/customers/nobody", "/rehearsal", "/templates",
    "/templates/order-confirmation",
])
def test_pages_allow_only_their_own_script_and_style(page: Any, path: str) -> None:
    answer = page.request.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", answer.text())


def test_a_message_is_seen_as_a_customer_of_the_run_would_get_it_and_tried(page: Any) -> None:
    email = sign_up(page)
    page.locator("#wool-coat").get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Buy").click()
    page.get_by_role("button", name="Ship").wait_for()
    page.goto("/templates/order-confirmation?lang=en&locale=en&channel=email")
    page.get_by_label("Customer: mail, phone or id").fill(email)
    page.get_by_role("button", name="Show", exact=True).click()
    page.frame_locator("iframe.as-it-looks").get_by_text("Wool coat").first.wait_for()
    page.get_by_label("To", exact=True).select_option("test@shop.example")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("link", name="See it in the outbox").click()
    assert page.locator(".reader h2").inner_text().startswith("[Test] ")
    page.frame_locator("iframe.mail").get_by_text("Wool coat").first.wait_for()


def test_the_log_of_the_run_can_be_rehearsed(page: Any) -> None:
    sign_up(page)
    page.goto("/rehearsal")
    page.get_by_label("Journey").select_option("welcome")
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_role("heading", name="Sends a day").wait_for()
    assert "journey=welcome" in page.url
    assert page.get_by_label("Journey").input_value() == "welcome"
    assert page.request.get("/rehearsal?journey=nothing").status == 404


def test_the_pages_speak_russian_and_remember_it(page: Any) -> None:
    page.goto("/outbox")
    page.get_by_role("link", name="RU").click()
    assert page.locator("html").get_attribute("lang") == "ru"
    page.goto("/customers")
    assert page.locator("h1").inner_text() == "Покупатели"


def test_everything_can_be_reached_by_keyboard(page: Any) -> None:
    page.goto("/shop")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    assert {"Outbox", "Customers", "RU", "Add to cart", "Look at it", "email", "Sign up"} <= reached


def test_the_shop_says_what_is_in_the_way(page: Any) -> None:
    page.goto("/shop")
    page.evaluate("fetch('/shop/buy', {method: 'POST', redirect: 'manual'})")
    page.goto("/shop?problem=sign-up-first")
    assert "Sign up first" in page.get_by_role("alert").inner_text()
