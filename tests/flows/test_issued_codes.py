"""Codes that a step of a journey has issued: on record once, shown by the run's later messages while they are good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.effects import IssueCode
from chalicelib.domain.messages import CodeOffer, Status, code_value
from chalicelib.flows import effects
from chalicelib.flows.deliver import deliver
from chalicelib.storage import codes
from chalicelib.storage.codes import IssuedCode
from tests.flows.sending_shop import MAIL, NOW, SendingShop, later
from tests.flows.test_deliver import text_of

STEP = "00112233445566778899aabb"
CODE = code_value(STEP)
OFFER = CodeOffer("10 %", 172800, STEP, NOW + timedelta(days=2))


@pytest.mark.usefixtures("moto")
def test_a_step_performed_twice_issues_one_code() -> None:
    for _ in range(2):
        effects.perform(IssueCode("c1", "win-back", OFFER), NOW)

    assert codes.read(CODE) == IssuedCode(CODE, "c1", STEP, "10 %", NOW + timedelta(days=2), "win-back")


@pytest.mark.usefixtures("moto")
def test_a_code_that_is_another_customers_stays_theirs() -> None:
    theirs = IssuedCode(CODE, "c2", "another", "15 %", NOW + timedelta(days=2), "welcome")
    codes.issue(theirs)

    effects.perform(IssueCode("c1", "win-back", OFFER), NOW)

    assert codes.read(CODE) == theirs


def test_a_message_shows_the_steps_code_and_its_end_and_issues_none_of_its_own(shop: SendingShop) -> None:
    effects.perform(IssueCode("c1", "welcome", OFFER), NOW)
    shop.customer(MAIL)

    deliver(shop.message(code=OFFER), later(seconds=2))

    assert shop.found().status is Status.SENT
    assert f"{CODE} 22\N{NO-BREAK SPACE}ноября, 12:30" in text_of(shop.mails[0])
    assert codes.read(code_value("m1")) is None


def test_a_code_that_has_ended_is_not_shown_any_more(shop: SendingShop) -> None:
    ended = CodeOffer("10 %", 60, STEP, NOW + timedelta(seconds=1))
    effects.perform(IssueCode("c1", "welcome", ended), NOW)
    shop.customer(MAIL)

    deliver(shop.message(code=ended), later(seconds=1))

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "expired")


def test_a_code_that_is_not_the_runs_own_is_not_promised(shop: SendingShop) -> None:
    codes.issue(IssuedCode(CODE, "c2", "another", "15 %", NOW + timedelta(days=2)))
    shop.customer(MAIL)

    deliver(shop.message(code=OFFER), NOW)

    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "code-pool-empty")


def test_a_message_that_the_budget_refuses_owes_nobody_a_code(shop: SendingShop) -> None:
    shop.define(budget="0")
    shop.customer(MAIL)

    deliver(shop.message(code=CodeOffer("10 %", 3600)), NOW)

    assert shop.found().reason == "budget"
    assert codes.read(code_value("m1")) is None
