"""Amounts, dates and plurals, held against examples of Unicode CLDR."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chalicelib.content import formats

NBSP = "\u00a0"


@pytest.mark.parametrize(("amount", "currency", "locale", "printed"), [
    ("7990", "RUB", "ru", f"7{NBSP}990{NBSP}₽"),
    ("7990.50", "RUB", "ru", f"7{NBSP}990,50{NBSP}₽"),
    ("1234567.00", "RUB", "ru-RU", f"1{NBSP}234{NBSP}567{NBSP}₽"),
    ("79.9", "USD", "en", "$79.90"),
    ("80", "USD", "en", "$80.00"),
    ("79.9", "USD", "ru", f"79,90{NBSP}$"),
    ("7990", "RUB", "en", "₽7,990"),
    ("1999.5", "JPY", "en", "¥2,000"),
    ("12.345", "EUR", "en-GB", "€12.35"),
    ("-5", "USD", "en", "-$5.00"),
    ("10", "CHF", "en", f"CHF{NBSP}10.00"),
    ("10", "CHF", "ru", f"10,00{NBSP}CHF"),
    ("0", "RUB", "ru", f"0{NBSP}₽"),
])
def test_money_is_written_as_the_locale_writes_it(amount: str, currency: str, locale: str, printed: str) -> None:
    assert formats.money(Decimal(amount), currency, locale) == printed


def test_dates_stand_in_words() -> None:
    day = date(2026, 3, 5)
    assert formats.day(day, "ru") == f"5{NBSP}марта"
    assert formats.day(day, "ru", year=True) == f"5{NBSP}марта 2026{NBSP}г."
    assert formats.day(day, "en") == "March 5"
    assert formats.day(day, "en", year=True) == "March 5, 2026"


@pytest.mark.parametrize(("hour", "english"), [(0, "12:05"), (11, "11:05"), (12, "12:05"), (23, "11:05")])
def test_times_use_the_locales_clock(hour: int, english: str) -> None:
    moment = datetime(2026, 3, 5, hour, 5, tzinfo=UTC)
    assert formats.moment(moment, "ru") == f"5{NBSP}марта, {hour:02}:05"
    assert formats.moment(moment, "en") == f"March 5, {english}{NBSP}{'AM' if hour < 12 else 'PM'}"


@pytest.mark.parametrize(("count", "word"), [
    (0, "товаров"), (1, "товар"), (2, "товара"), (4, "товара"), (5, "товаров"), (11, "товаров"), (12, "товаров"),
    (14, "товаров"), (21, "товар"), (22, "товара"), (111, "товаров"), (101, "товар"),
])
def test_russian_plurals_follow_cldr(count: int, word: str) -> None:
    assert formats.plural(count, "ru", ("товар", "товара", "товаров")) == word


def test_english_plurals_take_two_forms_and_say_so() -> None:
    assert [formats.plural(count, "en", ("item", "items")) for count in (0, 1, 2)] == ["items", "item", "items"]
    with pytest.raises(ValueError, match="takes 2 forms of the word, not 3"):
        formats.plural(1, "en", ("a", "b", "c"))
