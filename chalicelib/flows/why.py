"""Why: every run, step and decision of one customer, from folding the log again with tracing on, under the definitions
that were in force at each moment. It costs no storage, and it cannot differ from what the engine does.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from chalicelib.domain.customer import Customer
from chalicelib.domain.decisions import Decision
from chalicelib.domain.definitions import UnknownVersionError
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import Folded, fold
from chalicelib.domain.messages import Message
from chalicelib.domain.timing import local_moment, zone_of
from chalicelib.domain.why_not import Finding, Known, why_not
from chalicelib.errors import UnknownCustomerError
from chalicelib.flows.definitions_in_force import Past, with_version
from chalicelib.storage import log, messages


class Explained(Struct, frozen=True):
    """All decisions of one customer in their order, the messages on record, and the state that the log comes to.

    `unexplained` are the ids of messages on record that folding the log again does not decide: the log no longer
    reaches back that far (400 days), or a definition came into force within the minute in which it was read.
    """

    customer: Customer
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    unexplained: tuple[str, ...] = ()


class Told(Struct, frozen=True):
    """The same without the person: what the API and the command line tell as JSON."""

    customer_id: str
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    unexplained: tuple[str, ...]

    @classmethod
    def of(cls, explained: Explained) -> Told:
        """The decisions and the messages."""
        return cls(
            explained.customer.customer_id, explained.decisions, explained.messages, explained.unexplained
        )


class NotGot(Struct, frozen=True):
    """Why a customer did not get (or did get) a message on a day of their own calendar."""

    customer_id: str
    message: str
    day: date
    findings: tuple[Finding, ...]


def explain(customer_id: str) -> Explained:
    """Fold the customer's log again and keep each decision. Raises UnknownCustomerError when there is no such log.

    Reads the log and the definitions that were in force meanwhile, half a read unit per 4 KB.
    """
    return _explain(customer_id, Past())


def explain_absence(customer_id: str, message: str, day: date) -> tuple[Explained, NotGot]:
    """Why this message did not come on that day (of the customer's time zone). Raises UnknownCustomerError."""
    then = Past()
    explained = _explain(customer_id, then)
    profile = explained.customer.profile
    where = zone_of(profile, then.at(datetime.combine(day, time(12), UTC)).settings)
    start = local_moment(day, time(0), where)
    end = local_moment(day + timedelta(days=1), time(0), where)
    known = Known(explained.decisions, explained.messages)
    return explained, NotGot(customer_id, message, day, why_not(message, start, end, known, then.at(end)))


def _explain(customer_id: str, then: Past) -> Explained:
    entries = sorted(log.history(customer_id), key=lambda entry: entry.recorded_at)
    if not entries:
        raise UnknownCustomerError(customer_id)
    customer, decisions, decided = _fold_again(customer_id, entries, then)
    recorded = tuple(messages.of_customer(customer_id))
    unexplained = tuple(message.message_id for message in recorded if message.message_id not in decided)
    return Explained(customer, tuple(decisions), recorded, unexplained)


def _fold_again(
    customer_id: str, entries: Iterable[Entry], then: Past
) -> tuple[Customer, list[Decision], set[str]]:
    customer = Customer(customer_id)
    decisions: list[Decision] = []
    decided: set[str] = set()
    for entry in entries:
        folded = _fold(customer, entry, then)
        customer = folded.customer
        decisions.extend(folded.decisions)
        decided |= {effect.message.message_id for effect in folded.effects if isinstance(effect, PutMessage)}
    return customer, decisions, decided


def _fold(customer: Customer, entry: Entry, then: Past) -> Folded:
    definitions = then.at(entry.recorded_at)
    while True:
        try:
            return fold(customer, entry, definitions, trace=True)
        except UnknownVersionError as unknown:
            found = with_version(unknown.journey, unknown.version)
            if found is None:
                raise
            definitions = definitions.with_version(found.versions[unknown.journey, unknown.version].journey)
            then.remember(entry.recorded_at, definitions)
