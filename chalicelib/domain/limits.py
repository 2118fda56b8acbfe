"""May this message go to this customer now? The limits on sending, in the order of their testing (semantics 16).

Exit conditions and the profile filter come before (the fold tests them); stock, code and budget come after, at the
moment of sending. On any release from a deferral all are tested again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct

from chalicelib.domain import consent
from chalicelib.domain.customer import Customer, Sent
from chalicelib.domain.messages import Reason
from chalicelib.domain.shop import FrequencyCap, MessageDefinition, ShopSettings
from chalicelib.domain.timing import quiet_until, zone_of

LONGEST_WINDOW = timedelta(days=30)
"""No frequency cap looks back further (semantics 18)."""


class Go(Struct, frozen=True):
    """Send it, by the first of these channels that works."""

    channels: tuple[str, ...]


class Defer(Struct, frozen=True):
    """Not now: ask again at `until`. `detail` tells which limit, for "why"."""

    until: datetime
    reason: Reason
    detail: str = ""


class Skip(Struct, frozen=True):
    """Never: the step is over without a message. `detail` tells which limit, for "why"."""

    reason: Reason
    detail: str = ""


Verdict = Go | Defer | Skip


def is_held_out(customer_id: str, percent: float) -> bool:
    """Whether the customer is of the global holdout group: a hash decides, so it never changes (semantics 19)."""
    number = int.from_bytes(blake2b(customer_id.encode(), digest_size=8, person=b"global-holdout").digest())
    return number / 2**64 * 100 < percent


def tags_of(definition: MessageDefinition, channel: str) -> tuple[str, ...]:
    """The tags that frequency caps count for a send of this message by this channel."""
    return (channel, definition.category, definition.topic, *definition.tags)


def verdict(
    customer: Customer,
    definition: MessageDefinition,
    channels: tuple[str, ...],
    settings: ShopSettings,
    now: datetime,
    *,
    since: datetime | None = None,
) -> Verdict:
    """Consent and suppression, then holdout, quiet hours and frequency caps; `channels` are those to try, in order.

    `since` is when the message first came due (`now` if left out): from there `retry-until` counts how long it waits.
    """
    marketing = definition.category == "marketing"
    usable: list[str] = []
    refusals: dict[str, Reason] = {}
    for channel in channels:
        if not any(variant.startswith(f"{channel}.") for variant in definition.variants):
            refusals[channel] = Reason.NO_CHANNEL
            continue
        refused = consent.refusal(customer.profile, channel, definition.category, definition.topic)
        if refused is None:
            usable.append(channel)
        else:
            refusals[channel] = refused
    if not usable:
        told = ", ".join(f"{channel}: {reason}" for channel, reason in refusals.items())
        return Skip(_strongest(refusals.values()), told)
    if marketing and is_held_out(customer.customer_id, settings.holdout_percent):
        return Skip(Reason.HOLDOUT)
    if definition.quiet_hours != "ignore":
        where = zone_of(customer.profile, settings)
        until = quiet_until(now, where, settings.quiet_hours)
        if until is not None:
            quiet = f"{settings.quiet_hours.start:%H:%M} to {settings.quiet_hours.end:%H:%M} {where.key}"
            held = definition.quiet_hours == "hold"
            return Defer(until, Reason.QUIET_HOURS_DROP, quiet) if held else Skip(Reason.QUIET_HOURS_DROP, quiet)
    if marketing and definition.obeys_cap:
        free = {
            channel: free_at(customer.sends, tags_of(definition, channel), settings.caps, now) for channel in usable
        }
        usable = [channel for channel in usable if free[channel] <= now]
        if not usable:
            soonest = min(free.values())
            waited = soonest - (since or now)
            told = f"full until {soonest:%Y-%m-%d %H:%M} UTC"
            if definition.on_cap == "retry-until" and waited <= timedelta(seconds=definition.retry_for):
                return Defer(soonest, Reason.FREQUENCY_CAP, told)
            return Skip(Reason.FREQUENCY_CAP, told)
    return Go(tuple(usable))


def _strongest(refusals: Iterable[Reason]) -> Reason:
    """The refusal worth telling: lack of consent, then suppression, then that there is no way at all."""
    known = set(refusals)
    for reason in (Reason.NO_CONSENT, Reason.SUPPRESSED):
        if reason in known:
            return reason
    return Reason.NO_CHANNEL


def free_at(
    sends: tuple[Sent, ...], tags: tuple[str, ...], caps: tuple[FrequencyCap, ...], now: datetime
) -> datetime:
    """From when on a send with these tags keeps within every cap: rolling windows, the strictest wins; `now` if so."""
    free = now
    for cap in caps:
        if cap.tag in tags:
            window = timedelta(seconds=cap.window)
            counted = sorted(sent.at for sent in sends if cap.tag in sent.tags and sent.at + window > now)
            if len(counted) >= cap.count:
                free = max(free, counted[len(counted) - cap.count] + window)
    return free
