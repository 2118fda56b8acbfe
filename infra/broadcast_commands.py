"""`broadcast plan|start|cancel|status`: a broadcast told before, started, stopped and looked at."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from chalicelib import clock
from chalicelib.domain.broadcasts import shop_zone
from chalicelib.flows import broadcasts
from chalicelib.flows.broadcasts import Plan, Progress
from chalicelib.flows.definitions_in_force import current
from infra.journey_commands import as_json, looking_at_customers

ACTS = {
    "plan": "tell what it would come to",
    "start": "start it, having shown the plan",
    "cancel": "stop it in flight",
    "status": "tell how far it is",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `broadcast` takes."""
    parser.add_argument("act", choices=ACTS, help="; ".join(f"{act}: {about}" for act, about in ACTS.items()))
    parser.add_argument("journey", help="the name of the broadcast's journey")
    parser.add_argument("--yes", action="store_true", help="do it; without it start and cancel only tell")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(given: argparse.Namespace) -> int:
    """Do one of them; 1 when it cannot be done."""
    if given.act in ("plan", "start"):
        return _plan_or_start(given)
    if given.act == "cancel":
        progress = broadcasts.cancel(given.journey, clock.now, confirmed=given.yes)
        _show_progress(progress, given)
        if not given.yes and not given.json:
            print("It goes on; --yes cancels it.")
        return 0
    _show_progress(broadcasts.status(given.journey, clock.now), given)
    return 0


def _plan_or_start(given: argparse.Namespace) -> int:
    with looking_at_customers(not given.json) as progress:
        plan = broadcasts.plan(given.journey, clock.now, progress=progress)
    if plan.state == "counting":
        print(f"somebody else is counting just now, {plan.looked_at:,} customers so far: ask again")
        return 1
    starts = given.act == "start" and given.yes
    if given.json and not starts:
        print(as_json(plan))
    elif not given.json:
        _show_plan(plan)
    if starts:
        _show_progress(broadcasts.start(given.journey, plan.basis, clock.now), given)
    elif given.act == "start" and not given.json:
        print("Nothing was started; --yes starts it.")
    return 0


def _show_plan(plan: Plan) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("recipients", f"{plan.recipients:,}")
    for channel, number in sorted(plan.sends.items()):
        table.add_row(f"  get it by {channel}", f"{number:,}")
    for name, number in (
        ("  get it later (quiet hours, caps)", plan.later), ("  get their first message later", plan.no_message_yet),
        ("  do not enter (`again`, `for`)", plan.not_entered),
    ):
        if number:
            table.add_row(name, f"{number:,}")
    for reason, number in sorted(plan.skips.items()):
        table.add_row(f"  skipped: {reason}", f"{number:,}")
    if plan.too_late:
        table.add_row("left out, their moment is long past", f"{plan.too_late:,}")
    for number, moment in enumerate(plan.moments):
        table.add_row("" if number else "moments, by the shop's clock", _local(moment))
    duration = "not known: SES tells no quota" if plan.seconds is None else str(timedelta(seconds=plan.seconds))
    table.add_row("duration", f"{duration} at {plan.per_second:g} a second")
    table.add_row("cost of the first messages", "no price list" if plan.cost is None else f"{plan.cost:.2f} $")
    Console().print(table)


def _show_progress(progress: Progress, given: argparse.Namespace) -> None:
    if given.json:
        print(as_json(progress))
        return
    told = [f"{progress.broadcast}: {progress.state}"]
    if progress.reached:
        told.append(f"{progress.reached:,} reached")
    if progress.too_late:
        told.append(f"{progress.too_late:,} left out as too late")
    if progress.waiting is not None:
        told.append(f"goes on at {_local(progress.waiting)}")
    if progress.told and progress.told != progress.state:
        told.append(progress.told)
    print(", ".join(told))


def _local(moment: datetime) -> str:
    where = shop_zone(current(clock.now()).settings)
    return f"{moment.astimezone(where):%Y-%m-%d %H:%M}"
