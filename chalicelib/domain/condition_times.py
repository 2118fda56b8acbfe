"""Conditions in which time passes: `days_since`, `hours_since` and `years_since`, each compared with a number.

What such a comparison asks is whether so much time has passed. The answer turns once, at a moment that can be told
beforehand: that is how segments move by themselves, with one timer and without being looked at every day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Any, Final

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=4_000_000)
"""More than the calendar of 9,999 years has: what is compared with more than this never comes."""
_MOST_YEARS = 10_000

_UNITS: Final = {"days_since": 24 * 3_600_000_000, "hours_since": 3_600_000_000}
"""Microseconds of the unit, which is what moments are exact to. A day is 24 hours: time zones never enter."""

TIME_FUNCTIONS: Final = (*_UNITS, "years_since")
"""The functions whose value time alone changes."""


class NoMomentError(ValueError):
    """A value that should be a moment or a date, and is something else."""


@dataclass(frozen=True, slots=True)
class Passed:
    """So much time has passed since a value: `has` tells whether at a moment, `at` from which moment on.

    Both take a moment, a date or a text with one of them; a bare date begins at midnight UTC and is counted in whole
    days. `at` is None where the calendar ends before. Both raise NoMomentError for what is no moment.
    """

    has: Callable[[Any, datetime], bool]
    at: Callable[[Any], datetime | None]


def at_least(function: str, number: Decimal) -> Passed:
    """That the value of the time function is `number` or more."""
    return _passed(function, number, ceil, 0)


def more_than(function: str, number: Decimal) -> Passed:
    """That the value of the time function is more than `number`: from the next microsecond, or year, on."""
    return _passed(function, number, floor, 1)


def moment_of(value: Any) -> datetime | date:
    """A moment or date, or a text that holds one (ISO 8601), as own fields do. Raises NoMomentError."""
    if isinstance(value, str):
        try:
            # A date has ten characters; shorter forms of ISO 8601 are more likely numbers.
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            raise NoMomentError("a text that is no date") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NoMomentError("a time without its zone")
        try:
            return value if value.tzinfo is UTC else value.astimezone(UTC)
        except OverflowError:
            raise NoMomentError("a time at the end of the calendar") from None
    if isinstance(value, date):
        return value
    raise NoMomentError(f"not a date but a value of the type {type(value).__name__}")


def _passed(function: str, number: Decimal, rounded: Callable[[Decimal], int], more: int) -> Passed:
    unit = _UNITS.get(function)
    if unit is None:
        return _years(rounded(_within(number, _MOST_YEARS)) + more)
    return _span((rounded(_within(number * unit, _LONGEST // _MICROSECOND)) + more) * _MICROSECOND)


def _within(number: Decimal, most: int) -> Decimal:
    return min(max(number, Decimal(-most)), Decimal(most))


def _span(span: timedelta) -> Passed:
    days = -(-span // _DAY)

    def has(value: Any, now: datetime) -> bool:
        if type(value) is datetime and value.tzinfo is UTC:
            return now - value >= span
        moment = moment_of(value)
        if isinstance(moment, datetime):
            return now - moment >= span
        return (now.date() - moment).days >= days

    def at(value: Any) -> datetime | None:
        moment = value if type(value) is datetime and value.tzinfo is UTC else moment_of(value)
        try:
            return moment + span if isinstance(moment, datetime) else _midnight(moment + timedelta(days=days))
        except OverflowError:
            return None

    return Passed(has, at)


def _years(years: int) -> Passed:
    """Anniversaries: of 29 February it is 1 March in common years, as the day after 28 February."""

    def has(value: Any, now: datetime) -> bool:
        moment = value if type(value) is date else moment_of(value)
        before = (now.month, now.day) < (moment.month, moment.day)
        if isinstance(moment, datetime) and (now.month, now.day) == (moment.month, moment.day):
            before = now.time() < moment.time()
        return now.year - moment.year - before >= years

    def at(value: Any) -> datetime | None:
        moment = moment_of(value)
        year = moment.year + years
        if not 1 <= year <= 9999:
            return None
        leap_day = (moment.month, moment.day) == (2, 29)
        try:
            turned = moment.replace(year=year)
        except ValueError:
            turned = moment.replace(year=year, month=3, day=1)
        if leap_day and turned.month == 3 and isinstance(turned, datetime):
            # The whole of 28 February is before the anniversary, so it begins with 1 March.
            turned = datetime.combine(turned.date(), time(0), UTC)
        return turned if isinstance(turned, datetime) else _midnight(turned)

    return Passed(has, at)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
