"""The page of a survey: one click of a person answers, a scanner's look does not, and nothing is told twice."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import boto3
import pytest
from msgspec.structs import replace
from werkzeug.test import Client, TestResponse

from chalicelib import clock
from chalicelib.content import links
from chalicelib.domain.customer import Customer
from chalicelib.flows import surveys
from chalicelib.storage import customers, log
from tests.pages.conftest import KEY

PERSON = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)"}

Path = Callable[..., str]


@pytest.fixture
def path() -> Path:
    """Makes the address of Anna's survey, asked an hour ago about order 1024, with changes."""
    made_at = clock.now() - timedelta(hours=1)
    link = links.Link(
        "survey", "0anna", "5a3c1e0f", "email", "feedback", made_at + links.VALID["survey"], ("nps", "1024"),
    )

    def make(score: int | str = "", key: str = KEY, **changes: Any) -> str:
        token = links.sign(replace(link, **changes), [key])
        return f"/s/{token}?score={score}" if score != "" else f"/s/{token}"

    return make


def told() -> list[tuple[str, dict[str, Any]]]:
    """What the log has of Anna's answers, in the order in which they came."""
    return [(event.name, event.data) for entry in log.history("0anna") for event in entry.events]


def scores() -> list[int]:
    """The scores that were told."""
    return [data["score"] for name, data in told() if name == "survey.answered"]


def click(pages: Client, path: Path, score: int) -> TestResponse:
    """What a person's browser does with a link of the mail: opens it, and lets the page's script send the form."""
    page = pages.get(path(score), headers=PERSON)
    assert page.status_code == 200
    assert chosen(page) == str(score)
    return pages.post(path(), data={"by": "link", "score": str(score)}, headers=PERSON)


def chosen(page: TestResponse) -> str:
    """The score that is chosen on a page."""
    found = re.findall(r'name="score" value="(\d+)" required checked', page.text)
    return found[0] if found else ""


def test_one_click_records_the_score_and_the_order_it_is_about(pages: Client, anna: Customer, path: Path) -> None:
    before = clock.now()
    answer = click(pages, path, 9)
    assert answer.status_code == 200
    assert told() == [("survey.answered", {"survey": "nps", "score": 9, "order": "1024"})]
    entry, = log.history("0anna")
    assert before <= entry.events[0].occurred_at <= clock.now()


def test_looking_at_the_page_answers_nothing_whichever_number_was_clicked(
    pages: Client, anna: Customer, path: Path,
) -> None:
    for score in range(11):
        assert pages.get(path(score), headers=PERSON).status_code == 200
        assert pages.head(path(score), headers=PERSON).status_code in {200, 403, 404, 405}
    assert told() == []


def test_a_scanner_that_runs_the_script_answers_nothing(pages: Client, anna: Customer, path: Path) -> None:
    for score in range(11):
        page = pages.post(path(), data={"by": "link", "score": str(score)}, headers=SCANNER)
        assert page.status_code == 200
        assert "<script" not in page.text
    assert told() == []


def test_nobody_answers_within_seconds_of_the_sending(pages: Client, anna: Customer, path: Path) -> None:
    just_sent = path(expires_at=clock.now() + links.VALID["survey"] - timedelta(seconds=1))
    page = pages.post(just_sent, data={"by": "link", "score": "9"}, headers=PERSON)
    assert (page.status_code, chosen(page)) == (200, "9")
    assert told() == []


def test_whoever_presses_the_button_is_believed(pages: Client, anna: Customer, path: Path) -> None:
    pages.post(path(), data={"by": "page", "score": "7"}, headers=SCANNER)
    assert scores() == [7]


def test_the_same_answer_again_is_the_same_answer(pages: Client, anna: Customer, path: Path) -> None:
    for _ in range(3):
        click(pages, path, 9)
    assert scores() == [9]


def test_a_changed_mind_counts_and_so_does_a_mind_changed_back(pages: Client, anna: Customer, path: Path) -> None:
    for score in (9, 4, 4, 9):
        click(pages, path, score)
    assert scores() == [9, 4, 9]


def test_a_comment_is_told_besides_and_the_score_is_not_counted_again(
    pages: Client, anna: Customer, path: Path,
) -> None:
    page = click(pages, path, 3)
    assert "<textarea" in page.text
    for _ in range(2):
        answer = pages.post(path(), data={"by": "page", "score": "3", "comment": " Мала в плечах \r\n"})
        assert "<h1>Спасибо!</h1>" in answer.text
    data = {"survey": "nps", "score": 3, "order": "1024"}
    assert told() == [("survey.answered", data), ("survey.commented", data | {"comment": "Мала в плечах"})]


def test_a_comment_can_come_with_another_score(pages: Client, anna: Customer, path: Path) -> None:
    click(pages, path, 9)
    pages.post(path(), data={"by": "page", "score": "6", "comment": "Всё же мала"})
    assert [name for name, _ in told()] == ["survey.answered", "survey.answered", "survey.commented"]
    assert scores() == [9, 6]


def test_a_comment_is_kept_to_two_thousand_characters(pages: Client, anna: Customer, path: Path) -> None:
    pages.post(path(), data={"by": "page", "score": "3", "comment": "ы" * 5000})
    assert told()[1][1]["comment"] == "ы" * 2000


def test_whoever_holds_the_link_cannot_fill_the_log(pages: Client, anna: Customer, path: Path) -> None:
    for number in range(surveys.MAX_ANSWERS + 5):
        pages.post(path(), data={"by": "page", "score": str(number % 2)})
    assert len(scores()) == surveys.MAX_ANSWERS


def test_each_message_has_an_answer_of_its_own(pages: Client, anna: Customer, path: Path) -> None:
    for message_id in ("5a3c1e0f", "77aa00bb"):
        pages.post(path(message_id=message_id), data={"by": "page", "score": "9"})
    assert scores() == [9, 9]


@pytest.mark.parametrize("score", ["", "11", "-1", "9.0", "09", "nine", "９", "1e1"])
def test_what_is_no_score_is_asked_for_again(pages: Client, anna: Customer, path: Path, score: str) -> None:
    page = pages.get(path(score), headers=PERSON)
    assert (page.status_code, chosen(page)) == (200, "")
    assert "<script" not in page.text
    assert pages.post(path(), data={"by": "page", "score": score}).status_code == 400
    assert told() == []


def test_a_survey_of_the_shops_own_is_asked_in_general_words(pages: Client, anna: Customer, path: Path) -> None:
    page = pages.get(path(about=("fit", "")), headers={"Accept-Language": "en"})
    assert "Choose a number from 0 to 10." in page.text
    pages.post(path(about=("fit", "")), data={"by": "page", "score": "10"})
    assert told() == [("survey.answered", {"survey": "fit", "score": 10})]


@pytest.mark.parametrize("changes", [{"key": "another-key"}, {"purpose": "preferences"}])
def test_a_forged_link_answers_nothing(pages: Client, anna: Customer, path: Path, changes: dict[str, Any]) -> None:
    for answer in (pages.get(path(9, **changes)), pages.post(path(**changes), data={"by": "page", "score": "9"})):
        assert answer.status_code == 400
        assert "Ссылка не работает" in answer.text
    assert told() == []


def test_a_survey_that_is_over_says_so(pages: Client, anna: Customer, path: Path) -> None:
    expired = path(expires_at=clock.now() - timedelta(seconds=1))
    assert pages.get(expired).status_code == 410
    assert pages.post(expired, data={"by": "page", "score": "9"}).status_code == 410
    assert told() == []


def test_nothing_is_written_of_who_asked_to_be_forgotten(pages: Client, path: Path) -> None:
    customer = Customer("0anna")
    customer = replace(customer, profile=replace(customer.profile, redaction_requested_at=clock.now()))
    customers.commit(customers.Stored(customer), customer, None)
    assert pages.post(path(), data={"by": "page", "score": "9", "comment": "x"}).status_code == 404
    assert told() == []


def test_a_database_that_is_away_is_not_taken_for_an_answer(
    pages: Client, anna: Customer, moto: str, path: Path,
) -> None:
    boto3.client("dynamodb").delete_table(TableName=f"{moto}-events")
    assert pages.post(path(), data={"by": "page", "score": "9"}).status_code >= 500


def test_a_flood_of_fields_is_refused_too(pages: Client, anna: Customer, path: Path) -> None:
    assert pages.post(path(), data={"score": ["9"] * 100}).status_code == 400
    assert told() == []


def test_the_page_allows_its_own_script_and_no_other(pages: Client, path: Path) -> None:
    page = pages.get(path(9))
    script, = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src" not in pages.get(path()).headers["Content-Security-Policy"]
