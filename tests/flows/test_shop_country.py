"""Numbers without a country code are the shop's countrymen's, as the shop.yaml in force says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.flows.shop_country import KEPT, forget, shop_country

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def new_process(moto: str) -> Iterator[None]:
    forget()
    yield
    forget()


def settle_in(country: str) -> None:
    assert put_in_force(InForce(settings=ShopSettings(country=country)), read_in_force())


def test_the_country_is_that_of_the_settings_in_force() -> None:
    settle_in("KZ")

    assert shop_country(NOW) == "KZ"


def test_before_the_first_publishing_it_is_the_default() -> None:
    assert shop_country(NOW) == ShopSettings().country


def test_it_is_read_once_in_ten_minutes() -> None:
    settle_in("KZ")
    shop_country(NOW)
    settle_in("DE")

    assert shop_country(NOW + KEPT - timedelta(seconds=1)) == "KZ"
    assert shop_country(NOW + KEPT) == "DE"


def test_once_read_it_outlasts_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in("KZ")
    shop_country(NOW)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")

    assert shop_country(NOW + timedelta(hours=1)) == "KZ"
    forget()
    with pytest.raises(StorageUnavailableError):
        shop_country(NOW)
