"""The definitions in force, as the publish flow left them in the shop table; read again once a minute."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from chalicelib.domain.definitions import Definitions
from chalicelib.domain.experiments import Allocation
from chalicelib.domain.journeys import Journey, Pause
from chalicelib.domain.segments import Segment
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.storage import shop

_KIND, _NOW = "definitions", "in-force"
_EVER = datetime.min.replace(tzinfo=UTC)
FRESH = timedelta(seconds=60)
"""How long a process goes by what it has read: a change is seen within a minute."""


class InForce(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is in force, as one item of the shop table; `since` when is None of what was never published.

    `retired` are segments that segments.yaml has had: versions of journeys that people are still in may name them.
    `accepted` are hashes of the texts of the journeys' files, by journey. A new edition of a message's templates is
    put in force without a new `since`: nothing is decided by it.
    """

    settings: ShopSettings = ShopSettings()
    messages: tuple[MessageDefinition, ...] = ()
    journeys: tuple[Journey, ...] = ()
    segments: tuple[Segment, ...] = ()
    retired: tuple[Segment, ...] = ()
    pauses: tuple[Pause, ...] = ()
    experiments: dict[str, Allocation] = {}
    accepted: dict[str, str] = {}
    since: datetime | None = None

    def decides_as(self, other: InForce) -> bool:
        """Whether these definitions are the others but for what messages look like."""
        return self._without_editions() == other._without_editions()

    def _without_editions(self) -> InForce:
        messages = tuple(msgspec.structs.replace(message, edition="") for message in self.messages)
        return msgspec.structs.replace(self, messages=messages, since=None)

    def compiled(self, earlier: Iterable[Journey] = ()) -> Definitions:
        """The definitions as the fold needs them, with `earlier` versions of journeys at hand."""
        return Definitions.of(
            self.settings, self.messages, self.journeys, earlier,
            segments=(*self.segments, *self.retired), pauses=self.pauses, experiments=self.experiments,
        )


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
    body = shop.get(_KIND, _NOW, consistent=consistent) or b""
    if _known.definitions is None or body != _known.body:
        in_force = msgspec.json.decode(body, type=InForce) if body else InForce()
        _known.definitions = in_force.compiled()
        _known.body = body
    return _known.definitions


class Kept(msgspec.Struct, frozen=True):
    """What is in force, and the body it was read from (None before the first publishing)."""

    in_force: InForce
    body: bytes | None


def read_in_force() -> Kept:
    """What is in force as data, strongly consistent."""
    body = shop.get(_KIND, _NOW, consistent=True)
    return Kept(msgspec.json.decode(body, type=InForce) if body else InForce(), body)


def put_in_force(in_force: InForce, over: Kept) -> bool:
    """Put definitions in force over those they were made from; False when others have been put in force since.

    Each journey's version is kept first, so that no run can be pinned to one that is not; and so are the definitions
    that were in force until now, for `history`, when these are others since another moment.
    """
    from chalicelib.domain.journeys import version_of  # only publishing needs it

    for journey in in_force.journeys:
        if journey in over.in_force.journeys:
            continue
        key = f"{journey.name}#{version_of(journey)}"
        if shop.get("journey", key) is None:
            shop.put("journey", key, msgspec.json.encode(journey))
    if over.body is not None and over.in_force.since != in_force.since:
        shop.put(_KIND, _moment(over.in_force.since), over.body)
    return shop.replace(_KIND, _NOW, msgspec.json.encode(in_force), over.body)


def history() -> list[tuple[datetime, InForce]]:
    """All definitions that were ever in force, each with the moment since when, the oldest first; the last still are.

    Reads them all, half a unit per 4 KB: for the questions of people, not for the engine.
    """
    return [
        (in_force.since or _EVER, in_force)
        for in_force in (msgspec.json.decode(body, type=InForce) for _, body in shop.of_kind(_KIND))
    ]


class Past:
    """The definitions that were in force at any moment: the history read once, compiled as it is asked for."""

    def __init__(self) -> None:
        self._history = history() or [(_EVER, InForce())]
        self._since = [since for since, _ in self._history]
        self._compiled: dict[int, Definitions] = {}

    def at(self, moment: datetime) -> Definitions:
        """Those in force at a moment; before the first publishing, those of the first."""
        index = self._index(moment)
        if index not in self._compiled:
            self._compiled[index] = self._history[index][1].compiled()
        return self._compiled[index]

    def remember(self, moment: datetime, definitions: Definitions) -> None:
        """Keep those with one more earlier version at hand."""
        self._compiled[self._index(moment)] = definitions

    def _index(self, moment: datetime) -> int:
        return max(0, bisect_right(self._since, moment) - 1)


def _moment(since: datetime | None) -> str:
    """The id of what was in force since a moment: sorts as time does, and before what is now."""
    return (since or _EVER).astimezone(UTC).isoformat(timespec="microseconds")


def forget() -> None:
    """Let the next call read anew (after publishing in the same process)."""
    _known.definitions, _known.read_at, _known.body = None, None, b""
