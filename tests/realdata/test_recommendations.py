"""A year of a gift shop's invoices: what is ranked is what was sold, and what stands together belongs together."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib.analytics import log_table, product_counts
from chalicelib.analytics.product_counts import RECENT, SOLD
from chalicelib.domain.customer import Position
from chalicelib.domain.events import Product
from chalicelib.domain.rankings import Rankings, ranked
from chalicelib.storage import archive
from chalicelib.storage.archive import Archived
from chalicelib.storage.packing import pack
from infra.histories import online_retail
from infra.recorded_events import read_events

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("SELVEDGE_REALDATA", ROOT.parent / "shared" / "realdata")) / "datasets"
RETAIL = FOLDER / "online_retail" / "online_retail.csv.gz"
NIGHT = datetime(2011, 12, 10, tzinfo=UTC)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}"),
]


@pytest.fixture(scope="module")
def history() -> list[dict[str, Any]]:
    """The invoices of half a year, as events."""
    since = NIGHT - product_counts.TOGETHER
    return [event for event in online_retail.events(online_retail.read(RETAIL)) if event["occurred_at"] >= since]


@pytest.fixture(scope="module")
def rankings(history: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Rankings:
    """What a night makes of them, by way of the archive's tables, for products known by their codes."""
    folder = tmp_path_factory.mktemp("retail")
    events, lines, table, products = (folder / name for name in ("events.ndjson", "log.ndjson", "log.parquet", "goods"))
    events.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in history))
    with lines.open("wb") as file:
        for number, entry in enumerate(read_events(events)):
            file.write(archive.to_line(Archived(entry, Position("a stream", number))))
    log_table.write(lines, table)
    product_counts.write(table, products)
    counts = product_counts.count([products], folder, NIGHT)
    return ranked(counts, [Product(one.id) for one in counts.products], NIGHT)


def orders(history: list[dict[str, Any]], days: timedelta) -> Iterator[set[str]]:
    """The products of each order of the last days."""
    for event in history:
        if event["name"] == "order.placed" and event["occurred_at"] >= NIGHT - days:
            yield {line["product_id"] for line in event["order"]["lines"]}


def test_bestsellers_are_those_that_a_plain_count_of_the_orders_finds(
    history: list[dict[str, Any]], rankings: Rankings,
) -> None:
    recent = Counter(product for order in orders(history, RECENT) for product in order)
    sold = Counter(product for order in orders(history, SOLD) for product in order)
    told = [(recent[product.id], sold[product.id]) for product in rankings.products]
    assert told == sorted(told, reverse=True)
    assert told[:50] == sorted(((recent[one], sold[one]) for one in sold), reverse=True)[:50]


@pytest.mark.parametrize(("product", "together"), [
    ("22699", {"22697", "22698"}),  # the Regency teacups and saucers: roses, green, pink
    ("22697", {"22699", "22698"}),
    ("22727", {"22726", "22728"}),  # the Bakelite alarm clocks: red, green, pink
    ("22086", {"22910"}),  # paper chain kits for Christmas: fifties, vintage
    ("85123A", {"21733"}),  # the hanging hearts: white, red
])
def test_pieces_of_one_set_are_bought_together(rankings: Rankings, product: str, together: set[str]) -> None:
    closest = next(one.together for one in rankings.products if one.id == product)
    assert together <= {rankings.products[place].id for place in closest[:3]}


def test_the_rankings_of_a_thousand_products_are_a_small_item(rankings: Rankings) -> None:
    assert len(rankings.products) == product_counts.MOST_PRODUCTS
    assert len(pack(msgspec.msgpack.encode(rankings))) < 25_000
