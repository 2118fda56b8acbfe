"""Which products are recommended to whom, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.customer import Profile
from chalicelib.domain.events import Cart, Event, Line, Order, Page, Product
from chalicelib.domain.rankings import Counted, Counts, Pair, Ranked, Rankings, ranked
from chalicelib.domain.recommendations import KINDS, Shelf, Taste, taste_of

NOW = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)


def one(name: str, price: int = 1000, *, sold: bool = True, together: tuple[int, ...] = (),
        similar: tuple[int, ...] = ()) -> Ranked:
    """A product; its category is the first word of its id."""
    return Ranked(name, name.partition("-")[0], Decimal(price), "RUB", sold, together, similar)


SHOP = Shelf(Rankings(NOW, (
    one("coat-wool", 18000, together=(2, 3), similar=(1,)),
    one("coat-down", 26000),
    one("scarf-red", 2500, together=(0, 3)),
    one("gloves-black", 3000, together=(2, 0)),
    one("coat-rain", 15000),
    one("shirt-linen", 4500, sold=False),
)))


def first(kind: str, taste: Taste, count: int = 4) -> list[str]:
    return list(islice(SHOP.candidates(kind, taste), count))


def having_put(*products: str) -> Event:
    """Somebody's cart."""
    return Event("cart.updated", NOW, cart=Cart("c", lines=tuple(Line(product) for product in products)))


def test_beside_a_coat_stands_what_others_bought_with_it() -> None:
    taste = taste_of(Profile(), Event("order.placed", NOW, order=Order("o", lines=(Line("coat-wool"),))))
    assert first("bought-together", taste) == ["scarf-red", "gloves-black"]


def test_who_is_shown_nothing_is_told_what_goes_with_what_they_bought_last() -> None:
    assert first("bought-together", Taste(bought=("scarf-red",))) == ["coat-wool", "gloves-black"]


def test_similar_is_what_the_same_people_looked_at_then_what_costs_about_the_same() -> None:
    taste = taste_of(Profile(), Event("product.viewed", NOW, product=Product("coat-wool")))
    assert first("similar", taste) == ["coat-down", "coat-rain"]


def test_without_an_event_the_product_viewed_last_is_the_starting_point() -> None:
    assert first("similar", taste_of(Profile(viewed=("scarf-red", "coat-rain")), None)) == ["coat-wool"]


def test_bestsellers_are_sold() -> None:
    assert first("bestsellers", Taste(), 9) == ["coat-wool", "coat-down", "scarf-red", "gloves-black", "coat-rain"]


def test_what_was_viewed_last_comes_first() -> None:
    assert first("last-viewed", taste_of(Profile(viewed=("shirt-linen", "of another day", "coat-wool")), None)) == [
        "coat-wool", "of another day", "shirt-linen",
    ]


def test_a_dearer_one_is_of_the_same_category_and_not_out_of_reach() -> None:
    assert first("more-expensive", taste_of(Profile(), having_put("coat-rain"))) == ["coat-wool"]
    assert first("more-expensive", taste_of(Profile(), having_put("coat-wool"))) == ["coat-down"]


@pytest.mark.parametrize(("price", "currency", "fits"), [
    ("16500", "RUB", True), ("24000", "RUB", True), ("16499", "RUB", False), ("24001", "RUB", False),
    ("18000", "EUR", False), ("0", "RUB", False),
])
def test_a_dearer_one_has_to_be_so_at_the_price_of_today(price: str, currency: str, *, fits: bool) -> None:
    taste = taste_of(Profile(), having_put("coat-rain"))
    assert SHOP.fits("more-expensive", Product("x", price=Decimal(price), currency=currency), taste) == fits


def test_a_personal_choice_goes_by_the_categories_of_the_customer_the_latest_first() -> None:
    taste = taste_of(Profile(categories=("coat", "scarf")), None)
    assert first("personal", taste) == ["scarf-red", "coat-wool", "coat-down", "coat-rain"]


def test_a_category_that_is_being_looked_at_counts_before_all_others() -> None:
    event = Event("category.viewed", NOW, page=Page(category="gloves"))
    assert first("personal", taste_of(Profile(categories=("coat",)), event), 2) == ["gloves-black", "coat-wool"]


def test_too_little_is_filled_with_bestsellers_of_the_category_then_of_the_shop() -> None:
    taste = taste_of(Profile(), having_put("coat-rain"))
    assert list(SHOP.stand_ins("similar", taste)) == ["coat-wool", "coat-down", "scarf-red", "gloves-black"]


def test_beside_a_coat_no_other_coat_is_put_first() -> None:
    shelf = Shelf(Rankings(NOW, (one("scarf-red"), one("coat-wool"), one("coat-down"))))
    taste = taste_of(Profile(), having_put("coat-wool"))
    assert list(shelf.stand_ins("bought-together", taste)) == ["scarf-red", "coat-down"]


def test_a_shop_without_a_night_behind_it_recommends_nothing() -> None:
    for kind in KINDS:
        assert list(Shelf(Rankings(NOW)).candidates(kind, taste_of(Profile(categories=("coat",)), None))) == []


IDS = st.integers(0, 14).map("p{}".format)
CATEGORIES = st.sampled_from(["", "coat", "scarf"])
PRODUCTS = st.lists(
    st.builds(
        Ranked, IDS, CATEGORIES, st.integers(0, 50).map(Decimal), st.sampled_from(["RUB", "EUR"]), st.booleans(),
        *[st.lists(st.integers(0, 20), max_size=4).map(tuple)] * 2,
    ),
    max_size=15, unique_by=lambda product: product.id,
)
TASTES = st.builds(
    Taste,
    st.lists(st.builds(Product, IDS, category=CATEGORIES, price=st.integers(-9, 50).map(Decimal)), max_size=4)
    .map(tuple),
    *[st.lists(IDS, max_size=4).map(tuple)] * 2, st.lists(CATEGORIES, max_size=3).map(tuple),
)


@settings(deadline=None)
@given(PRODUCTS, TASTES, st.sampled_from(KINDS))
def test_nothing_is_named_twice_or_is_in_the_cart_or_bought(products: list[Ranked], taste: Taste, kind: str) -> None:
    shelf = Shelf(Rankings(NOW, tuple(products)))
    for found in (list(shelf.candidates(kind, taste)), list(shelf.stand_ins(kind, taste))):
        assert len(found) == len(set(found))
        assert not set(found) & {product.id for product in taste.shown}
        assert not set(found) & set(taste.bought)
        assert set(found) <= {product.id for product in products} | set(taste.viewed)


@settings(deadline=None)
@given(PRODUCTS, TASTES, st.sampled_from(KINDS))
def test_the_same_night_recommends_the_same(products: list[Ranked], taste: Taste, kind: str) -> None:
    rankings = Rankings(NOW, tuple(products))
    assert list(Shelf(rankings).candidates(kind, taste)) == list(Shelf(rankings).candidates(kind, taste))


def counts(*pairs: Pair, buyers: int = 100) -> Counts:
    """Three products, the second of which sells best."""
    products = (Counted("a", 1, 5, 5), Counted("b", 2, 3, 3), Counted("c", 0, 9, 900), Counted("d", viewers=4))
    return Counts(products, bought=pairs, buyers=buyers)


GOODS = tuple(Product(name, category="coat", price=Decimal(10)) for name in "abcd")


def test_recent_orders_count_before_earlier_ones_and_orders_before_pieces() -> None:
    made = ranked(counts(), GOODS, NOW)
    assert [(product.id, product.sold) for product in made.products] == [
        ("b", True), ("a", True), ("c", True), ("d", False),
    ]


def test_what_the_catalogue_does_not_know_is_not_ranked() -> None:
    assert [product.id for product in ranked(counts(Pair("a", "b", 5, 9, 9)), GOODS[:1], NOW).products] == ["a"]


def test_what_is_bought_with_everything_is_closest_to_nothing() -> None:
    made = ranked(counts(Pair("a", "b", 10, 12, 12), Pair("a", "c", 11, 12, 95), Pair("b", "c", 2, 12, 95)), GOODS, NOW)
    by_id = {product.id: product for product in made.products}
    assert [made.products[place].id for place in by_id["a"].together] == ["b"]
    assert [made.products[place].id for place in by_id["b"].together] == ["a"]


def test_one_who_bought_both_is_no_rule() -> None:
    assert all(not product.together for product in ranked(counts(Pair("a", "b", 1, 1, 1)), GOODS, NOW).products)
