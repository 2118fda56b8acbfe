"""How fast this machine is beside the one on which the aims were set, so that they can be held on any."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

REFERENCE: Final = 0.0174
"""Seconds that `_work` takes on the machine of the figures in README.md (AMD EPYC, Python 3.11) when it is idle."""
START: Final = datetime(2026, 3, 2, tzinfo=UTC)


Measured = TypeVar("Measured")


def measured_here(run: Callable[[], Measured]) -> tuple[Measured, float]:
    """What a run measures, and how much slower than there this machine is meanwhile (see `slowness`)."""
    before = slowness()
    return run(), max(before, slowness())


def slowness() -> float:
    """How many times as long as there a piece of work takes here just now, the best of ten; 1 on a faster machine.

    Processor time alone does not tell: it is longer on a core whose other half is busy.
    """
    return max(1.0, min(_work() for _ in range(10)) / REFERENCE)


def _work() -> float:
    """Seconds of the processor for work as the fold has it: small objects, texts, times and dictionaries."""
    began = time.process_time()
    kept: dict[str, tuple[datetime, int]] = {}
    for number in range(20_000):
        moment = START + timedelta(seconds=number)
        key = f"customer-{number % 997}"
        earlier = kept.get(key)
        kept[key] = (max(earlier[0], moment), earlier[1] + 1) if earlier else (moment, 1)
    sorted(kept.items(), key=lambda item: (-item[1][1], item[0]))
    return time.process_time() - began
