"""What one rendering is made of besides the files: which message, for whom, about what, at which moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Product
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition, ShopSettings

Recommend = Callable[[str, int], tuple[Product, ...]]
"""The products of a kind of recommendation (`bestsellers`, …), at most so many; none where nothing is known."""


def no_recommendations(kind: str, count: int) -> tuple[Product, ...]:  # noqa: ARG001
    """What is recommended where nothing is known: nothing."""
    return ()


class Links(Struct, frozen=True):
    """The links of one message that lead to the public pages (see content/links.py); whole URLs.

    `survey` is the page of the survey that the message asks, empty where it asks none.
    """

    unsubscribe: str = ""
    preferences: str = ""
    survey: str = ""


class Occasion(Struct, frozen=True):
    """One message to one customer at one moment: promo codes expire counted from `now`.

    `event` is the one whose cart or order is shown. `locale` is a preview's choice of language; the customer's when
    empty.
    """

    message: Message
    definition: MessageDefinition
    customer: Customer
    event: Event | None
    settings: ShopSettings
    links: Links
    now: datetime
    locale: str = ""
    recommend: Recommend = no_recommendations
