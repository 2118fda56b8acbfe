"""`python -m infra.local` as a child process, as `make run` starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from chalicelib.flows.definitions_in_force import InForce
from chalicelib.storage.packing import unpack
from infra.local.laptop import STACK
from infra.local.ministack import REGION
from tests.emulators import ROOT, free_port, ministack_command

MORNING = "2030-01-07T07:00:00+00:00"
"""A Monday, ten in the morning in Moscow: nothing waits for the end of the night for hours to come."""
STARTED = 60
STOPPED = 60
"""Seconds; a run takes about two of each on an idle machine."""


@dataclass
class Run:
    """A run under way: where it serves, and its process."""

    url: str
    process: subprocess.Popen[str]
    output: Path

    def children(self) -> list[int]:
        """The process ids of its children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in listed.split()]

    def aws(self, service: str) -> Any:
        """A client of the run's own AWS."""
        (child,) = self.children()
        environment = Path(f"/proc/{child}/environ").read_text().split("\0")
        port = next(entry.partition("=")[2] for entry in environment if entry.startswith("GATEWAY_PORT="))
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name=REGION,
            aws_access_key_id="laptop",
            aws_secret_access_key="laptop",
            config=Config(s3={"addressing_style": "path"}),
        )

    def edit(self, key: str, change: Callable[[str], str]) -> None:
        """Edit a file in the shop's bucket, as a marketer does."""
        s3 = self.aws("s3")
        bucket = s3.list_buckets()["Buckets"][0]["Name"]
        before = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        after = change(before)
        assert after != before
        s3.put_object(Bucket=bucket, Key=key, Body=after.encode())

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(STOPPED)


@contextmanager
def running(folder: Path, **options: str) -> Iterator[Run]:
    """A run on a free port with temporary files below `folder`, stopped at the end if it still runs.

    With a fresh `DATA` folder its clock starts at `MORNING`.
    """
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    port = options.pop("PORT", str(free_port()))
    output = folder / "output.txt"
    if "DATA" in options and not Path(options["DATA"]).exists():
        Path(options["DATA"]).mkdir()
        (Path(options["DATA"]) / "clock.json").write_text(json.dumps({"shown": MORNING}))
    environment = (
        os.environ
        | {
            "PORT": port,
            "MINISTACK": ministack_command(),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONUNBUFFERED": "1",
        }
        | options
    )
    for name in ("AWS_ENDPOINT_URL", "SELVEDGE_STACK", "SELVEDGE_CLOCK"):
        environment.pop(name, None)
    with output.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            cwd=ROOT,
            env=environment,
            stdout=stream,
            stderr=stream,
            text=True,
        )
    try:
        deadline = time.monotonic() + STARTED
        while not re.search("Ctrl-C stops everything", output.read_text()):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        yield Run(f"http://127.0.0.1:{port}", process, output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOPPED)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def without_holdout(run: Run) -> None:
    """Take away the control group, so that every customer gets every message."""
    run.edit("shop.yaml", lambda text: text.replace("holdout: 5", "holdout: 0"))
    deadline = time.monotonic() + STARTED
    while holdout_in_force(run) != 0:
        assert time.monotonic() < deadline, "the edited shop.yaml was not put in force"
        time.sleep(0.2)


def holdout_in_force(run: Run) -> float:
    """The control group's share by the definitions in force."""
    key = {"k": {"S": "definitions"}, "i": {"S": "in-force"}}
    item = run.aws("dynamodb").get_item(TableName=f"{STACK}-shop", Key=key)["Item"]
    return msgspec.json.decode(unpack(item["b"]["B"]), type=InForce).settings.holdout_percent


def is_running(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return "Z" not in Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
