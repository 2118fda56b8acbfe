"""The bucket: the files a shop edits, and the quarantine of bodies that could not be understood."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from chalicelib.errors import FileMissingError, StorageUnavailableError
from chalicelib.storage import clients

UNKEPT_HEADERS = ("hmac", "signature", "auth", "key", "token", "secret", "cookie")
"""A header whose name contains one of these proves who sent a request: it is not kept."""


class File(Struct, frozen=True):
    """A file as read. `version_id` is empty where the bucket keeps no versions."""

    key: str
    body: bytes
    etag: str
    version_id: str = ""


class Listed(Struct, frozen=True):
    """A file as listed; `size` in bytes, `changed_at` to the second."""

    key: str
    etag: str
    size: int
    changed_at: datetime


class Quarantined(Struct, frozen=True):
    """A body set aside, with what is needed to read it again after a fix: header names are lower case."""

    source: str
    delivery_id: str
    at: datetime
    reason: str
    headers: dict[str, str]
    body: bytes


def read(key: str, etag: str = "") -> File | None:
    """A file, or None when it still is the one of that `etag` (0.40 $ per million either way).

    Raises:
        FileMissingError: there is no such file.
        StorageUnavailableError: S3 is away.
    """
    unless_same = {"IfNoneMatch": etag} if etag else {}
    with _errors(key):
        try:
            answer = clients.client("s3").get_object(Bucket=_bucket(), Key=key, **unless_same)
        except ClientError as error:
            if _status(error) == 304:
                return None
            raise
        return File(key, answer["Body"].read(), answer["ETag"], answer.get("VersionId", ""))


def read_version(key: str, version_id: str) -> bytes:
    """A file as it was in one of its versions, which never changes; priced as `read`.

    Raises:
        FileMissingError: there is no such version (any more).
        StorageUnavailableError: S3 is away.
    """
    with _errors(key):
        body: bytes = clients.client("s3").get_object(Bucket=_bucket(), Key=key, VersionId=version_id)["Body"].read()
        return body


def list_files(prefix: str) -> Iterator[Listed]:
    """The files whose key begins with `prefix`, in the order of their keys; 1,000 to a request of 5 $ per million."""
    start: dict[str, str] = {}
    while True:
        with _errors(prefix):
            page = clients.client("s3").list_objects_v2(Bucket=_bucket(), Prefix=prefix, **start)
        for listed in page.get("Contents", []):
            yield Listed(listed["Key"], listed["ETag"], listed["Size"], listed["LastModified"])
        if not page.get("IsTruncated"):
            return
        start = {"ContinuationToken": page["NextContinuationToken"]}


def list_folders(prefix: str) -> Iterator[str]:
    """The folders directly below a prefix that ends in a slash, without their own; priced as `list_files`."""
    start: dict[str, str] = {}
    while True:
        with _errors(prefix):
            page = clients.client("s3").list_objects_v2(Bucket=_bucket(), Prefix=prefix, Delimiter="/", **start)
        for folder in page.get("CommonPrefixes", []):
            yield folder["Prefix"].rstrip("/")
        if not page.get("IsTruncated"):
            return
        start = {"ContinuationToken": page["NextContinuationToken"]}


def put(key: str, body: bytes | BinaryIO, *, overwrite: bool = True) -> bool:
    """Write a file; with `overwrite=False` never over one that is there: False then (S3's `If-None-Match: *`).

    Raises:
        StorageUnavailableError: S3 is away.
    """
    unless_there = {} if overwrite else {"IfNoneMatch": "*"}
    with _errors(key):
        try:
            clients.client("s3").put_object(Bucket=_bucket(), Key=key, Body=body, **unless_there)
        except ClientError as error:
            if not overwrite and _status(error) == 412:
                return False
            raise
    return True


def replace(key: str, body: bytes, over: str) -> bool:
    """Write a file over the one of the etag `over`; False when that is not there any more (S3's `If-Match`).

    Raises:
        StorageUnavailableError: S3 is away.
    """
    with _errors(key):
        try:
            clients.client("s3").put_object(Bucket=_bucket(), Key=key, Body=body, IfMatch=over)
        except ClientError as error:
            # 412: another file; 404: none; 409: another is being written just now (S3 API Reference, PutObject).
            if _status(error) in (404, 409, 412):
                return False
            raise
    return True


def delete(key: str) -> None:
    """Delete a file; one that is not there is no error."""
    with _errors(key):
        clients.client("s3").delete_object(Bucket=_bucket(), Key=key)


def quarantine(
    source: str, delivery_id: str, headers: Mapping[str, str], body: bytes, *, reason: str, now: datetime,
) -> str:
    """Keep a body that could not be understood, whole, and its headers but for the proof of origin; answers the key.

    The same delivery on the same day is the same file. `reason` must hold nothing personal.
    """
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    key = f"quarantine/{source}/{day}/{quote(delivery_id, safe='')[:200] or 'unnamed'}.json"
    kept = {
        name.lower(): value for name, value in headers.items()
        if not any(word in name.lower() for word in UNKEPT_HEADERS)
    }
    content = {
        "source": source,
        "delivery_id": delivery_id,
        "at": now.isoformat(),
        "reason": reason,
        "headers": kept,
        "body": b64encode(body).decode(),
    }
    put(key, json.dumps(content).encode())
    return key


def read_quarantined(key: str) -> Quarantined:
    """What `quarantine` kept under a key.

    Raises:
        FileMissingError: there is no such file.
    """
    file = read(key)
    assert file is not None
    content = json.loads(file.body)
    return Quarantined(
        source=content["source"],
        delivery_id=content["delivery_id"],
        at=datetime.fromisoformat(content["at"]),
        reason=content["reason"],
        headers=content["headers"],
        body=b64decode(content["body"]),
    )


@contextmanager
def _errors(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = _status(error)
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion"):
            raise FileMissingError(key) from error
        if status >= 500 or status == 429:
            raise StorageUnavailableError(f"S3 answers {status} for {key}") from error
        raise
    except BotoCoreError as error:
        raise StorageUnavailableError(f"S3 cannot be reached for {key}") from error


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _bucket() -> str:
    return os.environ["SELVEDGE_BUCKET"]
