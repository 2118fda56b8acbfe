"""A link of a preview or a test is right, says what it is, and changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import Client

from chalicelib import clock
from chalicelib.content import links
from chalicelib.storage import log, short_links
from chalicelib.storage.short_links import ShortLink
from tests.pages.conftest import Token


@pytest.mark.parametrize(("path", "purpose"), [("/u/", "unsubscribe"), ("/p/", "preferences")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_its_page_says_that_it_is_a_test(pages: Client, token: Token, path: str, purpose: str, method: str) -> None:
    kind = "application/x-www-form-urlencoded" if method == "POST" else None
    address = path + token(purpose=purpose, customer_id=links.NOBODY)
    answer = pages.open(address, method=method, content_type=kind, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "This is a test" in answer.text
    assert list(log.history(links.NOBODY)) == []


def test_its_survey_takes_no_answer(pages: Client, token: Token) -> None:
    address = "/s/" + token(purpose="survey", customer_id=links.NOBODY, about=("nps", "1024"))
    form = "application/x-www-form-urlencoded"
    for answer in (pages.get(f"{address}?score=9"), pages.post(address, data={"score": "9"}, content_type=form)):
        assert answer.status_code == 200
        assert "Это проверка" in answer.text
    assert list(log.history(links.NOBODY)) == []


def test_its_short_way_to_unsubscribe_leads_to_the_page_of_tests(pages: Client) -> None:
    now = clock.now()
    code = "A1b2C3d4E5f"
    short_links.put(ShortLink(code, links.NOBODY, "sample", "sms", "", now, now + timedelta(days=7)))
    moved = pages.get(f"/l/{code}")
    assert moved.status_code == 302
    page = pages.get(moved.headers["Location"].removeprefix(".."), headers={"Accept-Language": "en"})
    assert "This is a test" in page.text


def test_one_click_of_a_mail_program_is_answered_and_writes_nothing(pages: Client, token: Token) -> None:
    answer = pages.post(
        "/u/" + token(customer_id=links.NOBODY), data={"List-Unsubscribe": "One-Click"},
        content_type="application/x-www-form-urlencoded",
    )
    assert (answer.status_code, answer.text) == (200, "A test: nothing has changed.")
    assert list(log.history(links.NOBODY)) == []


def test_a_link_of_a_test_that_is_forged_is_no_test(pages: Client, token: Token) -> None:
    assert pages.get("/u/" + token("another-key", customer_id=links.NOBODY)).status_code == 400
