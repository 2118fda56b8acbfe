"""What every channel keeps to, and what is handed to it. The promise is tested once for all of them
(tests/channels/channel_contract.py).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from chalicelib.domain.customer import Address
from chalicelib.domain.messages import Message
from chalicelib.domain.prices import Prices
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import ShopSettings


class Outgoing(Struct, frozen=True):
    """A message ready to leave: to whom, in which words, on whose behalf, at what prices; `now` is the time of sending.

    `is_test` tells that it goes to somebody who tries it, and that no customer is to hear of what becomes of it.
    `unsubscribe_url` is the signed one-click link (RFC 8058) of marketing mail; `recipient_name` may be empty.
    """

    message: Message
    address: Address
    rendered: Rendered
    settings: ShopSettings
    prices: Prices
    now: datetime
    unsubscribe_url: str = ""
    recipient_name: str = ""
    is_test: bool = False


class ChannelSender(Protocol):
    """One way to reach a customer."""

    @property
    def name(self) -> str:
        """The channel's name, as in `Message.channels`."""
        ...

    def cost(self, outgoing: Outgoing) -> Decimal:
        """What sending this comes to, in US dollars, known before it is sent."""
        ...

    def send(self, outgoing: Outgoing) -> str:
        """Hand the message to the provider, once, and return the provider's id of it.

        Raises ProviderRefusedError when it certainly did not go out, ProviderOutcomeUnknownError when nobody can know.
        Never tries twice: a repeated call may be a second message, so that decision is the caller's.
        """
        ...
