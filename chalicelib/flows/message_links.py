"""The links of one message on its way out by a channel: to the public pages, short ones, and over our own redirect.

Making them writes nothing and can be repeated: the same message at the same moment has the same links. Short ones are
put on record only when the message is really sent, and only those that stand in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from chalicelib.content import links
from chalicelib.content.occasion import SHORTENED, Occasion
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Event
from chalicelib.domain.experiments import variant_of
from chalicelib.domain.messages import Message
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.flows.definitions_in_force import with_version
from chalicelib.storage import secrets, short_links
from chalicelib.storage.short_links import ShortLink


class MessageLinks:
    """The links of one message, signed with these keys or the stack's; `pages` are those to the public pages.

    Raises LinkError when the stack has no key.
    """

    def __init__(
        self, message: Message, definition: MessageDefinition, event: Event | None, settings: ShopSettings, *,
        channel: str, base_url: str, now: datetime, keys: Sequence[str] = (),
    ) -> None:
        self._message, self._channel, self._now = message, channel, now
        self._base, self._keys = base_url.rstrip("/"), keys or secrets.values("link-keys")
        self._made: dict[str, str] = {}
        order = event.order if event is not None else None
        self.pages = links.to_pages(
            message, channel, self._base, self._keys, now, survey=definition.survey,
            order=(order.number or order.id) if order is not None else "",
        )
        self._counts_clicks = settings.clicks == "own" and channel in links.REDIRECTED

    def shorten(self, url: str) -> str:
        """The short link to a URL, where the channel's messages carry such; it works once `keep` has been called."""
        if self._channel not in SHORTENED:
            return url
        short = links.short_url(self._message.message_id, url, self._base, self._keys)
        self._made[short] = url
        return short

    def given_to(self, occasion: Occasion) -> Occasion:
        """The occasion with these links."""
        redirect = self._redirected if self._counts_clicks else None
        return replace(occasion, links=self.pages, shorten=self.shorten, redirect=redirect)

    def _redirected(self, url: str) -> str:
        return links.click_url(self._message, self._channel, self._base, self._keys, self._now, url=url)

    def keep(self, rendered: Rendered, valid: timedelta = links.VALID["click"]) -> None:
        """Put the short links on record that stand in a message about to be sent, to work for so long.

        Raises StorageUnavailableError.
        """
        words = f"{rendered.text}\n{rendered.body}\n{rendered.url}"
        stop = {self.pages.stop: ""} if self._channel in SHORTENED else {}
        for short, url in (self._made | stop).items():
            if short in words:
                short_links.put(ShortLink(
                    short.rpartition("/")[2], self._message.customer_id, self._message.message_id, self._channel, url,
                    self._now, self._now + valid,
                ))


def variant_in(message: Message, definitions: Definitions) -> str:
    """The arm of an experiment that a message's step stands in. A version that is not at hand is read, once."""
    journey, version = message.journey, message.version
    if "." not in message.step:
        return ""
    known: Definitions | None = definitions
    if (journey, version) not in definitions.versions:
        known = with_version(journey, version)
    program = known.versions.get((journey, version)) if known is not None else None
    return variant_of(program.journey, message.step) if program is not None else ""
