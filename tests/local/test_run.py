"""`make run` starts everything, works from the first webhook to the mail, and leaves nothing behind."""

from __future__ import annotations

import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.emulators import free_port
from tests.local.running import Run, is_running, running, without_holdout

pytestmark = [pytest.mark.ministack, pytest.mark.slow]


class Visitor:
    """Somebody in the demo shop, with the cookies of one browser."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def look(self, path: str) -> str:
        with self._browser.open(self.run.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def press(self, path: str, **fields: str) -> str:
        body = urllib.parse.urlencode(fields).encode()
        with self._browser.open(self.run.url + path, body, timeout=30) as answer:
            return str(answer.read().decode())

    def await_text(self, path: str, text: str, seconds: float = 90) -> str:
        deadline = time.monotonic() + seconds
        while text not in (page := self.look(path)):
            assert time.monotonic() < deadline, f"no {text!r} on {path}\n{self.run.output.read_text()[-3000:]}"
            time.sleep(0.3)
        return page


def sign_up(visitor: Visitor, email: str) -> None:
    visitor.press("/shop/sign-up", email=email, first_name="Anna", consent="email", storefront="shopify")


def test_ctrl_c_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        children = run.children()
        assert children
        assert list((tmp_path / "tmp").iterdir())
        assert run.stop() == 0
    assert not any(is_running(child) for child in children)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_not_even_a_run_that_is_killed_leaves_a_process(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        children = run.children()
        run.stop(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while any(is_running(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert not any(is_running(child) for child in children)


def test_data_of_a_folder_is_there_after_a_restart_and_the_clock_goes_on(tmp_path: Path) -> None:
    port, data = str(free_port()), str(tmp_path / "data")
    with running(tmp_path, DATA=data, PORT=port, SPEED="600") as run:
        without_holdout(run)
        visitor = Visitor(run)
        sign_up(visitor, "anna@example.com")
        visitor.press("/clock", span="day-1")
        page = visitor.await_text("/outbox?lang=en", "/outbox/")
        mail = page.partition('href="/outbox/')[2].partition('"')[0]
        before = shown_time(page)
        assert run.stop() == 0
    with running(tmp_path, DATA=data, PORT=port) as run:
        again = Visitor(run)
        assert mail in again.look("/outbox")
        assert "anna@example.com" in again.look("/customers")
        assert "welcome" in again.look("/customers?q=anna@example.com")
        assert shown_time(again.look("/")) >= before


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        port = run.url.rpartition(":")[2]
        with pytest.raises(AssertionError, match=f"port {port} is taken"), running(tmp_path / "second", PORT=port):
            pass


def test_a_mail_that_bounces_suppresses_its_address(tmp_path: Path) -> None:
    with running(tmp_path, SPEED="600", DATA=str(tmp_path / "data")) as run:
        without_holdout(run)
        visitor = Visitor(run)
        sign_up(visitor, "bounce+anna@simulator.amazonses.com")
        visitor.press("/clock", span="day-1")
        page = visitor.await_text(
            "/customers?lang=en&q=bounce%2Banna@simulator.amazonses.com", 'class="chip trouble">nothing goes there'
        )
        assert "Message bounced" in visitor.look(page_path(visitor, "bounce+anna@simulator.amazonses.com") + "?all=1")
        assert "bounce+anna@simulator.amazonses.com" in page


def test_the_last_offer_goes_by_push_to_whoever_has_the_app_or_a_subscribed_browser(tmp_path: Path) -> None:
    with running(tmp_path, SPEED="600", DATA=str(tmp_path / "data")) as run:
        without_holdout(run)
        app, browser = Visitor(run), Visitor(run)
        for visitor, email, allow in (
            (app, "app@example.com", "install-app"),
            (browser, "browser@example.com", "allow-push"),
        ):
            sign_up(visitor, email)
            visitor.press(f"/shop/{allow}")
            page = visitor.press("/shop/add", product="8132561408123")
            assert page.count('<span class="chip sent">200</span>') == page.count('<details class="post">') >= 4
        app.press("/clock", span="day-4")
        app.press("/clock", span="day-4")
        app.await_text("/outbox?lang=en", '<span class="chip">Web push</span>', seconds=240)
        app.await_text("/outbox?lang=en", '<span class="chip">Push</span>')


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/shop/add", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("/shop/add", {"Origin": "https://evil.example"}, 403),
        ("/shop", {"Host": "evil.example"}, 421),
        ("/wp-login.php", {}, 404),
        ("/static/..%2fpages.py", {}, 404),
        ("/outbox/none", {}, 404),
        ("/customers/none", {}, 404),
        ("/hooks/shopify", {"Origin": "https://evil.example"}, 401),
    ],
)
def test_what_is_not_there_or_not_allowed_is_refused(
    shared_run: Run, path: str, headers: dict[str, str], status: int
) -> None:
    body = b"x=1" if path.startswith(("/shop/", "/hooks/")) else None
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(shared_run.url + path, body, headers), timeout=30)
    assert refused.value.code == status


def page_path(visitor: Visitor, email: str) -> str:
    page = visitor.look("/customers")
    before = page.partition(email)[0]
    return "/customers/" + before.rpartition('href="/customers/')[2].partition('"')[0]


def shown_time(page: str) -> str:
    return page.partition("data-clock")[2].partition('datetime="')[2].partition('"')[0]
