"""The archive: what comes back is what went in, in recorded order and each entry once, however it was written."""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Cart, Entry, Event, Identity, Line, Merge, Order
from chalicelib.storage import archive, bucket, log
from chalicelib.storage.archive import Archived
from tests.storage.examples import NOON, entry

LABEL = "2026-01-01T00:00:00.000"
TODAY = date(2026, 3, 2)
FIRST_SEQUENCE = 300_000_000_000_012_345_678


def said(number: int, at: datetime | None = None, customer_id: str = "anna") -> Archived:
    """The entry of this number in the stream."""
    at = at or NOON + timedelta(seconds=number)
    changed = entry(f"d-{number}", customer_id=customer_id, recorded_at=at)
    return Archived(changed, Position(LABEL, FIRST_SEQUENCE + number))


def read(first: date = TODAY, last: date = TODAY) -> list[Archived]:
    return list(archive.archived(first, last))


def numbers(found: Iterable[Archived]) -> list[int]:
    return [one.position.sequence - FIRST_SEQUENCE for one in found]


def test_what_comes_back_is_what_went_in_with_its_place_in_the_stream(aws: str) -> None:
    batch = [said(1), said(2), said(3)]
    assert archive.write(batch) == 1
    assert read() == batch
    assert list(archive.entries(TODAY, TODAY)) == [one.entry for one in batch]


amounts = some.decimals(min_value=Decimal(-10) ** 12, max_value=Decimal(10) ** 12, places=6, allow_nan=False)
moments = some.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1),  # noqa: DTZ001 (the zone is drawn)
    timezones=some.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-9, minutes=-30))]),
)
own_data = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**63), 2**64 - 1) | some.text()
    | some.floats(allow_nan=False, allow_infinity=False),
    lambda children: some.lists(children, max_size=3) | some.dictionaries(some.text(), children, max_size=3),
    max_leaves=8,
)
names = some.text(min_size=1)
events = some.builds(
    Event, name=some.just("own.event"), occurred_at=moments,
    cart=some.none() | some.builds(
        Cart, id=names, total=amounts, url=some.text(),
        lines=some.lists(some.builds(Line, product_id=names, price=amounts), max_size=2).map(tuple),
    ),
    order=some.none() | some.builds(Order, id=names, total=amounts, delivery_date=some.none() | some.dates()),
    merge=some.none() | some.builds(Merge, customer_id=names, state=some.binary()),
    data=some.dictionaries(some.text(), own_data, max_size=3),
)


@given(
    customer_id=some.text(), at=moments, told=some.lists(events, max_size=3).map(tuple),
    identities=some.lists(some.builds(Identity, some.text(), some.text()), max_size=2).map(tuple),
    sequence=some.integers(0, 10**40 - 1),
)
def test_a_line_reads_back_as_the_identical_entry(
    customer_id: str, at: datetime, told: tuple[Event, ...], identities: tuple[Identity, ...], sequence: int
) -> None:
    """Every digit of an amount, every microsecond, whatever a shop says of its own, and forty digits of sequence."""
    one = Archived(Entry(customer_id, "e-1", at, "shopify", told, identities), Position(LABEL, sequence))
    assert archive.from_line(archive.to_line(one)) == one


def test_a_batch_that_comes_again_makes_the_same_files_with_the_same_bytes(aws: str) -> None:
    batch = [said(1), said(2)]
    archive.write(batch)
    first = [(file.key, bucket.read(file.key)) for file in archive.files(TODAY)]
    archive.write(batch)
    again = [(file.key, bucket.read(file.key)) for file in archive.files(TODAY)]
    assert [key for key, _ in first] == [key for key, _ in again]
    assert [file.body for _, file in first if file] == [file.body for _, file in again if file]
    # RFC 1952: bytes 4 to 7 are the time of compression, nil where none is told.
    assert [file.body[4:8] for _, file in first if file] == [bytes(4)]


def test_batches_that_were_cut_otherwise_the_second_time_show_each_entry_once(aws: str) -> None:
    """After a failure Lambda splits a batch, or brings more with it."""
    batch = [said(number) for number in range(1, 9)]
    for piece in (batch, batch[:4], batch[4:], batch[2:6], [*batch, said(9)]):
        archive.write(piece)
    assert len(archive.files(TODAY)) == 5
    assert numbers(read()) == list(range(1, 10))


def test_files_of_several_shards_are_read_in_recorded_order(aws: str) -> None:
    """Each shard's files follow one another; those of different shards overlap in time."""
    chance = random.Random(7)
    written = [said(number, customer_id=f"c-{number % 3}") for number in range(200)]
    for shard in range(3):
        mine = [one for one in written if one.entry.customer_id == f"c-{shard}"]
        while mine:
            size = chance.randint(1, 12)
            archive.write(mine[:size])
            mine = mine[size:]
    assert len(archive.files(TODAY)) > archive.READ_AHEAD
    assert numbers(read()) == list(range(200))


def test_a_file_whose_stream_order_is_not_that_of_the_recorded_times_is_read_by_times(aws: str) -> None:
    """Two that write at once may come into the stream the other way round."""
    archive.write([said(1, NOON + timedelta(seconds=2)), said(2, NOON), said(3, NOON + timedelta(seconds=3))])
    archive.write([said(4, NOON + timedelta(seconds=1))])
    assert numbers(read()) == [2, 4, 1, 3]


def test_a_batch_over_midnight_is_a_file_in_each_of_both_days(aws: str) -> None:
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    before, after = said(1, midnight - timedelta(microseconds=1)), said(2, midnight)
    assert archive.write([before, after]) == 2
    assert [archive.days(), read(), read(date(2026, 3, 3), date(2026, 3, 3))] == [
        [TODAY, date(2026, 3, 3)], [before], [after],
    ]
    assert read(date(2026, 3, 1), date(2026, 3, 4)) == [before, after]


def test_a_day_is_one_of_utc_whatever_zone_a_moment_is_told_in(aws: str) -> None:
    early = datetime(2026, 3, 3, 1, 30, tzinfo=timezone(timedelta(hours=3)))
    archive.write([said(1, early)])
    assert archive.days() == [TODAY]
    (found,) = read()
    assert found.entry.recorded_at == early


def test_an_entry_that_no_day_holds_is_not_invented(aws: str) -> None:
    assert archive.days() == []
    assert read() == []
    assert not archive.reaches_back_to(NOON)


def test_the_archive_says_how_far_back_it_reaches(aws: str) -> None:
    archive.write([said(1, NOON)])
    assert archive.reaches_back_to(NOON)
    assert archive.reaches_back_to(NOON + timedelta(days=30))
    assert not archive.reaches_back_to(NOON - timedelta(seconds=1))
    assert not archive.reaches_back_to(NOON - timedelta(days=1))


def test_lines_are_json_that_others_can_read(aws: str) -> None:
    archive.write([said(1)])
    (file,) = archive.files(TODAY)
    found = bucket.read(file.key)
    assert found
    (line,) = gzip.decompress(found.body).splitlines()
    told = json.loads(line)
    assert (told["label"], told["sequence"]) == (LABEL, str(FIRST_SEQUENCE + 1))
    assert told["entry"]["events"][0]["cart"]["total"] == "7990.00"


def test_memory_is_bounded_by_the_files_that_overlap_not_by_the_day(moto: str) -> None:
    """Forty files that follow one another: what is decoded of them would take some twenty times as much."""
    for start in range(0, 12_000, 300):
        archive.write([said(number, NOON + timedelta(milliseconds=number)) for number in range(start, start + 300)])
    tracemalloc.start()
    try:
        count = sum(1 for _ in archive.entries(TODAY, TODAY))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 12_000
    assert peak < 3_000_000


def test_entries_of_one_moment_are_told_apart_by_customer_and_id(aws: str) -> None:
    same = [said(1, NOON, "anna"), said(1, NOON, "boris"), said(2, NOON, "anna")]
    archive.write(same)
    archive.write(same[:2])
    archive.write(same[2:])
    assert len(archive.files(TODAY)) == 3
    found = [(one.entry.customer_id, one.entry.entry_id) for one in read()]
    assert sorted(found) == sorted((one.entry.customer_id, one.entry.entry_id) for one in same)


@pytest.mark.parametrize("source", ["table", "stream"])
def test_an_entry_is_the_same_read_from_the_log_and_from_the_archive(moto: str, source: str) -> None:
    from tests.flows.engine_on_aws import Engine

    written = replace(entry(), events=(*entry().events, Event("own.event", NOON, data={"sizes": [1, 2.5, None, "м"]})))
    log.append(written)
    image = Engine(moto).records()[0]["dynamodb"]["NewImage"]
    kept = log.read(written.customer_id, written.entry_id) if source == "table" else log.entry_of(image)
    assert kept
    archive.write([Archived(kept, Position(LABEL, 1))])
    assert list(archive.entries(TODAY, TODAY)) == [kept]
