"""Consent and suppression, the last word before anything is sent (semantics 14, 21)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.consent import (
    SOFT_BOUNCES_TO_SUPPRESS,
    has_consent,
    may_recommend,
    refusal,
    with_address,
    with_consent,
    with_sign_of_life,
    with_soft_bounce,
    with_suppression,
)
from chalicelib.domain.customer import Address, Profile
from chalicelib.domain.messages import Category
from tests.domain.stories import anna, at

NOON = at("03-02 12:00")
MAIL = Profile(addresses=(Address("email", "a@example.org"), Address("email", "b@example.org")))

Word = tuple[str, bool, int]
"""A topic, yes or no, and the minute it was said."""


def after(*words: Word) -> Profile:
    profile = MAIL
    for topic, given_, minute in words:
        profile = with_consent(
            profile, "email", topic, given=given_, at=NOON + timedelta(minutes=minute), source="test"
        )
    return profile


@pytest.mark.parametrize(("words", "news", "carts"), [
    ([], False, False),
    ([("*", True, 1)], True, True),
    ([("news", True, 1)], True, False),
    ([("*", True, 1), ("news", False, 2)], False, True),
    ([("news", True, 1), ("*", False, 2)], False, False),
    ([("*", False, 1), ("news", True, 2)], True, False),
    ([("news", False, 1), ("carts", True, 1), ("*", True, 2)], True, True),
    ([("news", True, 1), ("news", False, 1)], False, False),
])
def test_the_newest_word_counts_and_one_on_every_topic_covers_the_older_ones(
    words: list[Word], news: bool, carts: bool
) -> None:
    """21: the word on the topic, else that on every topic."""
    profile = after(*words)

    assert (has_consent(profile, "email", "news"), has_consent(profile, "email", "carts")) == (news, carts)
    assert not has_consent(profile, "sms", "news")


words = st.lists(
    st.tuples(st.sampled_from(["*", "news", "carts"]), st.booleans(), st.integers(0, 100)),
    max_size=5, unique_by=lambda word: word[2],
)


@given(words)
def test_semantics_21_the_order_in_which_words_are_told_does_not_matter(said: list[Word]) -> None:
    """21: a withdrawal told before an older yes stays one."""
    outcomes = {
        tuple(has_consent(after(*order), "email", topic) for topic in ("news", "carts", "other"))
        for order in permutations(said)
    }

    assert len(outcomes) == 1
    expected = []
    for topic in ("news", "carts", "other"):
        about = [word for word in said if word[0] in (topic, "*")]
        expected.append(max(about, key=lambda word: word[2])[1] if about else False)
    assert outcomes == {tuple(expected)}


def test_semantics_14_marketing_needs_an_address_consent_and_no_suppression() -> None:
    """14: and the reason tells which of them lacks."""
    agreed = after(("*", True, 1))

    assert refusal(agreed, "email", "marketing", "news") is None
    assert refusal(MAIL, "email", "marketing", "news") == "no-consent"
    assert refusal(agreed, "sms", "marketing", "news") == "no-channel"
    assert refusal(MAIL, "email", "transactional", "orders") is None


def test_semantics_14_a_suppressed_address_takes_nothing_at_all() -> None:
    """14: the other address goes on; with both gone, transactional messages stop too."""
    one = with_suppression(after(("*", True, 1)), "email", "b@example.org", "hard-bounce")
    both = with_suppression(one, "email", "", "complaint")

    assert one.email == "a@example.org"
    assert refusal(both, "email", "transactional", "orders") == "suppressed"
    assert [address.suppressed for address in both.addresses] == ["complaint", "hard-bounce"]


def test_an_address_seen_again_stays_suppressed() -> None:
    """Another order with the same address does not make a dead mailbox alive."""
    dead = with_suppression(MAIL, "email", "a@example.org", "hard-bounce")

    again = with_address(dead, Address("email", "a@example.org"))
    assert [address.value for address in again.addresses_of("email")] == ["b@example.org"]


def test_soft_bounces_in_a_row_give_an_address_up() -> None:
    """A delivery, open or click in between starts the count again."""
    profile = MAIL
    for _ in range(SOFT_BOUNCES_TO_SUPPRESS - 1):
        profile = with_soft_bounce(profile, "email", "a@example.org")
    assert refusal(profile, "email", "transactional", "orders") is None

    given_up = with_soft_bounce(profile, "email", "a@example.org")
    assert [address.suppressed for address in given_up.addresses] == ["soft-bounces", ""]
    alive = with_soft_bounce(with_sign_of_life(profile, "email", "a@example.org"), "email", "a@example.org")
    assert [address.soft_bounces for address in alive.addresses] == [1, 0]


def test_who_asked_to_be_forgotten_is_not_written_to() -> None:
    """Whatever consent there was."""
    profile = replace(anna().profile, redaction_requested_at=NOON)

    assert refusal(profile, "email", "transactional", "orders") == "suppressed"


@pytest.mark.parametrize(("consents", "category", "may"), [
    ([], "transactional", False), ([("news", True, 1)], "transactional", True),
    ([("news", False, 1)], "transactional", False), ([], "marketing", True),
])
def test_a_message_about_an_order_recommends_only_to_those_who_agreed_to_marketing(
    consents: list[tuple[str, bool, int]], category: Category, may: bool
) -> None:
    """By that channel: a yes to SMS is none to mail."""
    profile = after(*consents)

    assert may_recommend(profile, "email", category) is may
    assert not may_recommend(profile, "sms", "transactional")
