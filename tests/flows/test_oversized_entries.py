"""What does not fit into an item of the log is set aside, and holds nothing else back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from chalicelib.domain.customer import Customer, Position, Profile
from chalicelib.domain.events import Attributes, Entry, Event, Merge
from chalicelib.flows import definitions_in_force
from chalicelib.flows.advance import Arrived, advance
from chalicelib.storage import clients, customers, log, queues
from chalicelib.storage.packing import pack

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
OLDER, YOUNGER, SOMEBODY_ELSE = "01older", "02younger", "03else"


@pytest.fixture(autouse=True)
def shop(moto: str) -> None:
    clients.client("sqs").create_queue(QueueName=f"{moto}-stream-failures")
    definitions_in_force.forget()


def barely_storable() -> Customer:
    """A customer whose state fits an item of its own table, and no entry that holds it besides other things."""
    noise = Random(7)
    tags: list[str] = []
    while len(pack(customers.encode(customer := Customer(YOUNGER, profile=Profile(tags=tuple(tags)))))) < 400_200:
        tags += ["".join(chr(noise.randrange(32, 127)) for _ in range(2000)) for _ in range(2)]
    return customer


def arrived(customer_id: str, number: int, event: Event) -> Arrived:
    entry = Entry(customer_id, log.entry_id(event.occurred_at, "test", f"d-{number}"), NOW, "test", (event,))
    log.append(entry)
    return Arrived(entry, Position("label", number))


def test_a_merge_whose_state_no_entry_can_hold_is_set_aside_and_the_rest_goes_on() -> None:
    customers.commit(customers.Stored(Customer(YOUNGER)), barely_storable(), None)
    merge = arrived(YOUNGER, 1, Event("customer.merged", NOW, merge=Merge(OLDER)))
    later = arrived(YOUNGER, 2, Event("customer.updated", NOW + timedelta(1), customer=Attributes(city="Казань")))
    other = arrived(SOMEBODY_ELSE, 3, Event("customer.updated", NOW, customer=Attributes(city="Омск")))

    assert advance([merge, later, other], NOW) == set(), "nothing is to be brought again: it would end the same"

    younger = customers.load(YOUNGER, consistent=True)
    assert younger is not None
    assert (younger.customer.forwarded_to, younger.customer.profile.city) == ("", "Казань")
    assert len(younger.customer.profile.tags) > 100
    assert list(log.history(OLDER)) == []
    (aside,) = queues.take(queues.STREAM)
    assert (aside.body["customer_id"], aside.body["entry_id"]) == (YOUNGER, merge.entry.entry_id)
    assert "an item of the log holds" in str(aside.body["reason"])
    somebody = customers.load(SOMEBODY_ELSE, consistent=True)
    assert somebody is not None
    assert somebody.customer.profile.city == "Омск"


def test_a_merge_of_an_ordinary_state_goes_through() -> None:
    customers.commit(customers.Stored(Customer(YOUNGER)), Customer(YOUNGER, profile=Profile(city="Казань")), None)
    merge = arrived(YOUNGER, 1, Event("customer.merged", NOW, merge=Merge(OLDER)))

    assert advance([merge], NOW) == set()

    assert [entry.events[0].name for entry in log.history(OLDER)] == ["customer.absorbed"]
    assert list(queues.take(queues.STREAM)) == []
