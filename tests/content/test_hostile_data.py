"""Whatever customers and storefronts write, a rendering neither breaks nor lets it out of its place."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.content.cleaning import MAX_TEXT, clean_text, clean_url
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Line
from tests.content.mail_reader import Page
from tests.content.places import render_shipped

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "' onmouseover='x", "{{ 7*7 }}", "{% include 'x' %}",
    "</mj-text></mj-column>",
    "<mj-raw><script>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;b&gt;", "&#60;b", "&", "%s %n",
    "Bcc: all@shop.example", "a\r\nBcc: all@shop.example", "a\nSubject: b", "a\u2028b", "a\x00b", "\x1b[31m", "\ud800",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\u202egnirts", "مرحبا", "שלום", "é" * 20, "\u0301" * 50, "x" * 10_000, "я " * 5_000, " ", "\u200b",
    "=?utf-8?q?x?=",
]
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=60), st.tuples(st.sampled_from(NASTY), st.text(max_size=9)).map("".join)
)
URLS = st.one_of(
    st.sampled_from([
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "https://shop.example/a?b=1&c=\"2\"",
        "https://shop.example/'onload='x", "https://shop.example/ä?q=ü", "//evil.example", "https:///x", "http://[::1",
        "https://shop.example/a b", "https://shop.example/\n.example", "vbscript:x", "https://shop.example/{{ 7*7 }}",
    ]),
    TEXTS,
)
AMOUNTS = st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False)
LINES = st.builds(
    Line, product_id=st.just("p"), title=TEXTS, quantity=st.integers(-3, 10**6), price=AMOUNTS, image_url=URLS,
    url=URLS, size=TEXTS, color=TEXTS, category=TEXTS,
)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """A customer whose every text is hostile."""
    return replace(FULL_CUSTOMER, profile=replace(
        FULL_CUSTOMER.profile, first_name=draw(TEXTS), last_name=draw(TEXTS), locale=draw(TEXTS), time_zone=draw(TEXTS),
        city=draw(TEXTS), categories=tuple(draw(st.lists(TEXTS, max_size=2))),
    ))


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event whose cart and order are hostile."""
    assert FULL_EVENT.cart
    assert FULL_EVENT.order
    assert FULL_EVENT.product
    lines = tuple(draw(st.lists(LINES, max_size=8)))
    return replace(
        FULL_EVENT,
        cart=replace(FULL_EVENT.cart, lines=lines, url=draw(URLS), total=draw(AMOUNTS)),
        order=replace(
            FULL_EVENT.order, lines=lines, number=draw(TEXTS), status_url=draw(URLS), tracking_url=draw(URLS),
            tracking_number=draw(TEXTS), carrier=draw(TEXTS), pickup_point=draw(TEXTS), total=draw(AMOUNTS),
        ),
        product=replace(
            FULL_EVENT.product, title=draw(TEXTS), url=draw(URLS), image_url=draw(URLS), size=draw(TEXTS),
            price=draw(AMOUNTS),
        ),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([
        "cart-offer", "cart-last-call", "order-shipped", "order-at-pickup-point", "browse-reminder", "review-request",
        "nps-question", "cross-sell", "repeat-nudge",
    ]),
    customers(), events(),
)
def test_no_data_breaks_or_leaves_its_place_in_a_mail(name: str, customer: Customer, event: Event) -> None:
    mail = render_shipped(name, "email", customer=customer, event=event)
    page, usual = Page(mail.html), Page(render_shipped(name, "email").html)
    assert page.elements <= usual.elements | {"img"}
    assert not any(attribute.startswith("on") for attribute in page.attributes)
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in page.links)
    assert all(str(picture["src"]).startswith(("https://", "http://")) for picture in page.pictures)
    assert " ".join(mail.subject.split()) in page.text
    assert len(mail.html.encode()) < 100_000
    for part in (mail.subject, mail.preheader, mail.text, mail.html):
        part.encode("utf-8")
        assert "\x00" not in part
        assert "\u202e" not in part
    assert not set(mail.subject + mail.preheader) & set("\r\n\u2028\u2029\x0b\x0c\x85")


@settings(max_examples=40, deadline=None)
@given(customers(), events())
def test_no_data_breaks_a_short_message_or_a_push(customer: Customer, event: Event) -> None:
    for name in ("order-shipped", "order-at-pickup-point", "order-arrives-tomorrow"):
        assert "\n" not in render_shipped(name, "sms", customer=customer, event=event).text
    for name in ("cart-last-call", "browse-reminder", "review-request", "order-arrives-tomorrow"):
        push = render_shipped(name, "push", customer=customer, event=event)
        assert "\n" not in push.title
        assert push.url.startswith(("https://", "http://"))
        assert push.image == "" or push.image.startswith(("https://", "http://"))


@pytest.mark.parametrize("name", ["a\r\nBcc: all@shop.example", "a\n\nBody", "a\nPreheader: b", "a\u2028\u2028Body"])
def test_a_name_cannot_add_a_header_or_begin_the_body(name: str) -> None:
    assert FULL_EVENT.order
    event = replace(FULL_EVENT, order=replace(FULL_EVENT.order, number=name))
    mail = render_shipped("order-shipped", "email", event=event)
    assert mail.subject == f"Заказ {clean_text(name)} отправлен"
    assert mail.preheader == "Ожидаемая дата доставки — 9\u00a0марта."


def test_markup_in_data_is_shown_as_it_was_typed() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, first_name="<b>Анна & Co</b>"))
    mail = render_shipped("cart-reminder", "email", customer=customer)
    assert "Здравствуйте, <b>Анна & Co</b>!" in Page(mail.html).text
    assert "Здравствуйте, <b>Анна & Co</b>!" in mail.text


def test_template_syntax_in_data_is_text() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, first_name="{{ 7*7 }}{% raw %}"))
    mail = render_shipped("cart-reminder", "email", customer=customer)
    assert "{{ 7*7 }}{% raw %}" in mail.text
    assert "{{ 7*7 }}{% raw %}" in Page(mail.html).text


@given(st.text())
def test_clean_text_is_one_short_line_that_utf8_can_hold(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned.encode("utf-8")) <= MAX_TEXT * 4
    assert cleaned == "" or cleaned.splitlines() == [cleaned]
    assert clean_text(cleaned) == cleaned


@given(URLS)
def test_a_clean_link_is_a_web_address_or_nothing(url: str) -> None:
    cleaned = clean_url(url)
    assert cleaned == "" or (cleaned.lower().startswith(("https://", "http://")) and not set(cleaned) & set("<>\"' \n"))
