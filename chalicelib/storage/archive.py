"""The archive: the whole log as files by day, for rehearsals over long spans, for analytics, and for recovery.

    archive/log/day=2026-11-22/<first entry's time>-<first sequence>-<last sequence>.ndjson.gz   lines, as they came
    archive/days/2026-11-22.ndjson.gz                      all lines of the day, in order and each once
    archive/parquet/day=2026-11-22/log.parquet             the day's events as a table
    archive/products/day=2026-11-22/products.parquet       which products were bought and looked at that day, by whom
    archive/compacted/2026-11-22.json                      what these three were made of
    archive/unreadable/<stream label>-<sequence>.json      a record that is no entry

A day is one of UTC, by `recorded_at`. Within a file the lines are in recorded order, and a file's name tells its first:
so a day is read in order by opening each file only when its time has come. What is archived twice stands side by side
then, and is passed on once. A busy day has a thousand files: once it is over and compacted, it is read from one, unless
another has come since. The files hold personal data: an erasure has to rewrite them.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush, heapreplace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry
from chalicelib.errors import FileMissingError
from chalicelib.storage import bucket
from chalicelib.storage.bucket import Listed

LOG, DAYS, PARQUET, PRODUCTS = "archive/log/", "archive/days/", "archive/parquet/", "archive/products/"
COMPACTED, UNREADABLE = "archive/compacted/", "archive/unreadable/"
"""The folders of the archive."""
READ_AHEAD = 16
"""Files fetched before their turn: fetching one takes as long as reading a few hundred lines. A few MB at most each."""
FETCHED_SIDE_BY_SIDE = 8


class Archived(Struct, frozen=True):
    """A log entry with its place in the stream that brought it."""

    entry: Entry
    position: Position


class Compacted(Struct, frozen=True):
    """The mark of a day that was compacted: of which `files` (a hash of their names and contents), and how many
    entries and events it holds.
    """

    files: str
    entries: int
    events: int


class _Line(Struct, frozen=True):
    """What a line holds. The sequence number is text: it has up to forty digits, more than readers of JSON keep."""

    label: str
    sequence: str
    entry: Entry


class _EntryKey(Struct, frozen=True):
    customer_id: str
    entry_id: str
    recorded_at: datetime


class _LineKey(Struct, frozen=True):
    entry: _EntryKey


class _Keyed(Protocol):
    @property
    def entry(self) -> Entry | _EntryKey: ...


Decoded = TypeVar("Decoded", bound=_Keyed)

_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(_Line)
_key_decoder = msgspec.json.Decoder(_LineKey)
_mark_decoder = msgspec.json.Decoder(Compacted)


def write(archived: Iterable[Archived]) -> int:
    """Add entries of one batch of the stream, in a file for each of their days; the number of files.

    The same batch again makes the same files with the same content. One PUT a file, 5 $ per million.

    Raises:
        StorageUnavailableError: S3 is away; what was written by then is whole.
    """
    by_day: dict[date, list[Archived]] = {}
    for one in archived:
        by_day.setdefault(one.entry.recorded_at.astimezone(UTC).date(), []).append(one)
    for day, of_day in sorted(by_day.items()):
        of_day.sort(key=lambda one: (one.entry.recorded_at, one.entry.customer_id, one.entry.entry_id))
        sequences = [one.position.sequence for one in of_day]
        first = of_day[0].entry.recorded_at.astimezone(UTC)
        key = f"{_folder(day)}{first:%H%M%S%f}-{min(sequences)}-{max(sequences)}.ndjson.gz"
        content = b"".join(to_line(one) for one in of_day)
        # Without a time of its own in the header (mtime), so that the same lines are the same bytes.
        bucket.put(key, gzip.compress(content, compresslevel=6, mtime=0))
    return len(by_day)


def to_line(archived: Archived) -> bytes:
    """The line of an entry, its end included."""
    return _encoder.encode(_Line(archived.position.label, str(archived.position.sequence), archived.entry)) + b"\n"


def from_line(line: bytes) -> Archived:
    """The entry of a line."""
    return _archived(_line_decoder.decode(line))


def keep_unreadable(position: Position, image: bytes) -> None:
    """Keep a stream record's item (JSON) that could not be read as an entry: nothing is lost by a mistake of ours."""
    bucket.put(f"{UNREADABLE}{position.label}-{position.sequence}.json", image)


def entries(first: date, last: date) -> Iterator[Entry]:
    """The entries recorded from one day to another (UTC), both included, in recorded order and each once.

    Memory holds the files whose times overlap, or a compacted day, compressed. A day takes a LIST for a thousand files,
    5 $ per million, and two GETs (0.40 $ per million) when it is compacted, else one for each file.

    Raises:
        StorageUnavailableError: S3 is away.
    """
    return (one.entry for one in archived(first, last))


def archived(first: date, last: date) -> Iterator[Archived]:
    """As `entries`, each with its place in the stream."""
    day = first
    while day <= last:
        found = files(day)
        whole = _whole_day(day, found)
        yield from (from_line(line) for line in whole) if whole else (
            _archived(line) for _, line in _merged(found, _line_decoder)
        )
        day += timedelta(days=1)


def lines(of: Iterable[Listed]) -> Iterator[bytes]:
    """The lines of a day's files as they stand there, in recorded order and each entry once."""
    return (line for line, _ in _merged(of, _key_decoder))


def days() -> list[date]:
    """The days of which the archive holds something, the first first; one LIST for a thousand of them."""
    return [date.fromisoformat(folder.rpartition("day=")[2]) for folder in bucket.list_folders(LOG)]


def files(day: date) -> tuple[Listed, ...]:
    """The files of a day, in the order of their first entries."""
    return tuple(bucket.list_files(_folder(day)))


def reaches_back_to(moment: datetime) -> bool:
    """Whether the archive had begun by then: it holds something that was recorded no later."""
    moment = moment.astimezone(UTC)
    held = days()
    if held and held[0] < moment.date():
        return True
    return any(_begins(file.key) <= moment for file in files(moment.date()))


def put_day(day: date, content: BinaryIO) -> None:
    """Put a day's lines, in order and each once, in the place of those that may be there."""
    bucket.put(_day_key(day), content)


def put_parquet(day: date, content: BinaryIO) -> None:
    """Put a day's table in the place of the one that may be there."""
    bucket.put(_table_key(day), content)


def put_products(day: date, content: BinaryIO) -> None:
    """Put a day's table of products in the place of the one that may be there."""
    bucket.put(_products_key(day), content)


def parquet(day: date) -> bytes:
    """The table of a day. Raises FileMissingError for one that was not compacted."""
    return _body(_table_key(day))


def products(day: date) -> bytes:
    """The table of products of a day. Raises FileMissingError for one that has none."""
    return _body(_products_key(day))


def days_with_products() -> set[date]:
    """The days that have a table of products; one LIST for a thousand of them."""
    listed = (file.key.removeprefix(f"{PRODUCTS}day=").partition("/")[0] for file in bucket.list_files(PRODUCTS))
    return {date.fromisoformat(day) for day in listed}


def mark_compacted(day: date, mark: Compacted) -> None:
    """Note what a day's lines and table, which are written by now, were made of."""
    bucket.put(_mark_key(day), _encoder.encode(mark))


def compacted_days() -> set[date]:
    """The days that have a mark; one LIST for a thousand of them."""
    return {date.fromisoformat(Path(listed.key).stem) for listed in bucket.list_files(COMPACTED)}


def compacted(day: date) -> Compacted:
    """The mark of a day. Raises FileMissingError for one that has none."""
    file = bucket.read(_mark_key(day))
    assert file is not None
    return _mark_decoder.decode(file.body)


def fingerprint(of: Iterable[Listed]) -> str:
    """A hash of the names and contents of files: another one when a file has come, or has changed."""
    told = "\n".join(f"{file.key} {file.etag}" for file in of)
    return hashlib.sha256(told.encode()).hexdigest()


def _archived(line: _Line) -> Archived:
    return Archived(line.entry, Position(line.label, int(line.sequence)))


def _folder(day: date) -> str:
    return f"{LOG}day={day.isoformat()}/"


def _day_key(day: date) -> str:
    return f"{DAYS}{day.isoformat()}.ndjson.gz"


def _table_key(day: date) -> str:
    return f"{PARQUET}day={day.isoformat()}/log.parquet"


def _products_key(day: date) -> str:
    return f"{PRODUCTS}day={day.isoformat()}/products.parquet"


def _mark_key(day: date) -> str:
    return f"{COMPACTED}{day.isoformat()}.json"


def _begins(key: str) -> datetime:
    """When the first entry of a file was recorded, as its name tells."""
    folder, _, name = key.rpartition("/")
    clock = datetime.strptime(name.partition("-")[0], "%H%M%S%f").time()  # noqa: DTZ007 (the zone is set here)
    return datetime.combine(date.fromisoformat(folder.rpartition("day=")[2]), clock, UTC)


def _whole_day(day: date, found: tuple[Listed, ...]) -> gzip.GzipFile | None:
    """The lines of a day that was compacted from just these files; None for any other."""
    if not found:
        return None
    try:
        mark = compacted(day)
    except FileMissingError:
        return None
    return gzip.GzipFile(fileobj=BytesIO(_body(_day_key(day)))) if mark.files == fingerprint(found) else None


class _Fetched:
    """Files on their way from S3, a few ahead of the one that is wanted next."""

    def __init__(self, waiting: Iterable[Listed], pool: ThreadPoolExecutor) -> None:
        self._waiting, self._pool = deque(waiting), pool
        self._under_way: deque[tuple[datetime, Future[bytes]]] = deque()
        self._look_ahead()

    @property
    def begins(self) -> datetime | None:
        """When the first entry of the next file was recorded; None when there is no other file."""
        return self._under_way[0][0] if self._under_way else None

    def next(self) -> bytes:
        """The next file, once it is here."""
        _, body = self._under_way.popleft()
        self._look_ahead()
        return body.result()

    def _look_ahead(self) -> None:
        while self._waiting and len(self._under_way) < READ_AHEAD:
            key = self._waiting.popleft().key
            self._under_way.append((_begins(key), self._pool.submit(_body, key)))


def _body(key: str) -> bytes:
    file = bucket.read(key)
    assert file is not None
    return file.body


class _OpenFile(Generic[Decoded]):
    """A file being read: its next line, decoded, and the order in which that comes among the lines of other files."""

    def __init__(self, body: bytes, decoder: msgspec.json.Decoder[Decoded]) -> None:
        self._lines = gzip.GzipFile(fileobj=BytesIO(body))
        self._decoder = decoder

    def advance(self) -> bool:
        """Go on to the next line; False at the end."""
        self.line = self._lines.readline()
        if not self.line:
            return False
        self.decoded = self._decoder.decode(self.line)
        entry = self.decoded.entry
        self.key = (entry.recorded_at, entry.customer_id, entry.entry_id)
        return True

    def __lt__(self, other: _OpenFile[Any]) -> bool:
        return self.key < other.key


def _merged(of: Iterable[Listed], decoder: msgspec.json.Decoder[Decoded]) -> Iterator[tuple[bytes, Decoded]]:
    """The lines of one day's files (in the order of their names) in recorded order, each entry once."""
    open_files: list[_OpenFile[Decoded]] = []
    last_key = None
    with ThreadPoolExecutor(FETCHED_SIDE_BY_SIDE) as pool:
        fetched = _Fetched(of, pool)
        while True:
            while fetched.begins is not None and (not open_files or fetched.begins <= open_files[0].key[0]):
                opened = _OpenFile(fetched.next(), decoder)
                if opened.advance():
                    heappush(open_files, opened)
            if not open_files:
                return
            first = open_files[0]
            if first.key != last_key:
                last_key = first.key
                yield first.line, first.decoded
            if first.advance():
                heapreplace(open_files, first)
            else:
                heappop(open_files)
