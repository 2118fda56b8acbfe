"""`status`, `pause`, `resume`, `move`, `enrol`: what runs, and acts on it; each act is counted first."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.table import Table

from chalicelib import clock
from chalicelib.definitions.spans import seconds_of
from chalicelib.definitions.yaml_reader import read
from chalicelib.domain.jobs import Job
from chalicelib.flows import journey_control
from chalicelib.flows.counting import Answer
from chalicelib.flows.journey_control import Progress, Resumption
from infra.aws import DeploymentError


def add_status(parser: argparse.ArgumentParser) -> None:
    """Declare what `status` takes."""
    parser.add_argument("--count", action="store_true", help="count the people in each, by looking at every customer")
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_act(parser: argparse.ArgumentParser) -> None:
    """Declare what every act takes."""
    parser.add_argument("journey", help="the journey's name")
    parser.add_argument("--yes", action="store_true", help="do it; without it the counts are shown and nothing is done")
    parser.add_argument("--json", action="store_true", help="as JSON")


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Declare what `resume` takes."""
    add_act(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--drop", action="store_true", help="what came due while it was paused is skipped")
    choice.add_argument("--at-most", metavar="SPAN", help="it happens if at most so late, as `12 hours`; else skipped")
    choice.add_argument("--shift", action="store_true", help="it happens as much later as the pause was long")


def add_move(parser: argparse.ArgumentParser) -> None:
    """Declare what `move` takes."""
    add_act(parser)
    parser.add_argument(
        "--step", action="append", default=[], metavar="OLD=NEW",
        help="where those go on who stand at OLD (path or label); NEW may be `end`; may be given several times",
    )


def status(given: argparse.Namespace) -> int:
    """Print the journeys in force."""
    with looking_at_customers(given.count and not given.json) as progress:
        listing = journey_control.listing(clock.now, runs=given.count, progress=progress)
    if given.json:
        print(as_json(listing))
        return 0
    table = Table("journey", "status", "starts", "version", *(["people in it"] if given.count else []))
    for one in listing.journeys:
        table.add_row(
            one.journey, one.status, one.starts, one.version, *([f"{one.runs or 0:,}"] if given.count else []),
        )
    Console().print(table)
    return 0


def pause(given: argparse.Namespace) -> int:
    """Pause a journey."""
    return act(given, lambda basis, progress: journey_control.pause(
        given.journey, clock.now, basis=basis, progress=progress,
    ))


def resume(given: argparse.Namespace) -> int:
    """Resume a journey."""
    wanted = _wanted(given)
    return act(given, lambda basis, progress: journey_control.resume(
        given.journey, clock.now, wanted=wanted, basis=basis, progress=progress,
    ))


def _wanted(given: argparse.Namespace) -> Resumption | None:
    if given.drop or given.shift:
        return Resumption("drop" if given.drop else "shift")
    if given.at_most is None:
        return None
    return Resumption("late", seconds_of(read(f"at-most: {given.at_most}", "--at-most").mapping()["at-most"]))


def move(given: argparse.Namespace) -> int:
    """Move people to the version in force."""
    said: dict[str, str] = {}
    for pair in given.step:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise DeploymentError(f"--step {pair} says not from where to where: write it as --step 3=4")
        said[old.strip()] = new.strip()
    return act(given, lambda basis, progress: journey_control.move(
        given.journey, clock.now, said=said, basis=basis, progress=progress,
    ))


def enrol(given: argparse.Namespace) -> int:
    """Let the members of a journey's segment enter it."""
    return act(given, lambda basis, progress: journey_control.enrol(
        given.journey, clock.now, basis=basis, progress=progress,
    ))


def act(given: argparse.Namespace, do: Callable[[str, Progress | None], Answer]) -> int:
    """Count, show the counts, and with `--yes` do it by them."""
    with looking_at_customers(not given.json) as progress:
        counted = do("", progress)
    if counted.state == "counting":
        print(f"somebody else is counting just now, {counted.looked_at:,} customers so far: ask again")
        return 1
    _show(counted, given)
    if not given.yes:
        if not given.json:
            print("Nothing was done; --yes does it.")
        return 0
    _show(do(counted.basis, None), given)
    return 0


def _show(answer: Answer, given: argparse.Namespace) -> None:
    if given.json:
        print(as_json(answer))
        return
    for told in answer.told:
        print(told)


def as_json(content: msgspec.Struct) -> str:
    """An answer as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(content)).decode()


@contextmanager
def looking_at_customers(shown: bool) -> Iterator[Progress | None]:
    """How many customers have been looked at, on one line that goes when all have."""
    if not shown:
        yield None
        return
    with Console(stderr=True).status("looking at customers") as line:

        def tell(job: Job) -> None:
            line.update(f"looking at customers: {job.looked_at:,}")

        yield tell
