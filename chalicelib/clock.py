"""The only clock of the product. On a laptop it can be set to run faster (`make run SPEED=600`)."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The current time in UTC.

    `SELVEDGE_CLOCK` is `<real start>,<speed>[,<time shown then>]`, in epoch seconds: from that start on, time
    runs `speed` times as fast, beginning at the time shown (by default the real one).
    """
    real = time.time()
    setting = os.environ.get("SELVEDGE_CLOCK")
    if not setting:
        return datetime.fromtimestamp(real, UTC)
    start, speed, *shown = (float(part) for part in setting.split(","))
    return datetime.fromtimestamp(shown[0] if shown else start, UTC) + timedelta(seconds=(real - start) * speed)
