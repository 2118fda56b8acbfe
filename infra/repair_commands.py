"""`redrive`, `recover`, `replay`: what an operator does after something broke."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from infra import archive_health
from infra.aws import Aws, DeploymentError

MAPPING_SETTLES = 300
"""Seconds that a stream mapping may take to stop or start."""


def add_since(parser: argparse.ArgumentParser) -> None:
    """Declare what `recover` takes."""
    parser.add_argument("--since", help="from when the engine was down, such as 2026-11-20T08:00+03:00")


def redrive(_given: argparse.Namespace) -> int:
    """Bring back what was set aside."""
    from chalicelib.flows.redrive import redrive as bring_back

    done = bring_back(clock.now())
    print(
        f"{done.entries} entries appended anew, {done.messages} messages delivered, {done.calls} calls made again, "
        f"{done.archived} entries archived, {len(done.kept)} kept"
    )
    for reason in done.kept:
        print(f"  kept: {reason}")
    return 1 if done.kept else 0


def recover(given: argparse.Namespace) -> int:
    """Fold what no state has seen; raises DeploymentError when the mapping cannot be stopped."""
    from chalicelib.flows.recover import recover as fold_unseen

    now = clock.now()
    since = datetime.fromisoformat(given.since) if given.since else now - timedelta(days=7)
    if since.tzinfo is None:
        raise DeploymentError(f"--since {given.since} has no time zone; write it as 2026-11-20T08:00+03:00")
    aws, outputs = Aws(), given.outputs
    doubt = archive_health.why_not_whole(aws, outputs["ArchiveFunction"], since, now)
    if doubt:
        print(f"The archive may have gaps: {doubt}.")
    with _mapping_off(aws, outputs["EngineFunction"]):
        done = fold_unseen(since, now, archive_is_whole=not doubt)
    print(
        f"From the {done.source}: {done.looked_at} customers looked at; "
        f"{done.entries} entries folded for {done.customers} of them"
    )
    return 0


def replay(_given: argparse.Namespace) -> int:
    """Read quarantined bodies again."""
    from chalicelib.flows.replay import replay as read_again

    kept = 0
    for one in read_again(clock.now()):
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
