"""What one of each thing takes of DynamoDB: a webhook, a page view, a timer, a message; metered from real requests.

The product's own flows run on an emulated AWS; the meter (`capacity.py`) bills their requests by AWS's rules.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from moto import mock_aws

from bench.capacity import Meter
from chalicelib.domain.customer import Customer, Position
from chalicelib.domain.events import Arrival, Event, Page, Product
from chalicelib.domain.identifiers import device_identity, email_identity
from chalicelib.domain.messages import Status
from chalicelib.domain.rankings import Ranked, Rankings
from chalicelib.flows import accept, definitions_in_force
from chalicelib.flows import tick as ticking
from chalicelib.flows.advance import Arrived, advance
from chalicelib.flows.deliver import deliver
from chalicelib.flows.jobs import work
from chalicelib.flows.publish import publish
from chalicelib.flows.rankings_in_force import put_in_force
from chalicelib.flows.recommendations import Recommender
from chalicelib.flows.spending import Budget, Purse
from chalicelib.sources.registry import SOURCES
from chalicelib.storage import bucket, catalogue, clients, jobs, log, messages, shop, tables, timers

ROOT = Path(__file__).parent.parent
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Units:
    """Write and read units of one of something."""

    writes: float
    reads: float

    def of(self, number: float) -> Units:
        """The units of one, given those of `number`."""
        return Units(self.writes / number, self.reads / number)


class Laboratory:
    """The product on moto, one customer in it, its requests metered."""

    def __init__(self) -> None:
        self._sequence = 0
        self._seen: set[tuple[str, str]] = set()
        self.meter = Meter(tables.Events.connection().connection.client, clients.client("dynamodb"))

    def webhook(self, topic: str, payload: dict[str, Any], now: datetime) -> None:
        """Read, accept and log a Shopify webhook, as its handler does after the signature is verified."""
        headers = {"x-shopify-topic": topic, "x-shopify-webhook-id": f"{topic} {now.isoformat()}"}
        arrivals = SOURCES["shopify"].read(headers, json.dumps(payload).encode(), now)
        accept.receive(arrivals, "shopify", now)

    def engine(self, now: datetime) -> None:
        """Fold what has been logged since the last time, in the batch that the stream would bring."""
        arrived = []
        for item in self._new("events"):
            self._sequence += 1
            arrived.append(Arrived(log.entry_of(item), Position("stream", self._sequence)))
        failed = advance(arrived, now)
        if failed:
            raise RuntimeError(f"the engine could not fold {failed}")

    def sender(self, now: datetime) -> None:
        """Send every queued message."""
        for item in clients.client("dynamodb").scan(TableName=_table("messages"))["Items"]:
            message = messages.message_of(item)
            if message.status is Status.QUEUED:
                deliver(message, now)

    @contextmanager
    def metered(self, *without: str) -> Iterator[list[Units]]:
        """Meter what happens inside, requests to these tables left out; the units are in the list afterwards."""
        taken: list[Units] = []
        before = len(self.meter.readings)
        with self.meter:
            yield taken
        left_out = {_table(name) for name in without}
        counted = [one for one in self.meter.readings[before:] if left_out.isdisjoint(one.tables)]
        taken.append(Units(sum(one.writes for one in counted), sum(one.reads for one in counted)))

    def _new(self, table: str) -> list[dict[str, Any]]:
        items = clients.client("dynamodb").scan(TableName=_table(table))["Items"]
        fresh = [item for item in items if (item["c"]["S"], item["e"]["S"]) not in self._seen]
        self._seen |= {(item["c"]["S"], item["e"]["S"]) for item in fresh}
        return sorted(fresh, key=lambda item: item["e"]["S"])


def run() -> dict[str, Units]:
    """The units of each thing, by name; a webhook and a page view include the engine's fold and commit of them."""
    os.environ |= {
        "SELVEDGE_STACK": "bench", "SELVEDGE_BUCKET": "bench-files", "SELVEDGE_STAGE": "production",
        "SELVEDGE_URL": "https://api.shop.example", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }
    with mock_aws():
        _prepare()
        return _measure(Laboratory())


def _measure(laboratory: Laboratory) -> dict[str, Units]:
    taken: dict[str, Units] = {}
    now = MONDAY
    definitions_in_force.current(now)
    laboratory.webhook("customers/create", _customer(now), now)
    laboratory.webhook("customers_email_marketing_consent/update", _consent(now), now)
    laboratory.webhook("checkouts/create", _checkout(now), now)
    laboratory.engine(now)
    laboratory.sender(now)

    now += timedelta(days=20)
    definitions_in_force.current(now)
    laboratory.webhook("carts/create", _cart(now), now)
    laboratory.engine(now)
    now += timedelta(seconds=30)
    with laboratory.metered() as units:
        laboratory.webhook("carts/update", _cart(now), now)
        laboratory.engine(now)
    taken["webhook"] = units[0]

    for number, name in ((10, "page view, ten at a time"), (3, "page view, three at a time")):
        now += timedelta(seconds=20)
        with laboratory.metered() as units:
            accept.receive([_views(now, number)], "generic", now)
            laboratory.engine(now)
        taken[name] = units[0].of(number)

    due = now + timedelta(hours=1, minutes=1)
    timer = next(found for minute in range(90) for found in timers.due(now + timedelta(minutes=minute), due))
    shop.put("cursor", "tick", (due - timedelta(minutes=1)).isoformat().encode())
    ticking.forget()
    # The tick's own cursor and its look at each minute are what an idle shop pays, whatever there is to fire.
    with laboratory.metered("shop") as units:
        timers.arm(timer.customer_id, timer.due, now)
        ticking.tick(due)
    taken["timer, armed and fired"] = units[0]
    definitions_in_force.current(due)
    # The wait after the message arms the next timer, which is counted as one above; the budget is reserved for the
    # messages of a batch at once, and counted below.
    with laboratory.metered("timers", "shop") as units:
        laboratory.engine(due)
        laboratory.sender(due)
    taken["message, decided and sent"] = units[0]
    taken["budget of a message, ten at a time"] = _reserved(laboratory, 10)
    taken["four products recommended"] = _recommended(laboratory, due)
    return taken


def _recommended(laboratory: Laboratory, now: datetime) -> Units:
    """What it takes that a message recommends four products; the rankings are read once in ten minutes and process."""
    names = [f"product-{number}" for number in range(20)]
    put_in_force(Rankings(now, tuple(Ranked(name, sold=True) for name in names)))
    for name in names:
        catalogue.put(Product(name, title="Пальто", image_url="https://shop.example/coat.jpg", stock=3), now)
    with laboratory.metered("shop") as units:
        if len(Recommender(Customer("somebody"), None, now)("bestsellers", 4)) != 4:
            raise RuntimeError("four products are not recommended")
    return units[0]


def _reserved(laboratory: Laboratory, number: int) -> Units:
    """What one of so many mails at hand takes to be reserved of the shop's and a journey's budget."""
    purse, paid_from = Purse(), [Budget("shop", Decimal(50)), Budget("journeys/cart-abandoned", Decimal(10))]
    purse.expect(number)
    with laboratory.metered() as units:
        for _ in range(number):
            purse.take(Decimal("0.0001"), paid_from, f"{MONDAY:%Y-%m}")
    return units[0].of(number)


def _prepare() -> None:
    tables.create_all()
    clients.client("s3").create_bucket(
        Bucket="bench-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    clients.client("s3").put_bucket_versioning(
        Bucket="bench-files", VersioningConfiguration={"Status": "Enabled"},
    )
    for folder, prefix in (("templates", "templates/"), ("schedules", "")):
        for path in (ROOT / folder).rglob("*.*"):
            body = path.read_bytes().replace(b"holdout: 5", b"holdout: 0")
            bucket.put(f"{prefix}{path.relative_to(ROOT / folder).as_posix()}", body)
    publish(MONDAY)
    # The jobs that a publishing leaves are done, as the next ticks would have them: there are no customers yet.
    for kept in jobs.unfinished():
        work(kept.job.job_id, lambda: MONDAY + timedelta(minutes=2))
    clients.client("ssm").put_parameter(Name="/bench/link-keys/1", Value="a key", Type="SecureString")
    for configuration_set in ("bench-mail", "bench-transactional"):
        clients.client("sesv2").create_configuration_set(ConfigurationSetName=configuration_set)
    clients.client("sesv2").create_email_identity(EmailIdentity="shop@shop.example")


def _table(name: str) -> str:
    return f"{os.environ['SELVEDGE_STACK']}-{name}"


def _customer(at: datetime) -> dict[str, Any]:
    return {
        "id": 706405506930370084, "email": "anna@example.com", "phone": "+79161234567", "first_name": "Анна",
        "last_name": "Кузнецова", "created_at": at.isoformat(), "updated_at": at.isoformat(), "currency": "RUB",
    }


def _consent(at: datetime) -> dict[str, Any]:
    told = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": at.isoformat()}
    return {
        "customer_id": 706405506930370084, "email_address": "anna@example.com", "email_marketing_consent": told,
    }


def _lines() -> list[dict[str, Any]]:
    return [
        {
            "id": 704912205188288575 + number, "product_id": 788032119674292922 + number,
            "variant_id": 704912205188288575 + number, "title": "Пальто из шерсти с поясом", "quantity": 1,
            "price": "15990.00", "line_price": "15990.00", "sku": f"COAT-{number}-M", "variant_title": "M / серый",
        }
        for number in range(3)
    ]


def _checkout(at: datetime) -> dict[str, Any]:
    return {
        "id": 1, "token": "checkout-1", "cart_token": "eeafa272cebfd4b22385bc4b645e762c", "email": "anna@example.com",
        "currency": "RUB", "total_price": "47970.00", "line_items": _lines(), "created_at": at.isoformat(),
        "updated_at": at.isoformat(), "abandoned_checkout_url": "https://shop.example/checkouts/checkout-1/recover",
    }


def _cart(at: datetime) -> dict[str, Any]:
    return {
        "id": "eeafa272cebfd4b22385bc4b645e762c", "token": "eeafa272cebfd4b22385bc4b645e762c", "line_items": _lines(),
        "updated_at": at.isoformat(), "created_at": at.isoformat(),
    }


def _views(now: datetime, number_of_views: int) -> Arrival:
    events = tuple(
        Event(
            "product.viewed", now - timedelta(seconds=10 - number),
            product=Product(str(788032119674292922 + number), title="Пальто из шерсти", category="coats"),
        )
        if number % 2
        else Event("page.viewed", now - timedelta(seconds=10 - number), page=Page("https://shop.example/coats"))
        for number in range(number_of_views)
    )
    identities = [device_identity("d2b1c0f4-6a1e-4d7e-9d59-3d5a0f6c1b52"), email_identity("anna@example.com")]
    return Arrival(f"views-{number_of_views}", now, tuple(known for known in identities if known is not None), events)
