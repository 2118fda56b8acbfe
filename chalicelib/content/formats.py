"""Amounts, dates and plurals as people of a locale write them.

The forms are those of Unicode CLDR 48 (cldr-json: cldr-numbers-full and cldr-dates-full, main/{ru,en}). Babel, which
has them for every language, is a wheel of 10 MB (docs/dependencies.md). Other languages get the English forms.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

NBSP: Final = "\N{NO-BREAK SPACE}"


class _Forms(Struct, frozen=True):
    """`months` stand as they do beside a day; the patterns take {day} {month} {year}, {sign} {symbol} {number}, …"""

    group: str
    decimal: str
    money: str
    day: str
    day_of_year: str
    moment: str
    months: tuple[str, ...]


_ENGLISH = _Forms(
    group=",", decimal=".", money="{sign}{symbol}{number}",
    day="{month} {day}", day_of_year="{month} {day}, {year}", moment="{date}, {time}",
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
)
_RUSSIAN = _Forms(
    group=NBSP, decimal=",", money="{sign}{number}" + NBSP + "{symbol}",
    day="{day}" + NBSP + "{month}", day_of_year="{day}" + NBSP + "{month} {year}" + NBSP + "г.",
    moment="{date}, {time}",
    months=("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября",
            "ноября", "декабря"),
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


def language_of(locale: str) -> str:
    """The language of a locale in either spelling: `ru` of `ru-RU` and of `ru_RU`."""
    return locale.replace("_", "-").partition("-")[0].lower()


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
    forms = _forms(locale)
    if forms is _RUSSIAN:
        time = f"{value:%H:%M}"
    else:
        time = f"{value.hour % 12 or 12}:{value:%M}{NBSP}{'AM' if value.hour < 12 else 'PM'}"
    return forms.moment.format(date=day(value, locale), time=time)


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
