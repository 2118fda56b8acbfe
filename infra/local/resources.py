"""What the product needs of AWS, in MiniStack: the very declarations that are deployed, functions left out.

Deploying them by CloudFormation keeps one description of tables, bucket, topics and queues. Only the functions run
elsewhere (in this process, see `functions.py`), and what speaks of them is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from infra import tables, template
from infra.aws import Aws
from infra.merge import merge

LAYERS = ("parameters", "bucket", "mail", "functions")
KEPT = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
    }
)
"""Types of resources that hold something. Functions, routes, roles, alarms and the budget mean nothing here."""
PARAMETERS = {"ArtifactBucket": "none", "ArtifactKey": "none", "AnalyticsKey": "none", "DeliveryEvents": "on"}


def declarations() -> dict[str, Any]:
    """Everything that is declared beside Chalice's decorators."""
    declared: dict[str, Any] = {"Resources": {}}
    for layer in LAYERS:
        declared = merge(template.load(layer), declared)
    declared["Resources"].update(tables.resources())
    return declared


def without_functions(declared: dict[str, Any]) -> dict[str, Any]:
    """The template of what holds something. Uploads are told to a queue instead: see `seeding.queue_of_uploads`."""
    kept = {name: dict(resource) for name, resource in declared["Resources"].items() if resource.get("Type") in KEPT}
    for resource in kept.values():
        resource["DependsOn"] = [name for name in _listed(resource.pop("DependsOn", ())) if name in kept]
        resource["Properties"] = {
            name: value for name, value in resource.get("Properties", {}).items() if name != "NotificationConfiguration"
        }
    return {"Parameters": declared["Parameters"], "Conditions": declared["Conditions"], "Resources": kept}


def deploy(aws: Aws, stack: str, body: dict[str, Any]) -> dict[str, str]:
    """Create the stack, or bring it up to date where it is there already; the physical ids by logical id."""
    formation = aws.client("cloudformation")
    exists = _exists(formation, stack)
    change_set = formation.create_change_set(
        StackName=stack,
        ChangeSetName=f"laptop-{uuid4().hex}",
        ChangeSetType="UPDATE" if exists else "CREATE",
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
    )
    described = formation.describe_change_set(StackName=stack, ChangeSetName=change_set["Id"])
    if described["Changes"]:
        formation.execute_change_set(StackName=stack, ChangeSetName=change_set["Id"])
        kind = "stack_update_complete" if exists else "stack_create_complete"
        formation.get_waiter(kind).wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
    found = formation.describe_stack_resources(StackName=stack)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}


def stream_trigger(declared: dict[str, Any], function: str, batch_size: int) -> dict[str, Any]:
    """The event source mapping that is declared for a function (`Engine`), with the batch size of its decorator."""
    events = declared["Resources"][function]["Properties"]["Events"].values()
    declared_trigger: dict[str, Any] = next(
        one["Properties"] for one in events if "StartingPosition" in one["Properties"]
    )
    return {"BatchSize": batch_size} | declared_trigger


def _exists(formation: Any, stack: str) -> bool:
    try:
        formation.describe_stacks(StackName=stack)
    except formation.exceptions.ClientError:
        return False
    return True


def _listed(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
