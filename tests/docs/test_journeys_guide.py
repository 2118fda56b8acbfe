"""docs/journeys.md names every field, step, function, status and reason there is, and its files are real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_checks import check_journey
from chalicelib.definitions.journey_fields import EXAMPLE, EXPECTED, JOURNEY, STEP_FIELDS, TRIGGERS
from chalicelib.definitions.journey_files import read_journey_file
from chalicelib.domain.conditions import CUSTOMER_FIELDS, FUNCTIONS
from chalicelib.domain.journeys import JourneyStatus
from chalicelib.domain.messages import Reason, Status
from tests.definitions.shipped import SHIPPED

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "journeys.md").read_text("utf-8")
SHOWN = re.findall(r"```yaml\n(journey: .*?)```", GUIDE, re.DOTALL)
NAMED = set(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)))


def test_every_field_of_the_customer_is_named_and_no_other() -> None:
    listed = next(line for line in GUIDE.splitlines() if line.startswith("`birthday`"))
    assert set(re.findall(r"`([^`]+)`", listed)) == set(CUSTOMER_FIELDS)


def test_every_reason_is_named_and_no_other() -> None:
    table = GUIDE.partition("| Reason | Because |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE) == [reason.value for reason in Reason]


@pytest.mark.parametrize("word", [*FUNCTIONS, *get_args(JourneyStatus), *(status.value for status in Status)])
def test_every_function_and_status_is_named(word: str) -> None:
    assert word in NAMED


@pytest.mark.parametrize("kind", STEP_FIELDS)
def test_every_kind_of_step_is_named(kind: str) -> None:
    assert re.search(rf"^\| `{kind}\b", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("field", [field for field in JOURNEY if field not in {"examples", "steps"}])
def test_every_field_of_a_file_is_named(field: str) -> None:
    assert any(name == field or name.startswith((f"{field}.", f"{field}:")) for name in NAMED)


@pytest.mark.parametrize("field", sorted({field for fields in TRIGGERS.values() for field in fields}))
def test_every_field_of_a_trigger_is_named(field: str) -> None:
    assert any(name in (field, f"enter.{field}") or name.startswith(f"{field}:") for name in NAMED)


@pytest.mark.parametrize("text", SHOWN, ids=lambda text: text.split()[1])
def test_every_journey_shown_is_right_and_its_examples_hold(text: str) -> None:
    """As if it had been uploaded beside the shipped files."""
    name = text.split()[1]
    shown = read_journey_file(text, f"journeys/{name}.yaml", SHIPPED.messages, SHIPPED.segments)

    assert [str(problem) for problem in check_journey(shown, SHIPPED.messages, SHIPPED.segments)] == []
    assert [str(each) for each in check_examples(text, shown.file, shown.journey, SHIPPED)] == []
    assert "examples:" in text


def test_every_trigger_step_and_outcome_is_shown_in_a_journey_that_runs() -> None:
    shown = "\n".join(SHOWN)
    for word in (*TRIGGERS, *STEP_FIELDS, *EXPECTED, *JOURNEY, *EXAMPLE):
        assert re.search(rf"(?<![\w-]){word}\b(?!-)", shown), word


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_journey_that_ships_is_named_and_no_other() -> None:
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", GUIDE.partition("## Those that ship")[2], re.MULTILINE)
    named = re.findall(r"`([^`]+)`", " ".join(rows))
    assert sorted(named) == sorted(path.stem for path in (ROOT / "schedules" / "journeys").glob("*.yaml"))


@pytest.mark.parametrize("points", ["review-request", "nps"])
def test_the_points_that_a_journey_awards_are_those_its_message_names(points: str) -> None:
    journey = (ROOT / "schedules" / "journeys" / f"{points}.yaml").read_text("utf-8")
    (message,) = set(re.findall(r"- send: (\S+)", journey))
    (awarded,) = set(re.findall(r"award: \{points: (\d+)", journey))
    for locale in ("ru", "en"):
        text = (ROOT / "templates" / message / f"email.{locale}.txt").read_text("utf-8")
        assert re.search(rf"\b{awarded} (?:баллов|points)", text)
