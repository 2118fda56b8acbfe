"""Moving time on by hours or days without missing anything: step by step, as fast as the product keeps up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from infra.local.functions import Loop
from infra.local.laptop_clock import LaptopClock

STEP = timedelta(minutes=15)
"""Timers of one step go off together, at its end: so late may a message be."""
LONGEST_SETTLING = 20.0
"""Real seconds that one step may take; then time goes on all the same."""
LONGEST = timedelta(days=31)


class Hurry(threading.Thread):
    """Moves the clock on when asked to, and lets everything settle after each step."""

    def __init__(self, laptop_clock: LaptopClock, tick: Callable[[], object], pumps: Sequence[Loop]) -> None:
        """`tick` fires what is due; `pumps` are the loops that carry on from there."""
        super().__init__(name="hurry", daemon=True)
        self._clock, self._tick, self._pumps = laptop_clock, tick, pumps
        self._asked = threading.Event()
        self._counting = threading.Lock()
        self._left = timedelta(0)
        self._stopping = False

    @property
    def left(self) -> timedelta:
        """How much time is still to be passed."""
        return self._left

    def ask(self, span: timedelta) -> None:
        """Pass this much time from now on. Raises ValueError for nothing, or for more than `LONGEST`."""
        if not timedelta(0) < span <= LONGEST:
            raise ValueError(f"time goes forward only, and by {LONGEST.days} days at most")
        with self._counting:
            self._left += span
        self._asked.set()

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self._asked.wait()
            self._asked.clear()
            while self._left > timedelta(0) and not self._stopping:
                step = min(STEP, self._left)
                self._clock.forward(step)
                self._tick()
                self.settle()
                with self._counting:
                    self._left -= step

    def settle(self) -> None:
        """Wait until no pump finds anything to do any more."""
        deadline = time.monotonic() + LONGEST_SETTLING
        while time.monotonic() < deadline and not self._stopping:
            worked = [pump.worked for pump in self._pumps]
            # A look that was under way may have missed what came since: the second one from here cannot have.
            enough = [pump.idled + 2 for pump in self._pumps]
            while any(pump.idled < least for pump, least in zip(self._pumps, enough, strict=True)):
                if time.monotonic() > deadline or self._stopping:
                    return
                for pump in self._pumps:
                    pump.wake()
                time.sleep(0.005)
            if worked == [pump.worked for pump in self._pumps]:
                return

    def stop(self) -> None:
        """Stop where it is."""
        self._stopping = True
        self._asked.set()
        if self.is_alive():
            self.join()
