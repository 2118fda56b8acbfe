"""What a message recommends: true at the moment of sending, and never worth a message."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from email import message_from_string

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Profile
from chalicelib.domain.events import Cart, Event, Line, Product
from chalicelib.domain.messages import Status
from chalicelib.domain.rankings import Ranked, Rankings
from chalicelib.domain.recommendations import KINDS, MOST
from chalicelib.flows import rankings_in_force
from chalicelib.flows.deliver import deliver
from chalicelib.flows.rankings_in_force import put_in_force
from chalicelib.flows.recommendations import LOOKED_UP, Recommender
from chalicelib.storage import bucket, catalogue
from chalicelib.storage import shop as shop_table
from tests.flows.engine_on_aws import requests_seen
from tests.flows.failing_calls import failing
from tests.flows.sending_shop import MAIL, NOW, SendingShop

ROW = '{% for one in recommendations("bestsellers", 3) %}{{ one.title }} {% endfor %}'
AWAY = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "BatchGetItem")


@pytest.fixture(autouse=True)
def _afresh(moto: str) -> Iterator[None]:
    rankings_in_force.forget()
    yield
    rankings_in_force.forget()


def goods(number: int, *, stock: int | None = 5, category: str = "coat") -> Product:
    """A product of the catalogue."""
    name = f"p{number}"
    return Product(
        name, title=f"Coat {number}", category=category, price=Decimal(1000 + number), stock=stock,
        image_url=f"https://shop.example/photos/{name}.jpg", url=f"https://shop.example/{name}",
    )


def offer(*products: Product) -> None:
    """Let these be the shop's products, the best-selling first, as the catalogue knows them."""
    put_in_force(Rankings(NOW, tuple(Ranked(one.id, one.category, one.price, "RUB", sold=True) for one in products)))
    for product in products:
        catalogue.put(product, NOW)


def ids(row: tuple[Product, ...]) -> list[str]:
    return [product.id for product in row]


def recommender(profile: Profile | None = None, *cart: str) -> Recommender:
    event = Event("cart.updated", NOW, cart=Cart("c", lines=tuple(Line(one) for one in cart))) if cart else None
    return Recommender(Customer("c1", profile or Profile()), event, NOW)


def test_what_is_recommended_can_be_bought_and_shown() -> None:
    offer(
        goods(1), goods(2, stock=0), goods(3, stock=None), Product("p4", title="No photo", price=Decimal(1)), goods(5),
    )
    catalogue.put(Product("p5", title="Deleted since", stock=0), NOW)
    assert ids(recommender()("bestsellers", 4)) == ["p1", "p3"]


def test_price_and_photo_are_those_of_the_moment() -> None:
    offer(goods(1))
    catalogue.put(Product("p1", title="Coat", price=Decimal(1), image_url="https://shop.example/new.jpg"), NOW)
    assert recommender()("bestsellers", 1)[0].price == Decimal(1)


def test_what_is_in_the_cart_or_was_bought_is_not_recommended() -> None:
    offer(*map(goods, range(1, 6)))
    assert ids(recommender(Profile(bought=("p1",)), "p2")("bestsellers", 4)) == ["p3", "p4", "p5"]


def test_a_row_that_has_too_little_is_filled_with_bestsellers() -> None:
    offer(goods(1, category="hat"), goods(2), goods(3), goods(4, category="hat"))
    assert ids(recommender(Profile(categories=("coat",)))("personal", 3)) == ["p2", "p3", "p1"]


def test_what_is_bought_together_is_not_mixed_with_anything_else() -> None:
    offer(*map(goods, range(1, 5)))
    put_in_force(Rankings(NOW, (
        *(Ranked(f"p{number}", "coat", sold=True) for number in (1, 2, 3)),
        Ranked("p4", "coat", sold=True, together=(2,)),
    )))
    assert ids(recommender(None, "p4")("bought-together", 3)) == ["p3"]
    assert ids(recommender(None, "p1")("bought-together", 3)) == ["p2", "p3", "p4"]


def test_what_was_viewed_is_not_mixed_with_anything_else() -> None:
    offer(*map(goods, range(1, 5)))
    assert ids(recommender(Profile(viewed=("p4",)))("last-viewed", 3)) == ["p4"]
    assert ids(recommender()("last-viewed", 3)) == ["p1", "p2", "p3"]


def test_one_product_stands_in_one_row_of_a_message() -> None:
    offer(*map(goods, range(1, 6)))
    recommend = recommender(Profile(categories=("coat",)))
    assert ids(recommend("personal", 2)) == ["p1", "p2"]
    assert ids(recommend("bestsellers", 2)) == ["p3", "p4"]
    assert ids(recommend("personal", 3)) == ["p1", "p2", "p5"]
    assert {kind: ids(row) for kind, row in recommend.shown.items()} == {
        "personal": ["p1", "p2", "p5"], "bestsellers": ["p3", "p4"],
    }


def test_each_product_takes_half_a_read_unit_once_and_the_rankings_are_read_once_in_ten_minutes() -> None:
    offer(*map(goods, range(1, 9)))
    with requests_seen() as seen:
        recommend = recommender()
        recommend("bestsellers", 4)
        recommend("bestsellers", 4)
        recommender()
    assert [operation for operation, _ in seen] == ["GetItem", "BatchGetItem"]
    asked = next(iter(seen[1][1]["RequestItems"].values()))
    assert len(asked["Keys"]) == 4
    assert not asked.get("ConsistentRead", False)


def test_looking_for_what_can_still_be_bought_has_an_end() -> None:
    offer(*(goods(number, stock=0) for number in range(200)))
    with requests_seen() as seen:
        assert recommender()("bestsellers", 3) == ()
    keys = [key for _, asked in seen if "RequestItems" in asked
            for part in asked["RequestItems"].values() for key in part["Keys"]]
    assert len(keys) <= 2 * LOOKED_UP


def test_a_shop_without_a_night_behind_it_shows_what_was_viewed_and_nothing_else() -> None:
    catalogue.put(goods(1), NOW)
    assert ids(recommender(Profile(viewed=("p1",)))("last-viewed", 3)) == ["p1"]
    assert recommender()("bestsellers", 3) == ()


SHOPS = st.lists(
    st.tuples(st.sampled_from([None, -1, 0, 1, 7]), st.sampled_from(["coat", "hat"])), min_size=1, max_size=12,
)
NAMES = st.lists(st.integers(1, 12).map("p{}".format), max_size=4)
PEOPLE = st.builds(
    Profile, bought=NAMES.map(tuple), viewed=NAMES.map(tuple), categories=st.just(("hat", "coat")),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SHOPS, PEOPLE, NAMES, st.sampled_from(KINDS), st.integers(1, MOST))
def test_never_what_cannot_be_bought_or_is_in_the_cart_and_never_too_many(
    stocked: list[tuple[int | None, str]], profile: Profile, cart: list[str], kind: str, count: int,
) -> None:
    shop = [goods(number, stock=stock, category=kept) for number, (stock, kept) in enumerate(stocked, 1)]
    for one in map(goods, range(1, 13)):
        catalogue.put(replace(one, stock=0), NOW)
    offer(*shop)
    rankings_in_force.forget()
    row = ids(recommender(profile, *cart)(kind, count))
    there = {one.id for one in shop if one.stock is None or one.stock > 0}
    assert len(row) <= count
    assert len(set(row)) == len(row)
    assert set(row) <= there - set(cart) - set(profile.bought)
    assert row == ids(recommender(profile, *cart)(kind, count))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE, NAMES, st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 4)), min_size=1, max_size=6))
def test_what_is_shown_in_the_end_answers_every_question_as_it_was_answered(
    profile: Profile, cart: list[str], questions: list[tuple[str, int]],
) -> None:
    offer(*(goods(number, category=("coat", "hat")[number % 2]) for number in range(1, 13)))
    rankings_in_force.forget()
    recommend = recommender(profile, *cart)
    answers = [(kind, count, recommend(kind, count)) for kind, count in questions]
    for kind, count, answer in answers:
        assert recommend.shown.get(kind, ())[:count] == answer
    shown = [product.id for row in recommend.shown.values() for product in row]
    assert len(shown) == len(set(shown))


def text_of(shop: SendingShop, category: str = "marketing", consents: tuple[str, ...] = ("email",)) -> str:
    """The text of the mail that goes to the customer, who agreed to marketing by these channels."""
    shop.customer(MAIL, consents=consents)
    deliver(shop.message(category=category), NOW)
    assert shop.found().status is Status.SENT
    mail = message_from_string(shop.mails[-1].raw_data)
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode()


@pytest.fixture
def recommending(shop: SendingShop) -> SendingShop:
    """A shop whose mail recommends bestsellers."""
    file = bucket.read("templates/hello/email.ru.txt")
    assert file
    bucket.put("templates/hello/email.ru.txt", file.body + ROW.encode())
    shop.define()
    return shop


def test_a_mail_shows_what_is_recommended(recommending: SendingShop) -> None:
    offer(*map(goods, range(1, 6)))
    assert "Coat 1 Coat 2 Coat 3" in text_of(recommending)


@pytest.mark.parametrize(("consents", "recommends"), [(("email",), True), (("sms",), False), ((), False)])
def test_a_mail_about_an_order_recommends_to_those_who_agreed_to_mail(
    recommending: SendingShop, consents: tuple[str, ...], recommends: bool
) -> None:
    offer(*map(goods, range(1, 6)))
    assert ("Coat 1" in text_of(recommending, "transactional", consents)) is recommends


def test_a_mail_goes_without_recommendations_when_the_catalogue_is_away(recommending: SendingShop) -> None:
    offer(*map(goods, range(1, 6)))
    with failing("before-call.dynamodb.BatchGetItem", AWAY):
        text = text_of(recommending)
    assert "Coat" not in text


def test_a_mail_goes_without_recommendations_when_the_rankings_cannot_be_read(recommending: SendingShop) -> None:
    shop_table.put("recommendations", "rankings", b"\xc1 what nobody can read")
    assert "Coat" not in text_of(recommending)


def test_a_template_that_does_not_ask_costs_nothing(shop: SendingShop) -> None:
    offer(*map(goods, range(1, 6)))
    with requests_seen() as seen:
        text_of(shop)
    assert "BatchGetItem" not in [operation for operation, _ in seen]
