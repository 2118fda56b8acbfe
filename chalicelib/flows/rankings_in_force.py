"""The rankings of the last night, as one item of the shop table; read again every ten minutes, by who needs them."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import msgspec

from chalicelib.domain.rankings import Rankings
from chalicelib.domain.recommendations import Shelf
from chalicelib.storage import shop

_KIND, _NOW = "recommendations", "rankings"
FRESH: Final = timedelta(minutes=10)
"""How long a process goes by what it has read: they change once a night."""


class _Known(msgspec.Struct):
    """What this process has read, and when."""

    shelf: Shelf | None = None
    read_at: datetime | None = None


_known: Final = _Known()
_reading: Final = Lock()
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Rankings)


def put_in_force(rankings: Rankings) -> None:
    """Keep the rankings of this night over those of the last. One write unit per KB."""
    shop.put(_KIND, _NOW, _encoder.encode(rankings))


def shelf(now: datetime) -> Shelf:
    """The products as they were ranked last; none before the first night.

    One read of the shop table, half a unit per 4 KB, in ten minutes and process. Raises StorageUnavailableError.
    """
    with _reading:
        if _known.shelf is None or _known.read_at is None or not timedelta(0) <= now - _known.read_at < FRESH:
            body = shop.get(_KIND, _NOW)
            _known.shelf = Shelf(_decoder.decode(body) if body is not None else Rankings(now))
            _known.read_at = now
        return _known.shelf


def forget() -> None:
    """Read them again when next asked for."""
    _known.shelf = _known.read_at = None
