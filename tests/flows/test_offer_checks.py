"""Truth at the moment of sending (semantics 16): what a message shows is looked up again just before it goes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Arrival, Cart, Event, Line, Product
from chalicelib.domain.messages import Status
from chalicelib.flows import accept
from chalicelib.flows.deliver import deliver
from chalicelib.storage import catalogue
from tests.flows.engine_on_aws import requests_seen
from tests.flows.failing_calls import failing, play, throttling
from tests.flows.sending_shop import MAIL, NOW, PHONE, SendingShop, later
from tests.flows.test_deliver import text_of

DROPPED = Event(
    "product.price-dropped", NOW,
    product=Product("p1", "v1", title="Coat", price=Decimal(4990), old_price=Decimal(7990), stock=3),
)
COAT = Product("p1", title="Coat", price=Decimal(4990), stock=9)
SMALL = Product("p1", "v1", title="Coat, S", price=Decimal(4990), stock=3)


def outcome(shop: SendingShop, event: Event = DROPPED) -> tuple[Status, str]:
    """What becomes of a message that shows an event."""
    shop.customer(MAIL)
    deliver(shop.message(event_ref=shop.logged(event)), later(seconds=1))
    return shop.found().status, shop.found().reason


def keep(*products: Product) -> None:
    for product in products:
        catalogue.put(product, NOW)


SENT, SOLD_OUT = (Status.SENT, ""), (Status.SKIPPED, "out-of-stock")


@pytest.mark.parametrize(("products", "becomes"), [
    ((COAT, SMALL), SENT),
    ((COAT, replace(SMALL, stock=0)), SOLD_OUT),
    ((replace(COAT, stock=0),), SOLD_OUT),
    ((replace(COAT, stock=0), SMALL), SOLD_OUT),
    ((COAT, replace(SMALL, stock=None)), SENT),
    ((replace(COAT, stock=None),), SENT),
    ((replace(SMALL, stock=-1),), SOLD_OUT),
    ((), SENT),
])
def test_semantics_16_a_product_that_has_sold_out_in_that_size_is_not_offered(
    shop: SendingShop, products: tuple[Product, ...], becomes: tuple[Status, str],
) -> None:
    shop.define(checks=("stock",))
    keep(*products)

    assert outcome(shop) == becomes


def test_a_product_that_was_deleted_is_sold_out_with_all_its_sizes(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(COAT, SMALL)
    gone = Event("product.deleted", later(seconds=1), product=Product("p1"))
    accept.receive([Arrival("d9", later(seconds=1), (), (gone,))], "shopify", later(seconds=1))

    assert outcome(shop) == SOLD_OUT


@pytest.mark.parametrize(("price", "becomes"), [
    ("4990", SENT), ("5990", SENT), ("7990", SOLD_OUT), ("8990", SOLD_OUT), ("0", SENT),
])
def test_a_price_that_is_no_longer_reduced_is_not_praised(
    shop: SendingShop, price: str, becomes: tuple[Status, str],
) -> None:
    shop.define(checks=("price",))
    keep(COAT, replace(SMALL, price=Decimal(price), stock=0))

    assert outcome(shop) == becomes


def test_the_price_shown_is_that_of_now(shop: SendingShop) -> None:
    shop.define(checks=("stock", "price"))
    keep(COAT, replace(SMALL, price=Decimal(5490)))

    assert outcome(shop) == SENT
    assert "5490" in text_of(shop.mails[0])
    assert "4990" not in text_of(shop.mails[0])


def test_a_cart_is_worth_a_reminder_while_any_of_it_can_be_bought(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(replace(SMALL, stock=0), Product("p2", stock=0), Product("p3", stock=1))
    cart = Cart("k1", lines=(Line("p1", "v1"), Line("p2")))

    assert outcome(shop, Event("cart.updated", NOW, cart=cart)) == SOLD_OUT


def test_a_cart_with_one_piece_left_to_buy_is_shown(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(replace(SMALL, stock=0), Product("p3", stock=1))

    assert outcome(shop, Event("cart.updated", NOW, cart=Cart("k1", lines=(Line("p1", "v1"), Line("p3"))))) == SENT


def test_a_message_that_asks_for_no_check_reads_nothing(shop: SendingShop) -> None:
    keep(replace(COAT, stock=0))

    with requests_seen() as requests:
        assert outcome(shop) == SENT

    assert "BatchGetItem" not in [name for name, _ in requests]


def test_one_read_serves_the_photos_and_the_check(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(COAT, SMALL)

    with requests_seen() as requests:
        assert outcome(shop, Event("cart.updated", NOW, cart=Cart("k1", lines=(Line("p1", "v1"),)))) == SENT

    assert [name for name, _ in requests].count("BatchGetItem") == 1


def test_semantics_16_lack_of_consent_is_told_before_lack_of_stock(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(replace(COAT, stock=0))
    shop.customer(MAIL, PHONE, consents=())

    deliver(shop.message(event_ref=shop.logged(DROPPED), channels=("email", "sms")), later(seconds=1))

    assert shop.found().reason == "no-consent"


def test_semantics_16_on_a_later_try_the_stock_is_looked_up_anew(shop: SendingShop) -> None:
    shop.define(checks=("stock",))
    keep(COAT)
    shop.customer(MAIL)
    message = shop.message(event_ref=shop.logged(DROPPED))
    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(message, later(seconds=1))
    assert shop.found().status is Status.RETRYING

    catalogue.put(replace(COAT, stock=0), later(seconds=2))
    play(shop, message, NOW)

    assert (shop.found().status, shop.found().reason) == SOLD_OUT
