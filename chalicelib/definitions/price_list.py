"""Reading `prices.yaml`, the file in which a shop keeps what sending costs."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.prices import Prices


def read_prices(text: str, file: str = "prices.yaml") -> Prices:
    """The price list in a YAML text, amounts in US dollars.

    Raises DefinitionError with file, line and reason for a missing or unknown field or an amount that is no number.
    """
    root = read(text, file)
    fields = root.allow("date", "source", "email", "push", "sms")
    for name in ("date", "source", "email", "push", "sms"):
        if name not in fields:
            raise root.error(f"the field {name!r} is missing")
    sms = {country: _amount(node) for country, node in fields["sms"].mapping().items()}
    if "*" not in sms:
        raise fields["sms"].error('a price for "*" (countries that are not listed) is missing')
    elsewhere = sms.pop("*")
    return Prices(
        date=fields["date"].string(),
        source=fields["source"].string(),
        email=_amount(fields["email"]),
        push=_amount(fields["push"]),
        sms_part=sms,
        sms_part_elsewhere=elsewhere,
    )


def _amount(node: Node) -> Decimal:
    try:
        amount = Decimal(node.string())
    except ArithmeticError as error:
        raise node.error(f"should be an amount in US dollars, not {node.text!r}") from error
    if not amount.is_finite() or amount < 0:
        raise node.error(f"should be an amount in US dollars, not {node.text!r}")
    return amount
