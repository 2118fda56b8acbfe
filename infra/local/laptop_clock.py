"""The laptop's clock: how fast the product's time runs, hurrying it on, and going on after a restart.

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

HURRY = 7200.0
"""How fast time runs when it is hurried on: two hours a second. Timers still go off in their order, at their time."""
LONGEST_HURRY = timedelta(days=31)
SAVE_AHEAD = 3.0
"""Real seconds by which a saved mark runs ahead, so that even a run that was killed does not go back in time."""


class LaptopClock:
    """Sets the product's clock. Its time never runs backwards, not even over a restart with the same `memory`."""

    def __init__(self, speed: float, memory: Path | None = None) -> None:
        """Start at the real time, or where `memory` says that the last run stood, and run `speed` times as fast."""
        self._speed = self._usual_speed = speed
        self._memory = memory
        self._until: datetime | None = None
        self._lock = threading.Lock()
        self._anchor(_remembered(memory) or datetime.now(UTC))

    @property
    def speed(self) -> float:
        """How fast time runs just now."""
        return self._speed

    def hurry(self, span: timedelta) -> None:
        """Let time run at least at `HURRY` until `span` has passed. Raises ValueError for one that is not ahead."""
        if not timedelta(0) < span <= LONGEST_HURRY:
            raise ValueError(f"the clock goes forward only, by {LONGEST_HURRY.days} days at most")
        with self._lock:
            shown = clock.now()
            self._until = max(self._until or shown, shown) + span
            self._speed = max(HURRY, self._usual_speed)
            self._anchor(shown)

    def mind(self) -> int:
        """Fall back to the usual speed once the hurry is over; to be called a few times a second. Always 0."""
        with self._lock:
            shown = clock.now()
            if self._until is not None and shown >= self._until:
                self._until, self._speed = None, self._usual_speed
                self._anchor(shown)
        self._write(clock.now() + timedelta(seconds=SAVE_AHEAD * self._speed))
        return 0

    def stop(self) -> None:
        """Note exactly where the clock stands; the next run goes on from there."""
        self._write(clock.now())

    def _anchor(self, shown: datetime) -> None:
        os.environ["SELVEDGE_CLOCK"] = f"{time.time():.6f},{self._speed:g},{shown.timestamp():.6f}"

    def _write(self, shown: datetime) -> None:
        if self._memory is not None:
            fresh = self._memory.with_suffix(".new")
            fresh.write_text(json.dumps({"shown": shown.isoformat()}))
            fresh.replace(self._memory)


def _remembered(memory: Path | None) -> datetime | None:
    if memory is None or not memory.is_file():
        return None
    return datetime.fromisoformat(json.loads(memory.read_text())["shown"])
