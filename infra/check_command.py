"""`check`: the files of a folder looked at as an upload would, before they go anywhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from chalicelib import clock
from chalicelib.flows.check import check

ROOT = Path(__file__).parent.parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `check` takes."""
    parser.add_argument(
        "folder", nargs="?", type=Path, default=ROOT,
        help="a copy of the bucket, or a folder with templates/ and schedules/ (this repository)",
    )
    parser.add_argument("--strict", action="store_true", help="doubts count as mistakes")


def run(given: argparse.Namespace) -> int:
    """Print what is wrong or doubtful, with file, line and the way out; 1 when a file would be refused."""
    if not given.folder.is_dir():
        print(f"there is no folder {given.folder}")
        return 1
    problems = check(given.folder, clock.now())
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{errors} mistakes, {len(problems) - errors} doubts")
    return 1 if errors or (given.strict and problems) else 0
