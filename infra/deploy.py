"""`make deploy STAGE=…`: look at the account, show what would change, then change it."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.definitions.shop_file import read_shop
from infra import checks, secret_parameters, seeds, stack
from infra.aws import Aws, DeploymentError, bucket_name, stack_name
from infra.build import build, package_key
from infra.package import PROJECT
from infra.template import load

PARAMETERS = {
    "owner": "OwnerEmail",
    "send": "Send",
    "allow": "Allow",
    "identity": "MailIdentity",
    "budget": "MonthlyBudgetUsd",
    "origin": "StorefrontOrigin",
    "push": "PushApplications",
}
"""Options of the command and the template's parameters; one that is not given keeps the value it has."""


@dataclass(frozen=True)
class Artifacts:
    """Where the package, the layer and the template of a deployment lie."""

    bucket: str
    package_key: str
    analytics_key: str
    template_url: str


def artifact_bucket(aws: Aws) -> str:
    """The bucket of packages and templates, one for all stages of a region."""
    return f"selvedge-artifacts-{aws.account}-{aws.region}"


def upload(aws: Aws, folder: Path, name: str) -> Artifacts:
    """Upload what was built (`build/<stage>/`) for a stack; what is there already is not sent again.

    CloudFormation takes a template of more than 51,200 bytes only from S3.
    """
    s3, bucket = aws.client("s3"), artifact_bucket(aws)
    _create_bucket(aws, bucket)
    package, analytics = (_upload_once(s3, bucket, name, folder / file) for file in ("package.zip", "analytics.zip"))
    template = f"{name}/template.json"
    s3.upload_file(str(folder / "template.json"), bucket, template)
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": template}).partition("?")[0]
    return Artifacts(bucket, package, analytics, url)


def _upload_once(s3: Any, bucket: str, name: str, file: Path) -> str:
    """Upload a package under a key that holds its hash, unless it is there; that key."""
    key = f"{name}/{package_key(file)}"
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount"):
        s3.upload_file(str(file), bucket, key)
    return key


def _create_bucket(aws: Aws, bucket: str) -> None:
    s3 = aws.client("s3")
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        # S3's first region is the one that must not be named.
        place = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        s3.create_bucket(Bucket=bucket, **place)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True,
    })
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
        {"ID": "old-packages", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 180}},
    ]})


def seed_and_publish(aws: Aws, name: str, project: Path = PROJECT) -> tuple[list[seeds.Step], str]:
    """Make missing secrets, put the seeds into the stack's bucket, and put the files in force.

    Returns what was done about each seed, and what publishing answered.
    """
    secret_parameters.create_missing(aws, name)
    results = stack.outputs(aws, name)
    steps = seeds.plan(aws, results["Bucket"], project)
    seeds.apply(aws, results["Bucket"], steps)
    answer = aws.client("lambda").invoke(FunctionName=results["PublishFunction"], Payload=b"{}")
    body = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise DeploymentError(f"the files in {results['Bucket']} could not be put in force: {body}")
    return steps, body


def print_findings(found: list[checks.Finding]) -> None:
    """Show what was found, one line each."""
    marks = {"good": "ok", "advice": "note", "missing": "MISSING", "unknown": "?"}
    for finding in found:
        print(f"  {marks[finding.state]:8}{finding.subject}: {finding.text}")


def print_changes(change_set: stack.ChangeSet) -> None:
    """Show what a change set does; a replacement loses what the old one held, and says so."""
    for action, logical_id, kind, replaced in change_set.changes:
        print(f"  {action:8}{logical_id} ({kind}){' REPLACED' if replaced else ''}")


def sender_email(aws: Aws, name: str) -> str:
    """The address that the shop writes from: of its own shop.yaml, or before the first deployment of the seed."""
    seed = (PROJECT / "schedules" / "shop.yaml").read_text()
    if stack.status(aws, name):
        with contextlib.suppress(ClientError):
            file = aws.client("s3").get_object(Bucket=bucket_name(aws, name), Key="shop.yaml")
            return read_shop(file["Body"].read().decode()).sender_email
    return read_shop(seed).sender_email


def deploy(aws: Aws, stage: str, parameters: Mapping[str, str | None], *, only_plan: bool, confirmed: bool) -> None:
    """Build a stage, show the checks and the changes, and deploy. Raises DeploymentError."""
    name = stack_name(stage)
    print(f"{name} in account {aws.account}, region {aws.region}\n\nThe account:")
    print_findings(list(checks.findings(aws, name, sender_email(aws, name), checks.dns_lookup)))
    folder = build(stage)
    artifacts = upload(aws, folder, name)
    change_set = stack.plan(
        aws,
        name,
        template_url=artifacts.template_url,
        parameters={
            **parameters, "ArtifactBucket": artifacts.bucket, "ArtifactKey": artifacts.package_key,
            "AnalyticsKey": artifacts.analytics_key,
        },
        change_set=f"deploy-{int(time.time())}",
    )
    print("\nThe stack:")
    if change_set is None:
        print("  nothing changes")
    else:
        print_changes(change_set)
        if only_plan:
            stack.discard(aws, change_set)
    if only_plan:
        return
    if not confirmed and sys.stdin.isatty() and input(f"\nDeploy {name}? [y/N] ").strip().lower() != "y":
        if change_set:
            stack.discard(aws, change_set)
        raise DeploymentError("nothing was deployed")
    if change_set:
        stack.execute(aws, change_set)
    steps, published = seed_and_publish(aws, name)
    print("\nThe files:")
    for step in steps:
        if step.action != "unchanged":
            print(f"  {step.action:14}{step.key}")
    print(f"  in force: {published}\n")
    for key, value in sorted(stack.outputs(aws, name).items()):
        print(f"  {key:18}{value}")


def main() -> None:
    """Read the command line and deploy."""
    arguments = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    arguments.add_argument("--stage", required=True)
    arguments.add_argument("--region", default="")
    arguments.add_argument("--plan", action="store_true", help="show what would be done, do nothing")
    arguments.add_argument("--yes", action="store_true", help="do not ask")
    for option, parameter in PARAMETERS.items():
        arguments.add_argument(f"--{option}", help=f"the template's parameter {parameter}")
    given = arguments.parse_args()
    parameters: dict[str, str | None] = dict.fromkeys(load("parameters")["Parameters"])
    parameters |= {parameter: getattr(given, option) for option, parameter in PARAMETERS.items()}
    try:
        deploy(Aws(given.region), given.stage, parameters, only_plan=given.plan, confirmed=given.yes)
    except (DeploymentError, BotoCoreError, ClientError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
