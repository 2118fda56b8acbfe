"""`shop.yaml`: what it may say, and how a mistake in it is told."""

from __future__ import annotations

from datetime import time

import pytest

from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.shop import FrequencyCap, QuietHours, ShopSettings
from chalicelib.errors import DefinitionError


def test_what_is_left_out_keeps_its_default() -> None:
    """A shop may begin with its address alone."""
    settings = read_shop("url: https://weavers.example\n")

    assert settings == ShopSettings(url="https://weavers.example")
    assert settings.quiet_hours == QuietHours(time(22, 0), time(9, 0))
    assert settings.holdout_percent == 5.0


def test_limits_are_read_as_they_are_written() -> None:
    """Quiet hours, holdout and caps."""
    settings = read_shop(
        "quiet-hours: {start: 21:30}\nholdout: 2.5\ntime-zone: Asia/Omsk\ncaps:\n"
        "  - {tag: email, count: 1, window: 1 day}\n  - {tag: sale, count: 3, window: 30 days}\n"
    )

    assert settings.quiet_hours == QuietHours(time(21, 30), time(9, 0))
    assert settings.holdout_percent == 2.5
    assert settings.caps == (FrequencyCap("email", 1, 86400), FrequencyCap("sale", 3, 30 * 86400))


@pytest.mark.parametrize("written", ['"50.00"', "50", "50.00", "0"])
def test_a_months_budget_is_kept_to_the_digit(written: str) -> None:
    """Nothing, too, is a budget: then no marketing leaves."""
    assert read_shop(f"budget: {{month: {written}}}\n").budget == written.strip('"')


def test_several_may_be_told_of_a_refused_file() -> None:
    assert read_shop("problems-to: [Lena@weavers.example, oleg@weavers.example]\n").problems_to == (
        "lena@weavers.example", "oleg@weavers.example",
    )
    assert read_shop("problems-to: lena@weavers.example\n").problems_to == ("lena@weavers.example",)


def test_tests_go_to_addresses_and_phones_as_they_are_written_everywhere() -> None:
    settings = read_shop('country: RU\ntest-addresses: [Lena@weavers.example, "8 (912) 345-67-89"]\n')
    assert settings.test_addresses == ("lena@weavers.example", "+79123456789")
    assert read_shop("locale: en\n").test_addresses == ()


def test_links_say_whose_they_are_and_who_counts_their_clicks() -> None:
    settings = read_shop("links: {source: weavers-letters, clicks: own}\n")
    assert (settings.link_source, settings.clicks) == ("weavers-letters", "own")


@pytest.mark.parametrize(("text", "line", "reason"), [
    ("links: {source: my letters}\n", 1, "source: should be letters, digits, dots, hyphens and underscores"),
    ("links: {clicks: google}\n", 1, "clicks: is 'google'; it can be ses, own"),
    ("locale: en\ntimezone: Europe/Moscow\n", 2, "unknown field 'timezone'"),
    ("locale: en\n\ntime-zone: Moscow\n", 3, "unknown time zone 'Moscow'; use an IANA name"),
    ("locale: en\nshop: Weavers\n", 2, "shop: stands in templates/brand.yaml now, as `name`"),
    ("support: {email: help@weavers.example}\n", 1, "stands in templates/brand.yaml now, as `support`"),
    ("address: 1 Weaver Street\n", 1, "stands in templates/brand.yaml now, as `address`"),
    ("brand: {color: red}\n", 1, "stands in templates/brand.yaml now, as `logo` and `colors`"),
    ("quiet-hours: {start: 22}\n", 1, "should be a time such as `15:00`, not '22'"),
    ("quiet-hours: {from: 22:00}\n", 1, "unknown field 'from'"),
    ("holdout: half\n", 1, "should be a percentage from 0 to 50"),
    ("holdout: 51\n", 1, "should be a percentage from 0 to 50"),
    ("holdout: true\n", 1, "should be a percentage from 0 to 50"),
    ("caps:\n  - {tag: email, count: 1}\n", 2, "a cap lacks `window`"),
    ("caps:\n  - {tag: email, count: 1, window: 31 days}\n", 2, "is at most 30 days"),
    ("caps:\n  - {tag: email, count: 0, window: 1 day}\n", 2, "is from 1 to 64"),
    ("caps:\n  - {tag: email, count: -1, window: 1 day}\n", 2, "is from 1 to 64"),
    ("caps:\n  - {tag: email, count: 65, window: 1 day}\n", 2, "is from 1 to 64"),
    ("caps:\n  - {tag: email, count: one, window: 1 day}\n", 2, "should be a whole number"),
    ("sender: shop@example.org\n", 1, "should be a mapping"),
    ("problems-to: [lena]\n", 1, "should be a mail address, not 'lena'"),
    ("test-addresses: [lena]\n", 1, "should be a mail address or a phone number, not 'lena'"),
    ("budget: 50\n", 1, "should be a mapping"),
    ("budget: {}\n", 1, 'lacks the field `month`, as in `budget: {month: "50.00"}`'),
    ("budget: {month: plenty}\n", 1, "should be US dollars such as \"50.00\", not 'plenty'"),
    ("budget: {month: -5}\n", 1, "should be US dollars"),
    ("budget: {year: 600}\n", 1, "unknown field 'year'"),
])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    """And nothing of the file is taken."""
    with pytest.raises(DefinitionError) as refused:
        read_shop(text)
    assert (refused.value.file, refused.value.line) == ("shop.yaml", line)
    assert reason in str(refused.value)
