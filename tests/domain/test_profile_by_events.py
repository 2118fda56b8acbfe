"""What each event changes in the profile, and what it leaves: what conditions read and where messages go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Consent, Engagement, Loyalty, OpenCart, OrderTotals, Profile
from chalicelib.domain.events import (
    Attributes,
    Cart,
    ConsentChange,
    Endpoint,
    Event,
    Feedback,
    Line,
    Order,
    Page,
    Product,
)
from chalicelib.domain.profile import MAX_ADDRESSES, apply, seen
from tests.domain.stories import at

NOON = at("03-02 12:00")
HOUR = timedelta(hours=1)
MAIL = Address("email", "a@example.org")


def after(profile: Profile, name: str, when: int = 0, **parts: Any) -> Profile:
    """The profile after an event, so many hours after noon, told an hour later."""
    moment = NOON + HOUR * when
    changed = apply(profile, Event(name, moment, **parts), moment + HOUR)
    assert changed is not None
    return changed


@pytest.mark.parametrize(("profile", "name", "parts", "expected"), [
    (Profile(wished=("p1",)), "wishlist.added", {"product": Product("p2")}, {"wished": ("p1", "p2")}),
    (Profile(wished=("p1", "p2")), "wishlist.removed", {"product": Product("p1")}, {"wished": ("p2",)}),
    (Profile(), "category.viewed", {"page": Page(category="coats")}, {"categories": ("coats",)}),
    (Profile(loyalty=Loyalty(10, "silver")), "loyalty.level-reached", {"data": {"level": "gold"}},
     {"loyalty": Loyalty(10, "gold")}),
    (Profile(loyalty=Loyalty(10, "silver")), "loyalty.points-awarded", {"data": {"points": 5}},
     {"loyalty": Loyalty(15, "silver")}),
    (Profile(loyalty=Loyalty(10, "silver")), "loyalty.points-redeemed", {"data": {"points": 4}},
     {"loyalty": Loyalty(6, "silver")}),
    (Profile(), "consent.given", {"consent": ConsentChange("sms", "news", "form")},
     {"consents": (Consent("sms", "news", True, NOON, "form"),)}),
    (Profile(), "consent.withdrawn", {"consent": ConsentChange("sms", "news", "link")},
     {"consents": (Consent("sms", "news", False, NOON, "link"),)}),
    (Profile(), "endpoint.registered",
     {"endpoint": Endpoint("web-push", "https://push.example/1", p256dh="k", auth="a", platform="chrome")},
     {"addresses": (Address("web-push", "https://push.example/1", p256dh="k", auth="a", platform="chrome"),)}),
    (Profile(tags=("vip", "new")), "customer.untagged", {"customer": Attributes(tags=("new",))}, {"tags": ("vip",)}),
])
def test_an_event_changes_its_part_and_no_other(
    profile: Profile, name: str, parts: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert after(profile, name, **parts) == replace(profile, **expected)


@pytest.mark.parametrize("name", [
    "wishlist.added", "wishlist.removed", "category.viewed", "loyalty.level-reached", "loyalty.points-awarded",
    "consent.given", "endpoint.registered", "message.bounced", "message.complained", "message.delivered",
    "customer.untagged", "customer.updated", "endpoint.gone",
])
def test_an_event_without_its_part_changes_nothing(name: str) -> None:
    profile = Profile(tags=("vip",), addresses=(MAIL,), wished=("p1",))

    assert after(profile, name) == profile


ATTRIBUTES: dict[str, Any] = {
    "first_name": "Anna", "last_name": "Ivanova", "birthday": date(1990, 3, 5), "gender": "f", "city": "Tver",
    "country": "RU", "time_zone": "Europe/Moscow", "locale": "ru",
}


def test_attributes_told_stand_and_those_not_told_stay() -> None:
    known = after(Profile(), "customer.updated", customer=Attributes(**ATTRIBUTES))

    assert {name: getattr(known, name) for name in ATTRIBUTES} == ATTRIBUTES
    assert after(known, "customer.updated", customer=Attributes()) == known
    moved = after(known, "customer.updated", customer=Attributes(city="Omsk", time_zone="Asia/Omsk"))
    assert moved == replace(known, city="Omsk", time_zone="Asia/Omsk")


@pytest.mark.parametrize(("name", "message", "expected"), [
    ("bounced", Feedback("m", kind="hard"), replace(MAIL, suppressed="hard-bounce")),
    ("bounced", Feedback("m", "email", "hard", MAIL.value), replace(MAIL, suppressed="hard-bounce")),
    ("bounced", Feedback("m", kind="soft"), replace(MAIL, soft_bounces=3)),
    ("bounced", Feedback("m", "email", "soft", MAIL.value), replace(MAIL, soft_bounces=3)),
    ("bounced", Feedback("m", "email", "soft", "b@example.org"), replace(MAIL, soft_bounces=2)),
    ("bounced", Feedback("m", "sms", "hard"), replace(MAIL, soft_bounces=2)),
    ("complained", Feedback("m"), replace(MAIL, suppressed="complaint")),
    ("complained", Feedback("m", "email", "", "b@example.org"), replace(MAIL, soft_bounces=2)),
    ("delivered", Feedback("m"), MAIL),
    ("delivered", Feedback("m", "email", "", MAIL.value), MAIL),
    ("delivered", Feedback("m", "email", "", "b@example.org"), replace(MAIL, soft_bounces=2)),
    ("delivered", Feedback("m", "sms"), replace(MAIL, soft_bounces=2)),
    ("opened", Feedback("m"), MAIL),
    ("clicked", Feedback("m"), MAIL),
])
def test_semantics_21_what_providers_tell_of_an_address_decides_whether_it_is_written_to(
    name: str, message: Feedback, expected: Address
) -> None:
    """Mail is what is meant where no channel is told."""
    bounced_twice = Profile(addresses=(replace(MAIL, soft_bounces=2),))
    (address,) = after(bounced_twice, f"message.{name}", message=message).addresses

    if expected.suppressed:
        expected = replace(expected, soft_bounces=2)
    assert address == expected


def test_opens_and_clicks_are_counted_by_channel() -> None:
    once = after(Profile(), "message.opened", message=Feedback("m"))

    assert once.engagement == (Engagement("email", NOON, None, 1, 0),)
    assert after(once, "message.clicked", 1, message=Feedback("m", "push")).engagement == (
        Engagement("email", NOON, None, 1, 0), Engagement("push", None, NOON + HOUR, 0, 1),
    )


def test_who_asks_to_be_forgotten_is_so_from_when_it_is_told() -> None:
    assert after(Profile(), "customer.redaction-requested").redaction_requested_at == NOON + HOUR


def test_of_many_addresses_the_oldest_in_use_is_forgotten_and_never_a_suppressed_one() -> None:
    def registered(profile: Profile, *devices: str) -> Profile:
        for device in devices:
            profile = after(profile, "endpoint.registered", endpoint=Endpoint("push", device))
        return profile

    many = registered(Profile(addresses=(MAIL,)), *(f"d{number}" for number in range(MAX_ADDRESSES)))
    assert [address.value for address in registered(many, "new").addresses][:3] == [MAIL.value, "d1", "d2"]
    dead = replace(many, addresses=tuple(
        replace(address, suppressed="gone") if address.value == "d0" else address for address in many.addresses
    ))
    assert [address.value for address in registered(dead, "new").addresses][:3] == [MAIL.value, "d0", "d2"]
    all_dead = replace(many, addresses=tuple(replace(address, suppressed="gone") for address in many.addresses))
    assert [address.value for address in registered(all_dead, "new").addresses][1:] == [
        *(f"d{number}" for number in range(1, MAX_ADDRESSES)), "new",
    ]


def test_an_endpoint_that_is_gone_is_forgotten_whoever_tells() -> None:
    device = Address("push", "d1")
    profile = Profile(addresses=(MAIL, device))

    assert after(profile, "endpoint.gone", endpoint=Endpoint("push", "d1")).addresses == (MAIL,)
    assert after(profile, "endpoint.gone", message=Feedback("m", "push", address="d1")).addresses == (MAIL,)


def test_the_first_and_the_last_activity_are_the_earliest_and_the_latest_whatever_the_order() -> None:
    def noted(*hours: int) -> tuple[Any, ...]:
        profile = Profile()
        for hour in hours:
            profile = seen(profile, Event("form.submitted", NOON + HOUR * hour), f"source-{hour}")
        return profile.first_seen_at, profile.last_seen_at, profile.first_source

    assert noted(1) == (NOON + HOUR, NOON + HOUR, "source-1")
    assert noted(1, 0, 2) == noted(2, 1, 0) == noted(0, 2, 1) == (NOON, NOON + HOUR * 2, "source-0")


def test_an_order_empties_the_cart_it_came_from_and_says_what_was_bought() -> None:
    order = Order("o1", total=Decimal(100), currency="RUB", cart_id="c1", lines=(
        Line("p1", category="coats"), Line("p2", category="hats"),
    ))
    profile = Profile(cart=OpenCart("c1", updated_at=NOON - HOUR), checkout_at=NOON, bought=("p0",))
    bought = after(profile, "order.placed", order=order)

    assert (bought.cart, bought.checkout_at) == (None, None)
    assert (bought.bought, bought.categories) == (("p0", "p1", "p2"), ("coats", "hats"))
    assert bought.orders == OrderTotals(1, Decimal(100), "RUB", NOON, NOON)
    later = replace(profile, checkout_at=NOON + HOUR, cart=OpenCart("c2"))
    assert after(later, "order.placed", order=order).checkout_at == NOON + HOUR
    assert after(later, "order.placed", order=order).cart == OpenCart("c2")


def test_a_checkout_at_the_very_moment_of_an_order_is_not_opened_by_it() -> None:
    bought = Profile(orders=OrderTotals(1, Decimal(10), "RUB", NOON, NOON))

    assert after(bought, "checkout.started").checkout_at is None
    assert after(bought, "checkout.started", 1).checkout_at == NOON + HOUR


def test_a_cart_told_late_does_not_replace_a_newer_one() -> None:
    held = Profile(cart=OpenCart("c2", updated_at=NOON + HOUR))

    assert after(held, "cart.updated", cart=Cart("c1", Decimal(10))) == held
    newer = after(held, "cart.updated", 2, cart=Cart("c1", Decimal(10), lines=(Line("p1", quantity=2), Line("p2"))))
    assert newer.cart == OpenCart("c1", Decimal(10), "RUB", NOON + HOUR * 2, 3)


def test_a_refund_told_before_its_order_names_the_currency() -> None:
    refund = Order("o1", refunded=Decimal(30), currency="EUR")
    returned = after(Profile(), "order.returned", order=refund)

    assert returned.orders == OrderTotals(0, Decimal(-30), "EUR", returned=1)
    euros = OrderTotals(1, Decimal(100), "EUR", NOON, NOON)
    rubles = replace(refund, currency="RUB")
    assert after(Profile(orders=euros), "order.cancelled", order=rubles).orders == replace(euros, cancelled=1)
