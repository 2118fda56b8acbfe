"""Whatever customers and storefronts write, a rendering neither breaks nor lets it out of its place."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.content.cleaning import MAX_TEXT, clean_text, clean_url
from chalicelib.content.samples import FULL_EVENT, SAMPLES, Sample
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Product
from chalicelib.domain.rendered import Rendered
from tests.content.hostile import PRODUCTS, URLS, customers, events
from tests.content.mail_reader import Page
from tests.content.places import EMAILS, VARIANTS, render_sample, render_shipped

MOST_BYTES = 100_000
ENCODED = ("subject", "preheader", "title", "body", "text", "html", "url", "image", "button")


@cache
def usual() -> tuple[set[str], set[str]]:
    """The elements and attributes that the shipped mails have for the sample customers."""
    elements, attributes = set(), set()
    for name, locale in EMAILS:
        for sample in SAMPLES:
            page = Page(render_sample(name, "email", locale, sample).html)
            elements |= page.elements
            attributes |= page.attributes
    return elements, attributes


def check_mail(mail: Rendered) -> None:
    """Nothing in the data has become markup, a header or a link that runs."""
    page, (elements, attributes) = Page(mail.html), usual()
    assert page.elements <= elements
    assert page.attributes <= attributes
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in page.links)
    assert all(str(picture["src"]).startswith(("https://", "http://")) for picture in page.pictures)
    assert " ".join(mail.subject.split()) in page.text
    assert len(mail.html.encode()) < MOST_BYTES
    assert not set(mail.subject + mail.preheader) & set("\r\n\u2028\u2029\x0b\x0c\x85")


def check_push(push: Rendered) -> None:
    """The title is one line; link and picture are web addresses."""
    assert push.title
    assert len((push.title + "x").splitlines()) == 1
    assert push.url.startswith(("https://", "http://"))
    assert push.image == "" or push.image.startswith(("https://", "http://"))


def check(channel: str, made: Rendered) -> None:
    """A rendering of any channel is whole and keeps the data in its place."""
    for field in ENCODED:
        text = getattr(made, field)
        text.encode("utf-8")
        assert "\x00" not in text
        assert "\u202e" not in text
    match channel:
        case "email":
            check_mail(made)
        case "sms":
            assert "\n" not in made.text
        case "telegram":
            assert made.url.startswith(("https://", "http://"))
        case _:
            check_push(made)


@settings(
    max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(customers(), events(), st.lists(PRODUCTS, max_size=6).map(tuple), st.sampled_from(["ru", "en"]), st.booleans())
def test_no_data_breaks_or_leaves_its_place_in_any_message(
    customer: Customer, event: Event, recommended: tuple[Product, ...], locale: str, code: bool,
) -> None:
    sample = Sample("hostile", customer, event, code, recommended)
    for name, variant in VARIANTS:
        channel, _, its_locale = variant.partition(".")
        if its_locale == locale:
            check(channel, render_sample(name, channel, locale, sample))


@pytest.mark.parametrize("name", ["a\r\nBcc: all@shop.example", "a\n\nBody", "a\nPreheader: b", "a\u2028\u2028Body"])
def test_a_name_cannot_add_a_header_or_begin_the_body(name: str) -> None:
    assert FULL_EVENT.order
    event = replace(FULL_EVENT, order=replace(FULL_EVENT.order, number=name))
    mail = render_shipped("order-shipped", "email", event=event)
    assert mail.subject == f"Заказ {clean_text(name)} отправлен"
    assert mail.preheader == "Ожидаемая дата доставки — 9\u00a0марта."


def test_markup_in_data_is_shown_as_it_was_typed() -> None:
    assert FULL_EVENT.order
    event = replace(FULL_EVENT, order=replace(FULL_EVENT.order, number="<b>10 & Co</b>"))
    mail = render_shipped("order-shipped", "email", event=event)
    assert "Заказ <b>10 & Co</b> уже едет" in Page(mail.html).text
    assert "Заказ <b>10 & Co</b> уже едет" in mail.text


def test_template_syntax_in_data_is_text() -> None:
    assert FULL_EVENT.order
    event = replace(FULL_EVENT, order=replace(FULL_EVENT.order, number="{{ 7*7 }}{% raw %}"))
    mail = render_shipped("order-shipped", "email", event=event)
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
