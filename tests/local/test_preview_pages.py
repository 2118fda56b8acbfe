"""The gallery of a folder in a real browser: it fits a phone, follows the policy, shows an edit by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.preview import Shelf, start
from tests.emulators import ROOT, free_port
from tests.local.watched_page import watched_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 60_000
REMINDER = "templates/cart-reminder/email.en.txt"
MESSAGE = "/templates/cart-reminder?lang=en&locale=en&channel=email"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Shelf]]:
    """The address of the gallery of a copy of the shipped files, the folder, and what serves it."""
    folder = tmp_path_factory.mktemp("shop")
    for name in ("templates", "schedules"):
        shutil.copytree(ROOT / name, folder / name)
    server, shelf = start(folder, 0)
    yield server.url, folder, shelf
    server.stop()


@pytest.fixture
def page(browser: Any, served: tuple[str, Path, Shelf]) -> Iterator[Any]:
    with watched_page(browser, served[0], PATIENCE) as opened:
        yield opened


def test_a_message_is_found_opened_and_seen_in_the_dark_on_a_phone(page: Any) -> None:
    page.goto("/templates")
    page.get_by_label("Find a message").fill("cart-abandoned")
    page.get_by_role("button", name="Search").click()
    assert page.locator(".sheet").count() == 3
    page.get_by_role("link", name="cart-reminder").click()
    page.get_by_role("link", name="EN", exact=True).first.click()
    mail = page.frame_locator("iframe.as-it-looks")
    mail.locator("h1").wait_for()
    background = "getComputedStyle(document.body).backgroundColor"
    frame = next(one for one in page.frames if "/shown" in one.url)
    light = frame.evaluate(background)
    page.get_by_role("link", name="Dark", exact=True).click()
    page.get_by_role("link", name="Small phone").click()
    page.frame_locator("iframe.as-it-looks").locator("h1").wait_for()
    assert page.locator("iframe.as-it-looks").bounding_box()["width"] == 320
    frame = next(one for one in page.frames if "/shown" in one.url)
    assert frame.evaluate(background) != light


def test_all_of_it_can_be_reached_with_the_keyboard(page: Any) -> None:
    page.goto(MESSAGE)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.innerText || document.activeElement.tagName).trim()"))
    assert {"Dark", "Small phone", "Off", "Nothing known", "Ask whether they answer", "Headers"} <= reached


def test_the_samples_photos_are_seen_and_with_pictures_off_their_alt_texts(page: Any) -> None:
    page.goto(MESSAGE)
    frame = next(one for one in page.frames if "/shown" in one.url)
    frame.wait_for_function("[...document.images].some(image => image.naturalWidth > 0)")
    response = page.request.get("/templates/cart-reminder/shown?images=off&channel=email")
    assert "img-src 'none'" in response.headers["content-security-policy"]


def test_an_edit_shows_by_itself_and_a_mistake_with_its_line(page: Any, served: tuple[str, Path, Shelf]) -> None:
    _, folder, _ = served
    page.goto(MESSAGE)
    file = folder / REMINDER
    before = file.read_text("utf-8")
    try:
        file.write_text(before.replace("Subject: ", "Subject: Dear reader, "), "utf-8")
        page.locator(".inbox", has_text="Dear reader, ").wait_for()
        file.write_text(before.replace("{{ customer|greeting }}", "{{ customer.firstname }}"), "utf-8")
        page.locator(".problem", has_text="did you mean 'first_name'?").first.wait_for()
        assert page.locator(".source-lines li.wrong", has_text="customer.firstname").count() >= 1
    finally:
        file.write_text(before, "utf-8")
    page.locator(".inbox").wait_for()


def test_the_gallery_tells_which_messages_have_problems(page: Any, served: tuple[str, Path, Shelf]) -> None:
    _, folder, shelf = served
    file = folder / "templates/inactive-code/sms.en.txt"
    before = file.read_text("utf-8")
    try:
        file.write_text("{{ customer.firstname }} {{ links.stop }}\n", "utf-8")
        shelf.check()
        page.goto("/templates?q=inactive-code")
        page.locator(".sheet .chip.trouble").wait_for()
    finally:
        file.write_text(before, "utf-8")


@pytest.mark.parametrize("path", ["/templates", MESSAGE, "/templates/inactive-code?channel=sms", "/templates?q=none"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_sticks_out_at_the_side(page: Any, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/templates", MESSAGE])
def test_pages_allow_only_their_own_script_and_style(page: Any, path: str) -> None:
    answer = page.request.get(path)
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "<style" not in answer.text()
    assert " style=" not in answer.text()


def test_what_is_not_there_is_said_and_other_names_are_refused(page: Any) -> None:
    answer = page.request.get("/templates/goodbye")
    assert answer.status == 404
    assert "there is no message" in answer.text()
    assert page.request.get("/templates/photos/secret.jpg").status == 404
    assert page.request.get("/templates", headers={"Host": "evil.example"}).status == 421
    assert page.request.post("/templates/cart-reminder/links", headers={"Origin": "https://evil.example"}).status == 403
    assert page.request.post("/templates/cart-reminder/test", form={"to": "a@b.example"}).status == 404


def test_make_preview_prints_its_address_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    port = str(free_port())
    environment = os.environ | {"PORT": port, "OPEN": "0", "FOLDER": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.local.preview"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )
    try:
        deadline = time.monotonic() + 60
        assert process.stdout
        while f"http://127.0.0.1:{port}/templates" not in process.stdout.readline():
            assert time.monotonic() < deadline
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/templates", timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()


def test_a_folder_without_templates_is_said_so(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "infra.local.preview"], cwd=ROOT, env=os.environ | {"FOLDER": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert run.returncode == 1
    assert "has no folder templates/" in run.stderr
