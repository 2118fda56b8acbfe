"""Broadcasts: whose moment is when, how fast recipients may be reached, and how long that takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from zoneinfo import ZoneInfo

from msgspec import Struct

from chalicelib.domain.customer import Profile
from chalicelib.domain.jobs import Job
from chalicelib.domain.journeys import BroadcastTrigger
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import local_moment, zone, zone_of

UNLIMITED = -1
"""How SES tells of a day without a quota (SES API v2, SendQuota)."""
DAY = timedelta(hours=24)


class Quota(Struct, frozen=True):
    """What the provider takes: mails a second, mails in 24 hours (or `UNLIMITED`), and those sent in the last 24."""

    per_second: float
    per_day: float
    sent_last_day: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast recipients may be reached: so many a second, in a day, and now until the day's quota is used up.

    `per_day` and `left` are None without a quota.
    """

    per_second: float
    per_day: int | None = None
    left: int | None = None

    def duration(self, recipients: int) -> timedelta:
        """How long so many recipients take, when what is left today is used first and then each day's."""
        if self.per_second <= 0:
            return timedelta.max
        seconds = recipients / self.per_second
        beyond = recipients - (recipients if self.left is None else self.left)
        if beyond > 0 and self.per_day is not None:
            if self.per_day <= 0:
                return timedelta.max
            days = -(-beyond // self.per_day)
            rest = beyond - (days - 1) * self.per_day
            return max(timedelta(seconds=seconds), days * DAY + timedelta(seconds=rest / self.per_second))
        return timedelta(seconds=seconds)


def pace(quota: Quota, settings: ShopSettings, jobs: tuple[Job, ...], now: datetime, *, joining: int = 0) -> Pace:
    """The pace of one of the broadcasts `jobs` under way and of those `joining` them, which share the quota evenly.

    A share of both quotas stays free for transactional mail (`broadcasts.keep-free` of shop.yaml);
    `broadcasts.per-second` may lower the rate. What broadcasts have released counts although SES has not told it yet.
    """
    share = 1 - settings.broadcast_keep_free / 100
    rate = quota.per_second * share
    if settings.broadcast_per_second:
        rate = min(rate, settings.broadcast_per_second)
    sharing = max(1, len(jobs) + joining)
    if quota.per_day == UNLIMITED:
        return Pace(rate / sharing)
    per_day = floor(quota.per_day * share)
    released = sum(released_since(job, now - DAY) for job in jobs)
    left = max(0, floor(per_day - max(quota.sent_last_day, released)))
    return Pace(rate / sharing, per_day // sharing, left // sharing)


def released_since(job: Job, moment: datetime) -> int:
    """How many recipients a broadcast has reached since the hour of a moment."""
    hour = f"{moment.astimezone(UTC):%Y-%m-%dT%H}"
    return sum(count for then, count in job.released.items() if then >= hour)


def moment_of(trigger: BroadcastTrigger, profile: Profile, settings: ShopSettings) -> datetime:
    """When a broadcast reaches a customer (UTC): its local time on their own clock, or on the shop's."""
    where = zone_of(profile, settings) if trigger.clock == "customer" else shop_zone(settings)
    return local_moment(trigger.at.date(), trigger.at.time(), where)


def shop_zone(settings: ShopSettings) -> ZoneInfo:
    """The shop's own zone."""
    return zone(settings.time_zone) or ZoneInfo("UTC")


def broadcast_id(journey: str, trigger: BroadcastTrigger) -> str:
    """What tells one sending of a journey from the next, `<journey>@<local time>`: also the key of its runs."""
    return f"{journey}@{trigger.at:%Y-%m-%dT%H:%M}"
