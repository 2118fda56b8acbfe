"""The journeys, messages and settings that ship, as the tests use them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from chalicelib.definitions.folder import read_folder
from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Cart, Entry, Event, Order
from chalicelib.domain.segments import Segment
from tests.domain.stories import MOSCOW, agreed, at, told

ROOT = Path(__file__).parent.parent.parent
_READ = read_folder(ROOT / "templates", ROOT / "schedules")


def together(*names: str) -> Definitions:
    """These shipped journeys in force together, without the holdout group; all of them when none is named."""
    return Definitions.of(
        replace(_READ.settings, holdout_percent=0.0),
        _READ.messages.values(),
        [program.journey for name, program in _READ.journeys.items() if not names or name in names],
        segments=[Segment(name, rule.source) for name, rule in _READ.segments.items()],
    )


SHIPPED = together()
"""All journeys that ship."""


def journey_texts() -> dict[str, str]:
    """The text of each shipped journey file by the journey's name."""
    return {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "schedules" / "journeys").glob("*.yaml"))}


BERLIN, OMSK, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Omsk"), ZoneInfo("America/New_York")


def filled(when: str, zone: ZoneInfo = MOSCOW, cart_id: str = "c1", total: int = 7990) -> Entry:
    """A cart at a local time."""
    moment = at(when, zone)
    return told(moment, Event("cart.updated", moment, cart=Cart(cart_id, Decimal(total))))


def order(when: str, fact: str = "placed", zone: ZoneInfo = MOSCOW, order_id: str = "o1", **fields: object) -> Entry:
    """A fact of an order at a local time."""
    moment = at(when, zone)
    known = Order(order_id, total=Decimal(7990), **fields)  # type: ignore[arg-type]
    return told(moment, Event(f"order.{fact}", moment, order=known))


def signed_up(when: str, zone: ZoneInfo = MOSCOW) -> Entry:
    """Consent to mail at a local time."""
    entry = agreed("03-02 10:00")
    moment = at(when, zone)
    return told(moment, Event("consent.given", moment, consent=entry.events[0].consent))


class Row(NamedTuple):
    """What is told, to whom, on which clock, and what comes of it."""

    name: str
    entries: list[Entry]
    customer: Customer | None
    zone: ZoneInfo
    sends: list[str]


def rows(table: list[Row]) -> pytest.MarkDecorator:
    """Each row as a test of its own."""
    return pytest.mark.parametrize("row", table, ids=[row.name for row in table])
