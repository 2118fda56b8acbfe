"""The segments that ship: who is in each, to the border of its rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.definitions.segments_file import read_segments
from chalicelib.domain.conditions import Scope
from chalicelib.domain.customer import Customer, Engagement, Loyalty, OpenCart, OrderTotals
from chalicelib.domain.segments import compile_segments
from tests.domain.stories import anna

SEGMENTS = compile_segments(
    read_segments((Path(__file__).parent.parent.parent / "schedules" / "segments.yaml").read_text("utf-8"))
)
STAGES = ("lead", "new", "active", "regular", "at-risk", "sleeping", "cold", "lost")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def ago(days: float, *, more: bool = False) -> datetime:
    """So many days ago; an instant `more` where the border itself still belongs to the other side."""
    return NOW - timedelta(days=days) - (INSTANT if more else timedelta())


def buyer(count: int = 1, spent: int = 6000, days: float = 10, *, more: bool = False, **profile: Any) -> Customer:
    """A customer of so many orders, the last of them so many days ago."""
    return anna(orders=OrderTotals(count, Decimal(spent), "RUB", ago(900), ago(days, more=more)), **profile)


def seen(*, opened: float | None = None, clicked: float | None = None, first: float = 400, **fields: Any) -> Customer:
    """A reader of mails, with the days since the first visit, the last open and the last click."""
    told = Engagement(
        "email", ago(opened, more=True) if opened else None, ago(clicked, more=True) if clicked else None
    )
    return anna(engagement=(told,), first_seen_at=ago(first, more=True), **fields)


def of(customer: Customer) -> set[str]:
    return {name for name, rule in SEGMENTS.items() if rule.holds(Scope(customer, {}, NOW))}


IN = {
    "lead": [anna()],
    "new": [buyer(1), buyer(1, days=60)],
    "active": [buyer(2), buyer(3, days=60)],
    "regular": [buyer(4), buyer(50, days=60)],
    "at-risk": [buyer(1, days=60, more=True), buyer(9, days=90)],
    "sleeping": [buyer(1, days=90, more=True), buyer(9, days=180)],
    "cold": [buyer(days=180, more=True), buyer(days=365), buyer(days=90, more=True, data={"stage": "cold"})],
    "lost": [buyer(days=365, more=True), buyer(days=400, data={"stage": "cold"})],
    "vip": [buyer(2, 20001)],
    "recency-0-30": [buyer(days=0), buyer(days=30.99)],
    "recency-31-90": [buyer(days=31), buyer(days=90.99)],
    "recency-91": [buyer(days=91), buyer(days=900)],
    "frequency-1": [buyer(1)],
    "frequency-2-3": [buyer(2), buyer(3)],
    "frequency-4": [buyer(4)],
    "money-low": [buyer(spent=4999), buyer(spent=0)],
    "money-middle": [buyer(spent=5000), buyer(spent=15000)],
    "money-high": [buyer(spent=15001)],
    "rfm-best": [buyer(4, 15001, 30)],
    "rfm-slipping-away": [buyer(4, 15001, 31)],
    "rfm-worth-winning-back": [buyer(4, 15001, 91)],
    "asleep": [seen(first=120), seen(opened=120), seen(opened=300, clicked=120)],
    "mail-stopped": [seen(first=200, data={"mail": "stopped"})],
    "engaged": [seen(opened=29), seen(clicked=29), seen(opened=200, clicked=29)],
    "no-visit-14": [anna(last_seen_at=ago(14, more=True)), anna(last_seen_at=ago(30))],
    "inactive-30": [anna(last_seen_at=ago(30, more=True))],
    "buyers-no-visit-14": [buyer(last_seen_at=ago(14, more=True)), buyer(last_seen_at=ago(30))],
    "inactive-30-by-phone": [anna("sms", last_seen_at=ago(30, more=True))],
    "lapsed": [buyer(days=90, more=True), buyer(days=180), buyer(days=100, data={"stage": "cold"})],
    "reachable-by-mail": [anna("email")],
    "reachable-by-push": [anna("push"), anna("web-push", consents=())],
    "buys-often": [buyer(4, days=30)],
    "leaves-carts": [anna(cart=OpenCart("c1", updated_at=ago(1, more=True), items=1))],
    "one-order-and-gone": [buyer(1, days=90, more=True)],
    "looks-and-does-not-buy": [anna(viewed=tuple("12345"))],
    "wishes-for-something": [anna(wished=("p1",))],
    "buys-in-store": [anna(orders=OrderTotals(1, in_store=1, last_at=NOW))],
    "sends-things-back": [anna(orders=OrderTotals(2, returned=2, last_at=NOW))],
    "collects-points": [anna(loyalty=Loyalty(1))],
    "coat-lovers": [anna(categories=("scarves", "coats"))],
    "loves-discounts": [anna(tags=("loves-discounts",))],
    "age-under-25": [anna(birthday=date(2001, 3, 3))],
    "age-25-34": [anna(birthday=date(2001, 3, 2)), anna(birthday=date(1991, 3, 3))],
    "age-35-49": [anna(birthday=date(1991, 3, 2)), anna(birthday=date(1976, 3, 3))],
    "age-50": [anna(birthday=date(1976, 3, 2))],
    "women": [anna(gender="Female"), anna(gender="Ж")],
    "men": [anna(gender="male"), anna(gender="М")],
    "moscow": [anna(city="Москва"), anna(city="MOSCOW")],
}
OUT = {
    "lead": [buyer()],
    "new": [anna(), buyer(2), buyer(1, days=60, more=True)],
    "active": [buyer(1), buyer(4), buyer(2, days=60, more=True)],
    "regular": [buyer(3), buyer(4, days=60, more=True)],
    "at-risk": [anna(), buyer(days=60), buyer(days=90, more=True)],
    "sleeping": [anna(), buyer(days=90), buyer(days=180, more=True), buyer(days=100, data={"stage": "cold"})],
    "cold": [anna(data={"stage": "cold"}), buyer(days=180), buyer(days=365, more=True),
             buyer(days=90, data={"stage": "cold"})],
    "lost": [anna(), buyer(days=365)],
    "vip": [anna(), buyer(2, 20000)],
    "recency-0-30": [anna(), buyer(days=31)],
    "recency-31-90": [anna(), buyer(days=30.99), buyer(days=91)],
    "recency-91": [anna(), buyer(days=90.99)],
    "frequency-1": [anna(), buyer(2)],
    "frequency-2-3": [buyer(1), buyer(4)],
    "frequency-4": [buyer(3)],
    "money-low": [anna(), buyer(spent=5000)],
    "money-middle": [anna(), buyer(spent=4999), buyer(spent=15001)],
    "money-high": [anna(), buyer(spent=15000)],
    "rfm-best": [buyer(3, 15001, 30), buyer(4, 15000, 30), buyer(4, 15001, 31)],
    "rfm-slipping-away": [buyer(4, 15001, 30), buyer(4, 15001, 91)],
    "rfm-worth-winning-back": [buyer(4, 15001, 90), buyer(3, 15001, 91)],
    "asleep": [seen(first=119), seen(opened=119), seen(opened=300, clicked=119),
               anna(consents=(), first_seen_at=ago(400)), anna()],
    "mail-stopped": [seen(first=200), seen(first=200, opened=2, data={"mail": "stopped"})],
    "engaged": [seen(opened=30, clicked=30), anna()],
    "no-visit-14": [anna(), anna(last_seen_at=ago(14)), anna(last_seen_at=ago(30, more=True))],
    "inactive-30": [anna(), anna(last_seen_at=ago(30))],
    "buyers-no-visit-14": [anna(last_seen_at=ago(20)), buyer(last_seen_at=ago(14)),
                           buyer(last_seen_at=ago(30, more=True))],
    "inactive-30-by-phone": [anna("email", last_seen_at=ago(40)), anna("sms", last_seen_at=ago(30)), anna("sms")],
    "lapsed": [anna(), buyer(days=90), buyer(days=180, more=True)],
    "reachable-by-mail": [anna("email", consents=()), anna("sms")],
    "reachable-by-push": [anna("email", "sms")],
    "buys-often": [buyer(3, days=30), buyer(4, days=30, more=True)],
    "leaves-carts": [anna(), anna(cart=OpenCart("c1", updated_at=ago(1), items=1)),
                     anna(cart=OpenCart("c1", updated_at=ago(9), items=0))],
    "one-order-and-gone": [buyer(1, days=90), buyer(2, days=200)],
    "looks-and-does-not-buy": [anna(viewed=tuple("1234")), buyer(viewed=tuple("12345"))],
    "wishes-for-something": [anna()],
    "buys-in-store": [buyer()],
    "sends-things-back": [anna(orders=OrderTotals(2, returned=1, last_at=NOW))],
    "collects-points": [anna()],
    "coat-lovers": [anna(categories=("scarves",)), anna()],
    "loves-discounts": [anna(tags=("vip",))],
    "age-under-25": [anna(), anna(birthday=date(2001, 3, 2))],
    "age-25-34": [anna(birthday=date(2001, 3, 3)), anna(birthday=date(1991, 3, 2))],
    "age-35-49": [anna(birthday=date(1991, 3, 3)), anna(birthday=date(1976, 3, 2))],
    "age-50": [anna(), anna(birthday=date(1976, 3, 3))],
    "women": [anna(), anna(gender="male")],
    "men": [anna(), anna(gender="female")],
    "moscow": [anna(), anna(city="Tver")],
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_who_is_in_it_and_who_is_not(name: str) -> None:
    """The border is tried from both sides."""
    assert [name in of(customer) for customer in IN[name]] == [True] * len(IN[name])
    assert [name in of(customer) for customer in OUT[name]] == [False] * len(OUT[name])


@given(
    st.builds(
        buyer,
        count=st.integers(1, 6),
        days=st.sampled_from([0, 30, 59.9, 60, 61, 90, 91, 179.5, 180, 181, 365, 366, 900]),
        more=st.booleans(),
        data=st.sampled_from([{}, {"stage": "cold"}, {"stage": "warm"}]),
    )
    | st.builds(anna, data=st.sampled_from([{}, {"stage": "cold"}]))
)
def test_everybody_is_in_exactly_one_stage(customer: Customer) -> None:
    """Whatever the win-back journey has set."""
    assert len(of(customer) & set(STAGES)) == 1


def test_a_customer_who_does_nothing_more_goes_from_stage_to_stage_by_time_alone() -> None:
    """New, then at risk, sleeping, cold and lost: each at its moment, with nobody looking."""
    customer, now = buyer(1, days=0), NOW
    course = []
    while True:
        scope = Scope(customer, {}, now)
        course.append((next(name for name in STAGES if SEGMENTS[name].holds(scope)), (now - NOW).days))
        moments = [SEGMENTS[name].next_change(scope) for name in STAGES]
        ahead = [moment for moment in moments if moment is not None]
        if not ahead:
            break
        now = min(ahead)

    assert course == [("new", 0), ("at-risk", 60), ("sleeping", 90), ("cold", 180), ("lost", 365)]
