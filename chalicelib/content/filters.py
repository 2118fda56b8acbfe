"""The filters that templates have besides Jinja's own: amounts, dates and plurals in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from chalicelib.content import formats
from chalicelib.content.scope import scope


def _money(amount: Decimal | int, currency: str) -> str:
    return formats.money(amount, currency, scope().locale)


def _local(value: date) -> date:
    return value.astimezone(scope().zone) if isinstance(value, datetime) else value


def _date(value: date | str, *, year: bool = False) -> str:
    """A date in words; `data` holds dates as texts (ISO 8601), for JSON has no other."""
    known = date.fromisoformat(value) if isinstance(value, str) else value
    return formats.day(_local(known), scope().locale, year=year)


def _moment(value: datetime) -> str:
    return formats.moment(value.astimezone(scope().zone), scope().locale)


def _plural(count: int, *forms: str) -> str:
    return formats.plural(count, scope().locale, forms)


FILTERS: Final[dict[str, Callable[..., Any]]] = {"money": _money, "date": _date, "moment": _moment, "plural": _plural}
"""The filters by name (docs/templates.md says what each does)."""
