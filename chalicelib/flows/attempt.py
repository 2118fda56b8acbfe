"""One attempt to send a claimed message: by which channel, in which words, and whether it may still go.

    state, event ─▶ limits, when late ─▶ channel ─▶ words ─▶ state, read fresh: consent ─▶ stock, price, code ─▶ budget
                                            ▲         │                │                          │             │
                                            └─────────┴── the next ◀───┴──────────────────────────┴── provider ◀┘
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Final, Literal, cast

from msgspec.structs import replace

from chalicelib.channels.channel import Outgoing
from chalicelib.content.occasion import Occasion, no_recommendations
from chalicelib.domain import consent, limits
from chalicelib.domain.customer import Address, Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Endpoint, Entry, Event, Feedback
from chalicelib.domain.messages import WEBHOOK, Message, Reason, Status, code_value
from chalicelib.domain.rendered import Rendered
from chalicelib.errors import (
    LinkError,
    ProviderOutcomeUnknownError,
    ProviderRefusedError,
    TemplateError,
    UnknownEditionError,
)
from chalicelib.flows.definitions_in_force import current
from chalicelib.flows.editions import edition_of
from chalicelib.flows.late_messages import reason_not_to_send
from chalicelib.flows.making import event_in_log, packed, put_in_words
from chalicelib.flows.means import Means, means, prices_in_force
from chalicelib.flows.message_links import MessageLinks, variant_in
from chalicelib.flows.offer_checks import as_it_stands
from chalicelib.flows.products import completed, looked_up
from chalicelib.flows.recommendations import Recommender
from chalicelib.flows.spending import Reservation, budgets_of, month_of
from chalicelib.observability import logger
from chalicelib.storage import codes, customers, log
from chalicelib.storage.codes import IssuedCode

LATE: Final = timedelta(seconds=60)
"""A message sent later than this after its decision has its limits tested again, and its real time told to the log."""

PAUSE_LOOK: Final = timedelta(hours=1)
"""How often a message that waits, and whose journey has been paused since, is looked at again."""

COMMIT_PAUSES: Final = (0.1, 0.4)
"""Seconds to wait for the engine's commit: a message is written before the state that decided it."""

SOURCE: Final = "sender"
"""The source of the log entries in which the sender tells what it did."""


class Attempt:
    """One attempt. `message` is the claimed message; from the moment a channel is tried it names that channel, and
    `making` is what its words were made of."""

    def __init__(self, message: Message, now: datetime) -> None:
        self.message = message
        self._now = now
        self._definitions: Definitions
        self._means: Means
        self._customer: Customer
        self.making = b""
        self._made_of = b""
        self._refusals: list[Reason] = []
        self._dead: set[Address] = set()
        self._links: MessageLinks | None = None

    def make(self) -> Message:
        """Send the message; answers it as sent, or as skipped or put off with the reason.

        Raises ProviderRefusedError and ProviderOutcomeUnknownError as the channel does, and StorageUnavailableError
        only before a provider has taken anything.
        """
        customer = _committed(self.message)
        if customer is None:
            raise ProviderRefusedError("the engine has not committed the customer's state", retryable=True)
        self._definitions, self._means, self._customer = current(self._now), means(), customer
        verdict = self._tested_again()
        if isinstance(verdict, limits.Skip):
            return replace(self.message, status=Status.SKIPPED, reason=verdict.reason.value)
        if isinstance(verdict, limits.Defer):
            return replace(
                self.message, status=Status.RETRYING, reason=verdict.reason.value, next_attempt_at=verdict.until,
            )
        for channel in verdict.channels:
            sent = self._by(channel)
            if sent is not None:
                return sent
        return replace(self.message, status=Status.SKIPPED, reason=_strongest(self._refusals).value)

    def _tested_again(self) -> limits.Verdict:
        """The limits as they stand now, for a message that waited; the send counted at its decision is its own."""
        message, definition = self.message, self._definitions.messages.get(self.message.name)
        if definition is None and WEBHOOK not in message.channels:
            return limits.Skip(Reason.TEMPLATE_ERROR)
        if message.attempt <= 1 and self._now - message.decided_at <= LATE:
            return limits.Go(message.channels)
        if self._definitions.paused(message.journey, self._now) is not None:
            return limits.Defer(self._now + PAUSE_LOOK, Reason.JOURNEY_PAUSED)
        refused = reason_not_to_send(message, self._customer, self._event, self._definitions, self._now)
        if refused is not None:
            return limits.Skip(refused)
        if definition is None:
            return limits.Go(message.channels)
        others = tuple(sent for sent in self._customer.sends if sent.message_id != message.message_id)
        customer = replace(self._customer, sends=others)
        return limits.verdict(customer, definition, message.channels, self._definitions.settings, self._now)

    def _by(self, channel: str) -> Message | None:
        """Send by one channel, to the newest of its addresses that works; None, with the reason noted, if none does."""
        while (address := self._address(channel)) is not None:
            outgoing = self._in_words(address)
            if outgoing is None:
                return None
            # Consent and suppression have the last word, read fresh (semantics 21).
            self._customer = _committed(self.message) or self._customer
            if self._address(channel) != address:
                continue
            if self._outdated is not None:
                self._refusals.append(self._outdated)
                return None
            try:
                return self._paid_for(outgoing)
            except ProviderRefusedError as refused:
                if not refused.address_is_dead:
                    raise
                self._tell_dead(address)
                self._dead.add(address)
        return None

    def _address(self, channel: str) -> Address | None:
        """Where the message may go by this channel now, or None with the reason noted."""
        profile = self._customer.profile
        if channel == WEBHOOK and profile.redaction_requested_at is None:
            # Another system is told: that takes no consent, and stops only where the person is to be forgotten.
            return Address(WEBHOOK, self.message.url)
        alive = replace(profile, addresses=tuple(known for known in profile.addresses if known not in self._dead))
        refused = consent.refusal(alive, channel, self.message.category, self.message.topic)
        if refused is None and channel in self._means.senders:
            return consent.usable_address(alive, channel)
        self._refusals.append(refused or Reason.NO_CHANNEL)
        return None

    def _in_words(self, address: Address) -> Outgoing | None:
        """The message in words for an address; None, with the reason noted, when it cannot be rendered."""
        message, settings, now = self.message, self._definitions.settings, self._now
        if address.channel == WEBHOOK:
            from chalicelib.channels.webhook import payload  # few journeys call another system

            body = Rendered(WEBHOOK, "", text=payload(message, self._event))
            return Outgoing(message, address, body, settings, prices_in_force(settings, now), now)
        definition = self._definitions.messages[message.name]
        try:
            edition = edition_of(definition.edition)
            settings, event = edition.settings_under(settings), self._as_it_stands[0]
            may_recommend = consent.may_recommend(self._customer.profile, address.channel, message.category)
            links = MessageLinks(
                message, definition, event, settings, channel=address.channel, base_url=self._means.base_url, now=now,
            )
            occasion = links.given_to(Occasion(
                message, definition, self._customer, event, settings, links.pages, now,
                recommend=self._recommender if may_recommend else no_recommendations,
                variant=variant_in(message, self._definitions),
            ))
            outgoing, read = put_in_words(
                occasion, edition, address, self._means.templates, prices_in_force(settings, now),
            )
        except UnknownEditionError as error:
            # Definitions put in force by an earlier release, a moment before this one publishes them anew.
            raise ProviderRefusedError(str(error), retryable=True) from error
        except (TemplateError, LinkError) as error:
            # The text names the template and its line, never what stood in it.
            told = {**ids(message), "channel": address.channel, "cause": str(error)}
            logger.error("message not rendered", extra=told)
            self._refusals.append(Reason.TEMPLATE_ERROR)
            return None
        self._links = links
        self._made_of = packed(occasion, outgoing, self._event, read, self._recommender.shown)
        return outgoing

    @cached_property
    def _event(self) -> Event | None:
        """The event whose cart or order is shown, from the log of the customer or of one merged into them."""
        return event_in_log(self.message, self._customer)

    @cached_property
    def _as_it_stands(self) -> tuple[Event | None, bool]:
        """The event completed from the catalogue; whether, by what the message wants checked, it may still be sent."""
        event, definition = self._event, self._definitions.messages.get(self.message.name)
        if event is None or definition is None:
            return event, True
        known = looked_up(event, whole=bool(definition.checks))
        event = completed(event, known)
        return as_it_stands(event, definition.checks, known) if definition.checks else (event, True)

    @cached_property
    def _recommender(self) -> Recommender:
        """What the message recommends, if its template asks: the same in all channels that are tried."""
        return Recommender(self._customer, self._as_it_stands[0], self._now)

    @property
    def _outdated(self) -> Reason | None:
        """Why the message is not true any more, or None: its product is gone, or its code was issued and has ended."""
        _, may_be_sent = self._as_it_stands
        if not may_be_sent:
            return Reason.OUT_OF_STOCK
        code = self.message.code
        ended = code is not None and code.expires_at is not None and code.expires_at <= self._now
        return Reason.EXPIRED if ended else None

    def _paid_for(self, outgoing: Outgoing) -> Message | None:
        """Reserve what the message costs, then issue its code, let its short links lead on, and send it; None, with the
        reason noted, if it cannot.

        What did not go out for certain costs nothing. A code is issued last, or it would be owed to nobody.
        """
        reservation = self._reserved(outgoing)
        if reservation is None:
            self._refusals.append(Reason.BUDGET)
            return None
        try:
            sent = self._handed_over(outgoing) if self._code_issued() else None
        except ProviderOutcomeUnknownError:
            raise
        except Exception:
            self._means.purse.give_back(reservation)
            raise
        if sent is None:
            self._means.purse.give_back(reservation)
        return sent

    def _reserved(self, outgoing: Outgoing) -> Reservation | None:
        """The cost of the message, reserved of the budgets in force; None when one of them is spent (semantics 20)."""
        settings, without_limit = self._definitions.settings, self.message.category == "transactional"
        paid_from, cost = budgets_of(self.message, self._definitions), self._cost(outgoing)
        if cost is None:
            if paid_from and not without_limit:
                # A limit cannot be kept by guessing, and the list may be there again within the day.
                raise ProviderRefusedError("there is a budget but no prices.yaml", retryable=True)
            cost = Decimal(0)
        month = month_of(self._now, settings.time_zone)
        return self._means.purse.take(cost, paid_from, month, without_limit=without_limit)

    def _cost(self, outgoing: Outgoing) -> Decimal | None:
        """What sending costs in US dollars; None when there is no price list."""
        return self._means.senders[outgoing.address.channel].cost(outgoing) if outgoing.prices.source else None

    def _code_issued(self) -> bool:
        """Put the message's promo code on record, if it has one; False when the code is somebody else's.

        One that a step of the run has issued is on record already.
        """
        offer, message = self.message.code, self.message
        if offer is None:
            return True
        if offer.code_id:
            known = codes.read(code_value(offer.code_id))
            issued = known is not None and known.issued_by == offer.code_id
        else:
            issued = codes.issue(IssuedCode(
                code_value(message.message_id), message.customer_id, message.message_id, offer.discount,
                self._now + timedelta(seconds=offer.valid), message.journey,
            ))
        if not issued:
            self._refusals.append(Reason.CODE_POOL_EMPTY)
        return issued

    def _handed_over(self, outgoing: Outgoing) -> Message:
        """Hand the message to its provider, unless the stage keeps it; the message as sent."""
        sender, cost = self._means.senders[outgoing.address.channel], self._cost(outgoing)
        if self._links is not None:
            self._links.keep(outgoing.rendered)
        self.message = replace(
            self.message, channel=sender.name, template_version=self._template_version(outgoing.rendered),
        )
        self.making = self._made_of
        provider_id = self._means.stage.withheld(outgoing.address.value)
        if not provider_id:
            try:
                provider_id = sender.send(outgoing)
            except (ProviderRefusedError, ProviderOutcomeUnknownError):
                raise
            except Exception as error:
                # A defect of ours in the middle of a call: the provider may have the message.
                logger.exception("the channel failed", extra=ids(self.message))
                raise ProviderOutcomeUnknownError(type(error).__name__) from error
        return replace(
            self.message, status=Status.SENT, reason="", provider_id=provider_id, sent_at=self._now,
            cost="" if cost is None else str(cost), next_attempt_at=None,
        )

    def _template_version(self, rendered: Rendered) -> str:
        """The S3 version of the main file and the edition that it was rendered with; empty for what has no template."""
        definition = self._definitions.messages.get(self.message.name)
        version = rendered.template_version.partition("/")[0]
        return f"{version}/{definition.edition}" if definition is not None and version else ""

    def _tell_dead(self, address: Address) -> None:
        """Tell the log that an address will never work again, so that no message tries it any more."""
        if address.channel in ("push", "web-push"):
            channel = cast(Literal["push", "web-push"], address.channel)
            event = Event("endpoint.gone", self._now, endpoint=Endpoint(channel, address.value))
        else:
            told = Feedback(self.message.message_id, address.channel, "hard", address.value)
            event = Event("message.bounced", self._now, message=told)
        mark = blake2b(address.value.encode(), digest_size=6).hexdigest()
        tell(self.message, event, f"{event.name}.{mark}.{self.message.attempt}", self._now)


def tell(message: Message, event: Event, what: str, now: datetime) -> None:
    """Append an event about a message to its customer's log. `what` and the message make the key: twice is once."""
    entry_id = log.entry_id(message.decided_at, SOURCE, f"{message.message_id}.{what}")
    log.append(Entry(message.customer_id, entry_id, recorded_at=now, source=SOURCE, events=(event,)))


def ids(message: Message) -> dict[str, str]:
    """What a log line may say of a message."""
    return {"customer_id": message.customer_id, "message_id": message.message_id, "message_name": message.name}


def _committed(message: Message) -> Customer | None:
    """The customer's state, strongly consistent, once the commit that decided the message is in it; None if it is not.

    Of a customer who was merged into another it is the other's: consents and addresses are theirs now.
    """
    for pause in (*COMMIT_PAUSES, 0.0):
        stored = customers.load(message.customer_id, consistent=True)
        if stored is not None and stored.customer.now is not None and stored.customer.now >= message.decided_at:
            return customers.surviving(stored, consistent=True).customer
        time.sleep(pause)
    return None


def _strongest(refusals: Sequence[Reason]) -> Reason:
    """The refusal that tells most about why nothing went out."""
    order = (
        Reason.OUT_OF_STOCK, Reason.EXPIRED, Reason.BUDGET, Reason.CODE_POOL_EMPTY, Reason.TEMPLATE_ERROR,
        Reason.NO_CONSENT, Reason.SUPPRESSED,
    )
    return next((reason for reason in order if reason in refusals), Reason.NO_CHANNEL)
