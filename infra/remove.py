"""`make remove STAGE=…`: take a stage down and leave nothing of it but what was asked to be kept."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.storage import tables
from infra import secret_parameters, stack
from infra.aws import Aws, DeploymentError, bucket_name, stack_name
from infra.deploy import artifact_bucket


def remove(aws: Aws, name: str, *, keep_data: bool, wait: int = 5) -> list[str]:
    """Remove a stack and everything under its name; returns what was removed, one line each.

    With `keep_data` the tables, the bucket and the secrets stay, and the next deployment takes them over.
    """
    removed = []
    if stack.status(aws, name):
        stack.delete(aws, name, wait=wait)
        removed.append(f"stack {name}")
    # Functions that were still running may have written a log after their group was gone.
    removed += _delete_logs(aws, f"/aws/lambda/{name}-")
    removed += _delete_artifacts(aws, name)
    if not keep_data:
        removed += _delete_tables(aws, name)
        removed += _delete_bucket(aws, bucket_name(aws, name))
        removed += [f"parameter {path}" for path in secret_parameters.delete_all(aws, name)]
    return removed


def _delete_tables(aws: Aws, name: str) -> list[str]:
    dynamodb, removed = aws.client("dynamodb"), []
    for table in tables.ALL:
        full_name = f"{name}-{table.Meta.name}"
        try:
            dynamodb.delete_table(TableName=full_name)
        except dynamodb.exceptions.ResourceNotFoundException:
            continue
        removed.append(f"table {full_name}")
    return removed


def _delete_bucket(aws: Aws, bucket: str) -> list[str]:
    """Empty a bucket of every version of every file, and delete it."""
    s3 = aws.client("s3")
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        return []
    files = _empty(s3, bucket, "")
    s3.delete_bucket(Bucket=bucket)
    return [f"bucket {bucket} with {files} versions of files"]


def _delete_artifacts(aws: Aws, name: str) -> list[str]:
    """The stage's packages; the bucket goes with the last stage."""
    s3, bucket = aws.client("s3"), artifact_bucket(aws)
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        return []
    removed = [f"{_empty(s3, bucket, f'{name}/')} packages and templates in {bucket}"]
    if not s3.list_objects_v2(Bucket=bucket, MaxKeys=1).get("KeyCount"):
        s3.delete_bucket(Bucket=bucket)
        removed.append(f"bucket {bucket}")
    return removed


def _empty(s3: Any, bucket: str, prefix: str) -> int:
    """Delete every version below a prefix and return how many there were."""
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            s3.delete_objects(Bucket=bucket, Delete={"Quiet": True, "Objects": [
                {"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions
            ]})
        count += len(versions)
    return count


def _delete_logs(aws: Aws, prefix: str) -> list[str]:
    logs, removed = aws.client("logs"), []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
        for group in page["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
            removed.append(f"log group {group['logGroupName']}")
    return removed


def main() -> None:
    """Read the command line, ask, and remove."""
    arguments = argparse.ArgumentParser(prog="make remove", description=__doc__)
    arguments.add_argument("--stage", required=True)
    arguments.add_argument("--region", default="")
    arguments.add_argument("--keep", choices=["data"], help="keep tables, files and secrets")
    arguments.add_argument("--yes", action="store_true", help="do not ask")
    given = arguments.parse_args()
    try:
        aws, name = Aws(given.region), stack_name(given.stage)
        what = "but for its tables, files and secrets" if given.keep else "with all customers, files and secrets"
        question = f"Remove {name} from account {aws.account}, {what}? Type its name: "
        if not given.yes and input(question).strip() != name:
            raise DeploymentError("nothing was removed")
        for line in remove(aws, name, keep_data=bool(given.keep)):
            print(f"  removed {line}")
    except (DeploymentError, BotoCoreError, ClientError, EOFError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
