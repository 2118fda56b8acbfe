"""Sizes as storefronts write them, and as they are shown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.content.samples import FULL_EVENT
from chalicelib.content.sizes import size
from chalicelib.domain.events import Product
from tests.content.places import render_sms


@pytest.mark.parametrize(("told", "russian", "english"), [
    ("M", "M", "M"), ("xl", "XL", "XL"), ("2xl", "2XL", "2XL"), ("X-Large", "XL", "XL"), ("medium", "M", "M"),
    ("s/m", "S/M", "S/M"), ("S-M", "S–M", "S–M"), ("44", "44", "44"), ("44-46", "44–46", "44–46"),
    ("7,5", "7,5", "7.5"), ("7.5", "7,5", "7.5"), ("Размер 44", "44", "44"), ("р. 46", "46", "46"),
    ("Size M", "M", "M"), ("one-size", "единый размер", "one size"), ("ONE SIZE", "единый размер", "one size"),
    ("Единый", "единый размер", "one size"), ("O/S", "единый размер", "one size"),
])
def test_a_size_is_shown_as_people_write_it(told: str, russian: str, english: str) -> None:
    assert size(told, "ru") == russian
    assert size(told, "en-GB") == english


@pytest.mark.parametrize("told", ["", " ", "Default Title", "default", "n/a"])
def test_what_is_no_choice_is_not_shown(told: str) -> None:
    assert size(told, "ru") == ""


@pytest.mark.parametrize("told", ["W32/L34", "EU 38", "30 мл", "Большой", "80B", "5 лет"])
def test_a_size_that_is_not_known_stays_as_the_shop_wrote_it(told: str) -> None:
    assert size(told, "ru") == told


def test_a_template_shows_sizes_in_its_language() -> None:
    event = replace(FULL_EVENT, product=Product("1", size="one size"))
    assert render_sms("{{ product.size|size }}", event=event) == "единый размер"
