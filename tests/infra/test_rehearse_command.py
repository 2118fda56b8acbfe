"""`rehearse` plays a file, the table or the archive, and shows the report as text, as JSON and as a page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import pytest

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry, Identity
from chalicelib.domain.rehearsal_report import Report
from chalicelib.flows import definitions_in_force, means
from chalicelib.storage import archive, bucket, log
from infra.rehearsal_schema import FILE, text
from infra.rehearse_command import add_arguments, run
from tests.domain.stories import SHOP, agreed, cart, marketing
from tests.flows.engine_on_aws import Engine
from tests.infra.test_recorded_events import event, file

DRAFT = """
journey: nudge
status: draft
enter: {on: cart.updated, key: event.cart.id}
steps:
- wait: 1 hour
- send: cart-reminder
examples: []
"""
REMINDER = """
journey: carts
enter: {on: cart.updated, key: event.cart.id, again: always}
steps:
- wait: 1 hour
- send: first
"""


def rehearse(*words: str | Path) -> int:
    """Run the command with these words."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A shop's short history: somebody agrees to mail, fills a cart, and comes back a week later."""
    return file(
        tmp_path,
        event(1, "03-02 10:00", "consent.given", consent={"channel": "email"}),
        event(2, "03-02 11:00", "cart.updated", cart={"id": "c1", "total": "7990"}),
        event(3, "03-12 11:00"),
    )


@pytest.fixture
def stage(moto: str) -> Engine:
    """A stage with a reminder in force, a price list, and a log of one cart left behind."""
    engine = Engine(moto)
    means.forget()
    engine.put_in_force(REMINDER, messages=[marketing("first")], settings=SHOP)
    prices = Path(__file__).parent.parent.parent / "schedules" / "prices.yaml"
    bucket.put("prices.yaml", prices.read_bytes())
    definitions_in_force.forget()
    return engine


def recorded() -> list[Entry]:
    identities = (Identity("email", "anna@example.org"),)
    entries = [agreed("03-02 10:00"), cart("03-02 10:30"), agreed("03-04 10:00")]
    return [msgspec.structs.replace(entry, identities=identities) for entry in entries]


def test_the_guide_names_every_argument() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    guide = (Path(__file__).parent.parent.parent / "docs" / "rehearsal.md").read_text("utf-8")
    options = [option for action in parser._actions for option in action.option_strings]
    assert len(options) == 7
    assert [option for option in options if f"`{option}" not in guide] == []


def test_a_file_is_played_through_the_shipped_journeys(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("--events", history) == 0
    told = capsys.readouterr().out
    assert "3 entries with 3 events of 1 customers" in told
    assert "Log: the file history.ndjson. Began with empty states." in told
    for heading in ("Journeys", "Sends a day", "The most that any one person gets", "Cost", "1. Customer 000000000001"):
        assert heading in told
    assert "gets welcome-thanks by email (welcome)" in told


def test_the_report_as_json_keeps_to_its_published_shape(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("--events", history, "--json") == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert report.history.events == 3
    assert report.sends > 0
    assert FILE.read_text("utf-8") == text()
    assert json.loads(text())["$defs"]["Report"]["properties"].keys() == set(Report.__struct_fields__)


def test_json_and_page_go_into_files(history: Path, tmp_path: Path) -> None:
    json_file, page = tmp_path / "report.json", tmp_path / "report.html"
    assert rehearse("--events", history, "--json", json_file, "--page", page, "--language", "ru") == 0
    assert msgspec.json.decode(json_file.read_bytes(), type=Report).history.name == "history.ndjson"
    assert "Репетиция" in page.read_text("utf-8")


def test_a_draft_in_a_file_is_rehearsed_with_the_live_journeys(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "nudge.yaml"
    draft.write_text(DRAFT, "utf-8")
    assert rehearse(draft, "--events", history, "--json") == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    rehearsed = {one.journey: one for one in report.journeys if one.rehearsed}
    assert list(rehearsed) == ["nudge"]
    assert rehearsed["nudge"].entries == 1
    assert "cart-abandoned" in {one.journey for one in report.journeys}


def test_an_unknown_journey_is_refused_with_a_way_out(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("wellcome", "--events", history) == 1
    assert "there is no journey 'wellcome' in force; in force are" in capsys.readouterr().err


def test_a_wrong_journey_file_is_told_with_its_line(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "nudge.yaml"
    wrong.write_text(DRAFT.replace("wait: 1 hour", "wait: soon"), "utf-8")
    assert rehearse(wrong, "--events", history) == 1
    assert "nudge.yaml:6" in capsys.readouterr().err


def test_a_missing_file_is_an_error_and_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("--events", tmp_path / "none.ndjson") == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "none.ndjson" in captured.err


def test_events_that_the_api_would_refuse_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("--events", file(tmp_path, event(1, "03-02 10:00"), "no json")) == 0
    captured = capsys.readouterr()
    assert "line 2" in captured.err
    assert "1 events of the file were left out" in captured.err


def test_the_table_is_played_with_what_is_in_force(stage: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    for entry in recorded():
        log.append(entry)
    assert rehearse("--table", "--json") == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert [(one.journey, one.sends) for one in report.journeys] == [("carts", 1)]
    assert report.history.source == "table"
    assert report.costs.total > 0


def test_the_archive_is_played_from_day_to_day(stage: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    archive.write(
        archive.Archived(entry, Position("2026", number)) for number, entry in enumerate(recorded())
    )
    assert rehearse("--archive", "2026-03-02", "2026-03-03", "--json") == 0
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    assert (report.history.source, report.history.name) == ("archive", "2026-03-02 – 2026-03-03")
    assert (report.history.entries, report.journeys[0].entries) == (2, 1)
