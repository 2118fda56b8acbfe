"""A stage deployed into an emulated AWS, and removed from it again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage import tables
from infra import remove, secret_parameters, seeds, stack
from infra.aws import Aws
from infra.deploy import artifact_bucket, seed_and_publish
from infra.package import PROJECT
from tests.emulators import running_ministack
from tests.infra import deployed_stack
from tests.infra.deployed_stack import UNKNOWN_TO_MINISTACK, Deployed

pytestmark = [pytest.mark.ministack, pytest.mark.slow]


@pytest.fixture(scope="module")
def built() -> Path:
    return deployed_stack.built()


@pytest.fixture(scope="module")
def deployed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A stage in a MiniStack of its own, since removing it takes everything with its name."""
    with running_ministack(tmp_path_factory.mktemp("deployment")) as endpoint:
        yield deployed_stack.deploy(Aws(endpoint=endpoint), endpoint, built)


def conditional(template: dict[str, Any]) -> set[str]:
    return {name for name, resource in template["Resources"].items() if "Condition" in resource}


def test_every_resource_that_the_emulator_knows_is_there(deployed: Deployed, built: Path) -> None:
    template = json.loads((built / "template.json").read_text())
    unknown = {name for name, it in template["Resources"].items() if it["Type"] in UNKNOWN_TO_MINISTACK}
    assert unknown == {"Budget"}
    assert set(deployed.resources) == set(template["Resources"]) - unknown - conditional(template)
    assert stack.status(deployed.aws, deployed.name) == "CREATE_COMPLETE"


def test_the_tables_have_their_keys_and_streams(deployed: Deployed) -> None:
    """Expiry and point-in-time recovery are not looked at here: MiniStack's CloudFormation leaves them out."""
    dynamodb = deployed.aws.client("dynamodb")
    for table in tables.ALL:
        described = dynamodb.describe_table(TableName=f"{deployed.name}-{table.Meta.name}")["Table"]
        assert described["KeySchema"][0]["KeyType"] == "HASH"
        assert bool(described.get("LatestStreamArn")) == (table.Meta.name in ("events", "messages"))


def test_the_functions_run_and_put_the_seeds_in_force(deployed: Deployed) -> None:
    steps, answer = seed_and_publish(deployed.aws, deployed.name)
    assert {step.action for step in steps} == {"create"}
    published = json.loads(answer)
    assert published["problems"] == {}
    assert published["journeys"] >= 3
    again, _ = seed_and_publish(deployed.aws, deployed.name)
    assert {step.action for step in again} == {"unchanged"}


def test_deploying_the_same_again_changes_nothing(deployed: Deployed) -> None:
    artifacts = {"ArtifactBucket": None, "ArtifactKey": None, "AnalyticsKey": None, "Allow": None}
    url = f"{deployed.endpoint}/{artifact_bucket(deployed.aws)}/{deployed.name}/template.json"
    changes = stack.plan(
        deployed.aws, deployed.name, template_url=url, parameters=artifacts, change_set="again", wait=1
    )
    assert changes is None


def test_removing_leaves_nothing_of_the_stage(built: Path, tmp_path: Path) -> None:
    with running_ministack(tmp_path) as endpoint:
        aws = Aws(endpoint=endpoint)
        deployed = deployed_stack.deploy(aws, endpoint, built)
        seed_and_publish(aws, deployed.name)
        aws.client("s3").put_object(Bucket=deployed.outputs["Bucket"], Key="shop.yaml", Body=b"name: edited")
        remove.remove(aws, deployed.name, keep_data=False, wait=1)
        assert not stack.status(aws, deployed.name).removeprefix("DELETE_COMPLETE")
        assert aws.client("dynamodb").list_tables()["TableNames"] == []
        assert aws.client("s3").list_buckets()["Buckets"] == []
        assert secret_parameters.names(aws, f"/{deployed.name}") == []
        assert aws.client("logs").describe_log_groups()["logGroups"] == []
        assert aws.client("lambda").list_functions()["Functions"] == []
        assert aws.client("sqs").list_queues().get("QueueUrls", []) == []


def test_data_stays_when_it_is_asked_to(built: Path, tmp_path: Path) -> None:
    with running_ministack(tmp_path) as endpoint:
        aws = Aws(endpoint=endpoint)
        deployed = deployed_stack.deploy(aws, endpoint, built)
        seed_and_publish(aws, deployed.name)
        bucket, table = deployed.outputs["Bucket"], f"{deployed.name}-identities"
        aws.client("dynamodb").put_item(TableName=table, Item={"k": {"S": "email:a@b.example"}, "c": {"S": "1"}})
        secrets = secret_parameters.names(aws, f"/{deployed.name}")
        remove.remove(aws, deployed.name, keep_data=True, wait=1)
        assert aws.client("dynamodb").scan(TableName=table)["Count"] == 1
        assert aws.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == len(seeds.seeds(PROJECT))
        assert secret_parameters.names(aws, f"/{deployed.name}") == secrets
