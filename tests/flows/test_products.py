"""What a storefront's lines do not say, the catalogue adds: photo, link, title and category."""

from __future__ import annotations

from decimal import Decimal

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from chalicelib.domain.events import Cart, Checkout, Entry, Event, Line, Order, Product
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows import products
from chalicelib.flows.deliver import deliver
from chalicelib.flows.products import LOOKED_UP
from chalicelib.storage import catalogue, clients, log
from tests.flows.engine_on_aws import requests_seen
from tests.flows.failing_calls import failing
from tests.flows.sending_shop import MAIL, NOW, PHONE, SendingShop

pytestmark = pytest.mark.usefixtures("moto")

PHOTO = "https://shop.example/photos/coat.jpg"
GREY_PHOTO = "https://shop.example/photos/grey.jpg"
COAT = Product("p1", title="Coat", category="coats", image_url=PHOTO, url="https://shop.example/coat")
GREY = Product("p1", "v1", title="Coat - grey", image_url=GREY_PHOTO)


def completed(event: Event) -> Event:
    """The event as a message would show it."""
    return products.completed(event, products.looked_up(event))


def lines_of(event: Event) -> tuple[Line, ...]:
    """The lines of the cart, as a message would show them."""
    shown = completed(event)
    assert shown.cart is not None
    return shown.cart.lines


def cart(*lines: Line) -> Event:
    return Event("cart.updated", NOW, cart=Cart("k1", lines=lines))


def test_the_variant_says_what_it_knows_and_the_product_the_rest() -> None:
    catalogue.put(COAT, NOW)
    catalogue.put(GREY, NOW)

    assert lines_of(cart(Line("p1", "v1"), Line("p1"), Line("p1", "v2"))) == (
        Line("p1", "v1", title="Coat - grey", category="coats", image_url=GREY_PHOTO, url=COAT.url),
        Line("p1", title="Coat", category="coats", image_url=PHOTO, url=COAT.url),
        Line("p1", "v2", title="Coat", category="coats", image_url=PHOTO, url=COAT.url),
    )


def test_what_the_storefront_said_stays() -> None:
    catalogue.put(COAT, NOW)

    (line,) = lines_of(cart(Line("p1", title="Coat, M", url="https://shop.example/coat?m", size="M", quantity=2)))
    assert line == Line(
        "p1", title="Coat, M", url="https://shop.example/coat?m", size="M", quantity=2, category="coats",
        image_url=PHOTO,
    )


def test_a_product_that_was_only_looked_at_is_shown_as_the_catalogue_knows_it() -> None:
    catalogue.put(replace(COAT, price=Decimal(18990), currency="EUR"), NOW)

    bare = completed(Event("product.viewed", NOW, product=Product("p1", size="M"))).product
    assert bare == replace(COAT, price=Decimal(18990), currency="EUR", size="M")
    told = completed(Event("product.viewed", NOW, product=Product("p1", title="Coat, M", price=Decimal(15000)))).product
    assert told == replace(COAT, title="Coat, M", price=Decimal(15000))
    unknown = Event("product.viewed", NOW, product=Product("p9", title="Hat"))
    assert completed(unknown) == unknown


@pytest.mark.parametrize("event", [
    Event("checkout.updated", NOW, checkout=Checkout("k1", lines=(Line("p1"),))),
    Event("order.placed", NOW, order=Order("o1", lines=(Line("p1"),))),
])
def test_checkouts_and_orders_are_completed_too(event: Event) -> None:
    catalogue.put(COAT, NOW)

    shown = completed(event)
    (line,) = (shown.checkout or shown.order or Order("none")).lines
    assert line.image_url == PHOTO


def test_one_read_serves_a_whole_message_and_none_where_every_line_has_its_photo() -> None:
    with requests_seen() as requests:
        completed(cart(*(Line(f"p{number}", f"v{number}") for number in range(LOOKED_UP + 30))))
    assert [name for name, _ in requests] == ["BatchGetItem"]

    with requests_seen() as requests:
        completed(cart(Line("p1", image_url=PHOTO)))
        completed(Event("customer.created", NOW))
    assert requests == []


def test_a_message_that_falls_through_to_another_channel_looks_its_products_up_once(shop: SendingShop) -> None:
    shop.customer(MAIL, PHONE)
    message = shop.message(name="broken", channels=("email", "sms"), event_ref=logged(cart(Line("p1"))))

    with requests_seen() as requests:
        deliver(message, NOW)
    assert shop.found().channel == "sms"
    assert [name for name, _ in requests].count("BatchGetItem") == 1


def test_a_cart_tells_how_many_are_left_of_the_size_in_it() -> None:
    catalogue.put(replace(COAT, stock=9), NOW)
    catalogue.put(replace(GREY, stock=2, size="M", color="grey"), NOW)

    variant, whole, unknown = lines_of(cart(Line("p1", "v1", stock=7), Line("p1"), Line("p1", "v2")))
    assert (variant.stock, variant.size, variant.color) == (2, "M", "grey")
    assert (whole.stock, whole.size) == (9, "")
    assert unknown.stock is None


def test_a_product_that_is_gone_is_gone_in_every_size() -> None:
    catalogue.put(replace(COAT, stock=0), NOW)
    catalogue.put(replace(GREY, stock=2), NOW)

    (line,) = lines_of(cart(Line("p1", "v1")))
    assert line.stock == 0


def test_an_order_does_not_speak_of_what_is_left() -> None:
    catalogue.put(replace(COAT, stock=9), NOW)

    shown = completed(Event("order.placed", NOW, order=Order("o1", lines=(Line("p1"),))))
    assert shown.order is not None
    assert [line.stock for line in shown.order.lines] == [None]


def test_a_product_that_was_looked_at_has_the_stock_of_the_moment() -> None:
    catalogue.put(replace(COAT, stock=1), NOW)

    product = completed(Event("product.viewed", NOW, product=Product("p1", stock=50))).product
    assert product is not None
    assert product.stock == 1


def test_a_product_nobody_knows_leaves_the_line_as_it_is() -> None:
    event = cart(Line("p9", "v9", title="Scarf"))

    assert completed(event) == event


def test_a_message_goes_out_without_photos_when_the_catalogue_cannot_be_read(shop: SendingShop) -> None:
    shop.customer(MAIL)
    clients.client("dynamodb").delete_table(TableName=f"{shop.stack}-catalogue")

    deliver(shop.message(event_ref=logged(cart(Line("p1", title="Coat")))), NOW)
    assert len(shop.mails) == 1


def test_a_message_waits_while_the_catalogue_is_throttled(shop: SendingShop) -> None:
    catalogue.put(COAT, NOW)
    throttled = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "BatchGetItem")

    with failing("before-call.dynamodb.BatchGetItem", throttled):
        with pytest.raises(StorageUnavailableError):
            completed(cart(Line("p1")))
        shop.customer(MAIL)
        deliver(shop.message(event_ref=logged(cart(Line("p1")))), NOW)
    assert (shop.mails, shop.found().status) == ([], "retrying")


def logged(event: Event) -> str:
    """Put an event into the customer's log; the reference that a message keeps of it."""
    entry_id = log.entry_id(NOW, "shopify", "d2")
    log.append(Entry("c1", entry_id, NOW, "shopify", (event,)))
    return f"{entry_id}|0"
