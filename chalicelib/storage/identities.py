"""Identities: which customer an email, a phone, a storefront's id or a device leads to."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.events import Identity
from chalicelib.storage.connection import ConditionFailedError
from chalicelib.storage.items import text
from chalicelib.storage.tables import Identities


def find(identities: Iterable[Identity]) -> dict[Identity, str]:
    """The customers that known identities lead to. Half a read unit for each identity asked for, one request."""
    wanted = {identity.key: identity for identity in identities}
    if len(wanted) == 1:
        # One key by GetItem: less to build and to parse than a batch of one.
        (key, identity), = wanted.items()
        item = Identities.fetch(key)
        return {identity: text(item, "c")} if item else {}
    found = Identities.fetch_many([{"k": key} for key in wanted])
    return {wanted[text(item, "k")]: text(item, "c") for item in found}


def claim(identity: Identity, customer_id: str) -> str:
    """Let an unknown identity lead to a customer; answers whom it leads to now: this customer or an earlier one.

    Key: identity. Condition: no such item; the refusal names the holder, so nothing is read. One write unit.
    """
    try:
        Identities(identity.key, customer_id=customer_id).save(condition=Identities.key.does_not_exist())
    except ConditionFailedError as refused:
        return text(refused.item, "c")
    return customer_id


def repoint(key: str, from_id: str, to_id: str) -> bool:
    """Let an identity's key lead from one customer to another; False when it did not lead to `from_id`.

    True also when it leads to `to_id` already: doing it twice is doing it once. Condition: the old holder. One write
    unit.
    """
    try:
        Identities(key, customer_id=to_id).save(condition=Identities.customer_id == from_id)
    except ConditionFailedError as refused:
        return text(refused.item, "c") == to_id
    return True
