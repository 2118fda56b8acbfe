"""Local times, yearly dates and offsets at their edges: which day it is there, which year, and which second."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from chalicelib.domain.shop import QuietHours
from chalicelib.domain.timing import local_moment, next_local, quiet_until, zone_of
from tests.domain.stories import SHOP, anna, at, in_force, ordered, played, said, story

SEEN = said("03-02 10:00", "form.submitted")


def of(enter: str) -> str:
    """A journey of one message that a date starts, as often as it comes."""
    return f"journey: story\nenter: {{{enter}, again: always}}\nsteps: [send: first]\n"


@pytest.mark.parametrize(("zone", "day", "reads", "utc"), [
    ("Europe/Berlin", date(2026, 3, 29), time(2, 0, 1), "2026-03-29 01:00:00"),
    ("Europe/Berlin", date(2026, 3, 29), time(2, 17, 43), "2026-03-29 01:00:00"),
    ("Europe/Berlin", date(2026, 3, 29), time(2, 59, 59), "2026-03-29 01:00:00"),
    ("America/New_York", date(2026, 3, 8), time(2, 33, 21), "2026-03-08 07:00:00"),
    ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 7, 11), "2026-10-03 15:30:00"),
    ("Pacific/Apia", date(2011, 12, 30), time(12, 0), "2011-12-30 10:00:00"),
])
def test_semantics_11_a_time_that_does_not_exist_is_the_very_second_the_clock_goes_forward(
    zone: str, day: date, reads: time, utc: str
) -> None:
    """Samoa went without a whole day."""
    assert f"{local_moment(day, reads, ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}" == utc


def test_semantics_10_the_next_local_time_may_be_this_evening_where_it_is_tomorrow_in_utc() -> None:
    new_york = ZoneInfo("America/New_York")
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=new_york)

    assert next_local(evening, time(21, 0), new_york) == evening + timedelta(hours=1)


def test_semantics_17_quiet_hours_begin_at_midnight_there_though_it_is_yesterday_in_utc() -> None:
    christmas_island = ZoneInfo("Pacific/Kiritimati")
    early = datetime(2026, 3, 2, 5, 0, tzinfo=christmas_island)

    assert quiet_until(early, christmas_island, QuietHours(time(0, 0), time(9, 0))) == early + timedelta(hours=4)


def test_semantics_17_a_shop_without_a_real_zone_is_in_utc() -> None:
    assert zone_of(anna().profile, replace(SHOP, time_zone="Nowhere/Land")).key == "UTC"


def test_semantics_4_a_date_that_has_come_does_not_come_again_with_the_next_event() -> None:
    definitions = in_force(of("date: customer.birthday, every: year, at: 10:00"))
    birthday = anna(birthday=date(1990, 3, 5))

    assert story(definitions, SEEN, said("03-05 10:00", "store.visited"), said("03-05 12:00", "store.visited"),
                 customer=birthday) == ["03-05 10:00 first by email"]


def test_semantics_1_a_day_may_come_once_in_the_local_morning() -> None:
    definitions = in_force(of("date: customer.birthday, at: 10:00"))

    assert story(definitions, SEEN, customer=anna(birthday=date(2026, 3, 7), time_zone="Asia/Vladivostok")) == [
        "03-07 03:00 first by email"
    ]


@pytest.mark.parametrize(("offset", "came"), [
    ("-3 days", "03-04 10:00 first by email"),
    ("3 days", "03-10 10:00 first by email"),
    ("-3 hours", "03-07 07:00 first by email"),
    ("3 hours", "03-07 13:00 first by email"),
    ("-27 hours", "03-06 07:00 first by email"),
])
def test_semantics_1_a_date_may_be_counted_from_either_way(offset: str, came: str) -> None:
    definitions = in_force(of(f"date: customer.birthday, every: year, at: 10:00, offset: {offset}"))

    assert story(definitions, SEEN, customer=anna(birthday=date(1990, 3, 7))) == [came]


def test_semantics_1_an_anniversary_comes_first_a_year_later_on_the_local_day() -> None:
    """Ordered at 23:30 in UTC, which is the next day in Moscow."""
    definitions = in_force(of("date: customer.orders.first_at, every: year, at: 10:00"))
    _, messages = played(definitions, ordered("03-06 02:30"), days=800)

    assert [f"{message.decided_at:%Y-%m-%d %H:%M}" for message in messages] == ["2027-03-06 07:00", "2028-03-06 07:00"]


@pytest.mark.parametrize(("offset", "came"), [
    ("-1 day", "03-06 12:00"), ("1 day", "03-08 12:00"), ("-3 hours", "03-07 09:00"), ("3 hours", "03-07 15:00"),
])
def test_semantics_10_a_wait_until_a_day_may_be_counted_from_either_way(offset: str, came: str) -> None:
    definitions = in_force(f"""
        journey: story
        enter: {{on: form.submitted}}
        steps:
          - wait: {{until: customer.birthday, at: "12:00", offset: {offset}}}
          - send: first
    """)

    _, (message,) = played(definitions, SEEN, customer=anna(birthday=date(2026, 3, 7)))
    assert message.decided_at == at(came)


def test_a_moment_is_told_in_utc() -> None:
    assert local_moment(date(2026, 3, 2), time(10, 0), ZoneInfo("Europe/Moscow")).tzinfo is UTC
    assert at("03-02 10:00").tzinfo is UTC
