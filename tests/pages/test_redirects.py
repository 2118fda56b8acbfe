"""Links of ours that lead on: where to, for how long, and who is counted as a reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from msgspec.structs import replace
from werkzeug.test import Client

from chalicelib import clock
from chalicelib.content import links
from chalicelib.domain.events import Feedback
from chalicelib.storage import log, short_links
from chalicelib.storage.short_links import ShortLink
from tests.flows.failing_calls import failing
from tests.pages.conftest import KEY

URL = "https://shop.example/coat?size=M&utm_medium=sms#photos"
PERSON = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile"}
CODE = "Ab3Cd4Ef5Gh"

Path = Callable[..., str]


@pytest.fixture
def path() -> Path:
    """Makes the address of a link to the shop in a mail that Anna got an hour ago, with changes."""
    made_at = clock.now() - timedelta(hours=1)
    link = links.Link("click", "0anna", "5a3c1e0f", "email", "", made_at + links.VALID["click"], (URL,))

    def make(key: str = KEY, **changes: Any) -> str:
        return f"/r/{links.sign(replace(link, **changes), [key])}"

    return make


def put(**changes: Any) -> str:
    """Put a short link of an SMS that Anna got an hour ago on record; its address."""
    now = clock.now()
    link = ShortLink(
        CODE, "0anna", "5a3c1e0f", "sms", URL, now - timedelta(hours=1), now + timedelta(days=399),
    )
    short_links.put(replace(link, **changes))
    return f"/l/{CODE}"


def clicks() -> list[Feedback]:
    """The clicks that Anna's log tells of."""
    return [
        event.message for entry in log.history("0anna") for event in entry.events
        if event.name == "message.clicked" and event.message
    ]


def test_a_click_in_a_mail_is_recorded_and_leads_on(pages: Client, path: Path) -> None:
    answer = pages.get(path(), headers=PERSON)
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert clicks() == [Feedback("5a3c1e0f", "email", link=URL)]


def test_a_click_on_a_short_link_is_one_of_its_channel(pages: Client) -> None:
    answer = pages.get(put(), headers=PERSON)
    assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert clicks() == [Feedback("5a3c1e0f", "sms", link=URL)]


@pytest.mark.parametrize("agent", [
    "", "Mozilla/5.0 (compatible; Barracuda Sentinel)", "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "TelegramBot (like TwitterBot)", "WhatsApp/2.24.1 A", "curl/8.0",
])
def test_machines_are_led_on_and_not_counted(pages: Client, path: Path, agent: str) -> None:
    for address in (path(), put()):
        assert pages.get(address, headers={"User-Agent": agent}).status_code == 302
        assert pages.head(address, headers=PERSON).status_code in {403, 404, 405}
    assert clicks() == []


def test_nobody_clicks_within_seconds_of_the_sending(pages: Client, path: Path) -> None:
    just_sent = path(expires_at=clock.now() + links.VALID["click"] - timedelta(seconds=1))
    assert pages.get(just_sent, headers=PERSON).status_code == 302
    assert clicks() == []


def test_the_same_link_clicked_again_is_one_click(pages: Client, path: Path) -> None:
    before = clock.now().replace(minute=0)
    for _ in range(3):
        pages.get(path(), headers=PERSON)
    assert len(clicks()) == 1 or clock.now().replace(minute=0) != before
    pages.get(path(about=("https://shop.example/scarf",)), headers=PERSON)
    assert "https://shop.example/scarf" in {click.link for click in clicks()}


@pytest.mark.parametrize("changes", [
    {"key": "another-key"}, {"purpose": "unsubscribe", "about": ()}, {"purpose": "survey", "about": (URL, "")},
])
def test_a_forged_link_leads_nowhere_but_to_the_shop(pages: Client, path: Path, changes: dict[str, Any]) -> None:
    answer = pages.get(path(**changes), headers=PERSON)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert '<a href="https://shop.example">' in answer.text
    assert clicks() == []


@pytest.mark.parametrize("token", ["x", "https:%2F%2Fevil.example", "?url=https://evil.example", "a" * 3000])
def test_nobody_can_make_a_link_lead_elsewhere(pages: Client, token: str) -> None:
    for kind in ("r", "l"):
        answer = pages.get(f"/{kind}/{token}", headers=PERSON)
        assert answer.status_code in {400, 403, 404}
        assert "Location" not in answer.headers
    assert clicks() == []


def test_a_link_that_is_too_old_says_so_and_shows_the_way_to_the_shop(pages: Client, path: Path) -> None:
    past = clock.now() - timedelta(seconds=1)
    for address in (path(expires_at=past), put(expires_at=past)):
        answer = pages.get(address, headers=PERSON | {"Accept-Language": "en"})
        assert answer.status_code == 410
        assert "This link is too old" in answer.text
        assert '<a href="https://shop.example">' in answer.text
    assert clicks() == []


def test_a_code_that_nobody_was_sent_is_no_link(pages: Client) -> None:
    put()
    for code in (CODE.lower(), f"{CODE}x", CODE[:-1], "00000000000"):
        answer = pages.get(f"/l/{code}", headers=PERSON)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_the_short_way_to_unsubscribe_asks_as_the_long_one_does_and_is_no_click(pages: Client) -> None:
    answer = pages.get(put(url=""), headers=PERSON)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("../u/")
    page = pages.get(answer.headers["Location"].removeprefix(".."), headers={"Accept-Language": "ru"})
    assert "Больше не присылать рассылки по SMS?" in page.text
    assert clicks() == []


def test_a_reader_is_led_on_even_where_the_click_cannot_be_written_down(pages: Client, path: Path) -> None:
    pages.get("/l/x")  # what a page needs has been read
    with failing("before-call.dynamodb.PutItem", EndpointConnectionError(endpoint_url="dynamodb")) as tried:
        assert pages.get(path(), headers=PERSON).headers["Location"] == URL
    assert tried
    assert clicks() == []


def test_a_link_in_a_test_leads_on_and_is_nobodys_click(pages: Client, path: Path) -> None:
    for address in (path(customer_id=links.NOBODY), put(customer_id=links.NOBODY)):
        answer = pages.get(address, headers=PERSON)
        assert (answer.status_code, answer.headers["Location"]) == (302, URL)
    assert list(log.history(links.NOBODY)) == []


@pytest.mark.parametrize(("url", "location"), [
    ("https://shop.example/шар?q=ф#о", "https://shop.example/%D1%88%D0%B0%D1%80?q=%D1%84#%D0%BE"),
    ("https://яблоко.example:8443/a%20b?x=1&y=a%2Bb", "https://xn--90ascmb1h.example:8443/a%20b?x=1&y=a%2Bb"),
    ("https://shop.example/", "https://shop.example/"),
])
def test_a_location_is_in_ascii_and_otherwise_as_it_was(pages: Client, path: Path, url: str, location: str) -> None:
    assert pages.get(path(about=(url,)), headers=PERSON).headers["Location"] == location
