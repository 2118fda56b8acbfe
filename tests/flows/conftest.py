"""In moto: a shop whose messages the sender can send (definitions, templates, customers, keys), and an engine alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.flows import definitions_in_force, means
from chalicelib.storage import clients
from tests.domain.stories import SHOP, marketing
from tests.flows.engine_on_aws import REMINDER, Engine
from tests.flows.sending_shop import SendingShop


@pytest.fixture
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SendingShop]:
    """A production shop with SES, SNS and a browser push service on loopback."""
    monkeypatch.setenv("SELVEDGE_STAGE", "production")
    monkeypatch.setenv("SELVEDGE_URL", "https://api.shop.example")
    definitions_in_force.forget()
    means.forget()
    with SendingShop(moto, monkeypatch) as shop:
        yield shop
    definitions_in_force.forget()
    means.forget()


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    """An engine with a cart reminder in force, and its on-failure queue."""
    engine = Engine(moto)
    engine.put_in_force(REMINDER, messages=[marketing("first")], settings=SHOP)
    clients.client("sqs").create_queue(QueueName=f"{moto}-stream-failures")
    yield engine
    engine.forget()
