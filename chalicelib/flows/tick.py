"""Every minute: timers that have fallen due become entries of their customers' logs, or wake their messages.

The tick stays a little behind the clock and reads the last minutes again, so a timer that was written while the minute
was read is not lost. How far it came is kept in the shop table now and then, for a tick that starts in a new process.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib.domain.rehearsal import timer_entry
from chalicelib.observability import TICK_LATE, measure_seconds
from chalicelib.storage import log, shop, timers
from chalicelib.storage.timers import DueTimer

MINUTE = timedelta(minutes=1)
READ_AGAIN = timedelta(minutes=2)
"""How far back a tick reads again what an earlier one has read."""
KEEP_EVERY = timedelta(minutes=4)
"""How often the cursor is written: a write each minute would be half of what an idle shop pays."""
LATE = timedelta(minutes=5)
"""A tick that starts further than this behind the last one is late, which the alarm watches; longer than the cursor
may be old, which a new process goes by."""
FURTHEST = timedelta(days=1)
"""How far back a late tick looks, and the very first one: timers stay for a day after their minute."""
KEEP_WHILE_BEHIND = 60
"""After how many minutes a tick that makes up for many keeps how far it came, lest its time runs out."""


class _Memory(Struct):
    """What this process has done: up to which minute, when the cursor was kept, and which timers it has fired."""

    done: datetime | None = None
    kept: datetime | None = None
    fired: dict[tuple[str, str, datetime], datetime] = {}


_memory = _Memory()


class Ticked(Struct, frozen=True):
    """What a tick did: timers fired, and minutes read."""

    fired: int
    minutes: int


def tick(now: datetime) -> Ticked:
    """Fire every timer due by `now`.

    Raises StorageUnavailableError; the next tick reads what this one has not.
    """
    known = _memory.done or _kept_cursor()
    if known is not None and now - known > LATE:
        measure_seconds(TICK_LATE, (now - known).total_seconds())
    minute = _floor(now - FURTHEST)
    if known is not None:
        minute = max(minute, _floor(known - READ_AGAIN))
    fired = minutes = 0
    while minute <= now:
        for timer in timers.due(minute, now):
            fired += _fire(timer, minute, now)
        minutes += 1
        if minutes % KEEP_WHILE_BEHIND == 0:
            _keep_cursor(minute)
        minute += MINUTE
    _memory.done = now
    _memory.fired = {key: seen for key, seen in _memory.fired.items() if seen >= _floor(now - READ_AGAIN)}
    if _memory.kept is None or now - _memory.kept >= KEEP_EVERY:
        _keep_cursor(now)
        _memory.kept = now
    return Ticked(fired, minutes)


def _fire(timer: DueTimer, minute: datetime, now: datetime) -> int:
    key = (timer.customer_id, timer.message_id, timer.due)
    if key in _memory.fired:
        return 0
    if timer.kind == "message":
        from chalicelib.flows.deliver import wake  # templates and channels: few ticks have a message to wake

        wake(timer.customer_id, timer.message_id, now)
    else:
        log.append(timer_entry(timer.customer_id, timer.due, now))
    _memory.fired[key] = minute
    return 1


def _kept_cursor() -> datetime | None:
    body = shop.get("cursor", "tick", consistent=True)
    return datetime.fromisoformat(body.decode()) if body else None


def _keep_cursor(moment: datetime) -> None:
    shop.put("cursor", "tick", moment.isoformat().encode())


def _floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def forget() -> None:
    """Begin as a new process does."""
    _memory.done, _memory.kept, _memory.fired = None, None, {}
