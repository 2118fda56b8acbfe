"""`make run` archives and compacts as the deployed functions do."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.local.running import Run, running, without_holdout
from tests.local.test_run import Visitor, sign_up

pytestmark = [pytest.mark.ministack, pytest.mark.slow]


def files(run: Run, prefix: str) -> dict[str, bytes]:
    """What the run's bucket holds below a prefix."""
    s3 = run.aws("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}


def awaited(run: Run, prefix: str) -> dict[str, bytes]:
    deadline = time.monotonic() + 180
    while not (found := files(run, prefix)):
        assert time.monotonic() < deadline, f"nothing below {prefix}\n{run.output.read_text()[-3000:]}"
        time.sleep(0.5)
    return found


def events_in(found: dict[str, bytes]) -> list[dict[str, Any]]:
    lines = [line for body in found.values() for line in gzip.decompress(body).splitlines()]
    return [event for line in lines for event in json.loads(line)["entry"]["events"]]


def test_what_happens_on_a_laptop_is_archived_and_its_days_become_tables(tmp_path: Path) -> None:
    # At this speed a day takes a quarter of a minute.
    with running(tmp_path, SPEED="5760") as run:
        without_holdout(run)
        visitor = Visitor(run)
        sign_up(visitor, "anna@example.com")
        told = {event["name"] for event in events_in(awaited(run, "archive/log/"))}
        assert "customer.created" in told or "customer.updated" in told

        tables = awaited(run, "archive/parquet/")
        assert all(body[:4] == b"PAR1" for body in tables.values())
        assert run.stop() == 0
