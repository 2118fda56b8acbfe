"""The files that a shop starts with: put into the bucket at deployment, never over a marketer's own edit.

A seed is uploaded with its hash beside it. When a later version of Selvedge brings a newer seed, the file is replaced
only if it still is, byte for byte, the seed that was uploaded: a file that was edited, or deleted, stays as the
marketer left it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from botocore.exceptions import ClientError

from infra.aws import Aws

HASH = "selvedge-seed"
"""The metadata that holds the hash of the seed that a file was made from."""
ROOTS = {"templates": "templates/", "schedules": "", "starters": "starters/"}
"""Folders of the repository, and where in the bucket their files go. Starters are there to be copied; nothing reads
them."""

Action = Literal["create", "update", "unchanged", "keep-edited", "keep-deleted"]


@dataclass(frozen=True)
class Step:
    """What is to be done about one seed."""

    action: Action
    key: str
    file: Path


def seeds(project: Path) -> dict[str, Path]:
    """The seeds of a project, by their key in the bucket, in the order of uploading: what others refer to comes first.

    Each upload starts a publishing, which would tell the shop of a journey whose message is still to come.
    """
    found = {
        prefix + path.relative_to(project / root).as_posix(): path
        for root, prefix in ROOTS.items()
        for path in sorted((project / root).rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    return {key: found[key] for key in sorted(found, key=lambda key: (_rank(key), key))}


def _rank(key: str) -> int:
    return 2 if key.startswith("journeys/") else 1 if key.endswith("/message.yaml") else 0


def plan(aws: Aws, bucket: str, project: Path) -> list[Step]:
    """Compare the seeds with what lies in the bucket; nothing is written."""
    deleted = _deleted(aws, bucket)
    return [Step(_action(aws, bucket, key, file, deleted), key, file) for key, file in seeds(project).items()]


def apply(aws: Aws, bucket: str, steps: list[Step]) -> int:
    """Upload what a plan says and return how many files that were."""
    changed = [step for step in steps if step.action in ("create", "update")]
    for step in changed:
        body = step.file.read_bytes()
        aws.client("s3").put_object(
            Bucket=bucket,
            Key=step.key,
            Body=body,
            ContentType="text/plain; charset=utf-8",
            Metadata={HASH: _hash(body)},
        )
    return len(changed)


def _action(aws: Aws, bucket: str, key: str, file: Path, deleted: set[str]) -> Action:
    if key in deleted:
        return "keep-deleted"
    found = _read(aws, bucket, key)
    if found is None:
        return "create"
    body, seeded = found
    if body == file.read_bytes():
        return "unchanged"
    return "update" if seeded == _hash(body) else "keep-edited"


def _read(aws: Aws, bucket: str, key: str) -> tuple[bytes, str] | None:
    """A file of the bucket and the hash of the seed it was made from (empty for the shop's own), or None."""
    try:
        answer: Any = aws.client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    return answer["Body"].read(), answer.get("Metadata", {}).get(HASH, "")


def _deleted(aws: Aws, bucket: str) -> set[str]:
    """The keys whose newest version says that somebody deleted the file."""
    pages = aws.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return {marker["Key"] for page in pages for marker in page.get("DeleteMarkers", []) if marker["IsLatest"]}


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
