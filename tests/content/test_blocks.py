"""The shared blocks: what each shows, what it leaves out, and that all of them wear the brand."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.content.occasion import Links, Occasion
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, SAMPLES, Sample, sample_message
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.brand import Brand, Palette, Review, SocialLink
from chalicelib.domain.events import Event, Line
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from tests.content.mail_reader import Page
from tests.content.places import EMAILS, FOLDER, LINKS, SETTINGS, SHIPPED, TEMPLATES, shipped_messages

FULL, BARE, ODD = SAMPLES
LIGHT = Palette("#f0f1f2", "#fafbfc", "#101112", "#505152", "#d0d1d2", "#203040", "#e0e1e3")
DARK = Palette("#131415", "#1b1c1d", "#eaebec", "#b0b1b2", "#404142", "#c0d0e0", "#161718")
BRAND = Brand(
    name={"ru": "Ткачи", "en": "Weavers"}, light=LIGHT, dark=DARK, heading_font="Didot, serif", body_font="Verdana",
    address={"ru": "Ткацкая улица, 1", "en": "1 Weaver Street"}, legal={"ru": "ООО «Ткачи»", "en": "Weavers Ltd"},
    social=(SocialLink("Telegram", "https://t.me/weavers"), SocialLink("VK", "https://vk.com/weavers")),
    support_email="help@weavers.example", support_phone="+7 495 000-00-00",
    support_hours={"ru": "с 10 до 20", "en": "10 to 20"},
    reviews=(Review("Сели как влитые.", "Мария", "ru"), Review("Like a glove.", "Mary", "en")),
)
WEAVERS = replace(SETTINGS, brand=BRAND)


def mail(
    blocks: str, sample: Sample = FULL, *, settings: ShopSettings = SETTINGS, event: Event | None = None,
    links: Links = LINKS, text: str = "",
) -> Rendered:
    """A marketing mail that is made of these blocks, in Russian."""
    definition = MessageDefinition("try", "marketing", ("email",), variants=("email.ru",))
    files = GivenFiles({
        "try/email.ru.mjml": f'{{% extends "blocks/layout.mjml" %}}{{% block content %}}{blocks}{{% endblock %}}',
        "try/email.ru.txt": f'Subject: Тема\nPreheader: О чём\n\nДа.\n\n{text}\n{{% include "blocks/footer.txt" %}}',
    }, SHIPPED)
    occasion = Occasion(
        sample_message(definition, code=sample.code), definition, sample.customer, event or sample.event, settings,
        links, SAMPLE_NOW, "ru", sample.recommend,
    )
    return TEMPLATES.render(occasion, "email", files)


def block(name: str, **needs: str) -> str:
    """A block with what it needs, set before it."""
    return "".join(f"{{% set {key} = {value} %}}" for key, value in needs.items()) + f'{{% include "blocks/{name}" %}}'


ALL = "".join((
    block("hero.mjml", heading="'Заголовок'", label="'Метка'", lead="'Слова'", action="'Кнопка'", target="shop.url",
          picture="'https://shop.example/photos/coat.jpg'"),
    block("product-grid.mjml", pieces="cart", target="''"), block("cart-lines.mjml", pieces="cart"),
    block("order-summary.mjml"), block("delivery.mjml"), block("product-card.mjml"), block("stock-line.mjml"),
    block("recommendation-row.mjml", kind="'similar'", count="4", title="'Похожие'"), block("reviews.mjml"),
    block("promo-code.mjml"), block("points-balance.mjml"), block("survey-scale.mjml"), block("goes-with.mjml"),
    block("button.mjml", action="'Кнопка'", target="shop.url"),
))


ALL_ON_THE_SHEET = f'{{% extends "blocks/layout.mjml" %}}{{% block content %}}{ALL}{{% endblock %}}'


def test_these_are_all_blocks() -> None:
    frame = {"layout.mjml", "header.mjml", "footer.mjml"}
    assert set(re.findall(r"blocks/([\w-]+\.mjml)", ALL)) | frame == {
        file.name for file in (FOLDER / "blocks").glob("*.mjml")
    }


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_colours_and_fonts_of_a_mail_are_the_brands(sample: Sample) -> None:
    html = mail(ALL, sample, settings=WEAVERS).html
    of_the_brand = {getattr(palette, name) for palette in (LIGHT, DARK) for name in Palette.__struct_fields__}
    hidden = re.compile(r'<div style="display:none;[^"]*">')  # MJML's own, around the preheader
    assert set(re.findall(r"(?<!&)#[0-9a-fA-F]{3,8}\b(?=[;\s\"])", hidden.sub("", html))) <= of_the_brand
    assert set(re.findall(r"font-family:([^;\"]+)", html)) == {"Didot, serif", "Verdana"}


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_every_shipped_mail_says_who_writes_in_the_readers_language(name: str, locale: str) -> None:
    definition = shipped_messages()[name]
    message = sample_message(definition, code=True)
    occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, WEAVERS, LINKS, SAMPLE_NOW, locale)
    made = TEMPLATES.render(occasion, "email", SHIPPED)
    page = Page(made.html)
    for words in (BRAND.name, BRAND.address, BRAND.legal, BRAND.support_hours):
        assert words[locale] in page.text
        assert words[locale] in made.text
    assert {"mailto:help@weavers.example", "tel:+74950000000", "https://t.me/weavers", "https://vk.com/weavers"} <= set(
        page.links,
    )
    assert "help@weavers.example" in made.text
    assert f'<html lang="{locale}"' in made.html


def test_a_logo_takes_the_names_place_and_has_its_like_for_the_dark() -> None:
    brand = replace(
        BRAND, logo_url="https://weavers.example/light.png", logo_dark_url="https://weavers.example/dark.png",
    )
    page = Page(mail("", settings=replace(SETTINGS, brand=brand)).html)
    assert [(picture["src"], picture["alt"]) for picture in page.pictures] == [
        ("https://weavers.example/light.png", "Ткачи"), ("https://weavers.example/dark.png", "Ткачи"),
    ]
    assert len(Page(mail("", settings=WEAVERS).html).pictures) == 0


@pytest.mark.parametrize("name", ["cart-lines.mjml", "product-grid.mjml"])
def test_a_piece_without_a_photo_has_its_letter_and_one_without_a_title_a_name(name: str) -> None:
    lines = (Line("1", title="шарф", price=Decimal(1)), Line("2", image_url="https://shop.example/photos/coat.jpg"))
    cart = FULL_EVENT.cart
    assert cart
    event = replace(FULL_EVENT, cart=replace(cart, lines=lines))
    html = mail(block(name, pieces="cart", target="''"), event=event).html
    assert re.search(r'aria-hidden="true"[^>]*>Ш</div>', html)
    assert [picture["alt"] for picture in Page(html).pictures] == ["Вещь"]


def test_of_a_long_cart_six_pieces_are_shown_in_pictures_and_the_rest_counted() -> None:
    page = Page(mail(block("product-grid.mjml", pieces="cart", target="''"), ODD).html)
    assert "Джинсы" in page.text
    assert "Шапка" not in page.text
    assert "И ещё вещей: 3" in page.text


def test_an_order_of_twenty_long_lines_is_shown_whole_and_stays_light() -> None:
    order = ODD.event.order
    assert order
    event = replace(ODD.event, order=replace(order, lines=(order.lines * 3)[:21]))
    made = mail(block("order-summary.mjml"), ODD, event=event)
    assert made.html.count('class="thumb"') == 20
    assert "И ещё вещей: 1" in Page(made.html).text
    assert len(made.html.encode()) < 60_000


def test_photos_of_a_cart_lead_where_the_message_says_else_to_the_piece() -> None:
    to_the_cart = Page(mail(block("cart-lines.mjml", pieces="cart", target="'https://shop.example/cart/c1'")).html)
    to_the_piece = Page(mail(block("cart-lines.mjml", pieces="cart")).html)
    assert to_the_cart.targets.count("https://shop.example/cart/c1") == 3
    assert {"https://shop.example/coat", "https://shop.example/scarf"} <= set(to_the_piece.targets)


@pytest.mark.parametrize(("stock", "words"), [
    (3, "Размер M · осталось 3"), (5, "осталось 5"), (6, "Размер M · в наличии"), (None, "Размер M"), (0, "Размер M"),
])
def test_what_is_left_is_counted_when_it_is_little(stock: int | None, words: str) -> None:
    assert FULL_EVENT.product
    event = replace(FULL_EVENT, product=replace(FULL_EVENT.product, stock=stock))
    made = mail(block("stock-line.mjml"), event=event, text=block("stock-line.txt"))
    shown = Page(made.html).text
    assert words in shown
    assert ("осталось" in shown, "наличии" in shown) == ("осталось" in words, "наличии" in words)
    assert words.replace(" · ", ", ") in made.text


@pytest.mark.parametrize("needs", [
    block("reviews.mjml"), block("promo-code.mjml"), block("points-balance.mjml"), block("stock-line.mjml"),
    block("product-card.mjml"), block("delivery.mjml"), block("order-summary.mjml"), block("goes-with.mjml"),
    block("cart-lines.mjml", pieces="cart"), block("product-grid.mjml", pieces="cart", target="''"),
    block("recommendation-row.mjml", kind="'similar'", count="4", title="'Похожие'"),
])
def test_a_block_with_nothing_to_show_leaves_no_trace(needs: str) -> None:
    assert mail(needs, BARE).html == mail("", BARE).html


def test_the_scale_leads_to_the_page_that_records_the_answer_or_is_left_out() -> None:
    shown = Page(mail(block("survey-scale.mjml")).html)
    assert [link for link in shown.links if link.startswith(LINKS.survey)] == [
        f"{LINKS.survey}?score={score}" for score in range(11)
    ]
    without = Links(unsubscribe=LINKS.unsubscribe, preferences=LINKS.preferences)
    assert mail(block("survey-scale.mjml"), links=without).html == mail("", links=without).html


def test_reviews_are_those_in_the_readers_language() -> None:
    made = mail(block("reviews.mjml"), settings=WEAVERS, text=block("reviews.txt"))
    for words in (Page(made.html).text, made.text):
        assert "Сели как влитые." in words
        assert "Мария" in words
        assert "glove" not in words


def test_a_reduced_price_stands_beside_the_old_one_and_a_raised_one_does_not() -> None:
    assert FULL_EVENT.product
    text = block("product-card.txt")
    reduced = mail(block("product-card.mjml"), text=text)
    assert "18 990 ₽ 22 990 ₽" in Page(reduced.html).text
    assert "вместо 22\u00a0990\u00a0₽" in reduced.text
    raised = replace(FULL_EVENT, product=replace(FULL_EVENT.product, old_price=Decimal(15000)))
    assert "15 000" not in Page(mail(block("product-card.mjml"), event=raised).html).text


def test_a_mail_is_written_in_the_direction_of_its_language_whatever_it_begins_with() -> None:
    files = {"try/email.ru.mjml": ALL_ON_THE_SHEET, "try/email.ar.mjml": ALL_ON_THE_SHEET}
    text = "Subject: s\nPreheader: فستان\n\n{{ links.unsubscribe }}"
    files |= {"try/email.ru.txt": text, "try/email.ar.txt": text}
    definition = MessageDefinition("try", "marketing", ("email",), variants=("email.ar", "email.ru"))
    for locale, direction, side in (("ru", "ltr", "left"), ("ar", "rtl", "right")):
        occasion = Occasion(
            sample_message(definition, code=True), definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW,
            locale, FULL.recommend,
        )
        html = TEMPLATES.render(occasion, "email", GivenFiles(files, SHIPPED)).html
        assert f'<html lang="{locale}" dir="{direction}"' in html
        assert set(re.findall(r"direction:(\w+)", html)) == {direction}
        assert set(re.findall(r'<td align="(\w+)"[^>]* class="(?:ink|action)', html)) == {side}


def test_the_words_of_the_blocks_are_the_same_in_both_languages_and_none_is_without_use() -> None:
    named = [
        [line.partition(":")[0] for line in (FOLDER / "blocks" / f"words.{locale}.txt").read_text("utf-8").splitlines()]
        for locale in ("ru", "en")
    ]
    assert named[0] == named[1] == sorted(set(named[0]))
    texts = "\n".join(file.read_text("utf-8") for ending in ("mjml", "txt") for file in FOLDER.glob(f"*/*.{ending}"))
    of_categories = ("goes_with_", "category_")
    assert [
        name for name in named[0] if not name.startswith(of_categories) and not re.search(rf"words\.{name}\b", texts)
    ] == []


def test_every_table_lays_out_and_every_picture_is_described() -> None:
    html = mail(ALL, settings=WEAVERS).html
    tables = re.findall(r"<table\b[^>]*>", html)
    assert len(tables) > 20
    assert [table for table in tables if 'role="presentation"' not in table] == []
    assert [picture for picture in Page(html).pictures if picture.get("alt") is None] == []


@pytest.mark.parametrize(("stock", "told"), [
    (0, ["уже раскупили"]), (1, ["осталось 1"]), (5, ["осталось 5"]), (6, []), (None, []),
])
def test_a_cart_tells_what_is_nearly_gone_and_what_is_gone(stock: int | None, told: list[str]) -> None:
    assert FULL.event.cart
    cart = replace(FULL.event.cart, lines=(Line("p", title="Пальто", stock=stock),))
    event = replace(FULL.event, cart=cart)
    made = mail(block("cart-lines.mjml", pieces="cart"), event=event, text=block("cart-lines.txt", pieces="cart"))
    grid = mail(block("product-grid.mjml", pieces="cart", target="''"), event=event)
    for shown in (Page(made.html).text, made.text, Page(grid.html).text):
        said = shown.lower().replace("\u00a0", " ")
        assert re.findall("уже раскупили|осталось [0-9]+", said) == told
