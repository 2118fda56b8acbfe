"""Each day that is over becomes one file of lines, for rehearsals, one Parquet file, for reports and predictions, and a
small one of what happened to products, for recommendations.

    list the day's files ─▶ their lines, in order and each once ─▶ write all ─▶ mark the day with those files
                                        crash anywhere: there is no such mark, and the next run does the day again

The files of the log stay as they are. A day to which one was added since its mark is done again.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from chalicelib.analytics import log_table, product_counts
from chalicelib.observability import logger
from chalicelib.storage import archive
from chalicelib.storage.archive import Compacted
from chalicelib.storage.bucket import Listed

LATE_FILES = 7
"""Days back at which a day is looked at again: a stream keeps its records for one, whatever wrote them late."""
AT_MOST = 31
"""Days made in one run, so that it ends in time; the next one goes on."""


class CompactedDay(Struct, frozen=True):
    """A day that was compacted, and the number of its entries and events."""

    day: date
    entries: int
    events: int


def compact(now: datetime) -> tuple[CompactedDay, ...]:
    """Compact every day that is over and was not compacted, or has other files than it was compacted of.

    Raises:
        StorageUnavailableError: S3 is away; the days made by then are marked.
    """
    made: list[CompactedDay] = []
    for day, found in _to_do(now.astimezone(UTC).date()):
        if len(made) == AT_MOST:
            logger.info("more days wait for the next run")
            break
        mark = _make(day, found)
        made.append(CompactedDay(day, mark.entries, mark.events))
    return tuple(made)


def _to_do(today: date) -> Iterator[tuple[date, tuple[Listed, ...]]]:
    marked = archive.compacted_days()
    for day in archive.days():
        if day >= today or (day in marked and day < today - timedelta(days=LATE_FILES)):
            continue
        found = archive.files(day)
        if day not in marked or archive.compacted(day).files != archive.fingerprint(found):
            yield day, found


def _make(day: date, found: tuple[Listed, ...]) -> Compacted:
    with tempfile.TemporaryDirectory() as folder:
        lines, table, goods = (Path(folder) / name for name in ("log.ndjson.gz", "log.parquet", "products.parquet"))
        entries = _write(archive.lines(found), lines)
        mark = Compacted(archive.fingerprint(found), entries, log_table.write(lines, table))
        product_counts.write(table, goods)
        with lines.open("rb") as day_lines, table.open("rb") as day_table, goods.open("rb") as day_products:
            archive.put_day(day, day_lines)
            archive.put_parquet(day, day_table)
            archive.put_products(day, day_products)
    archive.mark_compacted(day, mark)
    return mark


def _write(lines: Iterable[bytes], target: Path) -> int:
    """Write lines to a compressed file; how many they are."""
    count = 0
    # Without a name and a time in the header, so that the same lines are the same bytes.
    with target.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as written:
        for line in lines:
            written.write(line)
            count += 1
    return count
