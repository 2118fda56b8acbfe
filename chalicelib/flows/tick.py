"""Every minute: timers that have fallen due become entries of their customers' logs, or wake their messages; and jobs
over many customers that can go on are started.

The tick stays a little behind the clock and reads the last minutes again, so a timer that was written while the minute
was read is not lost. How far it came is kept in the shop table now and then, for a tick that starts in a new process.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from chalicelib.domain.rehearsal import timer_entry
from chalicelib.observability import TICK_LATE, measure_seconds
from chalicelib.storage import functions, jobs, log, shop, timers
from chalicelib.storage.timers import DueTimer

MINUTE = timedelta(minutes=1)
READ_AGAIN = timedelta(minutes=2)
"""How far back a tick reads again what an earlier one has read."""
KEEP_EVERY = timedelta(minutes=4)
"""How often the cursor is written: a write each minute would be half of what an idle shop pays."""
LATE = timedelta(minutes=5)
"""A tick that starts further than this behind the last one is late, which the alarm watches; longer than the cursor
may be old, which a new process goes by."""
FURTHEST = timers.KEPT
"""How far back a late tick looks: as long as timers stay after their minute."""
FIRST = timedelta(days=1)
"""How far back the very first tick of a stack looks, where there is no cursor yet."""
MOST_MINUTES = 3000
"""Minutes that one tick reads at most, some 7 ms each of the 60 s that its function may take. After an outage the next
ones go on from there: two weeks are seven ticks. A minute without timers costs a read unit too: two weeks 0.25 ¢."""
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
    """Fire every timer due by `now`; far behind, those of the next `MOST_MINUTES`.

    Raises StorageUnavailableError; the next tick reads what this one has not.
    """
    known = _memory.done or _kept_cursor()
    if known is None:
        known = now - FIRST
        # Kept before anything is read, so that ticks which never come to their end lose nothing either.
        _keep_cursor(known)
    elif now - known > LATE:
        measure_seconds(TICK_LATE, (now - known).total_seconds())
    minute = max(_floor(now - FURTHEST), _floor(known - READ_AGAIN))
    fired = minutes = 0
    while minute <= now and minutes < MOST_MINUTES:
        for timer in timers.due(minute, now):
            fired += _fire(timer, minute, now)
        minutes += 1
        if minutes % KEEP_WHILE_BEHIND == 0:
            _keep_cursor(minute)
        minute += MINUTE
    done = min(now, minute)
    _memory.done = done
    _memory.fired = {key: seen for key, seen in _memory.fired.items() if seen >= _floor(done - READ_AGAIN)}
    if _memory.kept is None or done - _memory.kept >= KEEP_EVERY:
        _keep_cursor(done)
        _memory.kept = done
    start_jobs(now)
    return Ticked(fired, minutes)


def start_jobs(now: datetime) -> int:
    """Start the function `audience` for every job that can go on; how many. Half a read unit when there is none.

    Raises StorageUnavailableError; the next tick looks again.
    """
    free = [kept.job for kept in jobs.unfinished() if kept.job.status != "running" or kept.job.is_free(now)]
    for job in free:
        functions.start("audience", {"job": job.job_id})
    return len(free)


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
