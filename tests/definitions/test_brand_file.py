"""`templates/brand.yaml`: what it may say, how a mistake in it is told, and that its colours can be read by all."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from chalicelib.definitions.brand_file import read_brand
from chalicelib.domain.brand import DARK, LIGHT, Brand, Introduction, Review, SocialLink, contrast, faint
from chalicelib.errors import DefinitionError

SHIPPED = Path(__file__).parents[2] / "templates" / "brand.yaml"


def test_what_is_left_out_keeps_its_default() -> None:
    assert read_brand("name: Weavers\n") == Brand(name={"": "Weavers"})


def test_all_is_read_as_it_is_written() -> None:
    brand = read_brand("""
name: {ru: Ткачи, en: Weavers}
logo: {url: "https://weavers.example/logo.png", dark: "https://weavers.example/dark.png", width: 120}
colors:
  light: {accent: "#7A1F1F", on-accent: "#ffffff"}
fonts: {heading: "'Playfair Display', Georgia, serif", body: Arial}
address: 1 Weaver Street
legal: {en: Weavers Ltd}
social: [{name: Telegram, url: "https://t.me/weavers"}]
support: {email: Help@weavers.example, phone: "+7 495 000-00-00", hours: {en: 9 to 5}}
reviews: [{text: {ru: Сели, en: They fit}, author: {en: Ann}}, {text: ❤, author: Ида}]
""")
    assert brand == Brand(
        name={"ru": "Ткачи", "en": "Weavers"}, logo_url="https://weavers.example/logo.png",
        logo_dark_url="https://weavers.example/dark.png", logo_width=120, light=replace(LIGHT, accent="#7a1f1f"),
        heading_font="Playfair Display, Georgia, serif", body_font="Arial", address={"": "1 Weaver Street"},
        legal={"en": "Weavers Ltd"}, social=(SocialLink("Telegram", "https://t.me/weavers"),),
        support_email="help@weavers.example", support_phone="+7 495 000-00-00", support_hours={"en": "9 to 5"},
        reviews=(Review("Сели", "", "ru"), Review("They fit", "Ann", "en"), Review("❤", "Ида")),
    )


@pytest.mark.parametrize(("locale", "name", "reviews"), [
    ("ru", "Ткачи", ["Сели", "❤"]),
    ("en-GB", "Weavers", ["They fit", "❤"]),
    ("pt_BR", "Tecelões", ["❤"]),
    ("de", "Ткачи", ["❤"]),
])
def test_a_reader_sees_the_shop_in_their_own_language_else_in_the_shops(
    locale: str, name: str, reviews: list[str],
) -> None:
    brand = Brand(
        name={"en": "Weavers", "ru": "Ткачи", "pt-BR": "Tecelões", "pt": "Tecelões"}, address={"en": "1 Weaver Street"},
        reviews=(Review("Сели", locale="ru"), Review("They fit", locale="en"), Review("❤")),
    )
    if locale == "pt_BR":
        brand = replace(brand, name={"ru": "Ткачи", "pt": "Tecelões"})
    shown = brand.in_language(locale, "ru", "https://weavers.example")
    assert (shown.url, shown.name, shown.address) == ("https://weavers.example", name, "1 Weaver Street")
    assert [review.text for review in shown.reviews] == reviews


def test_a_telephone_can_be_dialled() -> None:
    """A `tel:` link has no spaces in it (RFC 3966, 3)."""
    shown = Brand(support_phone="+7 (495) 000-00-00").in_language("en", "ru", "https://weavers.example")
    assert (shown.support_phone, shown.support_tel) == ("+7 (495) 000-00-00", "tel:+74950000000")


def test_a_brand_that_says_nothing_introduces_itself_all_the_same() -> None:
    shown = Brand().in_language("en", "ru", "https://weavers.example")
    assert shown == Introduction("https://weavers.example", "Shop")


@pytest.mark.parametrize(("text", "line", "reason"), [
    ("name: Weavers\ncolours: {}\n", 2, "unknown field 'colours'"),
    ("name: {}\n", 1, "should be a text, or one for each language"),
    ("name: {Russian: Ткачи}\n", 1, "should name a language, such as `en`, not 'Russian'"),
    ("logo: https://weavers.example/logo.png\n", 1, "should be a mapping"),
    ("logo: {url: logo.png}\n", 1, "should be a whole link, https://…, not 'logo.png'"),
    ("logo:\n  dark: javascript:alert(1)\n", 2, "should be a whole link"),
    ("logo:\n  url: https://a.example/\"onload=\n", 2, "should be a whole link"),
    ("logo: {width: 600}\n", 1, "is from 20 to 280 pixels"),
    ("logo: {width: wide}\n", 1, "should be a whole number"),
    ("colors: {bright: {}}\n", 1, "unknown field 'bright'"),
    ("colors:\n  dark:\n    link: \"#ffffff\"\n", 3, "unknown field 'link'"),
    ("colors:\n  light: {ink: black}\n", 2, "should be a colour such as \"#1a1a18\", in quotes, not 'black'"),
    ("colors:\n  light: {ink: \"#000\"}\n", 2, "should be a colour"),
    ("colors:\n  light: {ink: \"#000000;}\"}\n", 2, "should be a colour"),
    ("colors:\n  light:\n    muted: \"#999999\"\n", 3, "muted on paper has a contrast of 2.85; a text that"),
    ("colors: {light: {accent: \"#ffcc00\"}}\n", 1, "on-accent on accent has a contrast of 1.51"),
    ("colors: {dark: {background: \"#f0f0f0\"}}\n", 1, "ink on background has a contrast of 1."),
    ("fonts: {heading: \"Georgia; color: red\"}\n", 1, "should be names of fonts"),
    ("fonts: {title: Georgia}\n", 1, "unknown field 'title'"),
    ("support: {email: help}\n", 1, "should be a mail address, not 'help'"),
    ("social: [{name: Telegram}]\n", 1, "lacks the field `url`"),
    ("social: [{name: Telegram, url: t.me/weavers}]\n", 1, "should be a whole link"),
    ("reviews: [{author: Ann}]\n", 1, "lacks the field `text`"),
])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_brand(text)
    assert (refused.value.file, refused.value.line) == ("templates/brand.yaml", line)
    assert reason in str(refused.value)


@pytest.mark.parametrize(("one", "other", "ratio"), [
    ("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0),
    ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59),
])
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    """Ratios as the W3C's own examples and common calculators give them."""
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_the_shipped_colours_and_the_defaults_can_be_read_by_all() -> None:
    shipped = read_brand(SHIPPED.read_text("utf-8"))
    for palette in (shipped.light, shipped.dark, LIGHT, DARK):
        assert faint(palette) is None
    assert (shipped.light, shipped.dark) == (LIGHT, DARK)
