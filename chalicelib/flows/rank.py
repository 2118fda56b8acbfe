"""Each night the archive says which products sell and which go together: one small item, for recommendations.

    days of half a year ─▶ their tables of products ─▶ counts, pairs ─▶ what the catalogue knows ─▶ item of `shop`
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

from chalicelib.analytics import product_counts
from chalicelib.domain.rankings import Rankings, ranked
from chalicelib.flows.rankings_in_force import put_in_force
from chalicelib.storage import archive, catalogue

FETCHED_SIDE_BY_SIDE = 8


def rank(now: datetime) -> Rankings:
    """Make the rankings of this night from the days that are over, and put them in force.

    A GET for each day of the last half year that was compacted (0.40 $ per million), half a read unit for each product
    counted, and one write unit per KB of the item.

    Raises:
        StorageUnavailableError: AWS is away; the rankings of the night before stay.
    """
    first = (now.astimezone(UTC) - product_counts.TOGETHER).date()
    days = sorted(day for day in archive.compacted_days() if day >= first)
    with tempfile.TemporaryDirectory() as folder:
        counts = product_counts.count(_tables(days, Path(folder)), Path(folder), now)
    known = catalogue.find((one.id, "") for one in counts.products)
    rankings = ranked(counts, known.values(), now)
    put_in_force(rankings)
    return rankings


def _tables(days: Iterable[date], folder: Path) -> list[Path]:
    there = archive.days_with_products()

    def fetched(day: date) -> Path:
        path = folder / f"{day.isoformat()}.parquet"
        if day in there:
            path.write_bytes(archive.products(day))
        else:
            _make(day, path)
        return path

    with ThreadPoolExecutor(FETCHED_SIDE_BY_SIDE) as pool:
        return list(pool.map(fetched, days))


def _make(day: date, path: Path) -> None:
    """The table of products of a day that was compacted before such tables were made."""
    table = path.with_suffix(".log")
    table.write_bytes(archive.parquet(day))
    product_counts.write(table, path)
    table.unlink()
    with path.open("rb") as content:
        archive.put_products(day, content)
