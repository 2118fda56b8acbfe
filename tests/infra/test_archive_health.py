"""The archive is trusted only where nothing can have kept it from being written."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from moto import mock_aws

from infra.archive_health import why_not_whole
from infra.aws import Aws

FUNCTION = "selvedge-test-archive"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An account with the archive's function, whose stream mapping was made just now."""
    with mock_aws():
        aws = Aws("eu-west-1")
        table = aws.client("dynamodb").create_table(
            TableName="events", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "c", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "c", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        role = aws.client("iam").create_role(RoleName="archive", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        code = BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        aws.client("lambda").create_function(
            FunctionName=FUNCTION, Runtime="python3.11", Role=role["Arn"], Handler="app.archive",
            Code={"ZipFile": code.getvalue()},
        )
        aws.client("lambda").create_event_source_mapping(
            FunctionName=FUNCTION, EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON",
        )
        yield aws


def happened(aws: Aws, metric: str, at: datetime, times: int = 1, function: str = FUNCTION) -> None:
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[{
        "MetricName": metric, "Dimensions": [{"Name": "FunctionName", "Value": function}], "Timestamp": at,
        "Value": times,
    }])


def later(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def test_where_the_function_ran_without_failing_the_archive_is_whole(aws: Aws) -> None:
    happened(aws, "Errors", later(3), times=0)
    assert why_not_whole(aws, FUNCTION, later(1), later(8)) == ""


def test_a_mapping_that_was_changed_since_may_have_been_off(aws: Aws) -> None:
    assert "was changed" in why_not_whole(aws, FUNCTION, later(-1), later(8))


def test_a_mapping_that_is_off_archives_nothing(aws: Aws) -> None:
    (mapping,) = aws.client("lambda").list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    aws.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    assert "is disabled" in why_not_whole(aws, FUNCTION, later(1), later(8))


def test_without_a_mapping_there_is_no_archive(aws: Aws) -> None:
    (mapping,) = aws.client("lambda").list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    aws.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    assert "no stream is mapped" in why_not_whole(aws, FUNCTION, later(1), later(8))


@pytest.mark.parametrize(("metric", "told"), [("Errors", "failed 3 times"), ("Throttles", "was throttled 3 times")])
def test_a_function_that_could_not_work_may_have_let_records_go(aws: Aws, metric: str, told: str) -> None:
    happened(aws, metric, later(3), times=1)
    happened(aws, metric, later(5), times=2)
    assert told in why_not_whole(aws, FUNCTION, later(1), later(8))


def test_what_went_wrong_before_or_with_others_is_nothing_to_it(aws: Aws) -> None:
    happened(aws, "Errors", later(1))
    happened(aws, "Errors", later(5), function="selvedge-test-engine")
    assert why_not_whole(aws, FUNCTION, later(3), later(8)) == ""
