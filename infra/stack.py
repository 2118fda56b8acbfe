"""A CloudFormation stack, changed by change sets: what would change is shown before it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.aws import Aws, DeploymentError

WAIT = {"Delay": 5, "MaxAttempts": 240}
"""Twenty minutes at most; the first deployment takes about two."""
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class ChangeSet:
    """A change set that waits to be executed; `changes` are (action, logical id, type, whether it is replaced)."""

    stack: str
    name: str
    kind: str
    changes: tuple[tuple[str, str, str, bool], ...] = field(default=())


def status(aws: Aws, name: str) -> str:
    """The status of a stack, or empty when there is none."""
    try:
        stacks = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return ""
        raise
    return str(stacks[0]["StackStatus"]) if stacks else ""


def plan(
    aws: Aws, name: str, *, template_url: str, parameters: Mapping[str, str | None], change_set: str, wait: int = 5
) -> ChangeSet | None:
    """Make a change set that brings a stack to a template; None when there is nothing to change.

    Tables and a bucket that were kept when an earlier stack was removed are taken over (`ImportExistingResources`).
    A parameter that is None keeps the value it has in the stack, or the template's default where there is none yet.
    `wait` is the pause between looks, in seconds. Raises DeploymentError.
    """
    formation = aws.client("cloudformation")
    before = status(aws, name)
    if before == "ROLLBACK_COMPLETE":
        raise DeploymentError(f"the first deployment of {name} failed and was rolled back: make remove, then try again")
    if before.endswith("_IN_PROGRESS") and before != "REVIEW_IN_PROGRESS":
        raise DeploymentError(f"{name} is being changed already ({before}); wait until that has ended")
    kind = "UPDATE" if before and before != "REVIEW_IN_PROGRESS" else "CREATE"
    formation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType=kind,
        TemplateURL=template_url,
        Parameters=_parameters(formation, name, kind, parameters),
        Capabilities=["CAPABILITY_IAM"],
        ImportExistingResources=True,
        Tags=[{"Key": "application", "Value": "selvedge"}],
    )
    try:
        formation.get_waiter("change_set_create_complete").wait(
            StackName=name, ChangeSetName=change_set, WaiterConfig={**WAIT, "Delay": wait}
        )
    except WaiterError as error:
        described = formation.describe_change_set(StackName=name, ChangeSetName=change_set)
        reason = described.get("StatusReason", str(error))
        formation.delete_change_set(StackName=name, ChangeSetName=change_set)
        if any(words in reason for words in NO_CHANGES):
            return None
        raise DeploymentError(f"the change set of {name} cannot be made: {reason}") from error
    return ChangeSet(name, change_set, kind, tuple(_changes(formation, name, change_set)))


def _parameters(formation: Any, name: str, kind: str, parameters: Mapping[str, str | None]) -> list[dict[str, Any]]:
    before = formation.describe_stacks(StackName=name)["Stacks"][0] if kind == "UPDATE" else {}
    known = {parameter["ParameterKey"] for parameter in before.get("Parameters", [])}
    given: list[dict[str, Any]] = []
    for key, value in sorted(parameters.items()):
        if value is not None:
            given.append({"ParameterKey": key, "ParameterValue": value})
        elif key in known:
            given.append({"ParameterKey": key, "UsePreviousValue": True})
    return given


def discard(aws: Aws, change_set: ChangeSet) -> None:
    """Throw a change set away, and the empty stack that a first one leaves behind."""
    formation = aws.client("cloudformation")
    formation.delete_change_set(StackName=change_set.stack, ChangeSetName=change_set.name)
    if change_set.kind == "CREATE":
        formation.delete_stack(StackName=change_set.stack)


def _changes(formation: Any, name: str, change_set: str) -> list[tuple[str, str, str, bool]]:
    found: list[tuple[str, str, str, bool]] = []
    token = ""
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        page = formation.describe_change_set(StackName=name, ChangeSetName=change_set, **more)
        for change in page.get("Changes", []):
            resource = change["ResourceChange"]
            replaced = resource.get("Replacement") == "True"
            found.append((resource["Action"], resource["LogicalResourceId"], resource["ResourceType"], replaced))
        token = page.get("NextToken", "")
        if not token:
            return found


def execute(aws: Aws, change_set: ChangeSet, *, wait: int = 5) -> None:
    """Execute a change set and wait until the stack stands; raises DeploymentError with what failed."""
    formation = aws.client("cloudformation")
    formation.execute_change_set(StackName=change_set.stack, ChangeSetName=change_set.name)
    waiter = formation.get_waiter(f"stack_{change_set.kind.lower()}_complete")
    try:
        waiter.wait(StackName=change_set.stack, WaiterConfig={**WAIT, "Delay": wait})
    except WaiterError as error:
        raise DeploymentError("\n".join([
            f"{change_set.stack} could not be deployed ({status(aws, change_set.stack)}):",
            *failures(aws, change_set.stack),
        ])) from error


def failures(aws: Aws, name: str) -> list[str]:
    """What failed lately in a stack, the newest first."""
    events = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"  {event['LogicalResourceId']} ({event.get('ResourceType', '')}): {event.get('ResourceStatusReason', '')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("_FAILED")
    ][:10]


def outputs(aws: Aws, name: str) -> dict[str, str]:
    """The outputs of a stack."""
    stacks = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def delete(aws: Aws, name: str, *, wait: int = 5) -> None:
    """Delete a stack; what its template retains stays. Raises DeploymentError with what could not be deleted."""
    formation = aws.client("cloudformation")
    formation.delete_stack(StackName=name)
    try:
        formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={**WAIT, "Delay": wait})
    except WaiterError as error:
        raise DeploymentError(f"{name} could not be removed:\n" + "\n".join(failures(aws, name))) from error
