"""The engine: new log entries are folded into their customers' states, effects first, then one conditional commit.

    read states ─▶ fold ─▶ effects (deterministic keys) ─▶ commit (version, position)
                               crash anywhere: the stream brings the entries again, and they come to the same keys

Customers are independent and go side by side; one that fails does not hold the others back: what they have folded is
recognised by its position when the stream brings it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Position
from chalicelib.domain.definitions import Definitions, UnknownVersionError
from chalicelib.domain.effects import Effect
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import Folded, fold, mark_of
from chalicelib.errors import MalformedPayloadError, SelvedgeError, StorageUnavailableError, VersionConflictError
from chalicelib.flows.definitions_in_force import current, with_version
from chalicelib.flows.effects import check, perform
from chalicelib.observability import logger
from chalicelib.storage import customers, queues
from chalicelib.storage.customers import Stored

ATTEMPTS = 4
"""How often a commit that lost its race is folded again before the stream is asked to bring it once more."""
SIDE_BY_SIDE = 8
"""Customers folded at a time: the wait is for DynamoDB, not for the processor."""
STREAM_KEEPS = timedelta(hours=25)
"""A DynamoDB stream keeps a record for 24 hours; what a recovery folded need not be remembered longer."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A log entry with its place in the stream."""

    entry: Entry
    position: Position


def advance(arrived: Sequence[Arrived], now: datetime) -> set[int]:
    """Fold a batch of the stream, in its order. The answer: sequence numbers that must be brought again."""
    by_customer: dict[str, list[Arrived]] = {}
    for one in arrived:
        by_customer.setdefault(one.entry.customer_id, []).append(one)
    try:
        definitions = current(now)
        # Effects come before the commit that notices an older state: what has ended in the newer one would be sent.
        states = customers.load_many(by_customer, consistent=True)
    except StorageUnavailableError:
        return {one.position.sequence for one in arrived[:1]}

    def work(customer_id: str) -> int | None:
        mine = by_customer[customer_id]
        stored = states.get(customer_id) or Stored(Customer(customer_id))
        try:
            _advance_customer(stored, mine, definitions, now)
        except Exception:  # whatever it is: the others go on, and the stream brings this one again
            logger.exception("customer not advanced", extra={"customer_id": customer_id})
            return mine[0].position.sequence
        return None

    if len(by_customer) == 1:
        failed = [work(customer_id) for customer_id in by_customer]
    else:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            failed = list(pool.map(work, by_customer))
    return {sequence for sequence in failed if sequence is not None}


def _advance_customer(stored: Stored, arrived: list[Arrived], definitions: Definitions, now: datetime) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        unseen = [one for one in arrived if not _is_folded(stored, one)]
        if not unseen:
            return
        customer, effects = fold_entries(stored.customer, [one.entry for one in unseen], definitions)
        for effect in effects:
            perform(effect, now)
        if customer.recovered and customer.recovered_at and now - customer.recovered_at > STREAM_KEEPS:
            customer = replace(customer, recovered=(), recovered_at=None)
        try:
            customers.commit(stored, customer, unseen[-1].position)
        except VersionConflictError:
            if attempt == ATTEMPTS:
                raise
            fresh = customers.load(stored.customer.customer_id, consistent=True)
            stored = fresh or Stored(Customer(stored.customer.customer_id))
        else:
            return


def _is_folded(stored: Stored, one: Arrived) -> bool:
    """Whether the state has this entry in it already: by its position, never by its time."""
    mark = mark_of(one.entry.entry_id)
    if mark in stored.customer.recovered:
        return True
    position = stored.position
    if position is None or position.label != one.position.label:
        return mark in stored.customer.recent
    return one.position.sequence <= position.sequence


def fold_entries(
    customer: Customer, entries: Iterable[Entry], definitions: Definitions
) -> tuple[Customer, list[Effect]]:
    """Fold entries one after another. One that the fold cannot bear, or whose effects no table can hold, is set aside
    (queue, alarm) and the rest go on: the fold is pure, so trying it again would end the same.
    """
    effects: list[Effect] = []
    for entry in entries:
        try:
            folded, definitions = _fold(customer, entry, definitions)
            check(folded.effects)
        except MalformedPayloadError as error:
            _set_aside(entry, str(error))
            continue
        except SelvedgeError:
            raise
        except Exception as error:
            _set_aside(entry, f"{type(error).__name__} in the fold")
            continue
        customer = folded.customer
        effects.extend(folded.effects)
    return customer, effects


def _set_aside(entry: Entry, reason: str) -> None:
    logger.exception("entry set aside", extra={"customer_id": entry.customer_id, "entry_id": entry.entry_id})
    queues.set_aside(entry.customer_id, entry.entry_id, reason)


def _fold(customer: Customer, entry: Entry, definitions: Definitions) -> tuple[Folded, Definitions]:
    while True:
        try:
            return fold(customer, entry, definitions), definitions
        except UnknownVersionError as unknown:
            found = with_version(unknown.journey, unknown.version)
            if found is None:
                raise
            definitions = found
