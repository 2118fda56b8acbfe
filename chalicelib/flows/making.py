"""A message put in words, and what those words were made of besides the templates and the log: that is looked up at the
moment of sending, and gone afterwards. It is kept with the message, small, so that the message can be shown again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.channels.channel import Outgoing
from chalicelib.content.occasion import Occasion
from chalicelib.content.rendering import Templates
from chalicelib.domain.customer import Address, Customer, Profile
from chalicelib.domain.differences import applied, difference
from chalicelib.domain.editions import Edition
from chalicelib.domain.events import Event, Product
from chalicelib.domain.messages import Message
from chalicelib.domain.prices import Prices
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import zone_of
from chalicelib.flows.editions import files_of
from chalicelib.storage import log

_ALWAYS: Final = frozenset({"first_name", "last_name", "locale", "country", "loyalty"})
"""What of a profile is read without a template naming it: in greetings, names of addressees, languages and points."""
_ADDRESSES: Final = {"email": "email", "phone": "sms"}
"""The channels of the addresses that templates can read, by their names there."""


class Making(Struct, frozen=True, array_like=True):
    """What a message was made of: when, for which mail address, what of the profile was read, how the event differed
    from the one in the log (see domain/differences.py), the products recommended by kind, the arm of the experiment.

    `digest` is of the words that came of it: whoever makes them again knows whether they are the same.
    """

    at: datetime
    digest: bytes
    address: str
    profile: Profile
    event: Any = None
    recommended: dict[str, tuple[Product, ...]] = {}
    variant: str = ""

    def occasion(self, occasion: Occasion, logged: Event | None) -> Occasion:
        """The occasion as it was, of one whose message, definition, settings and links are right; `logged` is the event
        as it stands in the log.
        """
        event = logged
        if logged is not None and self.event is not None:
            event = msgspec.msgpack.decode(msgspec.msgpack.encode(applied(_plain(logged), self.event)), type=Event)
        return replace(
            occasion, customer=Customer(occasion.message.customer_id, self.profile), event=event, now=self.at,
            recommend=lambda kind, count: self.recommended.get(kind, ())[:count], variant=self.variant,
        )


def event_in_log(message: Message, customer: Customer) -> Event | None:
    """The event that a message is about, from the log of its customer or of one whom they were merged with."""
    entry_id, _, index = message.event_ref.rpartition("|")
    if not entry_id:
        return None
    for owner in dict.fromkeys((message.customer_id, customer.customer_id, *customer.absorbed)):
        entry = log.read(owner, entry_id)
        if entry is not None and int(index) < len(entry.events):
            return entry.events[int(index)]
    return None


def put_in_words(
    occasion: Occasion, edition: Edition, address: Address, templates: Templates, prices: Prices,
) -> tuple[Outgoing, set[str]]:
    """A message as it is handed to its channel, and what of the customer's profile the templates read.

    Raises TemplateError, and StorageUnavailableError when the templates cannot be read.
    """
    read: set[str] = set()
    rendered = templates.render(occasion, address.channel, files_of(edition), read)
    profile = occasion.customer.profile
    return Outgoing(
        message=occasion.message, address=address, rendered=rendered, settings=occasion.settings, prices=prices,
        now=occasion.now, unsubscribe_url=occasion.links.unsubscribe,
        recipient_name=f"{profile.first_name} {profile.last_name}".strip(),
    ), read


def packed(
    occasion: Occasion, outgoing: Outgoing, logged: Event | None, read: Collection[str],
    recommended: dict[str, tuple[Product, ...]],
) -> bytes:
    """The making of a message that was put in words, as it is kept; `logged` is the event as it stands in the log."""
    event = None
    if logged is not None and occasion.event is not None and occasion.event != logged:
        event = difference(_plain(logged), _plain(occasion.event))
    return msgspec.msgpack.encode(Making(
        occasion.now, digest(outgoing.rendered), outgoing.address.value if outgoing.address.channel == "email" else "",
        _read_of(occasion.customer.profile, occasion.settings, read), event, recommended, occasion.variant,
    ))


def unpacked(making: bytes) -> Making:
    """The making that `packed` was given."""
    return msgspec.msgpack.decode(making, type=Making)


def digest(rendered: Rendered) -> bytes:
    """Eight bytes by which words are known to be the same."""
    return blake2b(msgspec.msgpack.encode(rendered), digest_size=8).digest()


def _read_of(profile: Profile, settings: ShopSettings, read: Collection[str]) -> Profile:
    """Of a profile what was read; and the time zone, where that followed from something else."""
    names = (_ALWAYS | set(read)).intersection(Profile.__struct_fields__)
    kept = Profile(**{name: getattr(profile, name) for name in names})
    if "addresses" not in names:
        values = [(channel, getattr(profile, name)) for name, channel in _ADDRESSES.items() if name in read]
        kept = replace(kept, addresses=tuple(Address(channel, value) for channel, value in values if value))
    zone = zone_of(profile, settings)
    return kept if zone_of(kept, settings) == zone else replace(kept, time_zone=zone.key)


def _plain(event: Event) -> Any:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(event))
