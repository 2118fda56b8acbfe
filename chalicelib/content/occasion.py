"""What one rendering is made of besides the files: which message, for whom, about what, at which moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Product
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import MessageDefinition, ShopSettings

Recommend = Callable[[str, int], tuple[Product, ...]]
"""The products of a kind of recommendation (`bestsellers`, …), at most so many; none where nothing is known."""


SHORTENED: Final = frozenset({"sms", "telegram", "push", "web-push"})
"""Channels whose messages may carry short links; a mail has room for the links themselves."""
Lead = Callable[[str], str]
"""Another URL that leads to a URL: a short one, or one that counts the click."""


def as_it_is(url: str) -> str:
    """The URL itself, where nothing shortens it."""
    return url


def no_recommendations(kind: str, count: int) -> tuple[Product, ...]:  # noqa: ARG001
    """What is recommended where nothing is known: nothing."""
    return ()


class Links(Struct, frozen=True):
    """The links of one message that lead to the public pages (see content/links.py); whole URLs.

    `pages` is what they all begin with. `survey` is the page of the survey that the message asks, empty where it asks
    none. `stop` leads to unsubscribing, by a short link where the channel's messages carry such.
    """

    unsubscribe: str = ""
    preferences: str = ""
    survey: str = ""
    pages: str = ""
    stop: str = ""


class Occasion(Struct, frozen=True):
    """One message to one customer at one moment: promo codes expire counted from `now`.

    `event` is the one whose cart or order is shown. `locale` is a preview's choice of language; the customer's when
    empty. `variant` names the arm of an experiment that the message's step stands in. `shorten` is for links in SMS;
    `redirect` leads links of mail and push to the shop where it counts clicks itself.
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
    variant: str = ""
    shorten: Lead = as_it_is
    redirect: Lead | None = None
