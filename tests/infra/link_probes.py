"""The pieces of the story that fail without a statement that only short links have need of."""

from __future__ import annotations

from itertools import count

from chalicelib.domain.events import Identity
from chalicelib.domain.messages import Status
from chalicelib.storage import identities, messages, tables
from tests.infra.stepped_shop import Probe, SteppedShop

_numbers = count(1)


def short_link_leads_to_unsubscribing(steps: SteppedShop) -> None:
    """A short link in an SMS that has been sent opens the page that it stands for."""
    phone = f"+4915114{next(_numbers):06}"
    assert steps.shop.event("led.asked", {"phone": phone}) == 200
    steps.work()
    identity = Identity("phone", phone)
    who = identities.find([identity])[identity]
    (message,) = messages.of_customer(who)
    assert (message.status, message.channel) == (Status.SENT, "sms")
    found = tables.Links.scan_all(tables.Links.customer_id == who, ["k", "u"])
    on_record = {item["u"]["S"]: item["k"]["S"] for item in found}
    assert len(on_record) == 2
    assert steps.shop.get(f"/l/{on_record['']}") == 200


LINK_PROBES: dict[tuple[str, str], Probe] = {
    ("APIHandler", "FollowShortLinks"): short_link_leads_to_unsubscribing,
    ("Sender", "PutShortLinks"): short_link_leads_to_unsubscribing,
}
"""The probes of the statements that short links need."""
