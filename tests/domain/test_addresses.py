"""Addresses and words on consent among others of one customer: what is told of one leaves the others as they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.consent import (
    has_consent,
    with_address,
    with_consent,
    with_sign_of_life,
    with_soft_bounce,
)
from chalicelib.domain.customer import Address, Consent, Profile
from tests.domain.stories import at

NOON = at("03-02 12:00")
OLD, NEW = Address("email", "old@example.org"), Address("email", "new@example.org")
PHONE, BROWSER = Address("sms", "+79161234567"), Address("web-push", "https://push.example/1", p256dh="k1", auth="a1")


def bounces(profile: Profile) -> list[int]:
    """The soft bounces of each address."""
    return [address.soft_bounces for address in profile.addresses]


def test_the_address_seen_last_is_the_one_written_to() -> None:
    profile = Profile(addresses=(OLD, PHONE, NEW))

    assert profile.email == "new@example.org"
    assert with_address(profile, OLD).addresses == (PHONE, NEW, OLD)
    assert with_address(profile, NEW) is profile


def test_a_browser_that_subscribes_anew_has_its_newest_keys() -> None:
    renewed = replace(BROWSER, p256dh="k2", auth="a2")

    assert with_address(Profile(addresses=(OLD, BROWSER)), renewed).addresses == (OLD, renewed)
    assert with_address(Profile(addresses=(BROWSER, OLD)), renewed).addresses == (OLD, renewed)


def test_an_address_seen_again_keeps_its_bounces() -> None:
    profile = Profile(addresses=(replace(OLD, soft_bounces=3), NEW))

    assert with_address(profile, OLD).addresses == (NEW, replace(OLD, soft_bounces=3))


def test_one_soft_bounce_suppresses_nothing() -> None:
    profile = with_soft_bounce(Profile(addresses=(OLD, PHONE)), "email", OLD.value)

    assert profile.addresses == (replace(OLD, soft_bounces=1), PHONE)


@pytest.mark.parametrize(("channel", "address", "expected"), [
    ("email", "old@example.org", [1, 0, 0]),
    ("email", "", [1, 0, 1]),
    ("sms", "", [0, 1, 0]),
    ("sms", "old@example.org", [0, 0, 0]),
])
def test_a_soft_bounce_counts_for_the_address_or_for_all_of_the_channel(
    channel: str, address: str, expected: list[int]
) -> None:
    assert bounces(with_soft_bounce(Profile(addresses=(OLD, PHONE, NEW)), channel, address)) == expected


@pytest.mark.parametrize(("channel", "address", "expected"), [
    ("email", "old@example.org", [0, 2, 2, 2]),
    ("email", "", [0, 2, 0, 2]),
    ("sms", "", [2, 0, 2, 2]),
    ("sms", "old@example.org", [2, 2, 2, 2]),
])
def test_a_sign_of_life_is_of_the_address_or_of_all_of_the_channel(
    channel: str, address: str, expected: list[int]
) -> None:
    """And a dead address stays as it was given up."""
    dead = Address("email", "dead@example.org", suppressed="hard-bounce")
    profile = Profile(addresses=tuple(replace(known, soft_bounces=2) for known in (OLD, PHONE, NEW, dead)))

    assert bounces(with_sign_of_life(profile, channel, address)) == expected
    assert with_sign_of_life(profile, channel, address).addresses[3].suppressed == "hard-bounce"


def test_semantics_21_a_word_on_every_topic_leaves_other_channels_and_newer_words() -> None:
    words = (
        Consent("email", "news", True, NOON, "form"),
        Consent("sms", "*", True, NOON, "form"),
        Consent("email", "carts", True, NOON + timedelta(hours=2), "form"),
    )
    profile = with_consent(
        Profile(consents=words), "email", "*", given=False, at=NOON + timedelta(hours=1), source="link"
    )

    assert profile.consents == (
        *words[1:], Consent("email", "*", False, NOON + timedelta(hours=1), "link"),
    )
    assert [has_consent(profile, channel, topic) for channel, topic in (
        ("email", "news"), ("email", "carts"), ("sms", "news"),
    )] == [False, True, True]
