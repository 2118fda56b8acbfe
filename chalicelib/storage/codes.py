"""Promo codes: which were issued, by which message or step of a journey, for what and until when."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import moment, text
from chalicelib.storage.tables import Codes


class IssuedCode(Struct, frozen=True):
    """A code on record. `issued_by` is the id of the message, or of the step, that its value follows from."""

    code: str
    customer_id: str
    issued_by: str
    discount: str
    expires_at: datetime
    journey: str = ""


def issue(issued: IssuedCode) -> bool:
    """Put a code on record; False when it is another's already.

    Issuing it again by the same message (a further attempt to send) moves its end. Expired codes stay on record.
    Key: code. Condition: no such item, or issued by the same. One write unit.
    """
    item = Codes(
        issued.code,
        customer_id=issued.customer_id,
        issued_by=issued.issued_by,
        discount=issued.discount,
        expires_at=issued.expires_at,
        journey=issued.journey or None,
    )
    same = (Codes.issued_by == issued.issued_by) & (Codes.customer_id == issued.customer_id)
    try:
        item.save(condition=Codes.code.does_not_exist() | same)
    except ConditionFailedError:
        return False
    return True


def read(code: str) -> IssuedCode | None:
    """A code as it is on record, or None. Half a read unit."""
    item = Codes.fetch(code)
    if item is None:
        return None
    expires_at = moment(item, "e")
    assert expires_at is not None
    return IssuedCode(code, text(item, "c"), text(item, "m"), text(item, "d"), expires_at, text(item, "j"))
