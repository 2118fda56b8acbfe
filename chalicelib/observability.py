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

logger: Final = Logger()
"""Writes JSON lines; `POWERTOOLS_LOG_LEVEL` and `POWERTOOLS_SERVICE_NAME` (the stack) set it up."""

metrics: Final = Metrics(namespace="Selvedge")
"""Written as EMF into the log, where CloudWatch finds them; its one dimension is the service, which is the stack."""


def count(name: str, number: int = 1) -> None:
    """Add to a metric and write it out at once: few requests count anything."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    metrics.flush_metrics()
