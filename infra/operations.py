"""The command line of Selvedge: checking files, managing what runs, and repairing what broke.

    ./selvedge check                        the files here, as an upload would
    ./selvedge status --stage production    the journeys in force
    ./selvedge pause cart-abandoned         shows how many stand in it; with --yes it pauses
    ./selvedge broadcast plan flash-sale    recipients, skips, duration and cost
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import SelvedgeError
from infra import (
    broadcast_commands,
    check_command,
    journey_commands,
    rehearse_command,
    repair_commands,
    stack,
    task_commands,
    why_command,
)
from infra.aws import Aws, DeploymentError, stack_name

LAPTOP = "http://127.0.0.1:8000"
"""Where `make run` answers unless PORT says otherwise."""


@dataclass(frozen=True)
class Command:
    """One command: what it is for, what it takes, what it does; `needs_stage` tells whether it looks at a stage."""

    name: str
    about: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None
    needs_stage: Callable[[argparse.Namespace], bool] = lambda _: True
    on_laptop: bool = True


COMMANDS = (
    Command("check", "check journeys, segments, templates and settings as an upload would", check_command.run,
            check_command.add_arguments, lambda _: False),
    Command("rehearse", "play journeys over recorded history; sends nothing", rehearse_command.run,
            rehearse_command.add_arguments, lambda given: given.events is None),
    Command("why", "every decision about a customer, and why a message did not come", why_command.run,
            why_command.add_arguments),
    Command("status", "the journeys in force", journey_commands.status, journey_commands.add_status),
    Command("pause", "pause a journey", journey_commands.pause, journey_commands.add_act),
    Command("resume", "resume a paused journey", journey_commands.resume, journey_commands.add_resume),
    Command("move", "move people from earlier versions of a journey to the one in force", journey_commands.move,
            journey_commands.add_move),
    Command("enrol", "let those enter who are in a journey's segment already", journey_commands.enrol,
            journey_commands.add_act),
    Command("broadcast", "plan, start, cancel or look at a broadcast", broadcast_commands.run,
            broadcast_commands.add_arguments),
    Command("tasks", "what journeys ask people to do", task_commands.run, task_commands.add_arguments),
    Command("redrive", "work again what was set aside after its retries", repair_commands.redrive),
    Command("recover", "fold what no state has seen, after an outage of more than 24 hours", repair_commands.recover,
            repair_commands.add_since, on_laptop=False),
    Command("replay", "read quarantined bodies again, after a fix", repair_commands.replay),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0, or 1 when something is wrong or stays to be done."""
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        if command.needs_stage(given):
            _look_at_stage(given, command)
        return command.run(given)
    except (DeploymentError, SelvedgeError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./selvedge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--stage", default="production", help="the stage in AWS (production)")
    where.add_argument(
        "--local", nargs="?", const=LAPTOP, metavar="URL", help=f"what `make run` runs on this machine ({LAPTOP})",
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    for command in COMMANDS:
        one = commands.add_parser(
            command.name, help=command.about, description=command.about[0].upper() + command.about[1:] + ".",
            parents=[where],
        )
        if command.add_arguments is not None:
            command.add_arguments(one)
        one.set_defaults(command=command)
    return parser


def _look_at_stage(given: argparse.Namespace, command: Command) -> None:
    """Let the environment name the stage as the product's functions find it."""
    if given.local:
        if not command.on_laptop:
            raise DeploymentError(f"{command.name} is for a stage in AWS: `make run` needs none")
        os.environ.update(_laptop(given.local))
        return
    name = stack_name(given.stage)
    aws = Aws()
    if not stack.status(aws, name):
        raise DeploymentError(f"there is no stage {given.stage!r} in {aws.region}: make deploy STAGE={given.stage}")
    outputs = given.outputs = stack.outputs(aws, name)
    os.environ |= {
        "SELVEDGE_STACK": name,
        "SELVEDGE_STAGE": given.stage,
        "SELVEDGE_BUCKET": outputs["Bucket"],
        "SELVEDGE_URL": outputs["Url"],
    }


def _laptop(url: str) -> dict[str, str]:
    """The environment of what runs on this machine, its clock included."""
    if not url.startswith("http://"):
        raise DeploymentError(f"--local takes an address such as {LAPTOP}, not {url!r}")
    try:
        with urllib.request.urlopen(f"{url}/environment", timeout=5) as answer:  # noqa: S310 - checked above
            environment: dict[str, str] = json.loads(answer.read())
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DeploymentError(f"nothing of Selvedge answers at {url}: is `make run` up?") from error
    return environment


if __name__ == "__main__":
    sys.exit(main())
