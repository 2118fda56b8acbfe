"""A shop in moto whose messages the sender can send: definitions, templates, customers, keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.flows import definitions_in_force, means
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
