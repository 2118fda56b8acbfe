"""`wait`: a duration, a local time, or a date of the event or profile (semantics 10 and 11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from chalicelib.domain.conditions import CUSTOMER_FIELDS, Scope, event_value
from chalicelib.domain.journeys import Duration, LocalTime, Wait
from chalicelib.domain.steps.contract import Outcome, Proceed, Sleep, Standing
from chalicelib.domain.timing import local_moment, next_local, zone_of


class WaitStep:
    """Sleeps until the moment that the delay names; a missing date goes on at `otherwise`."""

    def begin(self, step: Wait, at: Standing) -> Outcome:
        """Sleep, or go on at once when the moment has passed already."""
        moment = moment_of(step, at)
        if moment is None:
            return Proceed(step.otherwise or step.next, at.now)
        return Sleep(moment) if moment > at.now else Proceed(step.next, moment)

    def resume(self, step: Wait, at: Standing) -> Outcome:
        """Go on; what follows came due when the sleep ended."""
        return Proceed(step.next, at.due)


def moment_of(step: Wait, at: Standing) -> datetime | None:
    """When the wait ends, counted from when the previous step happened; None when its date is missing."""
    delay = step.delay
    if isinstance(delay, Duration):
        return at.run.since + timedelta(seconds=delay.seconds)
    where = zone_of(at.customer.profile, at.definitions.settings)
    if isinstance(delay, LocalTime):
        if delay.days is None:
            return next_local(at.run.since, delay.at, where)
        day = at.run.since.astimezone(where).date() + timedelta(days=delay.days)
        return local_moment(day, delay.at, where)
    value = _value(delay.path, at)
    try:
        if isinstance(value, datetime):
            return value + timedelta(seconds=delay.offset)
        if isinstance(value, date):
            whole_days, rest = divmod(delay.offset, 86400)
            return local_moment(value + timedelta(days=whole_days), delay.at, where) + timedelta(seconds=rest)
    except OverflowError:
        # Some storefronts write 0001-01-01 or 9999-12-31 for a date that there is not.
        return None
    return None


def _value(path: str, at: Standing) -> object:
    root, _, field = path.partition(".")
    if root == "customer":
        return CUSTOMER_FIELDS[field](Scope(at.customer, at.run.values, at.now))
    return event_value(at.run.values, field)
