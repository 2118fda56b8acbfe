"""What the CloudFormation template says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.flows.snapshot import PREFIXES
from chalicelib.storage import messages, tables
from infra.roles import FAILURES

Template = dict[str, Any]
Resource = dict[str, Any]
STREAM_FUNCTIONS = {"Engine": "EventsTable", "Sender": "MessagesTable"}


def of_type(template: Template, kind: str) -> dict[str, Resource]:
    return {name: it["Properties"] for name, it in template["Resources"].items() if it["Type"] == kind}


def test_cfn_lint_finds_nothing_before_and_after_the_transform(
    sam: Template, template: Template, tmp_path: Path
) -> None:
    for name, content in (("sam.json", sam), ("template.json", template)):
        (tmp_path / name).write_text(json.dumps(content))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "sam.json", "template.json"]
    finished = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout) == (0, "")


def test_the_transform_leaves_nothing_to_aws(template: Template) -> None:
    assert "Transform" not in template
    assert not [it for it in template["Resources"].values() if it["Type"].startswith("AWS::Serverless")]


def test_functions_run_on_the_python_that_packages_them(template: Template) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    assert set(functions) == {
        "APIHandler", "Engine", "Sender", "Tick", "Feedback", "Publish", "Archive", "Compact", "Audience",
    }
    for function in functions.values():
        assert function["Runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"
        assert function["Architectures"] == ["arm64"]
        assert "ReservedConcurrentExecutions" not in function


def test_templates_outlive_the_messages_that_were_made_of_them(template: Template) -> None:
    """Of rules that overlap the shorter time counts (S3 User Guide, "Conflicting lifecycle actions")."""
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    kept = {
        rule.get("Prefix", ""): rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"] if "NoncurrentVersionExpiration" in rule
    }
    over_templates = [days for prefix, days in kept.items() if "templates/".startswith(prefix)]
    assert min(over_templates) > messages.KEPT.days
    assert set(kept) >= {*PREFIXES, "archive/", "quarantine/"}


def test_every_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in of_type(template, "AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles)
    assert set(roles) == set(of_type(template, "AWS::IAM::Role"))


def test_every_function_knows_its_stack_and_stage(template: Template) -> None:
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert variables["SELVEDGE_STACK"] == {"Ref": "AWS::StackName"}
        assert variables["SELVEDGE_STAGE"] == "test"
        assert {"SELVEDGE_BUCKET", "SELVEDGE_URL", "SELVEDGE_SEND", "SELVEDGE_ALLOW"} <= set(variables)


def test_logs_are_json_short_lived_and_their_errors_counted(template: Template) -> None:
    groups, filters = of_type(template, "AWS::Logs::LogGroup"), of_type(template, "AWS::Logs::MetricFilter")
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"] == {
            "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN",
            "LogGroup": {"Ref": f"{name}Logs"},
        }
        assert groups[f"{name}Logs"]["RetentionInDays"] == 30
        assert filters[f"{name}Errors"]["FilterPattern"] == FAILURES


def test_the_apps_to_push_to_are_a_choice_that_the_api_alone_is_told(template: Template) -> None:
    told = {
        name for name, function in of_type(template, "AWS::Lambda::Function").items()
        if function["Environment"]["Variables"].get("SELVEDGE_PUSH_APPLICATIONS")
        == {"Ref": "PushApplications"}
    }
    assert told == {"APIHandler"}
    pattern = re.compile(template["Parameters"]["PushApplications"]["AllowedPattern"])
    application = "arn:aws:sns:eu-west-1:123456789012:app/"
    for right in ("", f"GCM={application}GCM/shop", f"GCM={application}GCM/shop APNS={application}APNS/shop"):
        assert pattern.fullmatch(right)
    for wrong in (f"{application}GCM/shop", f"FCM={application}GCM/shop", "GCM=shop", f"GCM={application}GCM/a,b"):
        assert not pattern.fullmatch(wrong)


def test_the_api_has_one_explicit_route_for_each_route_of_the_app(template: Template) -> None:
    keys = {route["RouteKey"] for route in of_type(template, "AWS::ApiGatewayV2::Route").values()}
    assert keys == {
        "POST /hooks/shopify", "POST /hooks/woocommerce", "POST /v1/events", "GET /u/{token}", "POST /u/{token}",
        "GET /p/{token}", "POST /p/{token}", "GET /s/{token}", "POST /s/{token}",
        "GET /r/{token}", "GET /l/{code}", "GET /push/key", "POST /push/subscriptions", "POST /push/endpoints",
        "GET /v1/journeys", "POST /v1/journeys/{name}/pause", "POST /v1/journeys/{name}/resume",
        "POST /v1/journeys/{name}/move", "POST /v1/journeys/{name}/enrol", "POST /v1/broadcasts/{name}/plan",
        "POST /v1/broadcasts/{name}/start", "POST /v1/broadcasts/{name}/cancel", "GET /v1/broadcasts/{name}/status",
        "GET /v1/customers/{customer_id}/why", "GET /v1/customers/{customer_id}/messages/{message_id}",
        "GET /v1/tasks", "POST /v1/tasks/{task_id}/complete", "GET /v1/templates",
        "GET /v1/templates/{message}/preview", "POST /v1/templates/{message}/test",
    }


def test_the_api_is_an_http_api_with_throttling(template: Template) -> None:
    assert not of_type(template, "AWS::ApiGateway::RestApi")
    [stage] = of_type(template, "AWS::ApiGatewayV2::Stage").values()
    assert set(stage["DefaultRouteSettings"]) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    [integration] = of_type(template, "AWS::ApiGatewayV2::Integration").values()
    assert integration["PayloadFormatVersion"] == "1.0"


def test_tables_are_those_the_product_works_with(template: Template) -> None:
    declared = of_type(template, "AWS::DynamoDB::Table")
    assert {name["TableName"]["Fn::Sub"] for name in declared.values()} == {
        f"${{AWS::StackName}}-{table.Meta.name}" for table in tables.ALL
    }
    for table in declared.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert set(table["OnDemandThroughput"]) == {"MaxReadRequestUnits", "MaxWriteRequestUnits"}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["KeySchema"][0]["KeyType"] == "HASH"


def test_only_the_log_and_the_messages_have_streams_and_what_ages_expires(template: Template) -> None:
    declared = of_type(template, "AWS::DynamoDB::Table")
    streams = {name: table["StreamSpecification"] for name, table in declared.items() if "StreamSpecification" in table}
    assert streams == {table: {"StreamViewType": "NEW_IMAGE"} for table in STREAM_FUNCTIONS.values()}
    expiring = {name for name, table in declared.items() if "TimeToLiveSpecification" in table}
    assert expiring == {"EventsTable", "TimersTable", "MessagesTable", "LinksTable"}


def test_customers_and_files_outlive_the_stack(template: Template) -> None:
    for name, resource in template["Resources"].items():
        if resource["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
            assert (name, resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (name, "Retain", "Retain")


@pytest.mark.parametrize(("function", "table"), STREAM_FUNCTIONS.items())
def test_every_stream_mapping_has_filter_partial_failures_retries_bisect_and_on_failure(
    template: Template, function: str, table: str
) -> None:
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    [mapping] = [mapping for mapping in mappings if mapping["FunctionName"] == {"Ref": function}]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [table, "StreamArn"]}
    assert mapping["FilterCriteria"]["Filters"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 0 < mapping["MaximumRetryAttempts"] < 10
    assert 0 < mapping["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["StreamFailures", "Arn"]}}}
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_the_archive_reads_the_log_in_large_batches_and_gives_nothing_up_while_the_stream_keeps_it(
    template: Template,
) -> None:
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    [mapping] = [mapping for mapping in mappings if mapping["FunctionName"] == {"Ref": "Archive"}]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["EventsTable", "StreamArn"]}
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10_000, 300)
    # S3 away is tried for as long as a redrive can still read the records: a stream keeps them for a day.
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, 12 * 3600)
    engines = next(one for one in mappings if one["FunctionName"] == {"Ref": "Engine"})
    for same in (
        "FilterCriteria", "BisectBatchOnFunctionError", "ParallelizationFactor", "StartingPosition",
        "DestinationConfig",
    ):
        assert mapping[same] == engines[same]


def test_a_stream_has_no_more_readers_than_it_bears(template: Template) -> None:
    """Two to a shard, or they are throttled (DynamoDB Developer Guide, "DynamoDB Streams and AWS Lambda triggers")."""
    mappings = of_type(template, "AWS::Lambda::EventSourceMapping").values()
    streams = [json.dumps(mapping["EventSourceArn"]) for mapping in mappings]
    assert max(streams.count(stream) for stream in streams) <= 2


def test_only_what_reads_tables_carries_duckdb(template: Template) -> None:
    with_layer = {
        name for name, function in of_type(template, "AWS::Lambda::Function").items() if function.get("Layers")
    }
    assert with_layer == {"Compact"}
    [layer] = of_type(template, "AWS::Lambda::LayerVersion").values()
    assert layer["Content"] == {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": {"Ref": "AnalyticsKey"}}


def test_the_archive_is_compacted_each_night(template: Template) -> None:
    [schedule] = [
        rule["ScheduleExpression"] for rule in of_type(template, "AWS::Events::Rule").values()
        if rule["Targets"][0]["Arn"] == {"Fn::GetAtt": ["Compact", "Arn"]}
    ]
    assert schedule == "cron(30 2 * * ? *)"


def test_asynchronous_functions_set_aside_what_they_cannot_work(template: Template) -> None:
    configured = of_type(template, "AWS::Lambda::EventInvokeConfig").values()
    assert {config["FunctionName"]["Ref"] for config in configured} == {
        "Tick", "Feedback", "Publish", "Compact", "Audience",
    }
    for config in configured:
        assert config["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["AsyncFailures", "Arn"]}}}


def test_what_is_set_aside_is_kept_for_two_weeks_and_encrypted(template: Template) -> None:
    for queue in of_type(template, "AWS::SQS::Queue").values():
        assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 24 * 3600, True)


def test_the_bucket_is_private_encrypted_and_versioned(template: Template) -> None:
    [bucket] = of_type(template, "AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]


def uploads_that_publish(template: Template, key: str, event: str) -> Iterator[Resource]:
    [bucket] = of_type(template, "AWS::S3::Bucket").values()
    for configuration in bucket["NotificationConfiguration"]["LambdaConfigurations"]:
        rules = {rule["Name"]: rule["Value"] for rule in configuration["Filter"]["S3Key"]["Rules"]}
        if configuration["Event"] == event and key.startswith(rules["prefix"]) and key.endswith(rules["suffix"]):
            yield configuration


@pytest.mark.parametrize("key", [
    "journeys/welcome.yaml", "templates/cart-offer/message.yaml", "templates/cart-offer/email.ru.mjml",
    "templates/cart-offer/sms.ru.txt", "shop.yaml", "segments.yaml", "prices.yaml",
])
def test_a_change_of_a_file_is_published_once(template: Template, key: str) -> None:
    assert len(list(uploads_that_publish(template, key, "s3:ObjectCreated:*"))) == 1
    assert len(list(uploads_that_publish(template, key, "s3:ObjectRemoved:*"))) == 1


def test_neither_problems_told_nor_quarantined_bodies_start_a_publishing_without_end(template: Template) -> None:
    from chalicelib.flows.check import PROBLEMS

    for key in ("journeys/welcome.yaml", "shop.yaml", "quarantine/a/b/c.json"):
        assert not list(uploads_that_publish(template, f"{key}{PROBLEMS}", "s3:ObjectCreated:*"))
    # One beside a template starts one more, which writes nothing (tests/flows/test_publish.py).
    beside = f"templates/cart-offer/message.yaml{PROBLEMS}"
    assert len(list(uploads_that_publish(template, beside, "s3:ObjectCreated:*"))) == 1


def test_mail_events_are_those_that_are_used(template: Template) -> None:
    used = {"BOUNCE", "COMPLAINT", "OPEN", "CLICK", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY"}
    marketing = template["Resources"]["MailEvents"]["Properties"]["EventDestination"]["MatchingEventTypes"]
    assert {event for event in marketing if isinstance(event, str)} == used
    assert marketing[-1]["Fn::If"][0] == "RecordsDeliveries"


def test_deliveries_of_transactional_mail_are_told_since_an_unknown_outcome_is_looked_up(template: Template) -> None:
    told = template["Resources"]["TransactionalMailEvents"]["Properties"]["EventDestination"]["MatchingEventTypes"]
    assert {"DELIVERY", "BOUNCE"} <= set(told)


def test_every_configuration_set_tells_the_feedback_topic_and_may(template: Template) -> None:
    sets = of_type(template, "AWS::SES::ConfigurationSet")
    assert {one["Name"]["Fn::Sub"] for one in sets.values()} == {
        "${AWS::StackName}-mail", "${AWS::StackName}-transactional",
    }
    destinations = of_type(template, "AWS::SES::ConfigurationSetEventDestination").values()
    assert {one["ConfigurationSetName"]["Ref"] for one in destinations} == set(sets)
    for one in destinations:
        assert one["EventDestination"]["SnsDestination"] == {"TopicARN": {"Ref": "FeedbackTopic"}}
    [allowing, _] = template["Resources"]["FeedbackTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = json.dumps(allowing["Condition"]["StringEquals"]["AWS:SourceArn"])
    assert all(f"configuration-set/{one['Name']['Fn::Sub']}" in allowed for one in sets.values())


def test_alarms_stay_within_the_free_tier_and_watch_what_the_product_counts(template: Template) -> None:
    from chalicelib.observability import QUARANTINED, TICK_LATE

    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    assert len(alarms) <= 10
    own = {json.dumps(alarm["MetricName"]) for alarm in alarms.values() if alarm["Namespace"] == "Selvedge"}
    assert own == {json.dumps(QUARANTINED), json.dumps(TICK_LATE), '{"Fn::Sub": "${AWS::StackName}-errors"}'}
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert alarm["AlarmDescription"].endswith((".", ")", "?"))


def test_both_streams_and_both_queues_are_watched(template: Template) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    watched = {json.dumps(alarm.get("Dimensions")) for alarm in alarms}
    for function in STREAM_FUNCTIONS:
        assert json.dumps([{"Name": "FunctionName", "Value": {"Ref": function}}]) in watched
    for queue in ("StreamFailures", "AsyncFailures"):
        assert json.dumps([{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]) in watched


def test_the_budget_tells_the_owner(template: Template) -> None:
    [budget] = of_type(template, "AWS::Budgets::Budget").values()
    notified = budget["NotificationsWithSubscribers"]
    assert {one["Notification"]["NotificationType"] for one in notified} == {"ACTUAL", "FORECASTED"}
    assert {json.dumps(one["Subscribers"][0]["Address"]) for one in notified} == {'{"Ref": "AlarmTopic"}'}


def test_names_carry_the_stack_so_that_stages_stand_side_by_side(template: Template) -> None:
    named = {
        "AWS::DynamoDB::Table": "TableName", "AWS::Lambda::Function": "FunctionName", "AWS::SQS::Queue": "QueueName",
        "AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName", "AWS::Lambda::LayerVersion": "LayerName",
        "AWS::SES::ConfigurationSet": "Name",
        "AWS::Logs::LogGroup": "LogGroupName",
    }
    for kind, name in named.items():
        for resource in of_type(template, kind).values():
            assert "${AWS::StackName}" in resource[name]["Fn::Sub"]
