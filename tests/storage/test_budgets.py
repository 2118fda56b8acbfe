"""Money of a month, reserved in one item: all that is claimed or nothing, and never above the limit."""

from __future__ import annotations

import pytest

from chalicelib.storage import budgets
from chalicelib.storage.budgets import Claim
from tests.storage.test_races import WRITERS, at_once

MARCH, APRIL = "2026-03", "2026-04"


@pytest.mark.usefixtures("aws")
class TestBudgets:
    def test_what_is_reserved_adds_up_until_the_ceiling(self) -> None:
        assert budgets.reserve(MARCH, [Claim("shop", 40, ceiling=60)]).granted
        assert budgets.reserve(MARCH, [Claim("shop", 40, ceiling=60)]).granted

        refused = budgets.reserve(MARCH, [Claim("shop", 21, ceiling=79)])

        assert not refused.granted
        assert refused.standing.reserved == {"shop": 80}
        assert budgets.reserve(MARCH, [Claim("shop", 20, ceiling=80)]).standing.reserved == {"shop": 100}

    def test_of_two_budgets_both_are_charged_or_neither(self) -> None:
        budgets.reserve(MARCH, [Claim("journeys/cart", 90, ceiling=10)])

        answer = budgets.reserve(MARCH, [Claim("shop", 20, ceiling=80), Claim("journeys/cart", 20, ceiling=80)])
        assert (answer.granted, answer.standing.reserved) == (False, {"journeys/cart": 90})

        answer = budgets.reserve(MARCH, [Claim("shop", 10, ceiling=90), Claim("journeys/cart", 10, ceiling=90)])
        assert (answer.granted, answer.standing.reserved) == (True, {"shop": 10, "journeys/cart": 100})

    def test_without_a_ceiling_it_is_counted_whatever_is_left(self) -> None:
        budgets.reserve(MARCH, [Claim("shop", 100, ceiling=0)])

        assert budgets.reserve(MARCH, [Claim("shop", 5, ceiling=None)]).standing.reserved == {"shop": 105}

    def test_what_is_more_than_the_whole_budget_is_refused_at_once(self) -> None:
        assert not budgets.reserve(MARCH, [Claim("shop", 101, ceiling=-1)]).granted
        assert budgets.standing(MARCH).reserved == {}

    def test_each_month_has_its_own_money(self) -> None:
        budgets.reserve(MARCH, [Claim("shop", 100, ceiling=0)])

        assert budgets.reserve(APRIL, [Claim("shop", 100, ceiling=0)]).granted

    def test_one_takes_the_alert_of_a_budget_and_may_leave_it_to_the_next(self) -> None:
        budgets.reserve(MARCH, [Claim("shop", 80, ceiling=20)])
        assert budgets.take_alert(MARCH, "shop")
        assert not budgets.take_alert(MARCH, "shop")
        assert budgets.take_alert(MARCH, "journeys/cart")
        assert budgets.standing(MARCH).told == {"shop", "journeys/cart"}

        budgets.leave_alert(MARCH, "shop")

        assert budgets.take_alert(MARCH, "shop")


@pytest.mark.ministack
@pytest.mark.usefixtures("ministack_aws")
def test_of_many_who_reserve_at_once_as_many_succeed_as_there_is_money() -> None:
    answers = at_once(lambda _: budgets.reserve(MARCH, [Claim("shop", 30, ceiling=70)]).granted)

    assert answers.count(True) == 3
    assert len(answers) == WRITERS
    assert budgets.standing(MARCH).reserved == {"shop": 90}
