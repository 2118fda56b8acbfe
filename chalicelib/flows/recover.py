"""Folding what the stream no longer holds: for an engine that was down for more than 24 hours.

From the archive, which carries each entry's place in the stream: a state has seen all up to its own place, and nothing
after. From the table where the archive was down too: a state knows the marks of the last entries it has folded. Either
way it is told those that a recovery folds, so that the stream may bring the younger of them again without harm, and a
recovery that was cut short goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.customer import DISORDER, Customer
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import mark_of
from chalicelib.flows.advance import STREAM_KEEPS, fold_entries
from chalicelib.flows.definitions_in_force import current
from chalicelib.flows.effects import perform
from chalicelib.storage import archive, customers, log
from chalicelib.storage.archive import Archived
from chalicelib.storage.customers import Stored

AT_A_TIME = 5000
"""Entries of the archive held in memory at a time."""


class Recovered(Struct, frozen=True):
    """What a recovery did: customers looked at, customers that had unseen entries, entries folded, and what it read."""

    looked_at: int
    customers: int
    entries: int
    source: str = "table"


def recover(since: datetime, now: datetime, *, archive_is_whole: bool = False) -> Recovered:
    """Fold every entry recorded since a moment that its customer's state has not seen.

    Run it while the engine's stream mapping is off. It reads the archive when the caller knows that nothing has kept
    the archive from being written since then (`archive_is_whole`) and the archive had begun by then; else the table, of
    which it scans the whole (an eighth of a dollar per million items of 4 KB).

    Raises:
        StorageUnavailableError: the database or S3 is away; what was folded by then is committed.
    """
    if archive_is_whole and archive.reaches_back_to(since):
        return _from_archive(since, now)
    looked_at = touched = folded = 0
    for customer_id in list(log.customers_recorded_since(since)):
        looked_at += 1
        stored = customers.load(customer_id, consistent=True) or Stored(Customer(customer_id))
        unseen = _unseen(stored.customer, since, log.history(customer_id))
        _fold(stored, unseen, now)
        touched += bool(unseen)
        folded += len(unseen)
    return Recovered(looked_at, touched, folded)


def _from_archive(since: datetime, now: datetime) -> Recovered:
    looked_at: set[str] = set()
    touched: set[str] = set()
    folded = 0
    for batch in _batches(one for one in archive.archived(_day(since), _day(now)) if one.entry.recorded_at >= since):
        by_customer: dict[str, list[Archived]] = {}
        for one in batch:
            by_customer.setdefault(one.entry.customer_id, []).append(one)
        states = customers.load_many(by_customer, consistent=True)
        for customer_id, mine in by_customer.items():
            stored = states.get(customer_id) or Stored(Customer(customer_id))
            # In the order of the stream; a later stream's label, which is the moment of its making, sorts later.
            mine.sort(key=lambda one: (one.position.label, one.position.sequence))
            unseen = [one.entry for one in mine if not _is_seen(stored, one)]
            _fold(stored, unseen, now)
            looked_at.add(customer_id)
            if unseen:
                touched.add(customer_id)
                folded += len(unseen)
    return Recovered(len(looked_at), len(touched), folded, "archive")


def _is_seen(stored: Stored, one: Archived) -> bool:
    """Whether a state has an archived entry in it already: by its place where both are of one stream.

    What a recovery folds does not move the state's place on, since the stream may still bring what no recovery saw: it
    is known by its mark, and once that is forgotten by its time.
    """
    customer, position = stored.customer, stored.position
    if mark_of(one.entry.entry_id) in {*customer.recent, *customer.recovered}:
        return True
    if position is not None and position.label == one.position.label:
        if one.position.sequence <= position.sequence:
            return True
        if customer.recovered_at is None:
            return False
    return _is_older(customer, one.entry)


def _is_older(customer: Customer, entry: Entry) -> bool:
    """Whether an entry is too old for a state that knows the marks of all it has folded since not to have folded it."""
    return customer.now is not None and entry.recorded_at < customer.now - DISORDER


def _unseen(customer: Customer, since: datetime, history: Iterable[Entry]) -> list[Entry]:
    known = {*customer.recent, *customer.recovered}
    oldest = customer.now - DISORDER if customer.now is not None else since
    unseen = [
        entry
        for entry in history
        if entry.recorded_at >= oldest and mark_of(entry.entry_id) not in known
    ]
    return sorted(unseen, key=lambda entry: entry.recorded_at)


def _fold(stored: Stored, unseen: list[Entry], now: datetime) -> None:
    if not unseen:
        return
    customer, effects = fold_entries(stored.customer, unseen, current(now))
    for effect in effects:
        perform(effect, now)
    young = tuple(mark_of(entry.entry_id) for entry in unseen if entry.recorded_at > now - STREAM_KEEPS)
    customer = replace(customer, recovered=(*customer.recovered, *young), recovered_at=now)
    customers.commit(stored, customer, stored.position)


def _batches(archived: Iterator[Archived]) -> Iterator[list[Archived]]:
    while batch := list(islice(archived, AT_A_TIME)):
        yield batch


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
