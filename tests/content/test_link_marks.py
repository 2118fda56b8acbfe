"""Links to the shop say which message they were in; all others are left as they are."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.content.link_marks import LinkMarks
from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition
from tests.content.places import LINKS, SETTINGS, TEMPLATES, render_shipped

PAGES = "https://hear.shop.example"
VALUES = (
    ("utm_source", "selvedge"), ("utm_medium", "email"), ("utm_campaign", "cart-abandoned"), ("utm_content", "3.a"),
)
MARKS = LinkMarks("https://www.shop.example", PAGES, VALUES)
ADDED = "utm_source=selvedge&utm_medium=email&utm_campaign=cart-abandoned&utm_content=3.a"

TEXTS = st.text(st.characters(
    exclude_characters="#?&<>\"'`\\\x7f", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Cn"),
))
SHOPS = st.sampled_from([
    "https://shop.example", "http://shop.example", "https://www.shop.example", "https://m.shop.example:8443",
    "HTTPS://Shop.Example",
])
PATHS = st.lists(TEXTS, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
PAIRS = st.lists(st.one_of(TEXTS, st.tuples(TEXTS, TEXTS).map("=".join)), max_size=4)


@st.composite
def shop_urls(draw: st.DrawFn) -> str:
    """A URL of the shop with any path, query and fragment."""
    query, fragment = draw(PAIRS), draw(st.one_of(st.none(), TEXTS))
    url = draw(SHOPS) + draw(PATHS) + (f"?{'&'.join(query)}" if query else "")
    return url if fragment is None else f"{url}#{fragment}"


@pytest.mark.parametrize(("url", "marked"), [
    ("https://shop.example", f"https://shop.example/?{ADDED}"),
    ("https://shop.example/", f"https://shop.example/?{ADDED}"),
    ("https://shop.example?", f"https://shop.example/?{ADDED}"),
    ("https://www.shop.example/coat", f"https://www.shop.example/coat?{ADDED}"),
    ("https://m.shop.example:8443/coat", f"https://m.shop.example:8443/coat?{ADDED}"),
    ("https://shop.example/cart?key=a%2Bb%3D&x", f"https://shop.example/cart?key=a%2Bb%3D&x&{ADDED}"),
    ("https://shop.example/coat#size", f"https://shop.example/coat?{ADDED}#size"),
    ("https://shop.example/#/cart?id=1", f"https://shop.example/?{ADDED}#/cart?id=1"),
    ("https://shop.example/%D0%BF?q=шарф", f"https://shop.example/%D0%BF?q=шарф&{ADDED}"),
])
def test_a_link_to_the_shop_is_marked(url: str, marked: str) -> None:
    assert MARKS.marked(url) == marked


def test_what_a_link_says_itself_stands() -> None:
    marked = MARKS.marked("https://shop.example/coat?utm_campaign=autumn&UTM_Source=letter")
    assert marked == (
        "https://shop.example/coat?utm_campaign=autumn&UTM_Source=letter&utm_medium=email&utm_content=3.a"
    )


@pytest.mark.parametrize("url", [
    "https://other.example/coat", "https://shop.example.evil.example/", "https://evil-shop.example/",
    "https://shop.example@evil.example/", "https://shop.example:80@evil.example/", "https://me@shop.example/",
    "https://evil.example/https://shop.example/", "https://evil.example\\@shop.example/",
    "https://shop.example\\@evil.example/", "//shop.example/", "/coat", "mailto:help@shop.example",
    "tel:+79990000000", "ftp://shop.example/", "javascript:alert(1)", "https://shopxexample/", "https://shop.example:x/",
    "https://xn--shop-example/", "", "https://", "https://[::1]/",
    f"{PAGES}/u/token", f"{PAGES}/p/token", f"{PAGES}/s/token?score=9", f"{PAGES}/r/token", f"{PAGES}/l/code",
])
def test_all_other_links_are_left_as_they_are(url: str) -> None:
    assert MARKS.marked(url) == url
    assert MARKS.in_text(f"See {url}") == f"See {url}"


ASCII = "магазин".encode("idna").decode()


@pytest.mark.parametrize("shop", ["https://магазин.example", f"https://{ASCII}.example"])
def test_a_shop_with_a_name_of_its_own_letters_is_known_in_both_spellings(shop: str) -> None:
    marks = LinkMarks(shop, PAGES, VALUES)
    assert marks.marked("https://магазин.example/шарф") == f"https://магазин.example/шарф?{ADDED}"
    assert marks.marked(f"https://m.{ASCII}.example/x") == f"https://m.{ASCII}.example/x?{ADDED}"
    assert not marks.leads_to_shop("https://мaгaзин.example/")  # a look-alike with two Latin letters
    assert not marks.leads_to_shop("https://shop.example/")


@pytest.mark.parametrize("shop", ["", "shop", "https://", "https://[", "https://..", f"https://{'я' * 80}.example"])
def test_where_the_shops_address_is_none_nothing_is_marked(shop: str) -> None:
    marks = LinkMarks(shop, "", VALUES)
    assert marks.marked("https://other.example/") == "https://other.example/"


@given(shop_urls())
@example("https://shop.example/?utm_source")
@example("https://shop.example?&&#")
def test_marking_twice_is_marking_once(url: str) -> None:
    once = MARKS.marked(url)
    assert MARKS.marked(once) == once


@given(shop_urls())
def test_marks_are_added_and_nothing_else_changes(url: str) -> None:
    before, after = urlsplit(url), urlsplit(MARKS.marked(url))
    assert (after.scheme, after.netloc, after.fragment) == (before.scheme, before.netloc, before.fragment)
    assert after.path == (before.path or "/")
    assert after.query.startswith(before.query.removesuffix("&"))
    said, told = (parse_qsl(query, keep_blank_values=True) for query in (before.query, after.query))
    assert told[: len(said)] == said
    assert {name.lower() for name, _ in told} >= {name for name, _ in VALUES}


@given(st.text(max_size=200))
def test_any_text_for_a_link_is_harmless(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.example{text}"):
        marked = MARKS.marked(url)
        assert marked == url or urlsplit(marked).hostname == urlsplit(url).hostname
        assert MARKS.in_html(f'<a href="{html.escape(url)}">x</a>').endswith(">x</a>")
        MARKS.in_text(url)


def test_the_links_of_a_mail_are_marked_wherever_they_stand_in_their_tags() -> None:
    marked = html.escape(f"https://shop.example/coat?{ADDED}")
    for before, after in (
        ('<a href="https://shop.example/coat">', f'<a href="{marked}">'),
        ("<a class='x' title=\"a > b\" href='https://shop.example/coat' target=_blank>",
         f"<a class='x' title=\"a > b\" href=\"{marked}\" target=_blank>"),
        ('<A\n HREF = "https://shop.example/coat">', f'<A\n href="{marked}">'),
        ('<area shape="rect" href="https://shop.example/coat">', f'<area shape="rect" href="{marked}">'),
    ):
        assert MARKS.in_html(before) == after


@pytest.mark.parametrize("text", [
    '<link href="https://shop.example/fonts.css">', '<img src="https://shop.example/coat.jpg">',
    '<a data-href="https://shop.example/coat">', '<p>href="https://shop.example/coat"</p>',
    '<a title="href=" name="https://shop.example/coat">', '<abbr href="https://shop.example/coat">',
    '<a href="mailto:help@shop.example?subject=9&amp;body=x">', '<a href="tel:+79990000000">',
    '<a href="https://other.example/?to=https://shop.example/&amp;a=1&copy=2">',
])
def test_what_is_no_link_to_the_shop_is_left_as_it_is(text: str) -> None:
    assert MARKS.in_html(text) == text


def test_ampersands_are_written_as_html_has_them_whatever_they_were() -> None:
    for written in ("?a=1&amp;copy=2", "?a=1&copy=2", "?a=1&#38;copy=2"):
        marked = MARKS.in_html(f'<a href="https://shop.example/{written}">')
        assert marked == f'<a href="https://shop.example/?a=1&amp;copy=2&amp;{html.escape(ADDED)}">'


def test_links_to_the_public_pages_are_not_led_over_ses() -> None:
    text = f'<a style="x" href="{PAGES}/u/token">Unsubscribe</a>'
    untracked = f'<a style="x" ses:no-track href="{PAGES}/u/token">Unsubscribe</a>'
    assert MARKS.in_html(text) == untracked
    assert MARKS.in_html(untracked) == untracked


def test_links_to_the_shop_can_be_led_over_a_redirect_and_then_not_over_ses_too() -> None:
    text = '<a href="https://shop.example/coat">coat</a> <a href="https://other.example/">other</a>'
    led: list[str] = []

    def redirect(url: str) -> str:
        led.append(url)
        return f"{PAGES}/r/{len(led)}?a=1&b=2"

    assert MARKS.in_html(text, redirect) == (
        f'<a ses:no-track href="{PAGES}/r/1?a=1&amp;b=2">coat</a> <a href="https://other.example/">other</a>'
    )
    assert led == [f"https://shop.example/coat?{ADDED}"]


@pytest.mark.parametrize(("text", "around"), [
    ("See https://shop.example/coat.", ("See ", ".")), ("(https://shop.example/coat)", ("(", ")")),
    ("«https://shop.example/coat»", ("«", "»")), ("https://shop.example/coat, and more", ("", ", and more")),
    ("Coat:\nhttps://shop.example/coat\n", ("Coat:\n", "\n")), ("Why https://shop.example/coat?!", ("Why ", "?!")),
])
def test_a_url_in_a_text_ends_where_the_sentence_goes_on(text: str, around: tuple[str, str]) -> None:
    assert MARKS.in_text(text) == f"{around[0]}https://shop.example/coat?{ADDED}{around[1]}"


def test_a_link_with_what_no_link_holds_is_left_as_it_is() -> None:
    assert MARKS.marked("https://shop.example/a b") == "https://shop.example/a b"


def test_a_link_that_would_become_too_long_stays_as_it_is() -> None:
    url = "https://shop.example/?q=" + "x" * 2000
    assert MARKS.marked(url) == url


def rendered(channel: str, files: dict[str, str], **more: Any) -> Rendered:
    """What a message of small files becomes; its journey is the samples'."""
    definition = MessageDefinition("try", "marketing", (channel,), variants=(f"{channel}.ru",))
    message = sample_message(definition, code=False)
    occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW, **more)
    return TEMPLATES.render(occasion, channel, GivenFiles(files))


def test_a_mail_is_marked_in_both_its_parts() -> None:
    mail = render_shipped("cart-reminder", "email")
    marks = "utm_source=selvedge&utm_medium=email&utm_campaign=sample&utm_content=1"
    assert f"https://shop.example/cart/c1?{marks}" in mail.text
    assert html.escape(f"https://shop.example/cart/c1?{marks}") in mail.html
    assert re.search(r'ses:no-track href="https://hear.shop.example/u/token"', mail.html)
    assert "token?" not in mail.text


@pytest.mark.parametrize("channel", ["push", "web-push", "telegram"])
def test_where_a_push_or_a_button_leads_is_marked(channel: str) -> None:
    button = "Button: Смотреть\n" if channel == "telegram" else "Title: Пальто\n"
    file = f"{button}Link: {{{{ product.url }}}}\n\nПальто"
    made = rendered(channel, {f"try/{channel}.ru.txt": file}, variant="short")
    marks = f"utm_source=selvedge&utm_medium={channel}&utm_campaign=sample&utm_content=1.short"
    assert made.url == f"https://shop.example/coat?{marks}"


def test_a_link_written_out_in_an_sms_stays_as_short_as_it_is() -> None:
    made = rendered("sms", {"try/sms.ru.txt": "{{ product.url }}"})
    assert made.text == "https://shop.example/coat"


def test_a_push_too_is_led_over_the_redirect() -> None:
    made = rendered(
        "push", {"try/push.ru.txt": "Title: Пальто\n\nПальто"}, redirect=lambda url: f"{PAGES}/r/x?{len(url) > 30}",
    )
    assert made.url == f"{PAGES}/r/x?True"


def test_a_short_link_leads_to_the_marked_one() -> None:
    led: list[str] = []

    def shorten(url: str) -> str:
        led.append(url)
        return f"{PAGES}/l/x"

    text = "{{ product.url|short_link }} {{ 'javascript:x'|short_link }}{{ cart.lines[2].url|short_link }}"
    assert rendered("sms", {"try/sms.ru.txt": text}, shorten=shorten).text.strip() == f"{PAGES}/l/x"
    assert led == ["https://shop.example/coat?utm_source=selvedge&utm_medium=sms&utm_campaign=sample&utm_content=1"]
