"""One person known in parts, joined by a request: through the real engine, nothing of theirs is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.events import Identity
from chalicelib.storage import identities
from tests.flows.whole_path import WholePath

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> WholePath:
    return WholePath(moto, MONDAY, monkeypatch)


def told(shop: WholePath, name: str, identity: dict[str, str], **part: object) -> None:
    shop.pass_time(timedelta(minutes=1))
    assert shop.event({
        "id": f"{name}-{shop.now:%H%M}", "name": name, "occurred_at": shop.now.isoformat(), "identities": identity,
        **part,
    }) == 200
    shop.work()


def test_three_profiles_named_by_one_order_become_one_with_all_that_each_knew(shop: WholePath) -> None:
    # Given one person whom the shop knows by mail, by phone and by a browser, each apart
    told(shop, "customer.updated", {"email": "anna@wool.example"}, customer={"first_name": "Anna"})
    told(shop, "customer.updated", {"phone": "+79123456789"}, customer={"city": "Perm"})
    told(shop, "product.viewed", {"device_id": "d1"}, product={"id": "22"})

    # When an order names them all
    told(
        shop, "order.placed", {"email": "anna@wool.example", "phone": "+79123456789", "device_id": "d1"},
        order={"id": "o1", "total": "100.00"},
    )

    # Then there is one customer, who knows all of it, and all lead there
    profile = shop.customer().profile
    assert (profile.first_name, profile.city, profile.viewed) == ("Anna", "Perm", ("22",))
    assert (profile.email, profile.phone, profile.orders.count) == ("anna@wool.example", "+79123456789", 1)
    assert len(shop.customer().absorbed) == 2
    known = [Identity("email", "anna@wool.example"), Identity("phone", "+79123456789"), Identity("device", "d1")]
    assert set(identities.find(known).values()) == {shop.customer().customer_id}
    assert shop.failures == []


def test_news_of_an_order_that_come_before_it_count_once_it_is_known_whose_it_was(shop: WholePath) -> None:
    shop.shopify("fulfillment_events/create", {
        "id": 1, "order_id": 5, "status": "delivered", "happened_at": "2026-03-02T09:00:00Z",
    })
    shop.work()

    shop.shopify("orders/create", {
        "id": 5, "created_at": "2026-03-01T09:00:00Z", "total_price": "100.00", "currency": "RUB",
        "email": "anna@wool.example", "line_items": [],
    })
    shop.work()

    customer = shop.customer()
    progress, = customer.profile.progress
    assert set(progress.facts) == {"placed", "delivered"}
    assert customer.profile.orders.count == 1
