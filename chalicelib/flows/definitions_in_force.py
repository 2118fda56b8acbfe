"""The definitions in force, as the publish flow left them in the shop table; read again once a minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.storage import shop

FRESH = timedelta(seconds=60)
"""How long a process goes by what it has read: a change is seen within a minute."""


class InForce(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is in force, as one item of the shop table."""

    settings: ShopSettings = ShopSettings()
    messages: tuple[MessageDefinition, ...] = ()
    journeys: tuple[Journey, ...] = ()


class _Known(msgspec.Struct):
    """What this process has read, and when."""

    definitions: Definitions | None = None
    read_at: datetime | None = None
    body: bytes = b""


_known = _Known()


def current(now: datetime) -> Definitions:
    """The definitions in force; one read of the shop table (half a unit per 4 KB) a minute and process."""
    if _known.definitions is None or _known.read_at is None or not timedelta(0) <= now - _known.read_at < FRESH:
        _known.definitions = _read_anew(consistent=False)
        _known.read_at = now
    return _known.definitions


def with_version(journey: str, version: str) -> Definitions | None:
    """The definitions in force with a version of a journey at hand, kept for this process; None when there is none.

    A version that is not at hand may also be newer than what this process has read, so that is read anew first. One
    read of the shop table, two when the version is an earlier one.
    """
    definitions = _read_anew(consistent=True)
    if (journey, version) not in definitions.versions:
        body = shop.get("journey", f"{journey}#{version}", consistent=True)
        if body is None:
            return None
        definitions = definitions.with_version(msgspec.json.decode(body, type=Journey))
    _known.definitions = definitions
    return definitions


def _read_anew(*, consistent: bool) -> Definitions:
    """What is in force; the same object, with the earlier versions it has gathered, while nothing has changed."""
    body = shop.get("definitions", "in-force", consistent=consistent) or b""
    if _known.definitions is None or body != _known.body:
        in_force = msgspec.json.decode(body, type=InForce) if body else InForce()
        _known.definitions = Definitions.of(in_force.settings, in_force.messages, in_force.journeys)
        _known.body = body
    return _known.definitions


class Kept(msgspec.Struct, frozen=True):
    """What is in force, and the body it was read from (None before the first publishing)."""

    in_force: InForce
    body: bytes | None


def read_in_force() -> Kept:
    """What is in force as data, strongly consistent."""
    body = shop.get("definitions", "in-force", consistent=True)
    return Kept(msgspec.json.decode(body, type=InForce) if body else InForce(), body)


def put_in_force(in_force: InForce, over: Kept) -> bool:
    """Put definitions in force over those they were made from; False when others have been put in force since.

    Each journey's version is kept first, so that no run can be pinned to one that is not.
    """
    from chalicelib.domain.journeys import version_of  # only publishing needs it

    for journey in in_force.journeys:
        key = f"{journey.name}#{version_of(journey)}"
        if shop.get("journey", key) is None:
            shop.put("journey", key, msgspec.json.encode(journey))
    return shop.replace("definitions", "in-force", msgspec.json.encode(in_force), over.body)


def forget() -> None:
    """Let the next call read anew (after publishing in the same process)."""
    _known.definitions, _known.read_at, _known.body = None, None, b""
