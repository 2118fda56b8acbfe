"""What an operator does after something broke: redrive what was set aside, recover after an outage, replay quarantine.

`python -m infra.operations redrive|recover|replay --stage production`
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from infra import archive_health, stack
from infra.aws import Aws, DeploymentError

MAPPING_SETTLES = 300
"""Seconds that a stream mapping may take to stop or start."""


def main(arguments: list[str] | None = None) -> int:
    """Run one operation on a stage; prints what was done."""
    parser = argparse.ArgumentParser(prog="python -m infra.operations", description=__doc__)
    parser.add_argument("operation", choices=("redrive", "recover", "replay"))
    parser.add_argument("--stage", default="production")
    parser.add_argument("--since", help="recover: from when the engine was down, such as 2026-11-20T08:00+03:00")
    given = parser.parse_args(arguments)
    try:
        outputs = stack.outputs(Aws(), f"selvedge-{given.stage}")
        os.environ |= {
            "SELVEDGE_STACK": f"selvedge-{given.stage}",
            "SELVEDGE_STAGE": given.stage,
            "SELVEDGE_BUCKET": outputs["Bucket"],
            "SELVEDGE_URL": outputs["Url"],
        }
        return {"redrive": _redrive, "recover": _recover, "replay": _replay}[given.operation](given, outputs)
    except DeploymentError as error:
        print(error)
        return 1


def _redrive(_given: argparse.Namespace, _outputs: dict[str, str]) -> int:
    from chalicelib.flows.redrive import redrive

    done = redrive(clock.now())
    print(
        f"{done.entries} entries appended anew, {done.messages} messages delivered, {done.calls} calls made again, "
        f"{done.archived} entries archived, {len(done.kept)} kept"
    )
    for reason in done.kept:
        print(f"  kept: {reason}")
    return 1 if done.kept else 0


def _recover(given: argparse.Namespace, outputs: dict[str, str]) -> int:
    from chalicelib.flows.recover import recover

    now = clock.now()
    since = datetime.fromisoformat(given.since) if given.since else now - timedelta(days=7)
    if since.tzinfo is None:
        raise DeploymentError(f"--since {given.since} has no time zone; write it as 2026-11-20T08:00+03:00")
    aws = Aws()
    doubt = archive_health.why_not_whole(aws, outputs["ArchiveFunction"], since, now)
    if doubt:
        print(f"The archive may have gaps: {doubt}.")
    with _mapping_off(aws, outputs["EngineFunction"]):
        done = recover(since, now, archive_is_whole=not doubt)
    print(
        f"From the {done.source}: {done.looked_at} customers looked at; "
        f"{done.entries} entries folded for {done.customers} of them"
    )
    return 0


def _replay(_given: argparse.Namespace, _outputs: dict[str, str]) -> int:
    from chalicelib.flows.replay import replay

    kept = 0
    for one in replay(clock.now()):
        print(f"{one.key}: {one.outcome}")
        kept += one.stays
    return 1 if kept else 0


@contextmanager
def _mapping_off(aws: Aws, function: str) -> Iterator[None]:
    """Keep the engine's stream mapping off meanwhile: two must not fold one customer from two sources."""
    lambdas = aws.client("lambda")
    mappings = lambdas.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    identifiers = [mapping["UUID"] for mapping in mappings]
    for identifier in identifiers:
        lambdas.update_event_source_mapping(UUID=identifier, Enabled=False)
    _settled(lambdas, identifiers, "Disabled")
    try:
        yield
    finally:
        for identifier in identifiers:
            lambdas.update_event_source_mapping(UUID=identifier, Enabled=True)


def _settled(lambdas: Any, identifiers: list[str], state: str) -> None:
    last = time.monotonic() + MAPPING_SETTLES
    for identifier in identifiers:
        while lambdas.get_event_source_mapping(UUID=identifier)["State"] != state:
            if time.monotonic() > last:
                raise DeploymentError(f"stream mapping {identifier} is not {state.lower()} after {MAPPING_SETTLES} s")
            time.sleep(2)


if __name__ == "__main__":
    sys.exit(main())
