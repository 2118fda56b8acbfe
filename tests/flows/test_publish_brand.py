"""A change of `templates/brand.yaml` is in force at once, and a wrong one leaves the last good brand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket
from tests.flows.published_files import BRAND, MAIL, SHOP, fill, problem_of, put

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
KEY = "templates/brand.yaml"


@pytest.fixture(autouse=True)
def shop(moto: str) -> None:
    """A shop whose settings, brand and one message are in force."""
    definitions_in_force.forget()
    fill()
    assert publish(NOW).problems == {}


def test_the_brand_and_the_settings_are_two_files_and_one_thing() -> None:
    put(KEY, BRAND.replace("Weavers", "Spinners"))
    publish(NOW)

    settings = read_in_force().in_force.settings
    assert settings.brand.name == {"": "Spinners"}
    assert settings.url == "https://weavers.example"

    put("shop.yaml", SHOP.replace("weavers", "spinners"))
    publish(NOW)

    settings = read_in_force().in_force.settings
    assert settings.brand.name == {"": "Spinners"}
    assert settings.url == "https://spinners.example"


def test_a_wrong_brand_is_told_beside_its_file_and_changes_nothing() -> None:
    before = read_in_force().in_force
    put(KEY, BRAND + 'colors: {light: {ink: "#eeeeee"}}\n')

    told = publish(NOW).problems[KEY]

    assert told.startswith(f"{KEY}:3: colors.light.ink: ink on paper has a contrast of 1.16")
    assert (problem_of(KEY) or "").strip() == told
    assert read_in_force().in_force == before


def test_a_wrong_shop_file_does_not_hold_back_the_brand() -> None:
    put("shop.yaml", f"shop: Weavers\n{SHOP}")
    put(KEY, BRAND.replace("Weavers", "Spinners"))

    assert list(publish(NOW).problems) == ["shop.yaml"]
    settings = read_in_force().in_force.settings
    assert settings.brand.name == {"": "Spinners"}
    assert settings.url == "https://weavers.example"


def test_a_brand_that_was_taken_away_stays_as_it_was() -> None:
    bucket.delete(KEY)

    assert publish(NOW).problems == {}
    assert read_in_force().in_force.settings.brand.name == {"": "Weavers"}


def test_a_change_of_the_brand_tries_every_message_anew() -> None:
    put("templates/hello/email.ru.mjml", MAIL.replace("Привет!", "Привет! {{ shop.social[0].name }}"))
    assert list(publish(NOW).problems) == ["templates/hello/email.ru.mjml"]

    put(KEY, BRAND + "social: [{name: Telegram, url: https://t.me/weavers}]\n")

    assert publish(NOW).problems == {}
