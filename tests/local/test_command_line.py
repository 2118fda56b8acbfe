"""`./selvedge --local` works on what `make run` runs: a broadcast planned, started, and gone out."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from chalicelib.storage.packing import unpack
from infra.local.laptop import STACK
from tests.emulators import ROOT
from tests.local.running import MORNING, Run, running

pytestmark = [pytest.mark.ministack, pytest.mark.slow]

SALE = """\
journey: sale-of-the-day
status: live
enter:
  broadcast: {to: '"email" in customer.consents', at: %s, clock: shop}
steps:
  - send: welcome-thanks
"""
PATIENCE = 120


def test_a_broadcast_goes_out_on_this_machine(tmp_path: Path) -> None:
    with running(tmp_path, DATA=str(tmp_path / "data"), SPEED="60") as run:
        sign_up(run)
        # Ten in the morning in Moscow when the run starts: half an hour of it takes half a minute.
        s3 = run.aws("s3")
        bucket = s3.list_buckets()["Buckets"][0]["Name"]
        s3.put_object(
            Bucket=bucket, Key="journeys/sale-of-the-day.yaml", Body=(SALE % f"{MORNING[:10]} 10:30").encode(),
        )
        eventually(lambda: "sale-of-the-day" in {one["journey"] for one in told(run, "status")["journeys"]})
        plan = told(run, "broadcast", "plan", "sale-of-the-day")
        assert plan["recipients"] == 1
        assert told(run, "broadcast", "start", "sale-of-the-day", "--yes")["state"] in ("planned", "running")
        eventually(lambda: told(run, "broadcast", "status", "sale-of-the-day")["state"] == "done")
        assert told(run, "broadcast", "status", "sale-of-the-day")["reached"] == 1


def told(run: Run, *command: str) -> Any:
    """What a command answers, as JSON."""
    script = [str(ROOT / "selvedge"), *command, "--json", "--local", run.url]
    ran = subprocess.run(script, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def sign_up(run: Run) -> None:
    """Somebody signs up who agrees to mail; they are known once the engine has folded it."""
    ssm = run.aws("ssm")
    key = ssm.get_parameters_by_path(Path=f"/{STACK}/api-keys", WithDecryption=True)["Parameters"][0]["Value"]
    consent = {"channel": "email", "topic": "*", "text": "Write to me"}
    event = {
        "id": "1", "name": "consent.given", "occurred_at": MORNING, "identities": {"email": "anna@example.org"},
        "consent": consent,
    }
    request = urllib.request.Request(
        f"{run.url}/v1/events", json.dumps(event).encode(), {"X-Api-Key": key, "Content-Type": "application/json"},
    )
    assert urllib.request.urlopen(request, timeout=30).status == 200
    states = run.aws("dynamodb")
    eventually(lambda: [
        item for item in states.scan(TableName=f"{STACK}-customers")["Items"] if b"anna@" in unpack(item["s"]["B"])
    ])


def eventually(look: Any) -> None:
    """Wait until `look` finds something; raises AssertionError when it takes too long."""
    until = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < until, "it did not come"
        time.sleep(1)
