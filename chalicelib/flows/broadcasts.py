"""Broadcasts: what one would come to, starting it, stopping it in flight, and how far it is.

A broadcast never starts by being uploaded: its file says to whom and when; somebody starts it, having seen the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.broadcasts import Pace, broadcast_id, shop_zone
from chalicelib.domain.definitions import Program
from chalicelib.domain.jobs import REACHED, TOO_LATE, Job
from chalicelib.domain.journeys import BroadcastTrigger
from chalicelib.domain.prices import Prices
from chalicelib.domain.timing import local_moment
from chalicelib.errors import ActRefusedError, ProviderOutcomeUnknownError, ProviderRefusedError
from chalicelib.flows import jobs as flow
from chalicelib.flows.broadcast_pace import pace_now
from chalicelib.flows.counting import Left, Question, basis_of, count, counts_of, forever, program_of
from chalicelib.flows.definitions_in_force import current
from chalicelib.flows.jobs import Clock
from chalicelib.storage import jobs

SMS_PARTS = 2
"""Parts that a text is taken for before it is rendered: two hold 134 Cyrillic letters (3GPP TS 23.038)."""


class Plan(Struct, frozen=True, omit_defaults=True):
    """What a broadcast comes to before it starts.

    `recipients` is everybody it is for and not too late for; of them `sends` (by channel), `later` (held by quiet hours
    or a cap), `skips` (by reason), `not_entered` (by `again` or `for`), `no_message_yet`; `too_late` are left out. Only
    what is sent first is counted. `moments` is when it begins for whom (UTC), `seconds` how long reaching them takes at
    `per_second`, `cost` in US dollars (an SMS taken for two parts). `basis` names all this when it is started.
    """

    journey: str
    state: Literal["counting", "counted"]
    version: str
    looked_at: int
    recipients: int = 0
    sends: dict[str, int] = {}
    later: int = 0
    skips: dict[str, int] = {}
    not_entered: int = 0
    no_message_yet: int = 0
    too_late: int = 0
    moments: tuple[datetime, ...] = ()
    per_second: float = 0.0
    seconds: int | None = None
    cost: Decimal | None = None
    basis: str = ""
    counted_at: datetime | None = None


class Progress(Struct, frozen=True, omit_defaults=True):
    """How far a broadcast is: `planned` has not begun; `waiting` tells until when, `told` why it waits or has ended."""

    journey: str
    broadcast: str
    state: Literal["not-started", "planned", "running", "done", "cancelled"]
    reached: int = 0
    too_late: int = 0
    looked_at: int = 0
    waiting: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    told: str = ""


def plan(
    journey: str, clock: Clock, *, left: Left = forever, progress: Callable[[Job], object] | None = None
) -> Plan:
    """What a broadcast would come to now, exact to what is known of each customer at this moment.

    Raises ActRefusedError, StorageUnavailableError.
    """
    program, trigger = _broadcast(journey, clock())
    if program.journey.status != "live":
        raise ActRefusedError(
            f"{journey} is {program.journey.status}: set `status: live` in its file; it starts only by a command"
        )
    question = Question.about("broadcast", "broadcast", program)
    job = count(question, clock, left, progress)
    if job.status != "done":
        return Plan(journey, "counting", program.version, job.looked_at)
    counts, now = job.counts, clock()
    definitions = current(now)
    recipients = counts.get(REACHED, 0)
    pace = _pace(now)
    channels: dict[str, int] = {}
    for name, number in counts.items():
        if name.startswith("send "):
            channel = name.split(" ", 2)[1]
            channels[channel] = channels.get(channel, 0) + number
    return Plan(
        journey, "counted", program.version, job.looked_at, recipients=recipients, sends=channels,
        later=counts.get("later", 0),
        skips={name.removeprefix("skip "): number for name, number in counts.items() if name.startswith("skip ")},
        not_entered=counts.get("not entered", 0), no_message_yet=counts.get("no message yet", 0),
        too_late=counts.get(TOO_LATE, 0), moments=job.ahead or (_nominal(trigger, now),),
        per_second=pace.per_second if pace else 0.0, seconds=_seconds(pace, recipients),
        cost=_cost(channels, now, definitions.settings.country), basis=basis_of(job), counted_at=job.finished_at,
    )


def start(journey: str, basis: str, clock: Clock) -> Progress:
    """Start a broadcast by the plan of this `basis`; it waits for its moment. One that was cancelled goes on.

    Raises ActRefusedError when the plan is not the latest, too old, or of another version of the file; when it is under
    way or has gone out already.
    """
    program, trigger = _broadcast(journey, clock())
    counted = counts_of(Question.about("broadcast", "broadcast", program), basis, clock())
    now, job_id = clock(), _job_id(journey, trigger)
    before = jobs.find_over(job_id)
    if before is not None and before.status == "done":
        raise ActRefusedError(
            f"{broadcast_id(journey, trigger)} has gone out already: another one needs another `at:` in its file"
        )
    first = min(counted.ahead, default=now)
    job = Job(
        job_id, "broadcast", now, max(now, first), stamped_at=_nominal(trigger, now), journey=journey,
        version=program.version,
    )
    if not jobs.put_new(job):
        raise ActRefusedError(f"{broadcast_id(journey, trigger)} has been started already")
    return status(journey, clock)


def cancel(journey: str, clock: Clock, *, confirmed: bool) -> Progress:
    """Stop a broadcast: nobody is reached any more from within seconds on; who was reached stays in the journey.

    Unless `confirmed` only how far it is. Raises ActRefusedError when it is not under way.
    """
    progress = status(journey, clock)
    if progress.state not in ("planned", "running"):
        raise ActRefusedError(f"{progress.broadcast} is {progress.state}: there is nothing to cancel")
    if confirmed:
        flow.cancel(f"broadcast:{progress.broadcast}", clock())
        return status(journey, clock)
    return progress


def status(journey: str, clock: Clock) -> Progress:
    """How far a broadcast is; of one whose file has changed since, the one under way."""
    now = clock()
    _, trigger = _broadcast(journey, now)
    job_id = _job_id(journey, trigger)
    under_way = [
        kept.job for kept in jobs.unfinished()
        if kept.job.kind == "broadcast" and not kept.job.plan and kept.job.journey == journey
    ]
    job = next((job for job in under_way if job.job_id == job_id), under_way[0] if under_way else None)
    job = job or jobs.find_over(job_id)
    if job is None:
        return Progress(journey, broadcast_id(journey, trigger), "not-started")
    begun = job.pass_until is not None or job.pass_from is not None
    state: Literal["planned", "running", "done", "cancelled"] = (
        job.status if job.status != "running" else "running" if begun else "planned"
    )
    told = Progress(
        journey, job.job_id.removeprefix("broadcast:"), state, reached=job.counts.get(REACHED, 0),
        too_late=job.counts.get(TOO_LATE, 0), looked_at=job.looked_at, started_at=job.created_at,
        finished_at=job.finished_at, told=job.told,
    )
    waits = job.status == "running" and job.due_at > now
    return replace(told, waiting=job.due_at) if waits else told


def _broadcast(journey: str, now: datetime) -> tuple[Program, BroadcastTrigger]:
    program = program_of(journey, current(now))
    trigger = program.journey.trigger
    if not isinstance(trigger, BroadcastTrigger):
        raise ActRefusedError(f"{journey} is no broadcast: it does not say `enter: {{broadcast: …}}`")
    return program, trigger


def _job_id(journey: str, trigger: BroadcastTrigger) -> str:
    return f"broadcast:{broadcast_id(journey, trigger)}"


def _nominal(trigger: BroadcastTrigger, now: datetime) -> datetime:
    """The broadcast's moment on the shop's own clock: the same for everybody, whenever they are reached."""
    return local_moment(trigger.at.date(), trigger.at.time(), shop_zone(current(now).settings))


def _pace(now: datetime) -> Pace | None:
    try:
        return pace_now(current(now).settings, now, joining=1)
    except (ProviderRefusedError, ProviderOutcomeUnknownError):
        return None


def _seconds(pace: Pace | None, recipients: int) -> int | None:
    """How long it takes, None when the provider tells no quota, or one that is used up for good."""
    if pace is None or pace.per_second <= 0 or pace.per_day == 0:
        return None
    return int(pace.duration(recipients).total_seconds())


def _cost(channels: dict[str, int], now: datetime, country: str) -> Decimal | None:
    """What the first messages cost by the shop's price list; None when there is none."""
    from chalicelib.flows.means import prices_in_force  # channels and templates: only a plan asks for prices

    prices = prices_in_force(current(now).settings, now)
    if not prices.source:
        return None
    return sum((_price(prices, channel, country) * number for channel, number in channels.items()), Decimal(0))


def _price(prices: Prices, channel: str, country: str) -> Decimal:
    if channel == "email":
        return prices.of_email()
    if channel == "sms":
        return prices.of_sms(country, SMS_PARTS)
    return prices.of_push() if channel == "push" else Decimal(0)
