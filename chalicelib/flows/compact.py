"""Each day that is over becomes one Parquet file, from which reports and predictions read.

    list the day's files ─▶ their lines, in order and each once ─▶ Parquet ─▶ write it ─▶ mark the day with those files
                                        crash anywhere: there is no mark, and the next run does the day again

The files of the log stay as they are. A day to which one was added since its mark is done again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from chalicelib.analytics import log_table
from chalicelib.observability import logger
from chalicelib.storage import archive
from chalicelib.storage.archive import Compacted
from chalicelib.storage.bucket import Listed

LATE_FILES = 7
"""Days back at which a day is looked at again: a stream keeps its records for one, whatever wrote them late."""
AT_MOST = 31
"""Days made in one run, so that it ends in time; the next one goes on."""


class CompactedDay(Struct, frozen=True):
    """A day that was made into a table, and the number of its entries and events."""

    day: date
    entries: int
    events: int


def compact(now: datetime) -> tuple[CompactedDay, ...]:
    """Make the table of every day that is over and has none, or has other files than it was made of.

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
        lines, table = Path(folder) / "log.ndjson", Path(folder) / "log.parquet"
        entries = 0
        with lines.open("wb") as written:
            for line in archive.lines(found):
                written.write(line)
                entries += 1
        mark = Compacted(archive.fingerprint(found), entries, log_table.write(lines, table))
        with table.open("rb") as content:
            archive.put_parquet(day, content)
    archive.mark_compacted(day, mark)
    return mark
