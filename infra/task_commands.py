"""`tasks`: what journeys ask people to do, and what came of it.

    ./selvedge tasks                                              the open ones, the oldest due first
    ./selvedge tasks done 5d1f0c… --outcome "will come on Friday" --score 8
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib import clock
from chalicelib.flows.tasks import complete
from chalicelib.storage.tasks import open_tasks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `tasks` takes."""
    acts = parser.add_subparsers(dest="act", metavar="done")
    done = acts.add_parser("done", help="note what came of a task; the journey that asked goes on by it")
    done.add_argument("task", help="its id, as the list shows it")
    done.add_argument("--outcome", required=True, help="in a few words")
    done.add_argument("--score", type=int, help="how it went, as the task's script says")


def run(given: argparse.Namespace) -> int:
    """Show the open tasks, or complete one."""
    if given.act == "done":
        task = complete(given.task, given.outcome, given.score, clock.now())
        told = f"{task.title}: {task.outcome}" + ("" if task.score is None else f", {task.score}")
        print(told)
        return 0
    table = Table("due", "customer", "task", "script", "id", box=None, pad_edge=False)
    tasks = open_tasks()
    for task in tasks:
        cells = (f"{task.due_at:%Y-%m-%d %H:%M} UTC", task.customer_id, task.title, task.script, task.task_id)
        table.add_row(*(Text(cell) for cell in cells))
    if tasks:
        Console().print(table)
    else:
        print("nobody has anything to do: no journey has asked for a task that is still open")
    return 0
