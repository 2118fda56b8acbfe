"""A journey as data: what starts it, what ends it, its steps. Read from a file by `definitions`, folded by `fold`.

A journey is identified by its content (`version_of`); a run finishes on the version it entered (semantics 25).
"""

from __future__ import annotations

from datetime import time
from hashlib import blake2b
from typing import Literal

import msgspec
from msgspec import Struct

from chalicelib.domain.messages import CodeOffer

JourneyStatus = Literal["draft", "live", "paused", "ended"]

HOUR = 3600
DAY = 24 * HOUR


class Again(Struct, frozen=True):
    """Re-entry: `never`; `after` a gap of seconds since the last entry, whatever its key; `always`, per key."""

    rule: Literal["never", "after", "always"] = "never"
    gap: int = 0


class Exit(Struct, frozen=True, omit_defaults=True):
    """What ends a run at once: an event (`on`, narrowed by `where`), or a condition on the profile (`when`).

    `same_key` asks that the event carries the run's own key: another cart being emptied does not end this run.
    """

    on: str = ""
    where: str = ""
    when: str = ""
    same_key: bool = False


class Goal(Struct, frozen=True, omit_defaults=True):
    """What the journey is for; reaching it ends the run as converted, or leads to the step with the label `then`."""

    on: str
    where: str = ""
    then: str = ""


class Duration(Struct, frozen=True, tag="duration"):
    """So many seconds after the previous step happened."""

    seconds: int


class LocalTime(Struct, frozen=True, tag="local-time", omit_defaults=True):
    """A time on the customer's clock: on the day `days` calendar days later, or, without `days`, the next such time."""

    at: time
    days: int | None = None


class UntilDate(Struct, frozen=True, tag="until-date", omit_defaults=True):
    """A date of the event or profile (`path`), `offset` seconds off; a bare date means `at` on the local clock."""

    path: str
    offset: int = 0
    at: time = time(9, 0)


Delay = Duration | LocalTime | UntilDate


class Wait(Struct, frozen=True, tag="wait", omit_defaults=True):
    """Wait for a moment. An event in `restart_on` starts the wait anew; a missing date goes on at `otherwise`."""

    delay: Delay
    next: str
    restart_on: tuple[str, ...] = ()
    otherwise: str = ""


class Send(Struct, frozen=True, tag="send", omit_defaults=True):
    """Send a message by the first usable of its channels (`channels`, or the message's own order when empty)."""

    message: str
    next: str
    channels: tuple[str, ...] = ()
    issue: CodeOffer | None = None


class Case(Struct, frozen=True):
    """One arm of a branch: where to go on when the condition is true."""

    when: str
    next: str


class Branch(Struct, frozen=True, tag="branch"):
    """Go on at the first case that is true at the moment the step is reached, else at `otherwise`."""

    cases: tuple[Case, ...]
    otherwise: str


class End(Struct, frozen=True, tag="end"):
    """The run is over."""


Step = Wait | Send | Branch | End


class Journey(Struct, frozen=True, omit_defaults=True):
    """A journey. `steps` by their paths (`1`, `3.otherwise.2`), the first is `first`; `labels` name steps to jump to.

    `triggers` are event names; `where` is tested once against the event, `profile_filter` at entry and before each
    action; `key` are the event's fields whose values make up the run key; `max_lateness` is in seconds.
    """

    name: str
    triggers: tuple[str, ...]
    steps: dict[str, Step]
    first: str
    status: JourneyStatus = "live"
    where: str = ""
    profile_filter: str = ""
    key: tuple[str, ...] = ()
    again: Again = Again()
    exits: tuple[Exit, ...] = ()
    goal: Goal | None = None
    labels: dict[str, str] = {}
    max_lateness: int = 6 * HOUR


END = "end"
"""The path of the step that ends every run."""


def version_of(journey: Journey) -> str:
    """The content hash of a journey, 12 hexadecimal digits; its status is not part of it."""
    content = msgspec.json.encode(msgspec.structs.replace(journey, status="live"), order="deterministic")
    return blake2b(content, digest_size=6).hexdigest()
