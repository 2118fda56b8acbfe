"""What each function's role allows."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from parliament import analyze_policy_string

from tests.infra.policies import ACCOUNT, REGION, STACK, resolved_policies

Template = dict[str, Any]

FUNCTIONS = ["APIHandler", "Engine", "Sender", "Tick", "Feedback", "Publish", "Audience", "Archive", "Compact"]

WILDCARDS = {
    ("APIHandler", "RegisterDevices"),
    ("APIHandler", "ReadTheQuota"),
    ("APIHandler", "SendTestsByMail"),
    ("APIHandler", "SendTestsBySms"),
    ("Audience", "ReadTheQuota"),
    ("Engine", "ListStreams"),
    ("Sender", "ListStreams"),
    ("Archive", "ListStreams"),
    ("Sender", "SendMail"),
    ("Sender", "SendPush"),
    ("Sender", "SendSms"),
    ("Publish", "TellWhatIsWrongWithAFile"),
    ("Publish", "MailWhatIsWrongWithAFile"),
}
"""The statements that reach further than one named thing; each has its reason in the template."""

OWN = re.compile(
    r"arn:aws:s3:::selvedge-test-[a-z0-9-]+(/[a-z]+)+/\*"
    r"|arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/selvedge-test-[a-z]+:\*"
)
"""A folder of the stack's own bucket and the streams of its own log group end in a star, and are no wildcards."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_parliament_finds_nothing_in_a_role(template: Template, function: str) -> None:
    statements = resolved_policies(template)[function]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    analyzed = analyze_policy_string(policy, ignore_private_auditors=True)
    assert [f"{finding.issue}: {finding.detail}" for finding in analyzed.findings] == []


def test_a_wildcard_has_a_reason_beside_it_and_stands_in_the_list(template: Template) -> None:
    wide = set()
    for function, statements in resolved_policies(template).items():
        reasons = template["Resources"][f"{function}Role"]["Metadata"]["Reasons"]
        for statement in statements:
            named = [*statement["Action"], *statement.get("Resource", statement.get("NotResource", []))]
            if any("*" in name and not OWN.fullmatch(name) for name in named):
                wide.add((function, statement["Sid"]))
                assert reasons[statement["Sid"]]
    assert wide == WILDCARDS


def test_no_action_is_a_wildcard(template: Template) -> None:
    for statements in resolved_policies(template).values():
        for statement in statements:
            assert not [action for action in statement["Action"] if "*" in action]


def test_every_statement_has_a_name_of_its_own_and_only_allows(template: Template) -> None:
    for statements in resolved_policies(template).values():
        names = [statement["Sid"] for statement in statements]
        assert len(set(names)) == len(names)
        assert {statement["Effect"] for statement in statements} == {"Allow"}


def test_no_role_borrows_a_policy_of_aws(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            assert "ManagedPolicyArns" not in resource["Properties"]


def test_only_the_sender_can_send(template: Template) -> None:
    """But for the mails by which publishing tells the shop itself what is wrong with its files, and for tests of
    messages, which the API sends to whom the shop has named. Neither goes by the set of marketing mail."""
    senders = {
        function
        for function, statements in resolved_policies(template).items()
        for statement in statements
        if {"ses:SendEmail", "sns:Publish"} & set(statement["Action"])
    }
    assert senders == {"Sender", "Publish", "APIHandler"}
    for function in ("Publish", "APIHandler"):
        (mail,) = [it for it in resolved_policies(template)[function] if "ses:SendEmail" in it["Action"]]
        assert [name for name in mail["Resource"] if "configuration-set" in name] == [
            f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{STACK}-transactional"
        ]


def test_the_private_key_of_web_push_is_the_senders_alone(template: Template) -> None:
    name = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{STACK}/vapid/private-key"
    readers = {
        function
        for function, statements in resolved_policies(template).items()
        for statement in statements
        if any(action.startswith("ssm:") for action in statement["Action"])
        # Who may read by a path may read all that lies under it.
        and any(fnmatchcase(name, given) or name.startswith(f"{given}/") for given in statement["Resource"])
    }
    assert readers == {"Sender"}


@pytest.mark.parametrize("function", ["APIHandler", "Sender", "Publish"])
def test_who_reads_files_is_told_which_are_missing(template: Template, function: str) -> None:
    """S3 answers GetObject with 404 only to who may list the bucket, and a condition on a prefix is never met by it."""
    listing = [it for it in resolved_policies(template)[function] if "s3:ListBucket" in it["Action"]]
    assert [statement["Resource"] for statement in listing] == [[f"arn:aws:s3:::{STACK}-{ACCOUNT}-{REGION}"]]
    assert "Condition" not in listing[0]


def _who_may(template: Template, action: str) -> set[tuple[str, str]]:
    """Functions and tables for which a role allows an action."""
    return {
        (function, resource.rpartition("/")[2].removeprefix(f"{STACK}-"))
        for function, statements in resolved_policies(template).items()
        for statement in statements if action in statement["Action"] for resource in statement["Resource"]
    }


def test_only_jobs_and_counts_read_all_customers_and_nobody_deletes_any(template: Template) -> None:
    """What is deleted are jobs that are over, which have moved to another place of the shop's own table."""
    assert _who_may(template, "dynamodb:Scan") == {("APIHandler", "customers"), ("Audience", "customers")}
    assert _who_may(template, "dynamodb:DeleteItem") == {("APIHandler", "shop"), ("Audience", "shop")}
    assert not _who_may(template, "dynamodb:DeleteTable")


def test_the_tick_may_start_the_audience_and_nothing_else_starts_a_function(template: Template) -> None:
    starting = _who_may(template, "lambda:InvokeFunction")
    assert {(function, name.rpartition("-")[2]) for function, name in starting} == {("Tick", "audience")}
