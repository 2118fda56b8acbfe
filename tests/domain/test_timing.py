"""Moments: local times over changes of clocks, quiet hours over midnight (semantics 11, 17)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.shop import QuietHours
from chalicelib.domain.time_zones import CALLING_CODE_COUNTRIES, COUNTRY_ZONES, zone_of_country, zone_of_phone
from chalicelib.domain.timing import local_moment, next_local, quiet_until, zone

ZONES = [ZoneInfo(name) for name in (
    "Europe/Moscow", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Beirut", "Africa/Cairo",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "Asia/Tehran", "UTC",
)]
"""Whole and half hours, changes at night and at midnight, a change of half an hour, a day that never was."""

days = st.dates(date(2010, 1, 1), date(2030, 12, 31))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
moments = st.integers(0, 20 * 366 * 86400).map(lambda seconds: datetime(2010, 1, 2, tzinfo=UTC) + timedelta(0, seconds))
zones = st.sampled_from(ZONES)
quiet_hours = st.builds(QuietHours, times, times)


@pytest.mark.parametrize(("day", "at", "where", "utc"), [
    (date(2026, 3, 2), time(15, 0), "Europe/Moscow", "2026-03-02 12:00"),
    (date(2026, 3, 29), time(2, 0), "Europe/Berlin", "2026-03-29 01:00"),
    (date(2026, 3, 29), time(2, 59), "Europe/Berlin", "2026-03-29 01:00"),
    (date(2026, 3, 29), time(3, 0), "Europe/Berlin", "2026-03-29 01:00"),
    (date(2026, 10, 25), time(2, 0), "Europe/Berlin", "2026-10-25 00:00"),
    (date(2026, 10, 25), time(2, 59), "Europe/Berlin", "2026-10-25 00:59"),
    (date(2026, 10, 25), time(3, 0), "Europe/Berlin", "2026-10-25 02:00"),
    # Half an hour forward at Lord Howe; a midnight that does not exist at Cairo; a day that never was in Samoa.
    (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03 15:30"),
    (date(2026, 4, 24), time(0, 0), "Africa/Cairo", "2026-04-23 22:00"),
    (date(2011, 12, 30), time(12, 0), "Pacific/Apia", "2011-12-30 10:00"),
])
def test_a_missing_local_time_moves_forward_and_a_double_one_is_the_first(
    day: date, at: time, where: str, utc: str
) -> None:
    """11."""
    assert f"{local_moment(day, at, ZoneInfo(where)):%Y-%m-%d %H:%M}" == utc


@given(days, times, zones)
def test_semantics_11_a_local_time_is_the_first_that_reads_so_or_later(day: date, at: time, where: ZoneInfo) -> None:
    """11: nothing earlier that day reads the same, and the clock there never shows less than what was asked for."""
    moment = local_moment(day, at, where)
    shown = moment.astimezone(where).replace(tzinfo=None)
    asked = datetime.combine(day, at)

    assert shown >= asked
    just_before = (moment - timedelta(seconds=1)).astimezone(where).replace(tzinfo=None)
    assert just_before < asked
    if shown > asked:
        assert (moment - timedelta(seconds=1)).astimezone(where).utcoffset() != moment.astimezone(where).utcoffset()


@given(moments, times, zones)
def test_semantics_10_the_next_local_time_comes_within_about_a_day(after: datetime, at: time, where: ZoneInfo) -> None:
    """10: now counts; never in the past."""
    following = next_local(after, at, where)

    assert timedelta(0) <= following - after <= timedelta(hours=49)


@given(moments, zones, quiet_hours)
def test_quiet_hours_end_when_their_end_is_read_on_the_clock_there(
    now: datetime, where: ZoneInfo, quiet: QuietHours
) -> None:
    """17: in the future, not quiet any more by then, and no longer off than a night and a change of clocks."""
    end = quiet_until(now, where, quiet)
    if end is None:
        return
    assert now < end <= now + timedelta(hours=49)
    assert quiet_until(end, where, quiet) is None
    shown = end.astimezone(where)
    assert end == local_moment(shown.date(), quiet.end, where) or shown.time() > quiet.end


@given(moments, quiet_hours)
def test_semantics_17_they_are_what_the_clock_shows_where_it_does_not_change(
    now: datetime, quiet: QuietHours
) -> None:
    """17: the start belongs to them, the end does not; they may run over midnight."""
    where = ZoneInfo("Asia/Kathmandu")
    shown = now.astimezone(where).time()
    begun, not_over = shown >= quiet.start, shown < quiet.end
    inside = begun and not_over if quiet.start <= quiet.end else begun or not_over
    assert (quiet_until(now, where, quiet) is not None) == inside


def test_semantics_11_quiet_hours_that_end_within_the_doubled_hour_end_the_first_time() -> None:
    """11, 17: 2:10 for the second time is not before a 2:30 that has passed."""
    berlin, quiet = ZoneInfo("Europe/Berlin"), QuietHours(time(22, 0), time(2, 30))

    first, second = datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert quiet_until(first, berlin, quiet) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert quiet_until(second, berlin, quiet) is None


def test_semantics_17_every_country_and_calling_code_leads_to_a_zone_there_is() -> None:
    """17: a slip in the table would leave somebody on the shop's clock."""
    assert set(COUNTRY_ZONES.values()) <= available_timezones()
    assert set(CALLING_CODE_COUNTRIES.values()) <= set(COUNTRY_ZONES)
    assert zone_of_country("FR") == "Europe/Paris"
    assert zone_of_country("RU") == zone_of_country("US") == zone_of_country("") == ""


@pytest.mark.parametrize(("phone", "expected"), [
    ("+33123456789", "Europe/Paris"),
    ("+375291234567", "Europe/Minsk"),
    ("+79161234567", ""),
    ("+15551234567", ""),
    ("", ""),
])
def test_a_phone_tells_the_zone_where_its_country_has_one(phone: str, expected: str) -> None:
    """17."""
    assert zone_of_phone(phone) == expected


@pytest.mark.parametrize("name", ["", "Nowhere", "../../etc/passwd", "/etc/localtime", "Europe", "A" * 5000, "\x00"])
def test_semantics_17_a_name_that_is_no_zone_is_none(name: str) -> None:
    """17: whatever a storefront wrote there."""
    assert zone(name) is None
