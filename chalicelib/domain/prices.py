"""What sending costs, in US dollars: the price list of the shop's region, and what a message comes to by it. Pure."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Prices(Struct, frozen=True):
    """A price list: US dollars for one mail to one recipient, one mobile push, and one SMS part by country.

    `sms_part` is keyed by ISO 3166-1 alpha-2 code; `sms_part_elsewhere` stands for countries that are not listed.
    `date` and `source` say where the figures come from.
    """

    date: str
    source: str
    email: Decimal
    push: Decimal
    sms_part: dict[str, Decimal]
    sms_part_elsewhere: Decimal

    def of_email(self, recipients: int = 1) -> Decimal:
        """The price of one mail to so many recipients."""
        return self.email * recipients

    def of_sms(self, country: str, parts: int) -> Decimal:
        """The price of an SMS of so many parts to a phone of `country` (alpha-2 code, or empty when not known)."""
        return self.sms_part.get(country, self.sms_part_elsewhere) * parts

    def of_push(self) -> Decimal:
        """The price of one mobile push (publish and delivery)."""
        return self.push

    def with_overrides(self, overrides: dict[str, str]) -> Prices:
        """The list with a shop's own prices: keys `email`, `push`, `sms.<country>` and `sms.*`, values decimal texts.

        Raises ValueError for an unknown key or a value that is not a decimal number.
        """
        email, push, elsewhere = self.email, self.push, self.sms_part_elsewhere
        by_country = dict(self.sms_part)
        for key, text in overrides.items():
            price = _decimal(key, text)
            channel, _, country = key.partition(".")
            if key == "email":
                email = price
            elif key == "push":
                push = price
            elif key == "sms.*":
                elsewhere = price
            elif channel == "sms" and len(country) == 2:
                by_country[country.upper()] = price
            else:
                raise ValueError(f"unknown price {key!r}; known are email, push, sms.<country> and sms.*")
        return Prices(self.date, self.source, email, push, by_country, elsewhere)


def _decimal(key: str, text: str) -> Decimal:
    try:
        price = Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"the price {key!r} is not a number: {text!r}") from error
    if not price.is_finite() or price < 0:
        raise ValueError(f"the price {key!r} cannot be {text!r}")
    return price
