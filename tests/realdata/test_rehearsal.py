"""Published histories turned into events and rehearsed: what comes of them agrees with what is known of them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib.content.template_files import FolderFiles
from chalicelib.definitions.folder import read_folder
from chalicelib.definitions.price_list import read_prices
from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.fold import fold
from chalicelib.domain.rehearsal_report import Report
from chalicelib.domain.shop import ShopSettings
from chalicelib.flows.rehearse import Pricing, all_in, rehearse
from infra.histories import clickstream, online_retail
from infra.recorded_events import Refused, read_events

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(os.environ.get("SELVEDGE_REALDATA", ROOT.parent / "shared" / "realdata")) / "datasets"
RETAIL = FOLDER / "online_retail" / "online_retail.csv.gz"
CLICKS = FOLDER / "clickstream_retentioneering" / "ecom.csv.gz"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}"),
]


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("retail") / "retail.ndjson"
    return written(path, online_retail.events(online_retail.read(RETAIL)))


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clicks") / "clicks.ndjson"
    return written(path, clickstream.events(clickstream.read(CLICKS)))


def written(path: Path, events: Iterable[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    return path


def rehearsed(path: Path) -> Report:
    """The report of all shipped journeys over a file of events."""
    definitions = read_folder(ROOT / "templates", ROOT / "schedules")
    prices = read_prices((ROOT / "schedules" / "prices.yaml").read_text("utf-8"))
    refused = Refused()
    pricing = Pricing(prices, definitions, all_in(FolderFiles(ROOT / "templates")))
    report = rehearse(read_events(path, refused=refused), definitions, pricing, source="file", name=path.name)
    assert refused.reasons == []
    return report


def entries_by_journey(report: Report) -> dict[str, int]:
    return {one.journey: one.entries for one in report.journeys}


def test_orders_and_spend_of_online_retail_are_those_published(retail: Path) -> None:
    nothing = Definitions.of(ShopSettings(), [], [])
    states: dict[str, Customer] = {}
    for entry in read_events(retail):
        # What was given back is left out here, as in the published figures.
        if entry.events[0].name != "order.returned":
            before = states.get(entry.customer_id, Customer(entry.customer_id))
            states[entry.customer_id] = fold(before, entry, nothing).customer

    buyers = {known.profile.email: known.profile.orders for known in states.values() if known.profile.orders.count}
    assert len(buyers) == 4_338
    assert sum(orders.count for orders in buyers.values()) == 18_532
    assert sum(orders.spent for orders in buyers.values()) == Decimal("8911407.904")
    frequency = Decimal(18_532) / 4_338
    assert round(frequency, 6) == Decimal("4.272015")
    assert max(orders.count for orders in buyers.values()) == 209
    for number, count, spent in (
        (12346, 1, "77183.60"), (12347, 7, "4310.00"), (12348, 4, "1797.24"), (12349, 1, "1757.55"),
        (12350, 1, "334.40"),
    ):
        orders = buyers[f"customer-{number}@example.com"]
        assert (orders.count, orders.spent) == (count, Decimal(spent))


def test_every_order_of_online_retail_enters_what_orders_start(retail: Path) -> None:
    told = Counter(json.loads(line)["name"] for line in retail.open())
    report = rehearsed(retail)

    assert told["order.placed"] == 18_532
    assert report.history.events == told.total()
    assert report.history.left_out == {}
    entries = entries_by_journey(report)
    assert entries["order-updates"] == 18_532 + told["order.returned"]
    assert entries["welcome"] == told["consent.given"] == report.history.customers
    updates = next(one for one in report.journeys if one.journey == "order-updates")
    assert updates.sends == updates.entries
    check_totals(report)


def test_the_clickstream_enters_carts_and_orders_as_often_as_is_known(clicks: Path) -> None:
    report = rehearsed(clicks)

    assert report.history.events == 31_106 + 600
    assert report.history.customers == 600
    entries = entries_by_journey(report)
    assert entries["order-updates"] == 470
    assert entries["welcome"] == 600
    carts = next(one for one in report.journeys if one.journey == "cart-abandoned")
    # 1,346 changes of carts; one within a week of the last entry starts none.
    assert 600 < carts.entries + carts.not_entered.get("again: after", 0) <= 1_346
    assert report.collisions
    assert len(report.samples) == 10
    check_totals(report)


def check_totals(report: Report) -> None:
    """What is told by journey, day, month and person adds up to the same."""
    assert report.sends == sum(one.sends for one in report.journeys) == sum(one.sends for one in report.days)
    assert report.sends == sum(sends * people for sends, people in report.people_by_sends.items())
    assert report.costs.total == sum(one.cost for one in report.journeys) == sum(m.cost for m in report.costs.months)
    assert sum(report.skips.values()) == sum(sum(one.skips.values()) for one in report.journeys)
    # At most four marketing mails a week, besides the thanks for a sign-up, which no cap counts.
    assert report.busiest_marketing.week.sends <= 5
