"""A file of events as a log: NDJSON, each line what `POST /v1/events` takes, an event or a batch.

A line counts as received at the time of the newest event in it. Who is who is found out as the API does it, from the
identities, except that customers get numbers in the order of their first event: the same file gives the same ids.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from chalicelib.api import incoming
from chalicelib.domain.events import STRONG_IDENTITIES, WEAK_IDENTITIES, Arrival, Entry, Event, Identity, Merge
from chalicelib.domain.identifiers import ShopCountry, default_country
from chalicelib.errors import MalformedPayloadError
from chalicelib.flows.time_order import in_order
from chalicelib.storage.log import entry_id

SOURCE: Final = "api"
"""What the API calls itself in the log."""
REASONS_KEPT: Final = 5

_SUREST_FIRST: Final = {kind: place for place, kind in enumerate((*STRONG_IDENTITIES, *WEAK_IDENTITIES))}


class _Times(Struct):
    occurred_at: datetime | None = None
    batch: tuple[_Times, ...] = ()


_times = msgspec.json.Decoder(_Times)


@dataclass
class Refused:
    """Events of a file that the API would not take: how many, and why the first of them."""

    count: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, reason: str) -> None:
        """Note one."""
        self.count += 1
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append(reason)


def read_events(
    path: Path, *, shop_country: ShopCountry = default_country, refused: Refused | None = None,
    read: Callable[[int], None] | None = None,
) -> Iterator[Entry]:
    """The log that a file of events (`.ndjson`, or compressed `.ndjson.gz`) makes, in order of recording.

    A file that is not in order of time is sorted first, on disk where it is long. `read` is told the bytes of the file
    read so far.
    """
    refused = refused if refused is not None else Refused()
    people = People()
    lines: Iterator[tuple[datetime, int, bytes]] = _lines(path, refused, read)
    if not _is_in_order(path):
        lines = in_order(lines, lambda line: line[:2], msgspec.msgpack.encode, _decoded)
    for at, number, line in lines:
        try:
            events, _ = incoming.split(line)
        except MalformedPayloadError as error:
            refused.add(f"line {number}: {error}")
            continue
        arrivals, sizes = [], []
        for raw in events:
            try:
                arrivals.append(incoming.read(raw, shop_country=shop_country))
            except MalformedPayloadError as error:
                refused.add(f"line {number}: {error}")
            else:
                sizes.append(len(raw))
        if len(arrivals) > 1:
            arrivals = [arrival for arrival, _ in incoming.gather_views(arrivals, sizes)]
        for arrival in arrivals:
            if arrival.identities:  # without any it is about a product
                yield from people.entries_of(arrival, at)


class People:
    """Whose an arrival is: the rules of accepting (`flows.accept`), in memory instead of in the tables."""

    def __init__(self) -> None:
        self._holders: dict[Identity, str] = {}
        self._became: dict[str, str] = {}
        self._named: set[str] = set()
        self._count = 0

    def entries_of(self, arrival: Arrival, at: datetime) -> Iterator[Entry]:
        """The entries that an arrival makes: its own, and before it one for each customer found to be another one."""
        mentioned = arrival.identities
        if len(mentioned) > 1:
            mentioned = tuple(sorted(mentioned, key=lambda one: _SUREST_FIRST.get(one.kind, len(_SUREST_FIRST))))
        named = mentioned[0].kind in STRONG_IDENTITIES
        identifier = entry_id(arrival.occurred_at, SOURCE, arrival.delivery_id)
        person = self._person(mentioned, named=named)
        survivor = min(person)
        for absorbed in sorted(person - {survivor}):
            self._became[absorbed] = survivor
            event = Event("customer.merged", at, merge=Merge(survivor))
            yield Entry(absorbed, f"{identifier}:{absorbed}", at, SOURCE, (event,))
        for identity in mentioned:
            self._holders[identity] = survivor
        if named:
            self._named.add(survivor)
        yield Entry(survivor, identifier, at, SOURCE, arrival.events, arrival.identities)

    def _person(self, mentioned: tuple[Identity, ...], *, named: bool) -> set[str]:
        """The customers that the identities, the surest first, lead to: those that are this person."""
        person: set[str] = set()
        for identity in mentioned:
            holder = self._holder(identity)
            if holder is not None and (
                identity.kind in STRONG_IDENTITIES
                or holder in person
                or not (person or named)
                or holder not in self._named
            ):
                person.add(holder)
        if not person:
            self._count += 1
            person.add(f"{self._count:012d}")
        return person

    def _holder(self, identity: Identity) -> str | None:
        holder = self._holders.get(identity)
        while holder is not None and holder in self._became:
            holder = self._became[holder]
        return holder


def _lines(
    path: Path, refused: Refused, read: Callable[[int], None] | None = None
) -> Iterator[tuple[datetime, int, bytes]]:
    """Each line with the time of its newest event and its number."""
    with path.open("rb") as raw, (gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw)) as file:
        for number, line in enumerate(file, 1):
            if read is not None and number % 2000 == 0:
                read(raw.tell())
            if line.isspace():
                continue
            try:
                yield _time_of(line), number, line
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                refused.add(f"line {number}: {error}")
            except (OverflowError, ValueError):
                refused.add(f"line {number}: no `occurred_at` with a time zone")


def _time_of(line: bytes) -> datetime:
    told = _times.decode(line)
    moments = [one.occurred_at for one in (told, *told.batch) if one.occurred_at is not None]
    newest = max((moment for moment in moments if moment.tzinfo is not None), default=None)
    if newest is None:
        raise ValueError("no time")
    return newest.astimezone(UTC)


def _is_in_order(path: Path) -> bool:
    newest = None
    for at, _, _ in _lines(path, Refused()):
        if newest is not None and at < newest:
            return False
        newest = at
    return True


_decoded = msgspec.msgpack.Decoder(tuple[datetime, int, bytes]).decode
