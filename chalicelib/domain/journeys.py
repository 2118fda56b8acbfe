"""A journey as data: what starts it, what ends it, its steps. Read from a file by `definitions`, folded by `fold`.

A journey is identified by its content (`version_of`); a run finishes on the version it entered (semantics 25).
"""

from __future__ import annotations

from datetime import datetime, time
from hashlib import blake2b
from typing import Literal

import msgspec
from msgspec import Struct

from chalicelib.domain.messages import CodeOffer

JourneyStatus = Literal["draft", "live", "paused", "ended"]

HOUR = 3600
DAY = 24 * HOUR


class EventTrigger(Struct, frozen=True, tag="event"):
    """Entered by one of these events; `where` is tested once, against the event."""

    names: tuple[str, ...]
    where: str = ""


class SegmentTrigger(Struct, frozen=True, tag="segment", omit_defaults=True):
    """Entered by coming into a segment, or, with `left`, by leaving it."""

    segment: str
    left: bool = False


class DateTrigger(Struct, frozen=True, tag="date", omit_defaults=True):
    """Entered on a date of the profile (`path`, as `customer.birthday`), `offset` seconds off, once or every year.

    A bare date means `at` on the customer's clock. 29 February is 1 March in other years.
    """

    path: str
    yearly: bool = False
    offset: int = 0
    at: time = time(9, 0)


class BroadcastTrigger(Struct, frozen=True, tag="broadcast", omit_defaults=True):
    """Entered by all customers for whom `to` is true, at one moment.

    `at` is a local time without a zone: on each customer's clock, or, with `clock` `shop`, on the shop's.
    """

    to: str
    at: datetime
    clock: Literal["customer", "shop"] = "customer"


Trigger = EventTrigger | SegmentTrigger | DateTrigger | BroadcastTrigger

SEGMENT_ENTERED = "segment.entered"
SEGMENT_LEFT = "segment.left"
DATE_REACHED = "date.reached"
BROADCAST_REACHED = "broadcast.reached"
JOURNEY_ENROLLED = "journey.enrolled"
JOURNEY_MOVED = "journey.moved"


class Again(Struct, frozen=True):
    """Re-entry: `never`; `after` a gap of seconds since the last entry, whatever its key; `always`, per key."""

    rule: Literal["never", "after", "always"] = "never"
    gap: int = 0

    def allows(self, last_at: datetime, now: datetime) -> bool:
        """Whether who entered last at `last_at` may enter now (semantics 4)."""
        if self.rule == "always":
            return True
        return self.rule == "after" and (now - last_at).total_seconds() >= self.gap


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


class WaitForCase(Struct, frozen=True, omit_defaults=True):
    """One thing waited for: an event (`on`, narrowed by `where`) or a condition on the profile (`when`).

    `same_key` asks that the event carries the run's own key: the delivery of another order is not waited for.
    """

    next: str
    on: str = ""
    where: str = ""
    when: str = ""
    same_key: bool = False


class WaitFor(Struct, frozen=True, tag="wait-for", omit_defaults=True):
    """Wait for the first of these to become true; one that is true already passes at once.

    After `limit` seconds the run goes on at `otherwise`.
    """

    cases: tuple[WaitForCase, ...]
    limit: int
    otherwise: str


class Arm(Struct, frozen=True, omit_defaults=True):
    """One arm of a split: `share` of all who come by, in hundredths of a per cent; nobody leaves the `control` arm."""

    name: str
    share: int
    next: str
    control: bool = False


class Split(Struct, frozen=True, tag="split"):
    """Go on at the arm that the customer belongs to in an experiment, by hash: always the same one."""

    experiment: str
    arms: tuple[Arm, ...]


class Award(Struct, frozen=True, tag="award", omit_defaults=True):
    """Award loyalty points."""

    points: int
    next: str
    because: str = ""


class Issue(Struct, frozen=True, tag="issue"):
    """Issue a promo code, which the later messages of the run show."""

    offer: CodeOffer
    next: str


class Tag(Struct, frozen=True, tag="tag", omit_defaults=True):
    """Add tags to the profile, and take others away."""

    next: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class SetFields(Struct, frozen=True, tag="set"):
    """Set fields of the shop's own on the profile (`customer.data.<name>`); None takes one away."""

    fields: dict[str, str | int | bool | None]
    next: str


class AssignTask(Struct, frozen=True, tag="task", omit_defaults=True):
    """Give a person a task about this customer, to be done `within` seconds."""

    title: str
    next: str
    script: str = ""
    within: int = 2 * DAY


class CallWebhook(Struct, frozen=True, tag="call-webhook"):
    """Tell another system, by a signed HTTPS request."""

    url: str
    next: str


class GotoGoal(Struct, frozen=True, tag="goto-goal"):
    """Go on as if the goal had been reached."""


Step = (
    Wait | WaitFor | Send | Branch | Split | Award | Issue | Tag | SetFields | AssignTask | CallWebhook | GotoGoal | End
)


class Resume(Struct, frozen=True, omit_defaults=True):
    """What becomes of what came due while a journey was paused (semantics 26).

    `drop` skips it, `late` does what is at most `at_most` seconds late, `shift` moves everything by the pause.
    """

    choice: Literal["drop", "late", "shift"] = "late"
    at_most: int | None = None


class Pause(Struct, frozen=True, omit_defaults=True):
    """A span of time in which a journey was paused; `resumed_at` is None while it is."""

    journey: str
    paused_at: datetime
    resumed_at: datetime | None = None
    resume: Resume = Resume()


class Journey(Struct, frozen=True, omit_defaults=True):
    """A journey. `steps` by their paths (`1`, `3.otherwise.2`), the first is `first`; `labels` name steps to jump to.

    `profile_filter` is tested at entry and before each action; `key` are the event's fields whose values make up the
    run key; `max_lateness` is in seconds; `budget` is in US dollars a month, a Decimal's text, empty for none.
    """

    name: str
    trigger: Trigger
    steps: dict[str, Step]
    first: str
    status: JourneyStatus = "live"
    profile_filter: str = ""
    key: tuple[str, ...] = ()
    again: Again = Again()
    exits: tuple[Exit, ...] = ()
    goal: Goal | None = None
    labels: dict[str, str] = {}
    max_lateness: int = 6 * HOUR
    resume: Resume = Resume()
    budget: str = ""

    @property
    def triggers(self) -> tuple[str, ...]:
        """The names of the events that a run of this journey can be entered by."""
        match self.trigger:
            case EventTrigger(names=names):
                return names
            case SegmentTrigger(left=left):
                return (SEGMENT_LEFT if left else SEGMENT_ENTERED,)
            case DateTrigger():
                return (DATE_REACHED,)
            case BroadcastTrigger():
                return (BROADCAST_REACHED,)

    @property
    def where(self) -> str:
        """The condition on the event that starts it, empty for none."""
        return self.trigger.where if isinstance(self.trigger, EventTrigger) else ""


END = "end"
"""The path of the step that ends every run."""


def version_of(journey: Journey) -> str:
    """The content hash of a journey, 12 hexadecimal digits; status, budget and how it is resumed are not part of it."""
    course = msgspec.structs.replace(journey, status="live", resume=Resume(), budget="")
    content = msgspec.json.encode(course, order="deterministic")
    return blake2b(content, digest_size=6).hexdigest()
