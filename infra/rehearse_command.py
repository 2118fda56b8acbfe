"""`rehearse`: journeys played over recorded history, to see what would have come of them. Sends and writes nothing.

    ./selvedge rehearse --events history.ndjson                       all live journeys, over a file of events
    ./selvedge rehearse win-back --table                              one more, over the log of the stage
    ./selvedge rehearse journeys/win-back.yaml --archive 2026-01-01 2026-06-30 --page win-back.html

docs/rehearsal.md tells the rest.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from chalicelib import clock
from chalicelib.console.rehearsal import page_of_its_own
from chalicelib.console.wording import LANGUAGES
from chalicelib.content.template_files import FolderFiles
from chalicelib.definitions.folder import read_folder
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.price_list import read_prices
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Entry
from chalicelib.domain.journeys import Journey
from chalicelib.domain.rehearsal_report import Report, Source
from chalicelib.errors import SelvedgeError
from chalicelib.flows import definitions_in_force
from chalicelib.flows.editions import files_in_force
from chalicelib.flows.means import prices_in_force
from chalicelib.flows.rehearse import Pricing, all_in, rehearse, with_live
from chalicelib.flows.time_order import in_order_of_recording
from chalicelib.storage import archive, log
from infra.recorded_events import Refused, read_events
from infra.rehearsal_text import print_report

ROOT = Path(__file__).parent.parent
WIDTH = 140
"""Columns of the text where it goes into a file."""


@dataclass(frozen=True)
class Recording:
    """A recorded log: what to call it, from when to when, and its entries; `tell` is told how far it has been read."""

    source: Source
    name: str
    size: float
    entries: Callable[[Callable[[float], None]], Iterable[Entry]]
    refused: Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `rehearse` takes."""
    parser.add_argument(
        "journeys", nargs="*", metavar="journey",
        help="names, or journey files, to rehearse beside the live ones; all live ones when left out",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--table", action="store_true", help="play the log of the stage's table (400 days)")
    source.add_argument(
        "--archive", nargs=2, metavar=("FIRST", "LAST"), type=date.fromisoformat,
        help="play the stage's archive from one day to another, both included, as 2026-01-01 2026-06-30",
    )
    source.add_argument(
        "--events", type=Path, metavar="FILE",
        help="play a file: each line what POST /v1/events takes (.ndjson or .ndjson.gz)",
    )
    parser.add_argument(
        "--files", action="store_true",
        help="with the definitions in templates/ and schedules/ here instead of those in force (always with --events)",
    )
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="as JSON, printed or in a file")
    parser.add_argument("--page", type=Path, metavar="FILE", help="the report as a page of HTML")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the page")


def run(arguments: argparse.Namespace) -> int:
    """Rehearse and report; the exit code. For `--table` and `--archive` the environment must name the stage's stack."""
    told = Console(stderr=True)
    try:
        definitions, pricing, names = _definitions(arguments)
        recording = _recording(arguments, definitions)
        with _progress(recording, told) as tell, without_collector():
            report = rehearse(
                recording.entries(tell), definitions, pricing, source=recording.source, name=recording.name,
                names=names,
            )
    except (SelvedgeError, OSError) as error:
        told.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    for reason in recording.refused.reasons:
        told.print(reason, style="yellow", markup=False, soft_wrap=True)
    if recording.refused.count:
        told.print(f"{recording.refused.count:,} events of the file were left out: the API would refuse them")
    _show(report, arguments)
    return 0


def _show(report: Report, arguments: argparse.Namespace) -> None:
    if arguments.page:
        arguments.page.write_text(page_of_its_own(report, arguments.language), "utf-8")
    if arguments.json:
        body = msgspec.json.format(msgspec.json.encode(report))
        if arguments.json == "-":
            sys.stdout.write(body.decode() + "\n")
            return
        Path(arguments.json).write_bytes(body + b"\n")
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    print_report(report, console)


def _definitions(arguments: argparse.Namespace) -> tuple[Definitions, Pricing, list[str]]:
    """The definitions to play with, what sending costs, and the names of the journeys that are asked about."""
    if arguments.files or arguments.events:
        found = read_folder(ROOT / "templates", ROOT / "schedules")
        prices = read_prices((ROOT / "schedules" / "prices.yaml").read_text("utf-8"), "schedules/prices.yaml")
        files = all_in(FolderFiles(ROOT / "templates"))
    else:
        now = clock.now()
        found = definitions_in_force.current(now)
        prices, files = prices_in_force(found.settings, now), files_in_force
    others = [_journey(Path(given), found) for given in arguments.journeys if _is_file(given)]
    names = [given for given in arguments.journeys if not _is_file(given)] + [journey.name for journey in others]
    definitions = with_live(found, names, others)
    return definitions, Pricing(prices, definitions, files), names


def _is_file(given: str) -> bool:
    return given.endswith((".yaml", ".yml"))


def _journey(path: Path, definitions: Definitions) -> Journey:
    return read_journey(path.read_text("utf-8"), str(path), definitions.messages, definitions.segments)


def _recording(arguments: argparse.Namespace, definitions: Definitions) -> Recording:
    refused = Refused()
    if arguments.events:
        path: Path = arguments.events
        country = definitions.settings.country
        return Recording(
            "file",
            path.name,
            path.stat().st_size,
            lambda tell: read_events(path, shop_country=lambda: country, refused=refused, read=tell),
            refused,
        )
    if arguments.archive:
        first, last = arguments.archive
        return Recording(
            "archive",
            f"{first} – {last}",
            (last - first + timedelta(days=1)).total_seconds(),
            lambda tell: _told(archive.entries(first, last), datetime.combine(first, time(), UTC), tell),
            refused,
        )
    return Recording("table", "", 0, lambda _: in_order_of_recording(log.everything()), refused)


def _told(entries: Iterable[Entry], since: datetime, tell: Callable[[float], None]) -> Iterator[Entry]:
    """The entries; tells the seconds of the log that have been played."""
    for number, entry in enumerate(entries):
        if number % 2000 == 0:
            tell((entry.recorded_at - since).total_seconds())
        yield entry


@contextmanager
def _progress(recording: Recording, console: Console) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("Playing {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(recording.name or recording.source, total=recording.size or None)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def without_collector() -> Iterator[None]:
    """Without Python's cyclic garbage collector: states are many and hold no cycles, going over them takes a tenth."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
