"""Mail stops by itself for who no longer reads it, and begins again with the first sign of reading or wanting it."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Entry, Event, Page
from tests.definitions.shipped import SHIPPED
from tests.domain.stories import agreed, anna, at, line, message_told, played, told

QUESTION, GIFT = "05-10 12:00 sunset-question by email", "06-15 10:00 birthday-gift by email"


def came(*entries: Entry) -> tuple[Customer, list[str]]:
    """What became of a customer first seen on 10 January, born on 15 June: the state, the question and the gift."""
    visit = told("01-10 12:00", Event("page.viewed", at("01-10 12:00"), page=Page("https://shop.example")))
    known = anna(birthday=date(1990, 6, 15))
    customer, messages = played(SHIPPED, visit, *entries, told("06-20 12:00"), customer=known, days=1)
    lines = [line(message) for message in messages if message.name in {"sunset-question", "birthday-gift"}]
    return customer, lines


def test_who_does_not_answer_gets_no_more_mail_of_our_own_accord() -> None:
    customer, lines = came()
    assert lines == [QUESTION]
    assert customer.profile.data["mail"] == "stopped"


@pytest.mark.parametrize("kind", ["opened", "clicked"])
def test_who_answers_within_the_two_weeks_stays(kind: str) -> None:
    customer, lines = came(message_told("05-20 20:00", kind, channel="email"))
    assert lines == [QUESTION, GIFT]
    assert "mail" not in customer.profile.data


def test_a_proxy_that_opens_everything_is_no_answer() -> None:
    _, lines = came(message_told("05-10 12:01", "opened", channel="email", automated=True))
    assert lines == [QUESTION]


@pytest.mark.parametrize("sign", [
    message_told("06-01 20:00", "clicked", channel="email"),
    message_told("06-01 20:00", "opened", channel="email"),
    agreed("06-01 20:00"),
], ids=["clicked", "opened", "agreed anew"])
def test_mail_begins_again_with_a_sign_after_it_was_stopped(sign: Entry) -> None:
    _, lines = came(sign)
    assert lines == [QUESTION, GIFT]
