"""A customer's state is replaced as a whole, by one writer at a time."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Position, Run
from chalicelib.errors import VersionConflictError
from chalicelib.storage import customers
from chalicelib.storage.customers import Stored
from chalicelib.storage.tables import Customers
from tests.storage.examples import CUSTOMER, NOON, customer

pytestmark = pytest.mark.usefixtures("aws")

LABEL = "2026-03-02T10:00:00.123"


def test_a_customer_without_a_state_is_none() -> None:
    assert customers.load("nobody") is None
    assert customers.load_many(["nobody"]) == {}
    assert customers.load_many([]) == {}


def test_a_state_is_loaded_as_it_was_committed() -> None:
    position = Position(LABEL, 4421584500000000017450439091)

    committed = customers.commit(Stored(customer()), customer(), position)

    assert committed == Stored(customer(), 1, position)
    assert customers.load(CUSTOMER, consistent=True) == committed


def test_values_of_a_run_keep_their_kinds() -> None:
    values = {"t": Decimal("7990.00"), "n": 3, "f": 1.5, "b": True, "none": None, "at": NOON, "text": "7990.00"}
    run = Run("cart-abandoned", "c-1", 1, "v", "2", NOON, NOON, values=values)

    customers.commit(Stored(customer()), customer(runs=(run,)), None)

    stored = customers.load(CUSTOMER)
    assert stored is not None
    found = stored.customer.runs[0].values
    assert found == values
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in values.items()
    }
    assert str(found["t"]) == "7990.00"


def test_each_commit_moves_the_version_and_the_position() -> None:
    stored = Stored(Customer(CUSTOMER))
    for sequence in (7, 9):
        stored = customers.commit(stored, customer(), Position(LABEL, sequence))

    assert customers.load(CUSTOMER, consistent=True) == Stored(customer(), 2, Position(LABEL, 9))


def test_the_second_of_two_first_writers_is_refused() -> None:
    nothing = Stored(Customer(CUSTOMER))
    customers.commit(nothing, customer(), Position(LABEL, 1))

    with pytest.raises(VersionConflictError) as refused:
        customers.commit(nothing, Customer(CUSTOMER), Position(LABEL, 2))

    assert refused.value.found == 1
    stored = customers.load(CUSTOMER, consistent=True)
    assert stored is not None
    assert stored.customer == customer()


def test_a_writer_who_read_an_older_version_is_refused() -> None:
    first = customers.commit(Stored(customer()), customer(), Position(LABEL, 1))
    customers.commit(first, customer(), Position(LABEL, 2))

    with pytest.raises(VersionConflictError, match="version 2"):
        customers.commit(first, Customer(CUSTOMER), Position(LABEL, 3))


def test_a_version_of_a_state_that_was_erased_since_is_refused() -> None:
    stored = Stored(customer(), version=3)

    with pytest.raises(VersionConflictError):
        customers.commit(stored, customer(), None)


def test_more_states_than_one_request_holds_are_loaded_once_each() -> None:
    ids = [f"customer-{n:03}" for n in range(130)]
    for customer_id in ids:
        customers.commit(Stored(Customer(customer_id)), Customer(customer_id), None)

    found = customers.load_many([*ids, *ids[:10], "nobody"], consistent=True)

    assert sorted(found) == ids
    assert all(stored.customer.customer_id == customer_id for customer_id, stored in found.items())


def test_a_typical_regular_takes_one_write_unit() -> None:
    customers.commit(Stored(customer()), customer(), Position(LABEL, 4421584500000000017450439091))

    item = Customers.fetch(CUSTOMER)

    assert item is not None
    assert sum(len(name) for name in item) + len(CUSTOMER) + len(item["p"]["S"]) + 2 + len(item["s"]["B"]) <= 1024


def test_a_state_far_beyond_the_usual_is_kept_whole() -> None:
    crowded = replace(customer(), recent=tuple(n.to_bytes(8) for n in range(5000)))

    customers.commit(Stored(customer()), crowded, None)

    stored = customers.load(CUSTOMER)
    assert stored is not None
    assert stored.customer == crowded
