"""Each day that is over becomes a table: exact, without duplicates, and made anew when a file comes late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Position
from chalicelib.domain.events import (
    Cart,
    Checkout,
    ConsentChange,
    Entry,
    Event,
    Feedback,
    Line,
    Order,
    Page,
    Product,
)
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows.compact import AT_MOST, LATE_FILES, CompactedDay, compact
from chalicelib.storage import archive, bucket
from chalicelib.storage.archive import Archived
from tests.flows.engine_on_aws import DiedError
from tests.flows.failing_files import dying_at_file, requests_to_s3, s3_away

MONDAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TUESDAY_NIGHT = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)


def entry(number: int, *events: Event, at: datetime | None = None) -> Archived:
    """The entry of this number, a second after the one before unless a time is given."""
    at = at or NOON + timedelta(seconds=number)
    told = events or (Event("page.viewed", at, page=Page("https://shop.example/coats", category="coats")),)
    one = Entry(f"customer-{number % 3}", f"{at:%Y-%m-%dT%H:%M:%S}#test#{number}", at, "test", told)
    return Archived(one, Position("2026-01-01T00:00:00.000", 10**30 + number))


@contextmanager
def table(tmp_path: Path, day: date = MONDAY) -> Iterator[duckdb.DuckDBPyRelation]:
    """A day's table, as anybody who has DuckDB reads it."""
    found = bucket.read(f"archive/parquet/day={day.isoformat()}/log.parquet")
    assert found
    path = tmp_path / "day.parquet"
    path.write_bytes(found.body)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        yield database.read_parquet(str(path))


def rows(tmp_path: Path, columns: str, day: date = MONDAY) -> list[tuple[Any, ...]]:
    with table(tmp_path, day) as found:
        return found.project(columns).fetchall()


def test_a_day_that_is_over_becomes_a_row_for_each_event(aws: str, tmp_path: Path) -> None:
    opened, bought = Event("page.viewed", NOON), Event("order.placed", NOON, order=Order("o1", total=Decimal("7990")))
    archive.write([entry(1, opened, bought), entry(2)])
    assert compact(TUESDAY_NIGHT) == (CompactedDay(MONDAY, entries=2, events=3),)

    assert rows(tmp_path, "customer_id, entry_id, event_index, source, name, stream_sequence") == [
        ("customer-1", "2026-03-02T12:00:01#test#1", 0, "test", "page.viewed", str(10**30 + 1)),
        ("customer-1", "2026-03-02T12:00:01#test#1", 1, "test", "order.placed", str(10**30 + 1)),
        ("customer-2", "2026-03-02T12:00:02#test#2", 0, "test", "page.viewed", str(10**30 + 2)),
    ]


def test_amounts_keep_every_digit_and_defaults_are_filled_in(moto: str, tmp_path: Path) -> None:
    lines = (Line("p1", price=Decimal("0.1")),)
    archive.write([entry(
        1,
        Event("cart.updated", NOON, cart=Cart("c1", Decimal("123456789012.123456"), lines=lines)),
        Event("checkout.updated", NOON, checkout=Checkout("k1", total=Decimal("0.000001"), currency="EUR")),
        Event("order.placed", NOON, order=Order("o1", in_store=True)),
        Event("order.refunded", NOON, order=Order("o1", total=Decimal("10"), refunded=Decimal("2.5"))),
        Event("page.viewed", NOON),
    )])
    compact(TUESDAY_NIGHT)

    assert rows(tmp_path, "cart_id, cart_total, checkout_id, checkout_total, order_id, order_total, refunded") == [
        ("c1", Decimal("123456789012.123456"), None, None, None, None, None),
        (None, None, "k1", Decimal("0.000001"), None, None, None),
        (None, None, None, None, "o1", Decimal(0), Decimal(0)),
        (None, None, None, None, "o1", Decimal(10), Decimal("2.5")),
        (None, None, None, None, None, None, None),
    ]
    assert rows(tmp_path, "currency, in_store") == [
        ("RUB", None), ("EUR", None), ("RUB", True), ("RUB", False), (None, None),
    ]


def test_what_was_looked_at_and_told_has_its_columns(moto: str, tmp_path: Path) -> None:
    archive.write([entry(
        1,
        Event("product.viewed", NOON, product=Product("p1", category="coats")),
        Event("search.performed", NOON, page=Page("https://shop.example/?q=coat", category="all", query="coat")),
        Event("message.clicked", NOON, message=Feedback("m1", "email")),
        Event("consent.given", NOON, consent=ConsentChange("sms")),
    )])
    compact(TUESDAY_NIGHT)

    assert rows(tmp_path, "product_id, category, search, page_url, message_id, channel") == [
        ("p1", "coats", None, None, None, None),
        (None, "all", "coat", "https://shop.example/?q=coat", None, None),
        (None, None, None, None, "m1", "email"),
        (None, None, None, None, None, "sms"),
    ]


def test_the_whole_event_stands_beside_its_columns(moto: str, tmp_path: Path) -> None:
    own = {"sizes": ["м", 42, 1.5, None], "gift": True}
    archive.write([entry(1, Event("club.joined", NOON, data=own))])
    compact(TUESDAY_NIGHT)
    with table(tmp_path) as found:
        asked = "event ->> '$.data.sizes[0]', CAST(event -> '$.data.gift' AS BOOLEAN)"
        assert found.project(asked).fetchall() == [("м", True)]


def test_moments_are_moments_whatever_zone_they_were_told_in(moto: str, tmp_path: Path) -> None:
    told = datetime.fromisoformat("2026-03-02T13:30:00.000123+03:00")
    archive.write([entry(1, Event("page.viewed", told), at=NOON)])
    compact(TUESDAY_NIGHT)
    assert rows(tmp_path, "epoch_us(recorded_at), epoch_us(occurred_at)") == [
        (int(NOON.timestamp() * 1_000_000), int(told.replace(microsecond=0).timestamp()) * 1_000_000 + 123),
    ]


def test_what_was_archived_twice_is_one_row_and_rows_are_in_recorded_order(aws: str, tmp_path: Path) -> None:
    written = [entry(number) for number in range(20)]
    archive.write(written[10:])
    archive.write(written[:12])
    archive.write(written[5:15])
    assert compact(TUESDAY_NIGHT) == (CompactedDay(MONDAY, entries=20, events=20),)
    assert rows(tmp_path, "entry_id") == [(one.entry.entry_id,) for one in written]


def test_the_day_that_is_not_over_waits(aws: str) -> None:
    archive.write([entry(1)])
    assert compact(datetime(2026, 3, 2, 23, 59, tzinfo=UTC)) == ()
    assert [made.day for made in compact(datetime(2026, 3, 3, 0, 0, tzinfo=UTC))] == [MONDAY]


def test_compacting_again_writes_nothing(aws: str) -> None:
    archive.write([entry(1)])
    compact(TUESDAY_NIGHT)
    with requests_to_s3() as asked:
        assert compact(TUESDAY_NIGHT) == ()
    assert "PutObject" not in asked


def test_a_file_that_comes_late_has_its_day_made_anew(aws: str, tmp_path: Path) -> None:
    archive.write([entry(1)])
    compact(TUESDAY_NIGHT)
    archive.write([entry(2)])
    assert compact(TUESDAY_NIGHT + timedelta(days=1)) == (CompactedDay(MONDAY, entries=2, events=2),)
    assert len(rows(tmp_path, "entry_id")) == 2


def test_a_day_long_past_is_left_alone_once_it_is_made(moto: str) -> None:
    """Looking at every day of the archive each night would cost more, the longer it is kept."""
    archive.write([entry(1)])
    later = TUESDAY_NIGHT + timedelta(days=LATE_FILES + 1)
    assert [made.day for made in compact(later)] == [MONDAY]
    with requests_to_s3() as asked:
        assert compact(later) == ()
    assert asked == ["ListObjectsV2", "ListObjectsV2"]


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_death_at_any_write_is_made_good_by_the_next_run(
    moto: str, tmp_path: Path, write: int, answered: bool
) -> None:
    archive.write([entry(1), entry(2)])
    with dying_at_file(write, answered=answered), pytest.raises(DiedError):
        compact(TUESDAY_NIGHT)
    again = compact(TUESDAY_NIGHT)
    # Only with the mark written is there nothing left to do.
    assert len(again) == (0 if write == 4 and answered else 1)
    assert len(rows(tmp_path, "entry_id")) == 2
    assert read_back() == [entry(1), entry(2)]
    assert compact(TUESDAY_NIGHT) == ()


def read_back() -> list[Archived]:
    return list(archive.archived(MONDAY, MONDAY))


def test_a_compacted_day_is_read_from_one_file(aws: str) -> None:
    written = [entry(number) for number in range(30)]
    for start in range(0, 30, 3):
        archive.write(written[max(0, start - 1) : start + 3])
    compact(TUESDAY_NIGHT)
    with requests_to_s3() as asked:
        assert read_back() == written
    assert asked == ["ListObjectsV2", "GetObject", "GetObject"]


def test_what_comes_late_to_a_compacted_day_is_read_with_the_rest(aws: str) -> None:
    """Before it is compacted again, and after."""
    archive.write([entry(1), entry(3)])
    compact(TUESDAY_NIGHT)
    archive.write([entry(2)])
    assert read_back() == [entry(1), entry(2), entry(3)]
    compact(TUESDAY_NIGHT)
    assert read_back() == [entry(1), entry(2), entry(3)]


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_day_that_is_being_compacted_again_is_read_whole(moto: str, write: int, answered: bool) -> None:
    archive.write([entry(1)])
    compact(TUESDAY_NIGHT)
    archive.write([entry(2)])
    with dying_at_file(write, answered=answered), pytest.raises(DiedError):
        compact(TUESDAY_NIGHT)
    assert read_back() == [entry(1), entry(2)]


def test_where_s3_is_away_the_run_fails_and_says_so(moto: str) -> None:
    archive.write([entry(1)])
    with s3_away(), pytest.raises(StorageUnavailableError):
        compact(TUESDAY_NIGHT)


def test_what_lay_about_for_long_is_made_in_several_runs(moto: str) -> None:
    for day in range(AT_MOST + 2):
        archive.write([entry(1, at=NOON + timedelta(days=day))])
    later = NOON + timedelta(days=AT_MOST + 2)
    assert len(compact(later)) == AT_MOST
    assert len(compact(later)) == 2
    assert compact(later) == ()


def test_an_entry_without_events_has_no_row_and_an_empty_day_has_a_table(moto: str, tmp_path: Path) -> None:
    bare = replace(entry(1), entry=replace(entry(1).entry, events=()))
    archive.write([bare])
    assert compact(TUESDAY_NIGHT) == (CompactedDay(MONDAY, entries=1, events=0),)
    assert rows(tmp_path, "entry_id") == []


def test_the_files_of_the_log_stay(aws: str) -> None:
    archive.write([entry(1)])
    before = archive.files(MONDAY)
    compact(TUESDAY_NIGHT)
    assert archive.files(MONDAY) == before
