"""Consent and suppression: the last word before anything is sent (semantics 21). Pure; the state is given."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from chalicelib.domain.customer import Address, Consent, Profile
from chalicelib.domain.messages import Category, Reason

SOFT_BOUNCES_TO_SUPPRESS = 5
"""Soft bounces in a row after which an address is given up (a delivery, open or click starts the count again)."""


def has_consent(profile: Profile, channel: str, topic: str) -> bool:
    """Whether marketing on `topic` may go out by `channel`: the word on the topic, else that on every topic (`*`)."""
    general: bool | None = None
    for consent in profile.consents:
        if consent.channel == channel:
            if consent.topic == topic:
                return consent.given
            if consent.topic == "*":
                general = consent.given
    return bool(general)


def may_recommend(profile: Profile, channel: str, category: Category) -> bool:
    """Whether a message may recommend things to buy: marketing may, and that about an order only where the customer
    agreed to some marketing by this channel. What else the law would take for advertising without consent (ePrivacy
    Directive, article 13; 38-FZ, article 18).
    """
    return category == "marketing" or any(one.given for one in profile.consents if one.channel == channel)


def usable_address(profile: Profile, channel: str) -> Address | None:
    """The newest address of the channel that is not suppressed, or None."""
    usable = profile.addresses_of(channel)
    return usable[-1] if usable else None


def refusal(profile: Profile, channel: str, category: Category, topic: str) -> Reason | None:
    """Why nothing of this category and topic may go out by this channel, or None when it may.

    Transactional messages need an address but no consent; a suppressed address takes nothing at all.
    """
    if profile.redaction_requested_at is not None:
        return Reason.SUPPRESSED
    if usable_address(profile, channel) is None:
        known = any(address.channel == channel for address in profile.addresses)
        return Reason.SUPPRESSED if known else Reason.NO_CHANNEL
    if category == "marketing" and not has_consent(profile, channel, topic):
        return Reason.NO_CONSENT
    return None


def with_consent(profile: Profile, channel: str, topic: str, *, given: bool, at: datetime, source: str) -> Profile:
    """The profile after a word on consent; an older word than the one known changes nothing.

    A word on every topic (`*`) replaces those on single topics that are older, also when they are told later.
    """
    kept = []
    for consent in profile.consents:
        if consent.channel == channel:
            if consent.at > at and consent.topic in (topic, "*"):
                return profile
            if consent.at <= at and topic in (consent.topic, "*"):
                continue
        kept.append(consent)
    return replace(profile, consents=(*kept, Consent(channel, topic, given, at, source)))


def with_suppression(profile: Profile, channel: str, address: str, reason: str) -> Profile:
    """The profile with an address (or, when empty, every address of the channel) given up for `reason`."""
    return replace(
        profile,
        addresses=tuple(
            replace(known, suppressed=reason)
            if known.channel == channel and address in ("", known.value) and not known.suppressed
            else known
            for known in profile.addresses
        ),
    )


def with_soft_bounce(profile: Profile, channel: str, address: str) -> Profile:
    """The profile with one more soft bounce counted; the last one allowed suppresses the address."""
    addresses = []
    for known in profile.addresses:
        if known.channel == channel and address in ("", known.value) and not known.suppressed:
            bounces = known.soft_bounces + 1
            given_up = "soft-bounces" if bounces >= SOFT_BOUNCES_TO_SUPPRESS else ""
            addresses.append(replace(known, soft_bounces=bounces, suppressed=given_up))
        else:
            addresses.append(known)
    return replace(profile, addresses=tuple(addresses))


def with_sign_of_life(profile: Profile, channel: str, address: str = "") -> Profile:
    """The profile after something reached an address (or, when empty, one of the channel): soft bounces count anew."""
    if not any(known.soft_bounces for known in profile.addresses):
        return profile
    return replace(
        profile,
        addresses=tuple(
            replace(known, soft_bounces=0)
            if known.channel == channel and address in ("", known.value) and not known.suppressed
            else known
            for known in profile.addresses
        ),
    )


def with_address(profile: Profile, address: Address) -> Profile:
    """The profile with an address learnt or seen again; the newest of a channel is the last.

    A suppression stays: another order with the same address does not make a dead mailbox alive.
    """
    others = []
    for known in profile.addresses:
        if known.channel == address.channel and known.value == address.value:
            if known is profile.addresses[-1] and not address.p256dh:
                return profile
            address = replace(address, suppressed=known.suppressed, soft_bounces=known.soft_bounces)
        else:
            others.append(known)
    return replace(profile, addresses=(*others, address))
