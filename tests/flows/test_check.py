"""Checking a folder of files as an upload would, before they go anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.flows.check import check
from tests.domain.stories import at
from tests.flows.published_files import MAIL, MESSAGE, SHOP, TEXT

NOW = at("03-02 10:00")
ROOT = Path(__file__).parent.parent.parent
KEY = "journeys/greeting.yaml"
GREETING = "journey: greeting\nenter: {on: form.submitted}\nsteps: [send: hello]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a bucket with one message and one journey."""
    write(tmp_path, "shop.yaml", SHOP)
    write(tmp_path, "templates/hello/message.yaml", MESSAGE)
    write(tmp_path, "templates/hello/email.ru.txt", TEXT)
    write(tmp_path, "templates/hello/email.ru.mjml", MAIL)
    write(tmp_path, "journeys/greeting.yaml", GREETING)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def told(folder: Path) -> list[str]:
    """What is wrong or doubtful in a folder."""
    return [str(problem) for problem in check(folder, NOW)]


def test_the_files_that_ship_are_right() -> None:
    """Nor is anything in them doubtful."""
    assert told(ROOT) == []


def test_a_folder_that_is_right_is_no_news(folder: Path) -> None:
    assert told(folder) == []


@pytest.mark.parametrize(("name", "text", "problem"), [
    (KEY, GREETING.replace("send: hello", "send: hallo"), f"{KEY}:3: steps[1].send: no message 'hallo'"),
    (KEY, GREETING.replace("[send", "[{wait: 400 days}, send"), f"{KEY}:3: warning: step 1 waits for more"),
    (KEY, GREETING.replace("[send", "[end, send"), f"{KEY}:3: step 2 is never reached"),
    ("journeys/second.yaml", GREETING, "journeys/second.yaml: a journey stands in the file of its name"),
    ("segments.yaml", "vip: customer.orders.cuont > 5\n", "segments.yaml:1: vip: "),
    ("prices.yaml", "date: 2026-11-01\n", "prices.yaml:1: the field 'source' is missing"),
    ("shop.yaml", "holdout: half\n", "shop.yaml:1: holdout: should be a percentage"),
    ("templates/hello/message.yaml", "message: hello\n", "templates/hello/message.yaml:1: lacks the field 'category'"),
    ("templates/hello/email.ru.txt", TEXT.replace("{{ links.unsubscribe }}", ""),
     "templates/hello/email.ru.txt:1: shows no unsubscribe link: include `blocks/footer.txt`"),
    ("templates/hello/email.ru.mjml", MAIL.replace("{{ links.unsubscribe }}", "https://shop.example"),
     "templates/hello/email.ru.mjml:1: shows no unsubscribe link: include `blocks/footer.mjml`"),
])
def test_what_is_wrong_is_told_with_file_and_line(folder: Path, name: str, text: str, problem: str) -> None:
    write(folder, name, text)

    assert any(line.startswith(problem) for line in told(folder))


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_files(folder: Path) -> None:
    """What is nobody's file is left alone."""
    write(folder, "segments.yaml", "vip: customer.orders.cuont > 5\n")
    write(folder, "shop.yaml", "holdout: half\n")
    write(folder, "journeys/greeting.yaml", GREETING.replace("[send", "[{wait: 400 days}, send: hallo, send"))
    write(folder, "journeys/notes.txt", "journey: [")
    write(folder, "other.yaml", "a: [")

    wrong = [problem.file for problem in check(folder, NOW) if problem.severity == "error"]
    assert wrong == ["journeys/greeting.yaml", "segments.yaml", "shop.yaml"]


def test_journeys_for_one_slot_are_told_beside_both(folder: Path) -> None:
    write(folder, "shop.yaml", f"{SHOP}caps: [{{tag: email, count: 1, window: 1 day}}]\n")
    write(folder, "journeys/second.yaml", GREETING.replace("greeting", "second"))

    first, second = told(folder)
    assert first.startswith("journeys/greeting.yaml:3: warning: journeys/second.yaml is started by form.submitted too")
    assert second.startswith("journeys/second.yaml:3: warning: journeys/greeting.yaml is started by form.submitted too")
