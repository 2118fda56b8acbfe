"""The built template and package, deployed into MiniStack as `make deploy` does it on AWS.

With `AUTH=true` MiniStack runs each function under its own role: what a policy does not allow fails there too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
ASKED_WITHOUT_RESOURCE = (
    ("APIHandler", "ReadSecrets"),  # ssm:GetParametersByPath
    ("Sender", "ReadSecrets"),
    ("Sender", "SendMail"),  # ses:SendEmail of SES v2
)
"""Statements whose action MiniStack authorises for `*` instead of the resource that is asked for, so that only a
wildcard allows it. What they name is held to AWS's reference by parliament and test_permissions.py."""

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Deployed:
    """A deployed stack: its name, the emulator's address, and where the API answers."""

    aws: Aws
    name: str
    endpoint: str
    outputs: dict[str, str]
    resources: dict[str, str]

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
    (emulated / "package.zip").write_bytes((folder / "package.zip").read_bytes())
    artifacts = upload(aws, emulated, name)
    change_set = stack.plan(
        aws, name, template_url=artifacts.template_url, change_set=f"deploy-{uuid4().hex}", wait=1,
        parameters={
            "ArtifactBucket": artifacts.bucket, "ArtifactKey": artifacts.package_key,
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


def _statement(template: dict[str, Any], function: str, sid: str) -> dict[str, Any]:
    (policy,) = template["Resources"][f"{function}Role"]["Properties"]["Policies"]
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return next(statement for statement in statements if statement["Sid"] == sid)


@contextmanager
def deployed_stack(folder: Path, *, authorised: bool, change: Change | None = None) -> Iterator[Deployed]:
    """MiniStack with the project deployed, seeded and published; stopped at the end.

    `authorised` enforces the policies. `change` alters the template first, to show what a change breaks.
    """
    with running_ministack(folder, AUTH="true" if authorised else "false") as endpoint:
        aws = Aws(endpoint=endpoint)
        folder_built = built()

        def altered(template: dict[str, Any]) -> None:
            # The bucket refuses whoever comes without TLS, as all do here: who may read it is for the roles to say.
            del template["Resources"]["BucketPolicy"]
            for function, sid in ASKED_WITHOUT_RESOURCE:
                _statement(template, function, sid)["Resource"] = ["*"]
            if change:
                change(template)

        deployed = deploy(aws, endpoint, folder_built, change=altered)
        seed_and_publish(aws, deployed.name)
        watch_uploads(deployed, folder_built, change=altered)
        yield deployed
