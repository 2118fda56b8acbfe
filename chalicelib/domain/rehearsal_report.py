"""What a rehearsal came to, as figures: the shape that is published (docs/rehearsal.schema.json is made of it).

Customers are named by their ids only. Amounts are US dollars; moments carry a zone; days and months are the shop's.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from chalicelib.domain.shop import FrequencyCap

Source = Literal["table", "archive", "file"]
"""Where a log comes from: the events table, the archive in S3, a file of events."""

FORMAT = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


class MessageFigures(Struct, frozen=True):
    """One message of one journey: sends by channel, skips by reason, how often it was put off, what it costs."""

    message: str
    sends: dict[str, int]
    skips: dict[str, int]
    put_off: int
    cost: Decimal


class JourneyFigures(Struct, frozen=True):
    """One journey. `entries` are runs begun, `people` those who began any.

    `ended` counts runs by how they ended (`completed`, `converted`, `exited`, …), `running` those still under way at
    the end; `not_entered` counts what was refused by its reason. `rehearsed` tells the journeys that were asked for
    from those that were in force beside them.
    """

    journey: str
    version: str
    rehearsed: bool
    entries: int
    people: int
    converted: int
    ended: dict[str, int]
    running: int
    not_entered: dict[str, int]
    sends: int
    skips: dict[str, int]
    put_off: int
    tasks: int
    codes: int
    cost: Decimal
    messages: tuple[MessageFigures, ...]


class DayFigures(Struct, frozen=True):
    """The sends of one day in the shop's time zone, by journey and by channel."""

    day: date
    sends: int
    by_journey: dict[str, int]
    by_channel: dict[str, int]


class Most(Struct, frozen=True):
    """The most that any one person gets within a span, who that is, and when the span ends."""

    sends: int
    customer_id: str = ""
    until: datetime | None = None


class Busiest(Struct, frozen=True):
    """The most any one person gets in any 24 hours, in any 7 days, and in all."""

    day: Most
    week: Most
    in_all: Most


class Collision(Struct, frozen=True):
    """Two journeys that wanted the same person within the window of a frequency cap.

    `lost` did not send its `message` then because of what `won` had sent; `put_off` of the `times` it was to try again
    later. `customer_id` and `at` are the first case.
    """

    lost: str
    won: str
    message: str
    cap: FrequencyCap
    times: int
    people: int
    put_off: int
    customer_id: str
    at: datetime


class MonthCost(Struct, frozen=True):
    """What the sends of a month cost, by journey."""

    month: str
    cost: Decimal
    by_journey: dict[str, Decimal]


class Costs(Struct, frozen=True):
    """What the providers would have charged, by a price list of that date and source; `estimate` says how SMS are
    counted.
    """

    total: Decimal
    by_channel: dict[str, Decimal]
    months: tuple[MonthCost, ...]
    prices_of: str
    prices_from: str
    estimate: str


class SampleRow(Struct, frozen=True):
    """One line of a sample timeline: `kind` is `event`, `entered`, `sent`, `put-off`, `skipped` or `ended`.

    `name` is the event's or the message's, or how the run ended; `detail` the channel or the reason; `times` how often
    an event came at once.
    """

    at: datetime
    kind: str
    name: str
    journey: str = ""
    detail: str = ""
    times: int = 1


class Sample(Struct, frozen=True):
    """One customer's way through the journeys. `outcomes` is what the sample is there to show; `left_out` counts rows
    beyond the first that are kept.
    """

    customer_id: str
    outcomes: tuple[str, ...]
    rows: tuple[SampleRow, ...]
    left_out: int = 0


class History(Struct, frozen=True):
    """What was played: log entries, the events in them, customers, timers fired; from the first to the last moment.

    `name` says which file, or which days of the archive. `began_with` is the number of customers whose states were
    given; all others began empty. `left_out` counts, by what is wrong with them, entries that the fold cannot bear: the
    engine sets them aside, too.
    """

    source: Source
    name: str
    began_with: int
    entries: int
    events: int
    customers: int
    timers: int
    left_out: dict[str, int]
    first: datetime | None
    last: datetime | None
    time_zone: str


class Report(Struct, frozen=True):
    """What a rehearsal came to. Nothing was sent, nothing was written."""

    format: int
    history: History
    journeys: tuple[JourneyFigures, ...]
    days: tuple[DayFigures, ...]
    sends: int
    marketing_sends: int
    skips: dict[str, int]
    busiest: Busiest
    busiest_marketing: Busiest
    people_by_sends: dict[int, int]
    collisions: tuple[Collision, ...]
    costs: Costs
    samples: tuple[Sample, ...]
