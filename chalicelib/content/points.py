"""The loyalty points that a message can speak of, from what its event tells and what the profile knows."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import Struct

from chalicelib.domain.customer import Profile
from chalicelib.domain.events import Event

_EXPIRING: Final = "loyalty.points-expiring"


class Points(Struct, frozen=True):
    """`balance` is what may be redeemed; `awarded` came with the event, or `expiring` go at the end of `expires_on`.

    `level` is the name of the customer's level, and `rate` what it gives back of a purchase, in per cent. What is not
    known is 0, None or empty.
    """

    balance: int = 0
    awarded: int = 0
    expiring: int = 0
    expires_on: date | None = None
    level: str = ""
    rate: Decimal = Decimal(0)


def points_of(profile: Profile, event: Event | None) -> Points | None:
    """The points of a clean profile and event; None when nothing is known of any."""
    data = event.data if event is not None else {}
    told = _whole(data.get("points"))
    expires_on = _day(data.get("expires_on"))
    expiring = event is not None and (event.name == _EXPIRING or expires_on is not None)
    level = data.get("level")
    points = Points(
        balance=_whole(data.get("balance")) or profile.loyalty.points,
        awarded=told if event is not None and event.name != _EXPIRING else 0,
        expiring=told if expiring else 0,
        expires_on=expires_on,
        level=level if isinstance(level, str) and level else profile.loyalty.level,
        rate=_number(data.get("rate")),
    )
    return None if points == Points() else points


def _number(told: Any) -> Decimal:
    """A number that a shop's event tells, as JSON number or text; anything else, and what is below 0, is 0."""
    if isinstance(told, int | float | str | Decimal) and not isinstance(told, bool):
        with suppress(InvalidOperation, ValueError):  # ValueError: an integer of thousands of digits
            number = Decimal(str(told))
            if number.is_finite() and 0 < number < 10**9:
                whole, exact = int(number), number.quantize(Decimal("0.01"))
                return Decimal(whole) if exact == whole else exact.normalize()
    return Decimal(0)


def _whole(told: Any) -> int:
    return int(_number(told))


def _day(told: Any) -> date | None:
    if isinstance(told, str):
        with suppress(ValueError):
            return date.fromisoformat(told[:10])
    return None
