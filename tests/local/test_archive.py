"""`make run` archives and compacts as the deployed functions do."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from chalicelib.domain.rankings import Ranked, Rankings
from chalicelib.storage.packing import unpack
from infra.local.demo_products import GARMENTS
from infra.local.laptop import STACK
from tests.local.running import Run, running, without_holdout
from tests.local.test_run import Visitor, sign_up

pytestmark = [pytest.mark.ministack, pytest.mark.slow]


def files(run: Run, prefix: str) -> dict[str, bytes]:
    """What the run's bucket holds below a prefix."""
    s3 = run.aws("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}


def awaited(run: Run, prefix: str, found_in: Callable[[dict[str, bytes]], bool]) -> dict[str, bytes]:
    deadline = time.monotonic() + 180
    while not found_in(found := files(run, prefix)):
        assert time.monotonic() < deadline, f"nothing below {prefix}\n{run.output.read_text()[-3000:]}"
        time.sleep(0.5)
    return found


def events_in(found: dict[str, bytes]) -> set[str]:
    """The names of the events that files of the archive tell."""
    lines = [line for body in found.values() for line in gzip.decompress(body).splitlines()]
    return {event["name"] for line in lines for event in json.loads(line)["entry"]["events"]}


def test_what_happens_on_a_laptop_is_archived_and_its_days_become_tables(tmp_path: Path) -> None:
    # At this speed a day takes a quarter of a minute.
    with running(tmp_path, SPEED="5760") as run:
        without_holdout(run)
        visitor = Visitor(run)
        sign_up(visitor, "anna@example.com")
        # The days before the run are the demo shop's past.
        log = awaited(run, "archive/log/", lambda found: "customer.created" in events_in(found))
        day = max(re.findall(r"day=([0-9-]+)/", " ".join(log)))

        tables = awaited(run, "archive/parquet/", lambda found: f"archive/parquet/day={day}/log.parquet" in found)
        assert all(body[:4] == b"PAR1" for body in tables.values())
        assert run.stop() == 0


def test_the_demo_shop_has_a_past_and_recommends_by_it(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        visitor = Visitor(run)
        visitor.await_text("/shop", "Selvedge jeans")
        deadline = time.monotonic() + 90
        while not (found := rankings(run)):
            assert time.monotonic() < deadline, run.output.read_text()[-3000:]
            time.sleep(0.5)
        names = [garment.handle for product in found for garment in GARMENTS if garment.id == product.id]
        assert names[0] == "selvedge-jeans"
        coat = found[names.index("wool-coat")]
        assert next(names[place] for place in coat.together) == "wool-scarf"
        assert run.stop() == 0


def rankings(run: Run) -> tuple[Ranked, ...]:
    """The rankings of the run's last night."""
    key = {"k": {"S": "recommendations"}, "i": {"S": "rankings"}}
    item = run.aws("dynamodb").get_item(TableName=f"{STACK}-shop", Key=key).get("Item")
    return msgspec.msgpack.decode(unpack(item["b"]["B"]), type=Rankings).products if item else ()
