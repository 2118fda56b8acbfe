"""Moments: local times, daylight saving, quiet hours. Every question is about a moment that is given."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalicelib.domain.customer import Profile
from chalicelib.domain.shop import QuietHours, ShopSettings
from chalicelib.domain.time_zones import zone_of_country, zone_of_phone


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_of(profile: Profile, settings: ShopSettings) -> ZoneInfo:
    """The customer's zone: of the profile, else of the address's country, else of the phone, else the shop's."""
    for name in (profile.time_zone, zone_of_country(profile.country), zone_of_phone(profile.phone)):
        if name and (found := zone(name)):
            return found
    return zone(settings.time_zone) or ZoneInfo("UTC")


def local_moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """The moment (UTC) of a local time on a day.

    A time that does not exist there (clocks go forward) moves to the first that does; one that exists twice is the
    first (semantics 11; PEP 495 gives the two readings of such a time as `fold`).
    """
    naive = datetime.combine(day, at)
    first = naive.replace(tzinfo=where).astimezone(UTC)
    if first.astimezone(where).replace(tzinfo=None) == naive:
        return first
    before = naive.replace(tzinfo=where, fold=1).astimezone(UTC)
    offset = before.astimezone(where).utcoffset()
    low, high = before, first
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(where).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def next_local(after: datetime, at: time, where: ZoneInfo) -> datetime:
    """The next moment (UTC) after `after` that reads `at` on a local clock; `after` itself counts."""
    day = after.astimezone(where).date()
    moment = local_moment(day, at, where)
    return moment if moment >= after else local_moment(day + timedelta(days=1), at, where)


def quiet_until(now: datetime, where: ZoneInfo, quiet: QuietHours) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` falls in, or None outside of them.

    The start belongs to the quiet hours, the end does not. Equal start and end mean that there are none.
    """
    if quiet.start == quiet.end:
        return None
    nights = timedelta(days=quiet.start > quiet.end)
    today = now.astimezone(where).date()
    for day in (today - timedelta(days=1), today):
        end = local_moment(day + nights, quiet.end, where)
        if local_moment(day, quiet.start, where) <= now < end:
            return end
    return None
