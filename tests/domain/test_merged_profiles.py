"""What each part of two profiles becomes when they turn out to be one person's: filled, added up, or the newest."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import (
    RECENT_IDENTITIES,
    RECENT_PRODUCTS,
    Address,
    Consent,
    Customer,
    Engagement,
    Loyalty,
    OpenCart,
    OrderTotals,
    Profile,
    Run,
    Touch,
)
from chalicelib.domain.effects import AppendEntry, RepointIdentities
from chalicelib.domain.events import Event, Identity, Merge
from chalicelib.domain.fold import fold
from chalicelib.domain.merging import absorb, runs_carried_over
from tests.domain.stories import at, cart, in_force, ordered, played, told

NOON = at("03-02 12:00")
HOUR = timedelta(hours=1)
NOTHING = in_force()


def merged(mine: Profile, other: Profile) -> Profile:
    """The profile of the older customer once it has absorbed the younger."""
    return absorb(Customer("a", profile=mine), Customer("b", profile=other)).profile


@pytest.mark.parametrize(("name", "mine", "other"), [
    ("first_name", "Anna", "Anja"), ("last_name", "Ivanova", "Petrova"), ("gender", "f", "m"), ("city", "Tver", "Omsk"),
    ("birthday", date(1990, 3, 5), date(1991, 4, 6)), ("country", "RU", "DE"),
    ("time_zone", "Europe/Moscow", "Asia/Omsk"), ("locale", "ru", "de"), ("first_source", "shopify", "form"),
    ("redaction_requested_at", NOON, NOON + HOUR),
])
def test_what_the_older_knows_stands_and_gaps_are_filled(name: str, mine: Any, other: Any) -> None:
    empty = Profile()
    one, two = replace(empty, **{name: mine}), replace(empty, **{name: other})

    assert merged(one, two) == one
    assert merged(one, empty) == one
    assert merged(empty, two) == two


@pytest.mark.parametrize(("name", "mine", "other", "both"), [
    ("tags", ("vip", "fan"), ("fan", "keen"), ("vip", "fan", "keen")),
    ("viewed", ("p3", "p1"), ("p1", "p2"), ("p1", "p2", "p3")),
    ("bought", ("p3", "p1"), ("p1", "p2"), ("p1", "p2", "p3")),
    ("categories", ("coats",), ("hats", "coats"), ("hats", "coats")),
    ("wished", ("p3",), ("p1",), ("p1", "p3")),
    ("loyalty", Loyalty(100, "gold"), Loyalty(40, "silver"), Loyalty(140, "gold")),
    ("loyalty", Loyalty(100), Loyalty(40, "silver"), Loyalty(140, "silver")),
    ("data", {"size": "L", "stage": "warm"}, {"stage": "cold", "shoe": 41}, {"size": "L", "stage": "warm", "shoe": 41}),
    ("first_seen_at", NOON, NOON - HOUR, NOON - HOUR),
    ("last_seen_at", NOON, NOON - HOUR, NOON),
])
def test_lists_points_and_moments_are_those_of_both(name: str, mine: Any, other: Any, both: Any) -> None:
    empty = Profile()
    one, two = replace(empty, **{name: mine}), replace(empty, **{name: other})

    assert getattr(merged(one, two), name) == both
    assert merged(one, empty) == one
    assert merged(empty, two) == two


@pytest.mark.parametrize("name", ["viewed", "bought", "categories", "wished"])
def test_of_the_products_of_both_the_last_are_kept_those_of_the_older_before_others(name: str) -> None:
    mine = replace(Profile(), **{name: tuple(f"m{number}" for number in range(8))})
    other = replace(Profile(), **{name: tuple(f"o{number}" for number in range(8))})

    kept = getattr(merged(mine, other), name)
    assert kept == (*(f"o{number}" for number in range(16 - RECENT_PRODUCTS, 8)), *getattr(mine, name))


def test_the_cart_filled_last_is_the_cart() -> None:
    early, late, undated = OpenCart("c1", updated_at=NOON), OpenCart("c2", updated_at=NOON + HOUR), OpenCart("c0")

    def of(mine: OpenCart | None, other: OpenCart | None) -> OpenCart | None:
        return merged(Profile(cart=mine), Profile(cart=other)).cart

    assert of(early, late) == of(late, early) == late
    assert of(early, undated) == of(undated, early) == early
    assert (of(undated, None), of(None, undated), of(None, None)) == (undated, undated, None)


def test_orders_of_another_currency_count_but_their_sum_is_not_added() -> None:
    rubles = OrderTotals(2, Decimal(300), "RUB", NOON - HOUR, NOON)
    euros = OrderTotals(1, Decimal(50), "EUR", NOON, NOON + HOUR)
    unknown = OrderTotals(count=0, in_store=1)

    assert merged(Profile(orders=rubles), Profile(orders=euros)).orders == OrderTotals(
        3, Decimal(300), "RUB", NOON - HOUR, NOON + HOUR
    )
    assert merged(Profile(orders=unknown), Profile(orders=euros)).orders == replace(euros, in_store=1)
    undated = merged(Profile(orders=unknown), Profile(orders=replace(unknown, in_store=2))).orders
    assert (undated.in_store, undated.first_at, undated.last_at) == (3, None, None)


def test_opens_and_clicks_are_added_up_by_channel_and_the_newest_kept() -> None:
    mail, push = Engagement("email", NOON, NOON, 3, 1), Engagement("push", NOON, None, 1, 0)
    more = Engagement("email", NOON - HOUR, NOON + HOUR, 2, 2)

    assert merged(Profile(engagement=(mail,)), Profile(engagement=(more, push))).engagement == (
        Engagement("email", NOON, NOON + HOUR, 5, 3), push,
    )
    quiet = Engagement("sms")
    assert merged(Profile(engagement=(quiet,)), Profile(engagement=(quiet,))).engagement == (quiet,)


def test_addresses_of_both_are_written_to_those_of_the_older_first() -> None:
    """The newest of a channel is the last, so what was the older's stays the one that is written to."""
    mine, other = Address("email", "a@example.org"), Address("email", "b@example.org")

    assert merged(Profile(addresses=(mine,)), Profile(addresses=(other,))).addresses == (other, mine)
    dead = replace(mine, suppressed="complaint")
    assert merged(Profile(addresses=(dead,)), Profile(addresses=(mine,))).addresses == (dead,)
    bounced = replace(mine, suppressed="hard-bounce")
    assert merged(Profile(addresses=(dead,)), Profile(addresses=(bounced,))).addresses == (dead,)


def test_semantics_21_a_word_on_consent_keeps_where_it_came_from() -> None:
    yes = Consent("email", "news", True, NOON, "form")
    no = Consent("email", "news", False, NOON + HOUR, "link")

    assert merged(Profile(consents=(yes,)), Profile(consents=(no,))).consents == (no,)
    assert merged(Profile(consents=(no,)), Profile(consents=(yes,))).consents == (no,)


def test_identities_and_touches_of_both_are_kept() -> None:
    mine, other = Touch("a", "m1", "email", NOON, clicked=True), Touch("b", "m2", "sms", NOON, clicked=True)
    one = Customer("a", identities=("device:d1", "device:d2"), touches=(mine,))
    two = Customer("b", identities=("device:d2", "device:d3"), touches=(other,))

    both = absorb(one, two)
    assert both.identities == ("device:d1", "device:d2", "device:d3")
    assert set(both.touches) == {mine, other}
    many = replace(two, identities=tuple(f"device:n{number}" for number in range(RECENT_IDENTITIES)))
    assert absorb(one, many).identities == many.identities


def test_who_is_absorbed_hands_over_the_whole_state_and_lets_identities_lead_on() -> None:
    noon = at("03-02 12:00")
    younger = Customer(
        "b", now=noon, identities=("device:d1",), touches=(Touch("b", "m2", "sms", noon, clicked=True),),
        profile=Profile(addresses=(Address("email", "b@example.org"), Address("push", "p1"))),
    )
    entry = replace(
        told(noon, Event("customer.merged", noon, merge=Merge("a")), entry_id="e1"),
        customer_id="b", identities=(Identity("device", "d1"),),
    )
    folded = fold(younger, entry, NOTHING)

    append, repoint = folded.effects
    assert repoint == RepointIdentities("b", "a", ("device:d1", "email:b@example.org"))
    assert isinstance(append, AppendEntry)
    handed = append.entry
    assert (handed.customer_id, handed.entry_id, handed.recorded_at, handed.identities) == ("a", "e1", noon, ())
    (event,) = handed.events
    assert event.merge is not None
    assert (event.name, event.occurred_at, event.merge.customer_id) == ("customer.absorbed", noon, "b")
    assert fold(Customer("a"), handed, NOTHING).customer.absorbed == ("b",)
    left = folded.customer
    assert (left.forwarded_to, left.profile, left.runs, left.visits, left.sends, left.touches, left.timer_at) == (
        "a", Profile(), (), (), (), (), None,
    )


CARTS = in_force("journey: story\nenter: {on: cart.updated, key: event.cart.id, again: always}\ngoal: order.placed\n"
                 "steps: [wait: 1 hour, send: first]",
                 "journey: other\nenter: {on: cart.updated, key: event.cart.id, again: always}\n"
                 "steps: [wait: 1 hour, send: second]")


def carried(mine: Customer, cart_id: str, when: str = "03-02 10:00") -> list[tuple[str, str]]:
    """Journey and key of the runs of a visitor with that cart, which go on with the customer."""
    visitor, _ = played(CARTS, cart(when, cart_id), customer=Customer("b"), days=0)
    return [(run.journey, run.key) for run in runs_carried_over(mine, visitor, CARTS)]


def test_a_run_goes_on_unless_the_customer_walks_that_journey_with_that_key() -> None:
    both, _ = played(CARTS, cart("03-02 09:50", "c1"), customer=Customer("a"), days=0)
    story_only: tuple[Run, ...] = tuple(run for run in both.runs if run.journey == "story")

    assert carried(Customer("a"), "c1") == [("story", "c1"), ("other", "c1")]
    assert carried(both, "c1") == []
    assert carried(both, "c2") == [("story", "c2"), ("other", "c2")]
    assert carried(replace(both, runs=story_only), "c1") == [("other", "c1")]


def test_an_order_at_the_very_moment_of_the_entry_ends_the_run() -> None:
    """It is the order by which the visitor turned out to be the customer."""
    bought, _ = played(CARTS, ordered("03-02 10:00"), customer=Customer("a"), days=0)

    assert carried(bought, "c1", "03-02 10:00") == [("other", "c1")]
    assert carried(bought, "c1", "03-02 10:01") == [("story", "c1"), ("other", "c1")]


def test_a_checkout_at_the_very_moment_of_an_order_is_closed() -> None:
    bought = Profile(orders=OrderTotals(1, Decimal(10), "RUB", NOON, NOON))

    assert merged(bought, Profile(checkout_at=NOON)).checkout_at is None
    assert merged(bought, Profile(checkout_at=NOON + HOUR)).checkout_at == NOON + HOUR
