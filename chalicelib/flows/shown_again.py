"""Any message shown again as it was sent: rendered once more from its edition, its entry in the log and its making.

What is shown is what left, letter by letter, or nothing is: a digest of it was kept. Nothing is looked up that may have
changed since, but for the keys of the links, of which each is tried that is still valid.
"""

from __future__ import annotations

import os
from functools import lru_cache

from msgspec import Struct

from chalicelib.channels.channel import Outgoing
from chalicelib.content.occasion import Links, Occasion
from chalicelib.content.rendering import Templates
from chalicelib.domain.customer import Address, Customer
from chalicelib.domain.editions import Edition
from chalicelib.domain.events import Event
from chalicelib.domain.messages import WEBHOOK, Message
from chalicelib.domain.rendered import Rendered
from chalicelib.errors import CannotShowError, MessageMissingError, TemplateError, UnknownEditionError
from chalicelib.flows.editions import edition_of
from chalicelib.flows.making import Making, digest, event_in_log, put_in_words, unpacked
from chalicelib.flows.means import NO_PRICES
from chalicelib.flows.message_links import MessageLinks
from chalicelib.storage import customers, messages, secrets


class Shown(Struct, frozen=True):
    """A message as it was sent; `mail` is the whole of a mail, as it was handed to SES (empty for other channels)."""

    message: Message
    rendered: Rendered
    mail: str = ""


def shown_again(customer_id: str, message_id: str) -> Shown:
    """A message as it was sent.

    Raises MessageMissingError when there is none, and CannotShowError, saying why, when what it was made of is gone:
    the person has asked to be forgotten, the log no longer reaches back that far, keys of links were rotated, a version
    was taken out of the bucket. A read unit per 4 KB for the message, its entry and the customer.
    """
    found = messages.read_with_making(customer_id, message_id)
    if found is None:
        raise MessageMissingError(message_id)
    message, making = found
    customer = _customer_now(customer_id)
    if not making:
        raise CannotShowError(_why_nothing_was_kept(message))
    made, edition = unpacked(making), _edition(message)
    logged = event_in_log(message, customer)
    if logged is None and message.event_ref:
        raise CannotShowError("what the message is about is not in the log any more, which reaches back 400 days")
    for key in reversed(secrets.values("link-keys")):
        outgoing = _made_again(message, made, edition, logged, key)
        if digest(outgoing.rendered) == made.digest:
            return Shown(message, outgoing.rendered, _mail(outgoing))
    raise CannotShowError(
        "the words do not come out as they were: the key that its links were signed with is not among the link-keys "
        "any more, or a later release of Selvedge renders its templates otherwise"
    )


def _customer_now(customer_id: str) -> Customer:
    """Whoever the customer is now. Raises CannotShowError for one who is forgotten, or is to be."""
    stored = customers.load(customer_id)
    customer = customers.surviving(stored).customer if stored is not None else None
    if customer is None or customer.profile.redaction_requested_at is not None:
        raise CannotShowError("the customer has asked to be forgotten: what they were sent is not shown")
    return customer


def _why_nothing_was_kept(message: Message) -> str:
    if WEBHOOK in message.channels:
        return "another system was called, and no person written to"
    reason = f" ({message.reason})" if message.reason else ""
    return f"no words of it are on record: its status is {message.status.value}{reason}"


def _edition(message: Message) -> Edition:
    try:
        return edition_of(message.template_version.rpartition("/")[2])
    except UnknownEditionError as error:
        raise CannotShowError(str(error)) from error


def _made_again(message: Message, made: Making, edition: Edition, logged: Event | None, key: str) -> Outgoing:
    definition, settings = edition.message, edition.settings
    nobody = Customer(message.customer_id)
    occasion = made.occasion(
        Occasion(message, definition, nobody, logged, settings, Links(), made.at), logged,
    )
    links = MessageLinks(
        message, definition, occasion.event, settings, channel=message.channel,
        base_url=os.environ.get("SELVEDGE_URL", ""), now=made.at, keys=(key,),
    )
    address = Address(message.channel, made.address)
    try:
        return put_in_words(links.given_to(occasion), edition, address, _templates(), NO_PRICES)[0]
    except TemplateError as error:
        raise CannotShowError(str(error)) from error


def _mail(outgoing: Outgoing) -> str:
    if outgoing.address.channel != "email":
        return ""
    from chalicelib.channels.email import mime  # other channels do without

    return mime(outgoing).decode("ascii")


@lru_cache(1)
def _templates() -> Templates:
    return Templates()
