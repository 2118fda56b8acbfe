"""Putting a log of any length into the order of its recording: what does not fit into memory is sorted in files.

A table gives its items in no order over all customers. Chunks of them are sorted and laid aside in temporary files,
then read side by side: memory holds one chunk, the disk holds the log once, and both are free again at the end.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from chalicelib.domain.events import Entry

CHUNK: Final = 100_000
"""Items sorted in memory at a time: of a kilobyte each, 100 MB."""
_LENGTH: Final = 4
"""Bytes before each item in a chunk's file that tell its length."""

Item = TypeVar("Item")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def in_order_of_recording(entries: Iterable[Entry], chunk: int = CHUNK) -> Iterator[Entry]:
    """The entries by the time of their recording, each once: one with the same customer and id is the same entry."""
    last: tuple[datetime, str, str] | None = None
    for entry in in_order(entries, _place, _encode, _decode, chunk):
        place = _place(entry)
        if place != last:
            yield entry
        last = place


def in_order(
    items: Iterable[Item],
    key: Callable[[Item], Any],
    encode: Callable[[Item], bytes],
    decode: Callable[[bytes], Item],
    chunk: int = CHUNK,
) -> Iterator[Item]:
    """The items by their keys; of equal ones the earlier stays first. `encode` and `decode` are for the files."""
    remaining = iter(items)
    with ExitStack() as files:
        chunks: list[Iterator[Item]] = []
        while held := sorted(islice(remaining, chunk), key=key):
            if len(held) < chunk:
                chunks.append(iter(held))
            else:
                file = files.enter_context(TemporaryFile(prefix="selvedge-"))
                _write(file, map(encode, held))
                chunks.append(map(decode, _read(file)))
        yield from heapq.merge(*chunks, key=key)


def _place(entry: Entry) -> tuple[datetime, str, str]:
    return entry.recorded_at, entry.customer_id, entry.entry_id


def _write(file: BinaryIO, bodies: Iterable[bytes]) -> None:
    for body in bodies:
        file.write(len(body).to_bytes(_LENGTH))
        file.write(body)
    file.seek(0)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while length := file.read(_LENGTH):
        yield file.read(int.from_bytes(length))
