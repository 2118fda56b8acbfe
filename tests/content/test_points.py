"""The points that a message can speak of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.content.points import Points, points_of
from chalicelib.content.samples import BARE_CUSTOMER, BARE_EVENT, SAMPLE_NOW
from chalicelib.domain.customer import Loyalty, Profile
from chalicelib.domain.events import Event
from tests.content.places import render_sms

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["NaN", "1e999", "1e-999999", "sNaN", "-1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2), max_leaves=4,
)


def told(name: str, **data: Any) -> Event:
    """An event of the loyalty programme."""
    return Event(name, SAMPLE_NOW, data=data)


def test_points_awarded_stand_beside_the_balance_that_the_event_tells() -> None:
    points = points_of(Profile(), told("loyalty.points-awarded", points=200, balance="1240", rate=7.5))
    assert points == Points(balance=1240, awarded=200, rate=Decimal("7.5"))


def test_points_that_expire_are_not_taken_for_awarded_ones() -> None:
    points = points_of(Profile(), told("loyalty.points-expiring", points=90, expires_on="2026-04-01"))
    assert points == Points(expiring=90, expires_on=date(2026, 4, 1))


def test_without_an_event_the_profile_tells_balance_and_level() -> None:
    points = points_of(Profile(loyalty=Loyalty(300, "VIP")), None)
    assert points == Points(balance=300, level="VIP")


def test_a_new_level_stands_before_the_one_the_profile_knows() -> None:
    points = points_of(Profile(loyalty=Loyalty(300, "Newcomer")), told("loyalty.level-reached", level="VIP", rate=10))
    assert points == Points(balance=300, level="VIP", rate=Decimal(10))


def test_of_who_has_no_points_there_is_nothing_to_say() -> None:
    assert points_of(Profile(), BARE_EVENT) is None
    text = "x{% if points %}{{ points.balance }}{% endif %}"
    assert render_sms(text, event=BARE_EVENT, customer=BARE_CUSTOMER) == "x"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["points", "balance", "rate", "level", "expires_on"]), JSON))
def test_no_data_of_a_shops_own_event_breaks_the_points(data: dict[str, Any]) -> None:
    points = points_of(Profile(), told("loyalty.points-awarded", **data)) or Points()
    assert len(f"{points.rate:f}") < 20
    assert all(number >= 0 for number in (points.balance, points.awarded, points.expiring, points.rate))


def test_a_number_of_thousands_of_digits_is_no_number_of_points() -> None:
    assert points_of(Profile(), told("loyalty.points-awarded", points=10**5000)) is None


@pytest.mark.parametrize("rate", [7, "7", 7.0, "7.0"])
def test_a_rate_is_shown_in_per_cent(rate: Any) -> None:
    event = replace(BARE_EVENT, data={"rate": rate})
    assert render_sms("{{ points.rate|percent }}", event=event) == "7 %"
