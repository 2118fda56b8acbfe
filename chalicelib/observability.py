"""What the functions tell their operator: one JSON logger and one set of metrics for all.

Logs hold ids only: never an address, a phone, a name or a body. A metric costs 0.30 $ a month each, so there are few.
"""

from __future__ import annotations

from typing import Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

QUARANTINED: Final = "Quarantined"
"""Signed webhooks that could not be understood and were kept for a replay."""
UNKNOWN_TOPICS: Final = "UnknownTopics"
"""Webhooks of a topic that nobody here reads."""

TICK_LATE: Final = "TickLateSeconds"
"""How far a tick is behind the one before it, told only when that is too far."""

logger: Final = Logger()
"""Writes JSON lines; `POWERTOOLS_LOG_LEVEL` and `POWERTOOLS_SERVICE_NAME` (the stack) set it up."""

metrics: Final = Metrics(namespace="Selvedge")
"""Written as EMF into the log, where CloudWatch finds them; its one dimension is the service, which is the stack."""


def count(name: str, number: int = 1) -> None:
    """Add to a metric and write it out at once: few requests count anything."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()


def measure_seconds(name: str, seconds: float) -> None:
    """Write a duration to a metric at once."""
    metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=seconds)
    metrics.flush_metrics()
