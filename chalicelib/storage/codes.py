"""Promo codes: which were issued, for which message, for what and until when."""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain.messages import Message
from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.tables import Codes


def issue(code: str, message: Message, discount: str, expires_at: datetime) -> bool:
    """Issue a code for a message; False when the code is another message's.

    Issuing it again for the same message (a further attempt to send) moves its end. Expired codes stay on record.
    Key: code. Condition: no such item, or the same message's. One write unit.
    """
    item = Codes(
        code,
        customer_id=message.customer_id,
        message_id=message.message_id,
        discount=discount,
        expires_at=expires_at,
    )
    same = (Codes.message_id == message.message_id) & (Codes.customer_id == message.customer_id)
    try:
        item.save(condition=Codes.code.does_not_exist() | same)
    except ConditionFailedError:
        return False
    return True
