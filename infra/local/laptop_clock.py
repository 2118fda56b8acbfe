"""The laptop's clock: how fast the product's time runs, moving it on, and going on after a restart.

The product reads `chalicelib.clock.now()` only; this sets the environment variable behind it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib import clock

SAVE_AHEAD = 3.0
"""Real seconds by which a saved mark runs ahead, so that even a run that was killed does not go back in time."""


class LaptopClock:
    """Sets the product's clock. Its time never runs backwards, not even over a restart with the same `memory`."""

    def __init__(self, speed: float, memory: Path | None = None) -> None:
        """Start at the real time, or where `memory` says that the last run stood, and run `speed` times as fast."""
        self.speed = speed
        self._memory = memory
        self._lock = threading.Lock()
        self._anchor(_remembered(memory) or datetime.now(UTC))

    def forward(self, span: timedelta) -> None:
        """Move the time on by a positive span, at once. See `hurry.py` for doing so without missing what falls due."""
        if span <= timedelta(0):
            raise ValueError("the clock only goes forward")
        with self._lock:
            self._anchor(clock.now() + span)

    def remember(self) -> int:
        """Note where the clock stands, a little ahead; to be called a few times a second. Always 0."""
        self._write(clock.now() + timedelta(seconds=SAVE_AHEAD * self.speed))
        return 0

    def stop(self) -> None:
        """Note exactly where the clock stands; the next run goes on from there."""
        self._write(clock.now())

    def _anchor(self, shown: datetime) -> None:
        os.environ["SELVEDGE_CLOCK"] = f"{time.time():.6f},{self.speed:g},{shown.timestamp():.6f}"

    def _write(self, shown: datetime) -> None:
        if self._memory is not None:
            fresh = self._memory.with_suffix(".new")
            fresh.write_text(json.dumps({"shown": shown.isoformat()}))
            fresh.replace(self._memory)


def _remembered(memory: Path | None) -> datetime | None:
    if memory is None or not memory.is_file():
        return None
    return datetime.fromisoformat(json.loads(memory.read_text())["shown"])
