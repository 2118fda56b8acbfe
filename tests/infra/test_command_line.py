"""What the command line tells and does: counts first, acts with --yes, and a word on what stands in the way."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import clock
from chalicelib.flows import definitions_in_force, means
from chalicelib.storage import bucket, clients, jobs, tables
from infra import operations
from tests.emulators import REGION
from tests.jobs.broadcast_shop import SALE, put
from tests.jobs.crowd import commit, person, run

ROOT = Path(operations.__file__).parent.parent
STORY = """\
journey: story
status: live   # since March
enter: {on: cart.updated, key: event.cart.id}
steps:
  - wait: 1 day
  - send: sale
"""


@pytest.fixture
def stage(stack: str, ministack_aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A deployed stage with two journeys; three of its five customers stand in one of them."""
    name = f"selvedge-{stack}"
    for variable in ("SELVEDGE_STACK", "SELVEDGE_STAGE", "SELVEDGE_URL"):
        monkeypatch.setenv(variable, name)
    outputs = {"Bucket": f"{stack}-files", "Url": "https://api.shop.example"}
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    formation = clients.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    tables.create_all()
    means.forget()
    put(STORY, SALE.replace("2026-12-01", "2099-12-01"))
    version = definitions_in_force.current(clock.now()).journeys["story"].version
    standing = run("story", version=version)
    commit(*(person(f"customer-{number}", *([standing] if number < 3 else [])) for number in range(5)))
    yield stack
    definitions_in_force.forget()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code of a command and all that it printed."""
    code = operations.main([*arguments])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


@pytest.mark.ministack
def test_an_act_is_counted_and_done_only_with_yes(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "pause", "story", "--stage", stage)
    assert code == 0
    assert "3 people stand in story" in text
    assert text.endswith("Nothing was done; --yes does it.\n")
    assert b"status: live" in bucket.read("journeys/story.yaml").body  # type: ignore[union-attr]

    code, text = told(capsys, "pause", "story", "--stage", stage, "--yes")
    assert code == 0
    assert b"status: paused   # since March" in bucket.read("journeys/story.yaml").body  # type: ignore[union-attr]


@pytest.mark.ministack
def test_status_lists_the_journeys(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "status", "--stage", stage, "--count", "--json")
    assert code == 0
    assert [(one["journey"], one["runs"]) for one in json.loads(text)["journeys"]] == [("flash-sale", 0), ("story", 3)]
    assert "story" in told(capsys, "status", "--stage", stage)[1]


@pytest.mark.ministack
@pytest.mark.parametrize(("choice", "written"), [
    (["--shift"], "resume: shift"), (["--drop"], "resume: drop"),
    (["--at-most", "12 hours"], "resume: {at-most: 12 hours}"),
])
def test_resuming_takes_the_choice_into_the_file(
    stage: str, capsys: pytest.CaptureFixture[str], choice: list[str], written: str
) -> None:
    put(STORY.replace("live", "paused"))
    assert told(capsys, "resume", "story", "--stage", stage, "--yes", *choice)[0] == 0
    assert f"status: live   # since March\n{written}\n" in (
        bucket.read("journeys/story.yaml").body.decode()  # type: ignore[union-attr]
    )


@pytest.mark.ministack
def test_people_are_moved_where_one_says(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(STORY.replace("  - wait: 1 day\n", "  - send: sale\n"))
    assert "say where they go on" in told(capsys, "move", "story", "--stage", stage)[1]
    assert told(capsys, "move", "story", "--stage", stage, "--yes", "--step", "1=2")[0] == 0
    assert [kept.job.job_id for kept in jobs.unfinished()] == ["move:story"]


@pytest.mark.ministack
def test_a_broadcast_is_told_before_it_is_started(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "broadcast", "start", "flash-sale", "--stage", stage)
    assert code == 0
    for line in ("recipients", "get it by email", "2099-12-01 15:00", "Nothing was started"):
        assert line in text
    code, text = told(capsys, "broadcast", "start", "flash-sale", "--stage", stage, "--yes")
    assert "flash-sale@2099-12-01T15:00: planned, goes on at 2099-12-01 15:00" in text
    assert told(capsys, "broadcast", "status", "flash-sale", "--stage", stage)[1].startswith("flash-sale@2099")
    assert "It goes on" in told(capsys, "broadcast", "cancel", "flash-sale", "--stage", stage)[1]
    assert "cancelled" in told(capsys, "broadcast", "cancel", "flash-sale", "--stage", stage, "--yes")[1]


@pytest.mark.ministack
@pytest.mark.parametrize(("arguments", "word"), [
    (["pause", "nothing"], "there is no journey 'nothing' in force"),
    (["resume", "story"], "story is live, not paused"),
    (["broadcast", "plan", "story"], "is no broadcast"), (["move", "story", "--step", "3"], "write it as --step 3=4"),
])
def test_what_cannot_be_done_says_why(
    stage: str, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    code, text = told(capsys, *arguments, "--stage", stage)
    assert code == 1
    assert word in text


@pytest.mark.ministack
def test_a_stage_that_is_not_there_is_named(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "status", "--stage", "nowhere")
    assert (code, text) == (1, f"there is no stage 'nowhere' in {REGION}: make deploy STAGE=nowhere\n")


def test_nothing_on_this_machine_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, "status", "--local", "http://127.0.0.1:1")
    assert code == 1
    assert "is `make run` up?" in text


def test_checking_a_folder_needs_no_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "story.yaml").write_text(STORY.replace("wait:", "wate:"))
    code, text = told(capsys, "check", str(tmp_path))
    assert code == 1
    assert "journeys/story.yaml:5" in text


def test_the_script_in_the_root_runs_it_from_anywhere(tmp_path: Path) -> None:
    command = [str(ROOT / "selvedge"), "broadcast", "--help"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if not (ROOT / ".venv").exists():
        assert "make check" in ran.stderr
    else:
        assert ran.stdout.startswith("usage: ./selvedge broadcast")
