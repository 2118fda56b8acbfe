"""What particular mails show of a cart, an order, a promo code or a language, and what they leave out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import BARE_CUSTOMER, BARE_EVENT, FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.domain.customer import OrderTotals
from chalicelib.domain.messages import CodeOffer
from tests.content.mail_reader import Page
from tests.content.places import LINKS, SETTINGS, SHIPPED, TEMPLATES, render_shipped, shipped_messages


@pytest.mark.parametrize("name", ["cart-reminder", "cart-offer", "cart-last-call"])
def test_a_cart_is_shown_in_pictures_that_lead_back_to_it(name: str) -> None:
    page = Page(render_shipped(name, "email").html)
    assert [picture["src"] for picture in page.pictures] == [
        "https://shop.example/photos/coat.jpg", "https://shop.example/photos/scarf.jpg",
    ]
    assert page.targets.count("https://shop.example/cart/c1") == 4


def test_a_checkout_is_shown_where_there_is_no_cart() -> None:
    page = Page(render_shipped("cart-reminder", "email", event=replace(FULL_EVENT, cart=None)).html)
    assert "https://shop.example/checkout/k1" in page.targets


def test_a_promo_code_expires_counted_from_now_in_the_customers_zone() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, time_zone="Asia/Vladivostok"))
    mail = render_shipped("cart-offer", "email", customer=customer, now=SAMPLE_NOW + timedelta(days=1))
    assert "до 8\u00a0марта, 19:30" in mail.text  # 9:30 UTC and 48 hours on, ten hours to the east
    assert "10\u00a0%" in mail.subject


@pytest.mark.parametrize(("locale", "subject", "promised"), [
    ("ru", "Доставим вещи из вашей корзины бесплатно", "Бесплатная доставка · действует до"),
    ("en", "Free delivery for the pieces in your cart", "Free delivery · valid until"),
])
def test_free_delivery_is_offered_in_words_of_its_own(locale: str, subject: str, promised: str) -> None:
    definition = shipped_messages()["cart-offer"]
    message = replace(sample_message(definition, code=False), code=CodeOffer("free delivery", 48 * 3600))
    occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW, locale)
    mail = TEMPLATES.render(occasion, "email", SHIPPED)
    assert mail.subject == subject
    assert promised in mail.text
    assert promised.partition(" · ")[0] in Page(mail.html).text
    assert "free delivery" not in mail.text


@pytest.mark.parametrize("name", ["welcome-bestsellers", "welcome-reviews"])
def test_a_welcome_reminds_of_its_code_until_the_first_order(name: str) -> None:
    profile = replace(FULL_CUSTOMER.profile, orders=OrderTotals(count=1))
    before = render_shipped(name, "email")
    after = render_shipped(name, "email", customer=replace(FULL_CUSTOMER, profile=profile))
    assert "Промокод: " in before.text
    assert "Промокод: " not in after.text
    assert "первый заказ" not in after.text + Page(after.html).text


def test_what_nothing_is_known_to_go_with_is_not_listed() -> None:
    page = Page(render_shipped("cross-sell", "email").html)
    assert "подойдут шарф, перчатки, тёплая шапка" in page.text
    assert "Перчатки кожаные" not in page.text


def test_a_photo_of_what_was_bought_leads_to_the_piece_itself() -> None:
    targets = Page(render_shipped("review-request", "email").html).targets
    assert {"https://shop.example/coat", "https://shop.example/scarf"} <= set(targets)


def test_each_number_of_the_scale_from_0_to_10_is_an_answer() -> None:
    links = Page(render_shipped("nps-question", "email").html).links
    scale = [link for link in links if link.startswith(LINKS.survey)]
    assert scale == [f"{LINKS.survey}?score={score}" for score in range(11)]


def test_a_time_zone_that_is_none_falls_back_to_the_shops() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, time_zone="../../etc/passwd"))
    assert "до 7\u00a0марта, 12:30" in render_shipped("cart-offer", "email", customer=customer).text


def test_the_language_is_the_customers() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, locale="en-US"))
    assert render_shipped("order-shipped", "sms", customer=customer).locale == "en"
    assert render_shipped("order-shipped", "sms", customer=BARE_CUSTOMER).locale == "ru"


def test_an_order_of_a_hundred_lines_stays_light_and_counts_the_rest() -> None:
    assert FULL_EVENT.order
    lines = FULL_EVENT.order.lines * 34
    event = replace(FULL_EVENT, order=replace(FULL_EVENT.order, lines=lines))
    mail = render_shipped("order-confirmation", "email", event=event)
    assert len(mail.html.encode()) < 100_000
    assert "И ещё вещей: 82" in mail.text


def test_an_order_of_which_only_the_number_is_known_can_be_told_of() -> None:
    mail = render_shipped("order-shipped", "email", event=BARE_EVENT, customer=BARE_CUSTOMER, locale="en")
    assert mail.subject == "Your order o1 has shipped"
    assert "Total" not in mail.text
