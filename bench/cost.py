"""What the measured units come to in money, by a price file: per million events, per 1,000 messages, a month idle.

The mix is that of a clothing shop's month: per customer 20 views, 1 cart, 0.15 orders and 0.2 identifications, the
views flushed by the storefront script two or three to a request; 10 mails and 3 waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from bench.usage import Units

PRICES = Path(__file__).with_name("aws_prices.yaml")

VIEWS, VIEW_REQUESTS, WEBHOOKS = 20, 8, Decimal("1.35")
"""Of one customer in a month: views, the requests they come in, and carts, orders and identifications."""
CUSTOMERS, MAILS, TIMERS = 10_000, 10, 3
BATCH = 10
"""Stream records to an invocation of the engine or the sender, on the average of a busy shop."""
MEMORY_GB = Decimal("0.5")
PROCESSOR = Decimal(1769) / 512
"""CPU time stretches by this at 512 MB: Lambda gives a whole processor at 1,769 MB."""
ROUND_TRIP = 5
"""Milliseconds that a function waits for DynamoDB, an assumption; twice for a webhook of a known customer."""
MILLISECONDS = {"engine record": 12, "sender record": 60, "tick": 40, "archived entry": 0.5, "archived file": 60}
"""Billed time at 512 MB, assumptions: the engine and the tick wait side by side, the sender mostly for SES; the archive
takes 0.06 ms of a whole processor for an entry (`bench.archive`), and waits for S3 once a file."""
STREAM_SHARDS = 4
"""A table on demand begins with 4,000 write units, and a partition, which is a shard of its stream, bears 1,000
(DynamoDB Developer Guide, "DynamoDB on-demand capacity mode", "Partitions and data distribution")."""
ARCHIVED_FILES = STREAM_SHARDS * 12 * 24 * 30
"""Files of the archive in a month: one for every five minutes and shard in which anything happens, which is all of them
in a shop large enough, and no more in a larger one. Each is read once, by the compaction."""
COMPACTION_MS, COMPACTION_GB = 30_000, Decimal("1.73")
"""Billed time of a night's compaction, an assumption for a few thousand entries, and the function's memory."""
RANKED_DAYS, RANKED_READS, RANKED_WRITES = 180, 500, 20
"""Of a night's rankings at most: files read, and units for the catalogue's word on a thousand products and the item."""
ARCHIVED_BYTES = 600
"""Of one entry in the archive, in its two lines and in the table, where a file holds a few only; 200 in files of a
hundred (`bench.archive`)."""
TICKS = 60 * 24 * 30
TICK_READS = Decimal("4.5")
"""Read units of a tick with nothing to do: three minutes, its share of the cursor, and the look for jobs."""
CURSOR_WRITES = TICKS // 5
FEEDBACK_PER_MESSAGE = Decimal("0.40")
"""Opens, clicks and bounces that come back for a mail: 0.35. Deliveries are subscribed to for transactional mail only,
three mails for each of the 0.15 orders beside 10 others: 0.05."""


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars; `shop_month` is a month of a shop with 10,000 customers, SES left out.

    `archive_month` is the part of it that the archive's files and compactions take, the same however many events they
    hold; what grows with the events is in `per_million_events`.
    """

    per_million_events: Decimal
    per_thousand_messages: Decimal
    idle_month: Decimal
    shop_month: Decimal
    archive_month: Decimal


def of(units: dict[str, Units], webhook_ms: float, alarms: int, metrics: int, prices_file: Path = PRICES) -> Costs:
    """The costs of what `bench.usage` and `bench.webhook` (CPU of a request) measured.

    `alarms` and `metrics` are as many as the template makes.
    """
    prices = yaml.safe_load(prices_file.read_text("utf-8"))
    price = {name: Decimal(str(value)) for name, value in prices.items() if name not in {"date", "sources"}}

    def capacity(name: str) -> Decimal:
        one = units[name]
        return Decimal(str(one.writes)) * price["write_unit"] + Decimal(str(one.reads)) * price["read_unit"]

    def running(milliseconds: Decimal, records: int = 1) -> Decimal:
        return price["invocation"] / records + milliseconds / 1000 * MEMORY_GB * price["gigabyte_second"]

    request = running(Decimal(str(webhook_ms)) * PROCESSOR + 2 * ROUND_TRIP)
    engine = running(Decimal(MILLISECONDS["engine record"]), BATCH)
    archived = running(Decimal(str(MILLISECONDS["archived entry"]))) - price["invocation"]
    archived += ARCHIVED_BYTES * price["s3_gigabyte_month"] / 10**9
    taking = price["http_request"] + request + engine + archived
    flush = capacity("page view, three at a time") * 3
    month = VIEW_REQUESTS * (taking + flush) + WEBHOOKS * (taking + capacity("webhook"))
    events = VIEWS + WEBHOOKS
    feedback = request + engine + capacity("webhook") + price["write_unit"]
    message = (
        capacity("message, decided and sent")
        + capacity("budget of a message, ten at a time")
        + running(Decimal(MILLISECONDS["sender record"]), BATCH)
        + FEEDBACK_PER_MESSAGE * feedback
    )
    tick = price["invocation"] + Decimal(MILLISECONDS["tick"]) / 1000 * (MEMORY_GB / 2) * price["gigabyte_second"]
    idle = TICKS * (tick + TICK_READS * price["read_unit"]) + CURSOR_WRITES * price["write_unit"]
    idle += max(0, alarms - int(price["alarms_free"])) * price["alarm_month"]
    idle += max(0, metrics - int(price["metrics_free"])) * price["metric_month"]
    timer = capacity("timer, armed and fired") + engine
    files = price["s3_put"] + price["s3_get"] + running(Decimal(MILLISECONDS["archived file"]))
    compaction = price["invocation"] + COMPACTION_MS / Decimal(1000) * COMPACTION_GB * price["gigabyte_second"]
    rankings = RANKED_DAYS * price["s3_get"] + RANKED_READS * price["read_unit"] + RANKED_WRITES * price["write_unit"]
    archive = ARCHIVED_FILES * files + 30 * (compaction + rankings)
    shop = CUSTOMERS * (month + MAILS * message + TIMERS * timer) + idle + archive
    return Costs(month / events * 1_000_000, message * 1000, idle, shop, archive)
