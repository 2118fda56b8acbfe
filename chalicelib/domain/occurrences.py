"""When a date of the profile comes round: once, or every year (semantics 1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.domain.conditions import CUSTOMER_FIELDS, Scope
from chalicelib.domain.customer import Customer
from chalicelib.domain.journeys import DAY, DateTrigger
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import local_moment, zone_of


def date_of(trigger: DateTrigger, customer: Customer, now: datetime) -> date | None:
    """The date (or moment) on the profile that a trigger names, or None."""
    value = CUSTOMER_FIELDS[trigger.path.removeprefix("customer.")](Scope(customer, {}, now))
    return value if isinstance(value, date) else None


def next_occurrence(
    trigger: DateTrigger, customer: Customer, settings: ShopSettings, after: datetime
) -> datetime | None:
    """The first moment after `after`, or None when there is none."""
    return next((moment for moment in _moments(trigger, customer, settings, after) if moment > after), None)


def last_occurrence(
    trigger: DateTrigger, customer: Customer, settings: ShopSettings, after: datetime, until: datetime
) -> datetime | None:
    """The last moment after `after` and not after `until`, or None when there is none."""
    passed = [moment for moment in _moments(trigger, customer, settings, until) if after < moment <= until]
    return passed[-1] if passed else None


def _moments(trigger: DateTrigger, customer: Customer, settings: ShopSettings, near: datetime) -> Iterator[datetime]:
    """The moments about a time, in order: the only one, or those of the years around it."""
    value = date_of(trigger, customer, near)
    if value is None:
        return
    where = zone_of(customer.profile, settings)
    try:
        if not trigger.yearly:
            if isinstance(value, datetime):
                yield value + timedelta(seconds=trigger.offset)
            else:
                yield _moment(value, trigger, where)
            return
        day = value.astimezone(where).date() if isinstance(value, datetime) else value
        for year in range(max(day.year + 1, near.year - 1), near.year + 3):
            yield _moment(_in_year(day, year), trigger, where)
    except OverflowError:
        # Some storefronts write 0001-01-01 or 9999-12-31 for a date that there is not.
        return


def _moment(day: date, trigger: DateTrigger, where: ZoneInfo) -> datetime:
    whole_days, rest = divmod(trigger.offset, DAY)
    return local_moment(day + timedelta(days=whole_days), trigger.at, where) + timedelta(seconds=rest)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
