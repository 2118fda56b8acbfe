"""The filters that templates have besides Jinja's own: amounts, dates, plurals, greetings and sizes in the reader's
language and zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from chalicelib.content import formats, sizes
from chalicelib.content.cleaning import clean_url
from chalicelib.content.scope import scope
from chalicelib.domain.customer import Profile


def _money(amount: Decimal | int, currency: str) -> str:
    return formats.money(amount, currency, scope().locale)


def _local(value: date) -> date:
    return value.astimezone(scope().zone) if isinstance(value, datetime) else value


def _date(value: date | str, *, year: bool = False) -> str:
    return formats.day(_known(value), scope().locale, year=year)


def _known(value: date | str) -> date:
    """A date or moment, the reader's local; `data` holds dates as texts (ISO 8601), for JSON has no other."""
    if not isinstance(value, str):
        return _local(value)
    return date.fromisoformat(value) if len(value) <= len("2026-03-05") else _local(datetime.fromisoformat(value))


def _today() -> date:
    return scope().now.astimezone(scope().zone).date()


def _on_day(value: date | str) -> str:
    return formats.on_day(_known(value), _today(), scope().locale)


def _until(value: date | str) -> str:
    return formats.until(_known(value), _today(), scope().locale)


def _moment(value: datetime) -> str:
    return formats.moment(value.astimezone(scope().zone), scope().locale)


def _plural(count: int, *forms: str) -> str:
    return formats.plural(count, scope().locale, forms)


def _number(number: int) -> str:
    return formats.count(number, scope().locale)


def _percent(number: Decimal | int) -> str:
    return formats.percent(number, scope().locale)


def _greeting(customer: Profile) -> str:
    return formats.greeting(customer.first_name, scope().locale)


def _size(text: str) -> str:
    return sizes.size(text, scope().locale)


def _short_link(url: str) -> str:
    """A short link that leads to a URL, marked; nothing where there is no URL."""
    known = clean_url(str(url))
    return scope().shorten(scope().marks.marked(known)) if known else ""


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "money": _money, "date": _date, "moment": _moment, "on_day": _on_day, "until": _until, "plural": _plural,
    "number": _number, "percent": _percent, "greeting": _greeting, "size": _size, "short_link": _short_link,
}
"""The filters by name (docs/templates.md says what each does)."""
