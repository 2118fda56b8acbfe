"""Which products are bought and looked at, and which by the same people, from the days of the archive.

Of each day's table one small one is made, of what happened to products; a night reads those of half a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib.analytics.connection import connect
from chalicelib.domain.rankings import LEAST_SUPPORT, Counted, Counts, Pair

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RECENT, SOLD, TOGETHER, VIEWED = timedelta(days=30), timedelta(days=90), timedelta(days=180), timedelta(days=30)
"""How far back the recent orders, the orders, what the same people bought, and what they looked at are counted."""
MOST_PRODUCTS: Final = 1000
"""Products counted in a night, those that sell and are looked at most: their rankings are one small item."""
BASKET: Final = 40
"""Different products of one person that are paired with each other, the last ones: a wholesaler buys everything."""

_OF_A_DAY: Final = """
SELECT customer_id, occurred_at, 'bought' AS what, order_id, line ->> 'product_id' AS product_id,
    least(coalesce(TRY_CAST(line ->> 'quantity' AS INTEGER), 1), 1000) AS pieces
FROM (
    SELECT *, unnest(CAST(event -> 'order' -> 'lines' AS JSON[])) AS line
    FROM read_parquet($table) WHERE name = 'order.placed'
)
UNION ALL
SELECT customer_id, occurred_at, 'cancelled', order_id, NULL, 0
FROM read_parquet($table) WHERE name = 'order.cancelled'
UNION ALL
SELECT customer_id, occurred_at, 'viewed', NULL, product_id, 0
FROM read_parquet($table) WHERE name = 'product.viewed' AND product_id IS NOT NULL
"""

_BOUGHT: Final = """
CREATE TABLE bought AS
    SELECT order_id, product_id, min(customer_id) AS customer_id, min(occurred_at) AS moment, max(pieces) AS pieces
    FROM read_parquet($tables) WHERE what = 'bought' AND pieces > 0 AND occurred_at BETWEEN $since AND $now
        AND order_id NOT IN (
            SELECT order_id FROM read_parquet($tables) WHERE what = 'cancelled' AND order_id IS NOT NULL
        )
    GROUP BY ALL
"""
"""An order told twice is one, and one that was cancelled none."""
_LOOKED_AT: Final = """
CREATE TABLE looked_at AS
    SELECT customer_id, product_id, max(occurred_at) AS moment
    FROM read_parquet($tables) WHERE what = 'viewed' AND occurred_at BETWEEN $since AND $now
    GROUP BY ALL
"""
_COUNTED: Final = """
CREATE TABLE counted AS
    SELECT product_id, coalesce(recent_orders, 0) AS recent_orders, coalesce(orders, 0) AS orders,
        coalesce(pieces, 0) AS pieces, coalesce(viewers, 0) AS viewers
    FROM (
        SELECT product_id, count(*) FILTER (WHERE moment >= $recent) AS recent_orders, count(*) AS orders,
            CAST(sum(pieces) AS BIGINT) AS pieces
        FROM bought WHERE moment >= $sold GROUP BY product_id
    ) FULL JOIN (SELECT product_id, count(*) AS viewers FROM looked_at GROUP BY product_id) USING (product_id)
    ORDER BY recent_orders DESC, orders DESC, viewers DESC, product_id LIMIT $most
"""

_PAIRS: Final = """
WITH person AS (
    SELECT customer_id, product_id FROM (
        SELECT customer_id, product_id, max(moment) AS moment
        FROM {what} SEMI JOIN counted USING (product_id) GROUP BY ALL
    ) QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY moment DESC, product_id) <= $basket
), people AS (SELECT product_id, count(*) AS number FROM person GROUP BY product_id)
SELECT first.product_id, second.product_id, count(*) AS both_of_them, any_value(one.number), any_value(other.number)
FROM person AS first JOIN person AS second
    ON first.customer_id = second.customer_id AND first.product_id < second.product_id
JOIN people AS one ON one.product_id = first.product_id JOIN people AS other ON other.product_id = second.product_id
GROUP BY ALL HAVING both_of_them >= $least
"""


def write(table: Path, target: Path) -> None:
    """Write the Parquet file `target` of what happened to products, from the day's `table`: who bought or looked at
    which, when.
    """
    with connect(target.parent) as database:
        database.execute(
            f"COPY ({_OF_A_DAY}) TO $target (FORMAT parquet, COMPRESSION zstd)",
            {"table": str(table), "target": str(target)},
        )


def count(tables: Sequence[Path], folder: Path, now: datetime) -> Counts:
    """Count what such files of some days tell; work that does not fit into memory is kept in `folder`."""
    if not tables:
        return Counts()
    with connect(folder) as database:
        database.execute("SET TimeZone = 'UTC'")
        files = {"tables": [str(table) for table in tables], "now": now}
        database.execute(_BOUGHT, {**files, "since": now - TOGETHER})
        database.execute(_LOOKED_AT, {**files, "since": now - VIEWED})
        database.execute(_COUNTED, {"recent": now - RECENT, "sold": now - SOLD, "most": MOST_PRODUCTS})
        return Counts(
            tuple(Counted(*row) for row in database.execute("SELECT * FROM counted").fetchall()),
            _pairs(database, "bought"), _pairs(database, "looked_at"),
            _people(database, "bought"), _people(database, "looked_at"),
        )


def _pairs(database: DuckDBPyConnection, what: str) -> tuple[Pair, ...]:
    found = database.execute(_PAIRS.format(what=what), {"basket": BASKET, "least": LEAST_SUPPORT})
    return tuple(Pair(*row) for row in found.fetchall())


def _people(database: DuckDBPyConnection, what: str) -> int:
    row = database.table(what).aggregate("count(DISTINCT customer_id)").fetchone()
    assert row is not None
    return int(row[0])
