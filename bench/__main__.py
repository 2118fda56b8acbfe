"""`make bench`: what the product costs, measured; each figure beside its aim. Fails where a figure is out of bounds."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import cold_start, conditions, cost, fold, recommendations, rehearsal, rendering, usage


def main() -> int:
    """Run every benchmark and print the figures with a machine line."""
    console = Console()
    console.print(f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
                  f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    table = Table("measured", "figure", "aim", title="Selvedge")
    handler = _alone("bench.webhook")
    folded = fold.run()
    units = usage.run()
    for name, aim in (
        ("webhook", 4), ("page view, ten at a time", 0.3), ("timer, armed and fired", 2),
        ("message, decided and sent", 4), ("budget of a message, ten at a time", 0.1),
        ("four products recommended", 0),
    ):
        one = units[name]
        table.add_row(f"write / read units per {name}", f"{one.writes:g} / {one.reads:g}", f"at most {aim:g} / -")
    money = cost.of(units, handler["webhook_known_ms"], *_alarms_and_metrics())
    table.add_row("$ per million events", f"{money.per_million_events:.2f}", "under 1.50")
    table.add_row("$ per 1,000 messages beyond SES", f"{money.per_thousand_messages:.4f}", "under 0.005")
    table.add_row("$ a month idle", f"{money.idle_month:.2f}", "under 0.10")
    table.add_row("$ a month, 10,000 customers and 100,000 mails, beyond SES's $10", f"{money.shop_month:.2f}", "-")
    table.add_row("$ of it for the archive's files, at most", f"{money.archive_month:.2f}", "-")
    table.add_row("events folded a second, one core", f"{folded['events_per_second']:,.0f}", "20,000")
    reached = _alone("bench.broadcast")
    figure = f"{reached['recipients_per_second']:,.0f}"
    table.add_row("recipients of a broadcast reached a second, if the provider bore it", figure, "-")
    tested = conditions.run()
    figure = f"{tested['evaluation_us']:.2f} (the slowest {tested['slowest_evaluation_us']:.2f})"
    table.add_row("CPU µs to evaluate a condition", figure, "under 2")
    figure = f"{tested['next_change_us']:.1f} / {tested['compile_us']:.0f}"
    table.add_row("CPU µs to tell when time changes one / to compile one", figure, "-")
    rehearsed = rehearsal.run()
    table.add_row(
        f"CPU s to rehearse a million events, {rehearsed['journeys']:.0f} journeys, one core",
        f"{rehearsed['seconds_per_million']:.0f} ({rehearsal.run(views=1)['seconds_per_million']:.0f} one to an entry)",
        "under 60",
    )
    printed = rendering.run()
    figure = f"{printed['messages_per_second']:,.0f} ({printed['mails_per_second']:,.0f} mails alone)"
    table.add_row("messages rendered a second, one core, templates compiled", figure, "1,000")
    figure = f"{printed['slowest_mails_per_second']:,.0f} / {printed['uncached_mails_per_second']:,.0f}"
    table.add_row("mails rendered a second: the slowest / when nothing is compiled", figure, "-")
    chosen = recommendations.run()
    figure = f"{chosen['row_us']:.0f} (the slowest {chosen['slowest_row_us']:.0f})"
    table.add_row("CPU µs to choose a row of four among 1,000 products", figure, "-")
    table.add_row("CPU ms to read their rankings, every ten minutes", f"{chosen['rankings_ms']:.1f}", "-")
    table.add_row("CPU ms per webhook, known customer", f"{handler['webhook_known_ms']:.2f}", "under 3")
    table.add_row("CPU ms per webhook, new customer", f"{handler['webhook_stranger_ms']:.2f}", "-")
    started = cold_start.run()
    figure = f"{started.ratio:.2f} ({started.ours:.0f} ms / {started.bare:.0f} ms)"
    table.add_row("cold start against a bare boto3 with one client", figure, "at most 1.0 (fails over 1.15)")
    console.print(table)
    return 0 if started.ratio <= cold_start.LIMIT else 1


def _alone(module: str) -> dict[str, float]:
    """Run a benchmark in an interpreter of its own, where no emulator has put its hooks."""
    code = f"import json; from {module} import run; print(json.dumps(run()))"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def _alarms_and_metrics() -> tuple[int, int]:
    """How many alarms the template has, and how many metrics of our own the product writes."""
    from chalicelib import observability
    from infra import template

    alarms = sum(
        resource["Type"] == "AWS::CloudWatch::Alarm" for resource in template.load("alarms")["Resources"].values()
    )
    own = sum(name.isupper() and isinstance(value, str) for name, value in vars(observability).items())
    # Besides those of the product's own, every function's errors are counted into one metric.
    return alarms, own + 1


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
