"""Requests about one new person at the same moment, on a server that really runs them side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from chalicelib.domain.events import Arrival, Event, Identity
from chalicelib.flows import accept
from chalicelib.storage import identities, log
from chalicelib.storage.tables import Events

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.ministack
@pytest.mark.parametrize("attempt", range(3))
def test_requests_about_one_person_at_once_all_end_with_one_customer(ministack_aws: str, attempt: int) -> None:
    person = [
        Identity("storefront", "shopify:7"), Identity("email", "anna@wool.example"), Identity("phone", "+79123456789"),
        Identity("cart", "shopify:c1"),
    ]
    arrivals = [
        Arrival(f"{number}-{turn}", NOW, pair, (Event("store.visited", NOW),))
        for turn in range(2) for number, pair in enumerate(combinations(person, 2))
    ]

    with ThreadPoolExecutor(len(arrivals)) as pool:
        new = list(pool.map(lambda each: accept.receive([each], "shopify", NOW + timedelta(seconds=1)), arrivals))

    assert new == [(True,)] * len(arrivals)
    merged_into: dict[str, str] = {}
    heard: list[str] = []
    for customer in {item["c"]["S"] for item in Events.scan_all(None, ["c"])}:
        for entry in log.history(customer):
            for event in entry.events:
                if event.merge:
                    assert event.merge.customer_id < customer, "the older survives, so no circle can arise"
                    merged_into[customer] = min(event.merge.customer_id, merged_into.get(customer, customer))
                else:
                    heard.append(entry.entry_id.split("#")[2])

    def survivor(customer: str) -> str:
        return survivor(merged_into[customer]) if customer in merged_into else customer

    assert sorted(heard) == sorted(arrival.delivery_id for arrival in arrivals)
    found = identities.find(person)
    assert set(found) == set(person)
    assert len({survivor(customer) for customer in found.values()}) == 1
