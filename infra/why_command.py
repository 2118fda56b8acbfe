"""`why`: every decision about one customer, and why a message did not come on a day.

    ./selvedge why 01JQ…                                              every run, step and decision
    ./selvedge why anna@example.com --message cart-offer --day 2026-11-20
    ./selvedge why 01JQ… --json
"""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib import clock
from chalicelib.domain.decisions import Decision
from chalicelib.domain.timing import zone_of
from chalicelib.flows import timeline, why
from chalicelib.flows.definitions_in_force import current
from chalicelib.flows.why import Explained, NotGot, Told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `why` takes."""
    parser.add_argument("customer", help="a customer id, or a mail address, phone number or device that leads to one")
    parser.add_argument("--message", help="ask why this message did not come; together with --day")
    parser.add_argument("--day", type=date.fromisoformat, help="the day, in the customer's time zone, as 2026-11-20")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(given: argparse.Namespace) -> int:
    """Print the answer. Raises UnknownCustomerError."""
    if bool(given.message) != bool(given.day):
        print("--message and --day go together: which message did not come, and on which day?")
        return 1
    found = timeline.search(given.customer)
    customer_id = found[0].customer_id if found else given.customer
    answer = None
    if given.message:
        explained, answer = why.explain_absence(customer_id, given.message, given.day)
    else:
        explained = why.explain(customer_id)
    if given.json:
        print(msgspec.json.format(msgspec.json.encode(answer or Told.of(explained))).decode())
    else:
        _print(explained, answer)
    return 0


def _print(explained: Explained, answer: NotGot | None) -> None:
    console = Console()
    where = zone_of(explained.customer.profile, current(clock.now()).settings)
    if answer is not None:
        for finding in answer.findings:
            console.print(Text(" ".join(part for part in (finding.answer, finding.journey, finding.run_key) if part)))
            if finding.decision is not None:
                console.print(_table([finding.decision], where))
            if finding.message is not None:
                outcome = f"{finding.message.status} {finding.message.channel} {finding.message.reason}"
                console.print(Text(f"  on record: {outcome.strip()}"))
        return
    console.print(_table(explained.decisions, where))
    if explained.unexplained:
        console.print(f"{len(explained.unexplained)} messages on record are older than this log")


def _table(decisions: Any, where: ZoneInfo) -> Table:
    table = Table("at", "journey", "run", "step", "decided", "because", box=None, pad_edge=False)
    for decision in decisions:
        table.add_row(*(Text(cell) for cell in _row(decision, where)))
    return table


def _row(decision: Decision, where: ZoneInfo) -> tuple[str, ...]:
    until = f"until {decision.until.astimezone(where):%Y-%m-%d %H:%M}" if decision.until else ""
    because = " ".join(part for part in (decision.message, decision.because, until) if part)
    if decision.rule:
        seen = ", ".join(f"{path} = {value}" for path, value in decision.values.items())
        because = f"{because} [{decision.rule}; seen: {seen}]".strip()
    run = f"{decision.run_key} #{decision.entry}".strip() if decision.entry else ""
    at = f"{decision.at.astimezone(where):%Y-%m-%d %H:%M}"
    return (at, decision.journey, run, decision.step, decision.decided, because)
