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


TODAY = date(2026, 3, 5)


@pytest.mark.parametrize(("day", "russian", "english"), [
    (4, f"4{NBSP}марта", "on March 4"),
    (5, "сегодня", "today"),
    (6, "завтра", "tomorrow"),
    (7, f"в субботу, 7{NBSP}марта", "on Saturday, March 7"),
    (10, f"во вторник, 10{NBSP}марта", "on Tuesday, March 10"),
    (11, f"в среду, 11{NBSP}марта", "on Wednesday, March 11"),
    (12, f"12{NBSP}марта", "on March 12"),
])
def test_a_day_is_told_as_seen_from_today(day: int, russian: str, english: str) -> None:
    assert formats.on_day(date(2026, 3, day), TODAY, "ru") == russian
    assert formats.on_day(datetime(2026, 3, day, 23, tzinfo=UTC), TODAY, "en") == english


@pytest.mark.parametrize(("day", "russian", "english"), [
    (5, "сегодня до 14:00", f"until 2:00{NBSP}PM today"),
    (6, "завтра до 14:00", f"until 2:00{NBSP}PM tomorrow"),
    (8, f"до воскресенья, 8{NBSP}марта", "until Sunday, March 8"),
    (20, f"до 20{NBSP}марта", "until March 20"),
])
def test_an_end_is_told_as_seen_from_today(day: int, russian: str, english: str) -> None:
    moment = datetime(2026, 3, day, 14, tzinfo=UTC)
    assert formats.until(moment, TODAY, "ru") == russian
    assert formats.until(moment, TODAY, "en") == english


def test_a_date_is_good_to_its_end() -> None:
    assert formats.until(TODAY, TODAY, "ru") == "до конца дня"
    assert formats.until(date(2026, 3, 6), TODAY, "ru") == "до конца завтрашнего дня"
    assert formats.until(date(2026, 3, 6), TODAY, "en") == "until the end of tomorrow"


@pytest.mark.parametrize(("name", "russian", "english"), [
    ("Анна", "Здравствуйте, Анна!", "Hello Анна,"),
    (" O'Neil ", "Здравствуйте, O'Neil!", "Hello O'Neil,"),
    ("Анна-Мария!", "Здравствуйте, Анна-Мария!", "Hello Анна-Мария,"),
    ("J. R.", "Здравствуйте, J. R.!", "Hello J. R.,"),
    ("", "Здравствуйте!", "Hello,"),
])
def test_a_greeting_stands_without_a_name_too(name: str, russian: str, english: str) -> None:
    assert formats.greeting(name, "ru") == russian
    assert formats.greeting(name, "en-US") == english


@pytest.mark.parametrize("name", [
    "Win $1000", "shop.example", "https://shop.example", "anna@shop.example", "<b>x</b>", "🌸", "89990000000", "а" * 61,
])
def test_what_is_no_name_is_not_greeted(name: str) -> None:
    assert formats.greeting(name, "ru") == "Здравствуйте!"


def test_a_large_number_is_set_in_groups() -> None:
    assert formats.count(12345, "ru") == f"12{NBSP}345"
    assert formats.count(1240, "en") == "1,240"
    assert formats.count(450, "ru") == "450"


def test_percent_is_set_as_the_locale_sets_it() -> None:
    assert formats.percent(Decimal("7.50"), "ru") == f"7,5{NBSP}%"
    assert formats.percent(Decimal(20), "en") == "20%"
