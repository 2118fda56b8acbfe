"""What an operator runs after something broke, on a stage that CloudFormation knows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chalicelib.errors import MalformedPayloadError
from chalicelib.storage import bucket, clients, queues
from infra import operations
from tests.domain.stories import at

OUTPUTS = {"Bucket": "", "Url": "https://api.shop.example", "EngineFunction": "engine"}


@pytest.fixture
def stage(stack: str, ministack_aws: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stage with the outputs that operations read; its bucket is that of the test."""
    name = f"selvedge-{stack}"
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in (OUTPUTS | {"Bucket": f"{stack}-files"}).items()},
    }
    formation = clients.client("cloudformation")
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    for queue in (queues.STREAM, queues.ASYNC):
        clients.client("sqs").create_queue(QueueName=f"{name}-{queue}")
    # The operations set these for their process; the test gives them back.
    for variable in ("SELVEDGE_STACK", "SELVEDGE_STAGE", "SELVEDGE_BUCKET", "SELVEDGE_URL"):
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    return stack


@pytest.mark.ministack
def test_a_redrive_with_nothing_to_bring_back_says_so(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.main(["redrive", "--stage", stage]) == 0
    assert capsys.readouterr().out.startswith("0 entries appended anew, 0 messages delivered")


@pytest.mark.ministack
def test_a_replay_names_what_stays_in_quarantine_and_why(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    reason = str(MalformedPayloadError("not JSON"))
    headers = {"x-shopify-topic": "orders/create"}
    key = bucket.quarantine("shopify", "d1", headers, b"{broken", reason=reason, now=at("03-02 10:00"))

    assert operations.main(["replay", "--stage", stage]) == 1
    assert capsys.readouterr().out.startswith(f"{key}: ")


@pytest.mark.ministack
def test_a_recovery_asks_for_the_time_zone_before_it_touches_anything(
    stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert operations.main(["recover", "--stage", stage, "--since", "2026-11-20T08:00"]) == 1
    assert "has no time zone" in capsys.readouterr().err


def test_each_operation_has_its_make_target() -> None:
    makefile = (Path(operations.__file__).parent.parent / "Makefile").read_text("utf-8")
    for operation in ("redrive", "recover", "replay"):
        assert f"\n{operation}: " in makefile
        assert f"infra.operations {operation} --stage $(STAGE)" in makefile
