"""Amounts, dates, plurals and greetings as people of a locale write them.

The forms are those of Unicode CLDR 48 (cldr-json: cldr-numbers-full and cldr-dates-full, main/{ru,en}). Babel, which
has them for every language, is a wheel of 10 MB (docs/dependencies.md). Other languages get the English forms.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from chalicelib.domain.locales import language_of

NBSP: Final = "\N{NO-BREAK SPACE}"


class _Forms(Struct, frozen=True):
    """`months` stand as they do beside a day; the patterns take {day} {month} {year}, {sign} {symbol} {number}, …

    `weekdays_on` and `weekdays_until` (Monday first) stand after a preposition; `on_days`, `until_days` and
    `until_time` are words for today and tomorrow.
    """

    group: str
    decimal: str
    money: str
    day: str
    day_of_year: str
    moment: str
    months: tuple[str, ...]
    percent: str
    hello: str
    hello_name: str
    on_days: tuple[str, str]
    weekdays_on: tuple[str, ...]
    on_weekday: str
    on_date: str
    until_days: tuple[str, str]
    weekdays_until: tuple[str, ...]
    until_weekday: str
    until_date: str
    until_time: tuple[str, str]


_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = _Forms(
    group=",", decimal=".", money="{sign}{symbol}{number}",
    day="{month} {day}", day_of_year="{month} {day}, {year}", moment="{date}, {time}",
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
    percent="%", hello="Hello,", hello_name="Hello {name},",
    on_days=("today", "tomorrow"), weekdays_on=_WEEKDAYS, on_weekday="on {weekday}, {date}", on_date="on {date}",
    until_days=("until the end of today", "until the end of tomorrow"), weekdays_until=_WEEKDAYS,
    until_weekday="until {weekday}, {date}", until_date="until {date}",
    until_time=("until {time} today", "until {time} tomorrow"),
)
_RUSSIAN = _Forms(
    group=NBSP, decimal=",", money="{sign}{number}" + NBSP + "{symbol}",
    day="{day}" + NBSP + "{month}", day_of_year="{day}" + NBSP + "{month} {year}" + NBSP + "г.",
    moment="{date}, {time}",
    months=("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
            "ноября", "декабря"),
    percent=NBSP + "%", hello="Здравствуйте!", hello_name="Здравствуйте, {name}!",
    on_days=("сегодня", "завтра"),
    weekdays_on=("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
    on_weekday="{weekday}, {date}", on_date="{date}",
    until_days=("до конца дня", "до конца завтрашнего дня"),
    weekdays_until=("понедельника", "вторника", "среды", "четверга", "пятницы", "субботы", "воскресенья"),
    until_weekday="до {weekday}, {date}", until_date="до {date}",
    until_time=("сегодня до {time}", "завтра до {time}"),
)

_SYMBOLS: Final = {
    "RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "TRY": "₺", "GEL": "₾", "AMD": "֏",
    "CNY": "¥", "JPY": "¥", "KRW": "₩", "INR": "₹", "ILS": "₪", "CAD": "CA$", "AUD": "A$",
}
"""CLDR's narrow symbols, but those of dollars and yuan that would be taken for others."""
_NO_MINOR_UNIT: Final = frozenset({"JPY", "KRW"})
"""Currencies whose ISO 4217 minor unit is 0."""
_WHOLE_IS_BARE: Final = frozenset({"RUB", "KZT", "UAH", "AMD"})
"""Currencies whose shops write whole prices without the minor unit: 7 990 ₽, but $80.00."""

_LONGEST_NAME: Final = 60
_NO_NAME: Final = re.compile(r"[\d@/\\:;<>{}\[\]|=#%$€₽£]|\w{2}\.\w{2}|^\W*$")
"""What no name has: digits, signs of links, markup and prices, a dot inside (`shop.example`); or it has no letter."""


def _forms(locale: str) -> _Forms:
    return _RUSSIAN if language_of(locale) == "ru" else _ENGLISH


def money(amount: Decimal | int, currency: str, locale: str) -> str:
    """An amount with its currency: `7 990 ₽` in Russian, `$79.90` in English."""
    forms = _forms(locale)
    amount = Decimal(amount)
    digits = 0 if currency in _NO_MINOR_UNIT else 2
    rounded = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    if currency in _WHOLE_IS_BARE and rounded == rounded.to_integral_value():
        digits = 0
    number = f"{abs(rounded):,.{digits}f}".translate({ord(","): forms.group, ord("."): forms.decimal})
    symbol = _SYMBOLS.get(currency) or (currency if forms is _RUSSIAN else currency + NBSP)
    return forms.money.format(sign="-" if rounded < 0 else "", symbol=symbol, number=number)


def day(value: date, locale: str, *, year: bool = False) -> str:
    """A date in words: `5 марта` or `March 5`; with its year when asked."""
    forms = _forms(locale)
    pattern = forms.day_of_year if year else forms.day
    return pattern.format(day=value.day, month=forms.months[value.month - 1], year=value.year)


def moment(value: datetime, locale: str) -> str:
    """A local date and time in words: `5 марта, 14:00` or `March 5, 2:00 PM`; `value` is in the reader's zone."""
    return _forms(locale).moment.format(date=day(value, locale), time=_time(value, locale))


def _time(value: datetime, locale: str) -> str:
    if _forms(locale) is _RUSSIAN:
        return f"{value:%H:%M}"
    return f"{value.hour % 12 or 12}:{value:%M}{NBSP}{'AM' if value.hour < 12 else 'PM'}"


def on_day(value: date, today: date, locale: str) -> str:
    """A day as seen from today, where a sentence says when: `завтра`, `в воскресенье, 8 марта`, `on March 20`.

    The weekday is named of the six days to come only: further off it would be read as one of them.
    """
    forms, away = _forms(locale), (_date_of(value) - today).days
    if away in {0, 1}:
        return forms.on_days[away]
    named = forms.on_weekday if 1 < away < 7 else forms.on_date
    return named.format(weekday=forms.weekdays_on[value.weekday()], date=day(value, locale))


def until(value: date, today: date, locale: str) -> str:
    """Up to when something is good: `сегодня до 14:00`, `до воскресенья, 8 марта`, `until March 20`.

    The time is told of today and tomorrow; a date without a time is good to its end.
    """
    forms, away = _forms(locale), (_date_of(value) - today).days
    if away in {0, 1} and isinstance(value, datetime):
        return forms.until_time[away].format(time=_time(value, locale))
    if away in {0, 1}:
        return forms.until_days[away]
    named = forms.until_weekday if 1 < away < 7 else forms.until_date
    return named.format(weekday=forms.weekdays_until[value.weekday()], date=day(value, locale))


def _date_of(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def count(number: int, locale: str) -> str:
    """A whole number in groups of three digits: `12 345` in Russian, `12,345` in English."""
    return f"{number:,}".replace(",", _forms(locale).group)


def percent(number: Decimal | int | str, locale: str) -> str:
    """A number with the percent sign as the language sets it (CLDR percent patterns): `7 %` in Russian, `7%` else."""
    digits = format(number.normalize(), "f") if isinstance(number, Decimal) else str(number)
    return digits.replace(".", _forms(locale).decimal) + _forms(locale).percent


def greeting(name: str, locale: str) -> str:
    """`Здравствуйте, Анна!` or `Hello Anna,`: the name stays in the nominative, which is right whatever the name is.

    A text that is no name is left out: sign-up forms are filled in with links and offers, for the shop to mail them on.
    """
    forms, name = _forms(locale), name.strip(" ,!")
    if not name or len(name) > _LONGEST_NAME or _NO_NAME.search(name):
        return forms.hello
    return forms.hello_name.format(name=name)


def plural(count: int, locale: str, forms: tuple[str, ...]) -> str:
    """The form of a word that goes with a count, by CLDR's plural rules for whole numbers.

    Russian takes three forms (one, few, many: 1 товар, 2 товара, 5 товаров), other languages two (one, other).
    Raises ValueError when the number of forms is not the language's.
    """
    wanted = 3 if language_of(locale) == "ru" else 2
    if len(forms) != wanted:
        raise ValueError(f"plural in {language_of(locale)!r} takes {wanted} forms of the word, not {len(forms)}")
    if wanted == 2:
        return forms[0] if count == 1 else forms[1]
    last, last_two = count % 10, count % 100
    if last == 1 and last_two != 11:
        return forms[0]
    if 2 <= last <= 4 and not 12 <= last_two <= 14:
        return forms[1]
    return forms[2]
