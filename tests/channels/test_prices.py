"""What a message costs is known before it is sent, from a file the shop edits."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.definitions.price_list import read_prices
from chalicelib.errors import DefinitionError

SHIPPED = Path(__file__).parents[2] / "schedules" / "prices.yaml"
LIST = """\
date: 2026-11-01
source: test
email: 0.0001
push: 0.000001
sms:
  RU: 0.04
  "*": 0.05
"""


def test_the_shipped_list_prices_a_thousand_mails_at_ten_cents() -> None:
    prices = read_prices(SHIPPED.read_text())

    assert prices.of_email() * 1000 == Decimal("0.1")
    assert prices.source.startswith("https://")


def test_an_sms_costs_its_parts_in_the_country_it_goes_to() -> None:
    prices = read_prices(LIST)

    assert prices.of_sms("RU", 3) == Decimal("0.12")
    assert prices.of_sms("KZ", 2) == Decimal("0.10")
    assert prices.of_sms("", 1) == Decimal("0.05")


def test_a_shop_puts_its_own_prices_over_the_list() -> None:
    prices = read_prices(LIST).with_overrides({"email": "0.00016", "sms.kz": "0.2", "sms.*": "0.3"})

    assert (prices.of_email(), prices.of_sms("KZ", 1), prices.of_sms("DE", 1)) == (
        Decimal("0.00016"), Decimal("0.2"), Decimal("0.3"),
    )
    assert prices.of_sms("RU", 1) == Decimal("0.04")


@pytest.mark.parametrize(("key", "value"), [("letters", "1"), ("email", "cheap"), ("sms.RU", "-1"), ("push", "NaN")])
def test_an_override_that_makes_no_sense_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValueError, match="price"):
        read_prices(LIST).with_overrides({key: value})


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [("email: 0.0001", "email: cheap", 3), ("  RU: 0.04", "  RU: -0.04", 6), ('  "*": 0.05\n', "", 5)],
)
def test_a_mistake_in_the_list_is_named_with_its_line(old: str, new: str, line: int) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_prices(LIST.replace(old, new), "prices.yaml")

    assert refused.value.line == line
    assert refused.value.file == "prices.yaml"
