"""The built template and package, deployed into MiniStack as `make deploy` does it on AWS.

With `AUTH=true` MiniStack runs each function under its own role: what a policy does not allow fails there too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from infra import stack
from infra.aws import Aws, stack_name
from infra.build import build
from infra.deploy import seed_and_publish, upload
from infra.package import host_architecture
from tests.emulators import running_ministack

STAGE = "emulated"
UNKNOWN_TO_MINISTACK = ("AWS::Budgets::Budget",)
"""Resource types of the template that MiniStack refuses: they are left out there, and nowhere else."""
ASKED_OTHERWISE = {
    # ssm:GetParametersByPath, ses:SendEmail, dynamodb:DescribeStream, GetRecords and GetShardIterator are asked for
    # without the resource.
    ("APIHandler", "ReadSecrets"): ["*"],
    ("Sender", "ReadSecrets"): ["*"],
    ("Sender", "SendMail"): ["*"],
    ("Publish", "MailWhatIsWrongWithAFile"): ["*"],
    ("APIHandler", "SendTestsByMail"): ["*"],
    ("Engine", "ReadTheStream"): ["*"],
    ("Sender", "ReadTheStream"): ["*"],
    ("Archive", "ReadTheStream"): ["*"],
    # logs:CreateLogStream and PutLogEvents are asked for the group, whose ARN ends in `:*` on AWS.
    **{
        (function, "WriteItsLogs"): [f"arn:aws:logs:*:*:log-group:/aws/lambda/*-{name}"]
        for function, name in (
            ("APIHandler", "api"), ("Engine", "engine"), ("Sender", "sender"), ("Tick", "tick"),
            ("Feedback", "feedback"), ("Publish", "publish"), ("Archive", "archive"), ("Compact", "compact"),
            ("Audience", "audience"),
        )
    },
}
"""Statements whose resource MiniStack asks for otherwise than AWS, and the resources that they are given there instead.
What they name in the template is held to AWS's reference by parliament and by test_permissions.py."""

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its name, the emulator's address, and where the API answers.

    `declared` are the statements of `ASKED_OTHERWISE` as the template has them, by function and name.
    """

    aws: Aws
    name: str
    endpoint: str
    outputs: dict[str, str]
    resources: dict[str, str]
    declared: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def api(self) -> str:
        """The base of the API's routes: MiniStack serves it under a path of its own."""
        return f"{self.endpoint}/_aws/execute-api/{self.resources['HttpApi']}/$default"


def built(folder_for: str = STAGE) -> Path:
    """Build a stage for this machine's processor; MiniStack runs the functions right here."""
    return build(folder_for, architecture=host_architecture())


def deploy(aws: Aws, endpoint: str, folder: Path, *, change: Change | None = None) -> Deployed:
    """Deploy what was built, without what MiniStack does not know; `change` may alter the template first.

    Uploads start the publish function only once `watch_uploads` was called: for each of the seventy seeds MiniStack
    would start a process.
    """

    def altered(template: dict[str, Any]) -> None:
        del template["Resources"]["Bucket"]["Properties"]["NotificationConfiguration"]
        if change:
            change(template)

    _bring_to(aws, folder, altered)
    name = stack_name(STAGE)
    return Deployed(aws, name, endpoint, stack.outputs(aws, name), resources_of(aws, name))


def watch_uploads(deployed: Deployed, folder: Path, *, change: Change | None = None) -> None:
    """Bring a deployed stack to the whole template, in which an upload starts the publish function."""
    _bring_to(deployed.aws, folder, change or (lambda template: None))


def _bring_to(aws: Aws, folder: Path, change: Change) -> None:
    name = stack_name(STAGE)
    template = json.loads((folder / "template.json").read_text())
    template["Resources"] = {
        key: resource for key, resource in template["Resources"].items() if resource["Type"] not in UNKNOWN_TO_MINISTACK
    }
    change(template)
    emulated = folder / "emulated"
    emulated.mkdir(exist_ok=True)
    (emulated / "template.json").write_text(json.dumps(template))
    for file in ("package.zip", "analytics.zip"):
        (emulated / file).write_bytes((folder / file).read_bytes())
    artifacts = upload(aws, emulated, name)
    change_set = stack.plan(
        aws, name, template_url=artifacts.template_url, change_set=f"deploy-{uuid4().hex}", wait=1,
        parameters={
            "ArtifactBucket": artifacts.bucket, "ArtifactKey": artifacts.package_key,
            "AnalyticsKey": artifacts.analytics_key,
            # Outside production a message goes out only to those who are named.
            "Allow": "*",
        },
    )
    assert change_set
    stack.execute(aws, change_set, wait=1)


def resources_of(aws: Aws, name: str) -> dict[str, str]:
    """The physical ids of a stack's resources by their logical ones."""
    found = aws.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def _let_in_as_ministack_asks(deployed: Deployed) -> dict[tuple[str, str], dict[str, Any]]:
    """Change the roles where MiniStack would refuse what AWS allows; returns the statements as they were deployed."""
    iam, declared = deployed.aws.client("iam"), {}
    # The bucket refuses whoever comes without TLS, as all do here: who may read it is for the roles to say.
    deployed.aws.client("s3").delete_bucket_policy(Bucket=deployed.outputs["Bucket"])
    for function in sorted({function for function, _ in ASKED_OTHERWISE}):
        role = deployed.resources[f"{function}Role"]
        policy = iam.get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
        for statement in policy["Statement"]:
            asked = ASKED_OTHERWISE.get((function, statement["Sid"]))
            if asked:
                declared[function, statement["Sid"]] = dict(statement)
                statement["Resource"] = asked
        iam.put_role_policy(RoleName=role, PolicyName="function", PolicyDocument=json.dumps(policy))
    return declared


@contextmanager
def deployed_stack(folder: Path, *, authorised: bool, change: Change | None = None) -> Iterator[Deployed]:
    """MiniStack with the project deployed, seeded and published; stopped at the end.

    `authorised` enforces the policies, those of `ASKED_OTHERWISE` as MiniStack asks for them. `change` alters the
    template first.
    """
    with running_ministack(folder, AUTH="true" if authorised else "false") as endpoint:
        aws = Aws(endpoint=endpoint)
        folder_built = built()
        deployed = deploy(aws, endpoint, folder_built, change=change)
        declared = _let_in_as_ministack_asks(deployed) if authorised else {}
        seed_and_publish(aws, deployed.name)
        watch_uploads(deployed, folder_built, change=change)
        yield replace(deployed, declared=declared)
