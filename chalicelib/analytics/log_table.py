"""A day of the log as a Parquet file for DuckDB, Athena and the like: one row for each event."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import fields

from chalicelib.analytics.connection import connect
from chalicelib.domain.events import Order

ROWS = """
SELECT
    entry.customer_id AS customer_id,
    entry.entry_id AS entry_id,
    event_index,
    entry.recorded_at AS recorded_at,
    CAST(event ->> 'occurred_at' AS TIMESTAMPTZ) AS occurred_at,
    entry.source AS source,
    event ->> 'name' AS name,
    cart ->> 'id' AS cart_id,
    IF(cart IS NULL, NULL, TRY_CAST(coalesce(cart ->> 'total', '0') AS DECIMAL(18, 6))) AS cart_total,
    checkout ->> 'id' AS checkout_id,
    IF(checkout IS NULL, NULL, TRY_CAST(coalesce(checkout ->> 'total', '0') AS DECIMAL(18, 6))) AS checkout_total,
    purchase ->> 'id' AS order_id,
    IF(purchase IS NULL, NULL, TRY_CAST(coalesce(purchase ->> 'total', '0') AS DECIMAL(18, 6))) AS order_total,
    IF(purchase IS NULL, NULL, TRY_CAST(coalesce(purchase ->> 'refunded', '0') AS DECIMAL(18, 6))) AS refunded,
    IF(purchase IS NULL, NULL, coalesce(CAST(purchase ->> 'in_store' AS BOOLEAN), false)) AS in_store,
    IF(priced IS NULL, NULL, coalesce(priced ->> 'currency', $currency)) AS currency,
    product ->> 'id' AS product_id,
    coalesce(product ->> 'category', page ->> 'category') AS category,
    page ->> 'url' AS page_url,
    page ->> 'query' AS search,
    event -> 'message' ->> 'message_id' AS message_id,
    coalesce(event -> 'message' ->> 'channel', event -> 'consent' ->> 'channel', event -> 'endpoint' ->> 'channel')
        AS channel,
    event,
    label AS stream_label,
    sequence AS stream_sequence
FROM (
    SELECT *, coalesce(cart, checkout, purchase, product) AS priced
    FROM (
        SELECT *, event -> 'cart' AS cart, event -> 'checkout' AS checkout, event -> 'order' AS purchase,
            event -> 'product' AS product, event -> 'page' AS page
        FROM (
            SELECT label, sequence, entry, unnest(entry.events) AS event,
                generate_subscripts(entry.events, 1) - 1 AS event_index
            FROM read_json(
                $lines, format = 'newline_delimited', columns = {
                    label: 'VARCHAR', sequence: 'VARCHAR', entry: 'STRUCT(
                        customer_id VARCHAR, entry_id VARCHAR, recorded_at TIMESTAMPTZ, source VARCHAR, events JSON[]
                    )'
                }
            )
        )
    )
)
"""
"""The rows, in the order of the lines. A field that the archive leaves out has its default: an amount of nothing, no
currency but the default one. An amount of more than twelve digits before the point has no place in its column; `event`
holds all that was told."""


def write(lines: Path, target: Path) -> int:
    """Write the Parquet file `target` from lines of the archive (compressed when the name says so); the number of rows.

    Work that does not fit into memory is kept in the folder of `target`.
    """
    currency = next(one.default for one in fields(Order) if one.name == "currency")
    with connect(target.parent) as database:
        given = {"lines": str(lines), "currency": currency, "target": str(target)}
        copied = database.execute(f"COPY ({ROWS}) TO $target (FORMAT parquet, COMPRESSION zstd)", given)
        row = copied.fetchone()
    assert row is not None
    return int(row[0])
