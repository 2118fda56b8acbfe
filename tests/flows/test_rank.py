"""What the archive says of the shop's products, night after night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry, Event, Line, Order, Product
from chalicelib.domain.rankings import Ranked, Rankings
from chalicelib.domain.recommendations import Taste
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows import rankings_in_force
from chalicelib.flows.compact import compact
from chalicelib.flows.rank import rank
from chalicelib.storage import archive, bucket, catalogue
from chalicelib.storage.archive import Archived
from tests.flows.failing_files import s3_away

NIGHT = datetime(2026, 3, 31, 2, 30, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    rankings_in_force.forget()
    yield
    rankings_in_force.forget()


def told(customer: str, event: Event) -> Archived:
    """An entry of the archive."""
    number = next(_numbers)
    entry = Entry(customer, f"{event.occurred_at:%Y-%m-%dT%H:%M:%S}#test#{number}", event.occurred_at, "test", (event,))
    return Archived(entry, Position("2026-01-01T00:00:00.000", 10**30 + number))


def bought(customer: str, *products: str, days_ago: int = 1, pieces: int = 1, order: str = "") -> Archived:
    """An order of these products."""
    at = NIGHT - timedelta(days=days_ago)
    lines = tuple(Line(product, quantity=pieces) for product in products)
    return told(customer, Event("order.placed", at, order=Order(order or f"o{next(_numbers)}", lines=lines)))


def viewed(customer: str, product: str) -> Archived:
    """A look at a product."""
    return told(customer, Event("product.viewed", NIGHT - timedelta(days=1), product=Product(product)))


def list_products(*names: str) -> None:
    """Let the catalogue know products at 1,000 RUB."""
    for name in names:
        product = Product(name, title=name, category=name.partition("-")[0], price=Decimal(1000))
        catalogue.put(product, NIGHT - timedelta(days=400))


def ranked_after(*entries: Archived) -> dict[str, Ranked]:
    """The night after these entries, by product, in order."""
    archive.write(entries)
    compact(NIGHT)
    return {product.id: product for product in rank(NIGHT).products}


def beside(ranked: dict[str, Ranked], product: str) -> list[str]:
    names = list(ranked)
    return [names[place] for place in ranked[product].together]


def test_the_night_ranks_what_sold_and_what_went_together(aws: str) -> None:
    list_products("coat", "scarf", "hat", "shirt")
    ranked = ranked_after(
        bought("anna", "coat", "scarf"), bought("vera", "coat"), bought("vera", "scarf", days_ago=20),
        bought("inna", "hat", days_ago=50), bought("olga", "shirt", days_ago=100), viewed("olga", "hat"),
    )
    assert list(ranked) == ["coat", "scarf", "hat"]
    assert beside(ranked, "coat") == ["scarf"]
    assert beside(ranked, "hat") == []
    assert ranked["coat"] == Ranked("coat", "coat", Decimal(1000), "RUB", sold=True, together=(1,))


def test_what_was_ranked_is_what_messages_read(moto: str) -> None:
    list_products("coat")
    ranked_after(bought("anna", "coat"))
    assert list(rankings_in_force.shelf(NIGHT).candidates("bestsellers", Taste())) == ["coat"]


def test_an_order_told_twice_is_one_and_a_cancelled_one_none(moto: str) -> None:
    list_products("coat", "hat")
    gone = Event("order.cancelled", NIGHT - timedelta(hours=9), order=Order("o-gone"))
    ranked = ranked_after(
        bought("anna", "coat", order="o-1"), bought("anna", "coat", order="o-1"),
        bought("vera", "hat", order="o-2"), bought("inna", "hat", order="o-3"),
        *(bought(f"customer-{number}", "coat", order="o-gone") for number in range(1)), told("customer-0", gone),
    )
    assert list(ranked) == ["hat", "coat"]


def test_a_wholesale_order_does_not_make_a_bestseller(moto: str) -> None:
    list_products("coat", "hat")
    assert list(ranked_after(bought("anna", "hat", pieces=900), bought("vera", "coat"), bought("inna", "coat"))) == [
        "coat", "hat",
    ]


def test_what_the_same_people_looked_at_is_similar(moto: str) -> None:
    list_products("coat-1", "coat-2", "hat")
    ranked = ranked_after(*(
        viewed(who, what) for who, what in (
            ("anna", "coat-1"), ("anna", "coat-2"), ("vera", "coat-2"), ("vera", "coat-1"), ("inna", "hat"),
        )
    ))
    assert [list(ranked)[place] for place in ranked["coat-1"].similar] == ["coat-2"]
    assert not ranked["coat-1"].sold


def test_a_product_the_catalogue_does_not_know_is_not_recommended(moto: str) -> None:
    list_products("coat")
    assert list(ranked_after(bought("anna", "coat", "unknown"))) == ["coat"]


def test_days_that_were_compacted_before_there_was_a_table_of_products_count(moto: str) -> None:
    list_products("coat")
    archive.write([bought("anna", "coat")])
    compact(NIGHT)
    for file in bucket.list_files(archive.PRODUCTS):
        bucket.delete(file.key)
    assert [product.id for product in rank(NIGHT).products] == ["coat"]
    assert len(list(bucket.list_files(archive.PRODUCTS))) == 1


def test_a_shop_without_a_day_behind_it_has_no_rankings(moto: str) -> None:
    assert rank(NIGHT) == Rankings(NIGHT)


def test_while_aws_is_away_the_rankings_of_the_last_night_stay(moto: str) -> None:
    list_products("coat")
    ranked_after(bought("anna", "coat"))
    with s3_away(), pytest.raises(StorageUnavailableError):
        rank(NIGHT + timedelta(days=1))
    assert list(rankings_in_force.shelf(NIGHT).candidates("bestsellers", Taste())) == ["coat"]


def test_names_and_quantities_of_all_kinds_are_read(moto: str) -> None:
    odd = ["coat' OR 1=1 --", "пальто", "🧥", "a" * 500]
    list_products(*odd)
    assert set(ranked_after(bought("anna", *odd, pieces=-3), bought("vera", *odd, pieces=1_000_000))) == set(odd)
