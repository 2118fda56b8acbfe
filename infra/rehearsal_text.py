"""A rehearsal's report as text, for a terminal or a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from chalicelib.domain.rehearsal_report import Busiest, Most, Report, Sample, SampleRow
from chalicelib.domain.shop import FrequencyCap

WEEKS_SHOWN: Final = 60
"""Days up to which each is a line; of more, each week is one."""
BAR: Final = 40
COLLISIONS_SHOWN: Final = 15
SOURCES: Final = {"table": "the events table", "archive": "the archive,", "file": "the file"}


def print_report(report: Report, console: Console) -> None:
    """Print the whole report."""
    _print_head(report, console)
    if not report.history.entries:
        console.print("The log is empty: there was nothing to play.")
        return
    _print_journeys(report, console)
    _print_days(report, console)
    _print_people(report, console)
    _print_skips(report, console)
    _print_collisions(report, console)
    _print_costs(report, console)
    where = ZoneInfo(report.history.time_zone)
    for number, sample in enumerate(report.samples, 1):
        _print_sample(number, sample, where, console)


def _print_head(report: Report, console: Console) -> None:
    played = report.history
    console.print("[bold]Rehearsal[/bold]: nothing was sent, nothing was written")
    if played.first is not None and played.last is not None:
        console.print(
            f"{played.entries:,} entries with {played.events:,} events of {played.customers:,} customers, "
            f"{played.first:%Y-%m-%d} to {played.last:%Y-%m-%d}; {played.timers:,} timers fired"
        )
    began = f"the states of {played.began_with:,} customers" if played.began_with else "empty states"
    console.print(f"Log: {SOURCES[played.source]} {played.name}".rstrip() + f". Began with {began}.")
    for reason, count in played.left_out.items():
        console.print(f"[red]Left out[/red]: {count:,} × {reason}")


def _print_journeys(report: Report, console: Console) -> None:
    table = Table("journey", title="Journeys", title_justify="left")
    for name in ("entries", "people", "sends", "skips", "put off", "converted", "running", "$"):
        table.add_column(name, justify="right")
    for one in report.journeys:
        table.add_row(
            one.journey if one.rehearsed else f"{one.journey} (live)", f"{one.entries:,}", f"{one.people:,}",
            f"{one.sends:,}", f"{sum(one.skips.values()):,}", f"{one.put_off:,}", f"{one.converted:,}",
            f"{one.running:,}", f"{one.cost:.2f}",
        )
    console.print(table)
    console.print(f"{report.sends:,} sends, {report.marketing_sends:,} of them marketing")


def _print_days(report: Report, console: Console) -> None:
    if not report.days:
        return
    by_week = len(report.days) > WEEKS_SHOWN
    sends: dict[str, int] = {}
    for one in report.days:
        day = one.day - timedelta(days=one.day.weekday()) if by_week else one.day
        sends[day.isoformat()] = sends.get(day.isoformat(), 0) + one.sends
    most = max(sends.values())
    console.print(f"\n[bold]Sends a {'week' if by_week else 'day'}[/bold]")
    for name, count in sends.items():
        console.print(f"{name}  {count:>7,}  {'█' * max(round(count * BAR / most), 1)}")
    busiest = max(report.days, key=lambda one: one.sends)
    console.print(f"The busiest day is {busiest.day} with {busiest.sends:,}")


def _print_people(report: Report, console: Console) -> None:
    console.print("\n[bold]The most that any one person gets[/bold]")
    console.print(f"of everything: {_busiest(report.busiest)}")
    console.print(f"of marketing:  {_busiest(report.busiest_marketing)}")


def _busiest(busiest: Busiest) -> str:
    return f"{_most(busiest.day)} in 24 hours, {_most(busiest.week)} in 7 days, {_most(busiest.in_all)} in all"


def _most(most: Most) -> str:
    return f"{most.sends}" + (f" (customer {most.customer_id})" if most.customer_id else "")


def _print_skips(report: Report, console: Console) -> None:
    if report.skips:
        console.print("\n[bold]Not sent, and why[/bold]")
        console.print(_counts(report.skips))


def _print_collisions(report: Report, console: Console) -> None:
    if not report.collisions:
        console.print("\nNo two journeys stood in each other's way")
        return
    table = Table("lost", "message", "to", "cap", title="\nCollisions", title_justify="left")
    for name in ("times", "people", "sent later"):
        table.add_column(name, justify="right")
    for one in report.collisions[:COLLISIONS_SHOWN]:
        won = "its own earlier send" if one.won == one.lost else one.won
        figures = (f"{one.times:,}", f"{one.people:,}", f"{one.put_off:,}")
        table.add_row(one.lost, one.message, won, _cap(one.cap), *figures)
    console.print(table)
    if len(report.collisions) > COLLISIONS_SHOWN:
        console.print(f"… and {len(report.collisions) - COLLISIONS_SHOWN} rarer ones, told by --json and --page")


def _cap(cap: FrequencyCap) -> str:
    return f"{cap.tag}: {cap.count} in {cap.window / 86400:g} days"


def _print_costs(report: Report, console: Console) -> None:
    costs = report.costs
    console.print(f"\n[bold]Cost[/bold]: ${costs.total:.2f}")
    console.print("  ".join(f"{channel} ${cost:.2f}" for channel, cost in costs.by_channel.items()))
    for month in costs.months:
        console.print(f"{month.month}  ${month.cost:.2f}")
    console.print(f"{costs.estimate} Prices of {costs.prices_of}.")


def _print_sample(number: int, sample: Sample, where: ZoneInfo, console: Console) -> None:
    console.print(f"\n[bold]{number}. Customer {sample.customer_id}[/bold]: {'; '.join(sample.outcomes)}")
    for row in sample.rows:
        console.print(f"  {_local(row.at, where)}  {_words(row)}")
    if sample.left_out:
        console.print(f"  … and {sample.left_out:,} lines more")


def _words(row: SampleRow) -> str:
    match row.kind:
        case "event":
            return f"{row.name}{f' ×{row.times}' if row.times > 1 else ''}"
        case "entered":
            return f"enters {row.journey}"
        case "ended":
            return f"{row.journey} is over: {row.name}"
        case "sent":
            return f"[green]gets {row.name} by {row.detail}[/green] ({row.journey})"
        case "put-off":
            return f"{row.name} is put off: {row.detail} ({row.journey})"
        case _:
            return f"[yellow]does not get {row.name}: {row.detail}[/yellow] ({row.journey})"


def _local(at: datetime, where: ZoneInfo) -> str:
    return f"{at.astimezone(where):%Y-%m-%d %H:%M}"


def _counts(counts: Mapping[str, int]) -> str:
    return "\n".join(f"{count:>7,}  {name}" for name, count in counts.items())
