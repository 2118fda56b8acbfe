"""What the shipped templates say, word for word, and that what they say is fit to send.

The words are in golden/; `pytest tests/content --golden` writes them anew after a wanted change.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from chalicelib.content.checking import check_message
from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import (
    BARE_CUSTOMER,
    BARE_EVENT,
    FULL_CUSTOMER,
    FULL_EVENT,
    SAMPLE_NOW,
    sample_message,
)
from chalicelib.content.template_files import FolderFiles, GivenFiles
from chalicelib.domain.customer import OrderTotals
from chalicelib.domain.messages import CodeOffer
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition
from chalicelib.domain.sms_parts import split
from tests.content.places import (
    FOLDER,
    LINKS,
    SETTINGS,
    SHIPPED,
    TEMPLATES,
    render_shipped,
    render_sms,
    shipped_messages,
)

GOLDEN = Path(__file__).with_name("golden")
LONGEST_SUBJECT = 60
"""Characters of a subject that programs on a computer show; telephones show about 40."""
NAMES = tuple(shipped_messages())
EMAILS = [
    (name, locale)
    for name, definition in shipped_messages().items()
    if "email" in definition.channels
    for locale in ("ru", "en")
]
MARKETING = {name for name, definition in shipped_messages().items() if definition.category == "marketing"}
VARIANTS = [(name, variant) for name, definition in shipped_messages().items() for variant in definition.variants]


class Page(HTMLParser):
    """A rendered mail taken apart: its texts, links, pictures and elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.elements: set[str] = set()
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        self.elements.add(tag)
        self.attributes |= set(fields)
        if tag == "a":
            self.links.append(fields.get("href") or "")
        if tag == "img":
            self.pictures.append(fields)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def told(rendered: Rendered) -> str:
    """A rendered message as a golden file holds it."""
    fields = [("Subject", rendered.subject), ("Preheader", rendered.preheader), ("Title", rendered.title),
              ("Link", rendered.url), ("Image", rendered.image)]
    head = "".join(f"{name}: {value}\n" for name, value in fields if value)
    return head + "\n" * bool(head) + (rendered.text or rendered.body) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_message_passes_the_check_of_an_upload(name: str) -> None:
    check_message(shipped_messages()[name], SHIPPED, SETTINGS, SAMPLE_NOW)


@pytest.mark.parametrize("name", NAMES)
def test_every_channel_speaks_russian_and_english(name: str) -> None:
    definition = shipped_messages()[name]
    wanted = {f"{channel}.{locale}" for channel in definition.channels for locale in ("ru", "en")}
    assert set(definition.variants) == wanted


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_words_are_the_golden_ones(name: str, variant: str, golden: bool) -> None:
    channel, _, locale = variant.partition(".")
    words = told(render_shipped(name, channel, locale=locale))
    file = GOLDEN / f"{name}.{variant}.txt"
    if golden:
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(words, "utf-8")
    assert words == file.read_text("utf-8")


def test_there_is_no_golden_file_without_its_message() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {f"{name}.{variant}.txt" for name, variant in VARIANTS}


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_mail_is_light_and_nothing_in_it_runs_or_loads_from_elsewhere(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale)
    page = Page(mail.html)
    assert len(mail.html.encode()) < 100_000
    assert not page.elements & {"script", "link", "iframe", "object", "form", "mj-text", "mj-section"}
    assert not any(attribute.startswith("on") for attribute in page.attributes)
    assert all(picture["alt"] is not None for picture in page.pictures)
    assert all(link.startswith(("https://", "mailto:", "tel:")) for link in page.links)
    assert f'lang="{locale}"' in mail.html
    assert "prefers-color-scheme: dark" in mail.html


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_every_sentence_of_the_text_part_stands_in_the_html_too(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale)
    shown = Page(mail.html).text
    sentences = [" ".join(line.split()) for line in mail.text.splitlines() if line.endswith((".", "!", ","))]
    assert len(sentences) >= 3
    assert [sentence for sentence in sentences if sentence not in shown] == []


@pytest.mark.parametrize(("name", "locale"), [pair for pair in EMAILS if pair[0] in MARKETING])
def test_marketing_mail_shows_the_way_out(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale)
    links = Page(mail.html).links
    assert LINKS.unsubscribe in links
    assert LINKS.preferences in links
    assert LINKS.unsubscribe in mail.text
    assert LINKS.preferences in mail.text


@pytest.mark.parametrize("name", sorted({name for name, _ in EMAILS} - MARKETING))
def test_mail_about_an_order_does_not_offer_to_unsubscribe_from_it(name: str) -> None:
    mail = render_shipped(name, "email")
    assert LINKS.unsubscribe not in mail.html
    assert LINKS.unsubscribe not in mail.text


@pytest.mark.parametrize("name", ["cart-reminder", "cart-offer", "cart-last-call"])
def test_a_cart_is_shown_in_pictures_that_lead_back_to_it(name: str) -> None:
    page = Page(render_shipped(name, "email").html)
    assert [picture["src"] for picture in page.pictures] == [
        "https://shop.example/photos/coat.jpg", "https://shop.example/photos/scarf.jpg",
    ]
    assert page.links.count("https://shop.example/cart/c1") == 3


def test_a_checkout_is_shown_where_there_is_no_cart() -> None:
    page = Page(render_shipped("cart-reminder", "email", event=replace(FULL_EVENT, cart=None)).html)
    assert "https://shop.example/checkout/k1" in page.links


@pytest.mark.parametrize("name", [
    "cart-reminder", "cart-offer", "cart-last-call", "checkout-reminder", "checkout-offer", "checkout-last-call",
    "browse-reminder", "review-request", "cross-sell", "welcome-thanks", "welcome-bestsellers", "welcome-reviews",
    "repeat-nudge", "win-back-letter", "win-back-code", "win-back-bestsellers", "win-back-quarterly",
])
def test_a_mail_without_its_event_still_says_something_and_leads_to_the_shop(name: str) -> None:
    mail = render_shipped(name, "email", event=None, customer=BARE_CUSTOMER, code=False)
    assert SETTINGS.url in Page(mail.html).links
    assert "None" not in mail.html + mail.text + mail.subject


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
    assert promised in Page(mail.html).text
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
    links = Page(render_shipped("review-request", "email").html).links
    assert {"https://shop.example/coat", "https://shop.example/scarf"} <= set(links)


def test_the_scale_from_0_to_10_answers_with_the_score_and_the_order() -> None:
    links = Page(render_shipped("nps-question", "email").html).links
    scale = [link for link in links if link.startswith("mailto:help@shop.example?subject=")]
    assert len(scale) == 11
    assert scale[10] == "mailto:help@shop.example?subject=10%20%C2%B7%201024"


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


@pytest.mark.parametrize(("name", "variant"), [pair for pair in VARIANTS if pair[1].startswith("sms.")])
def test_a_short_message_fits_two_parts(name: str, variant: str) -> None:
    assert split(render_shipped(name, "sms", locale=variant.removeprefix("sms.")).text).count <= 2


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_subject_is_short_enough_to_be_read_whole_and_a_preheader_goes_on_from_it(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale)
    assert len(mail.subject) <= LONGEST_SUBJECT
    assert mail.preheader
    assert mail.preheader != mail.subject


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_nobody_is_shouted_at(name: str, variant: str) -> None:
    channel, _, locale = variant.partition(".")
    words = told(render_shipped(name, channel, locale=locale))
    assert "!!" not in words
    assert words.count("!") <= 1  # that of the Russian greeting
    assert not re.search(r"[а-яё,] (?:Вы|Вас|Вам|Ваш\w*)\b", words)


def test_a_short_message_has_no_character_that_only_looks_like_a_space() -> None:
    assert render_sms("{{ order.total|money('USD') }}, {{ now|moment }}") == "28 960,50 $, 5 марта, 12:30"


def test_the_version_tells_of_every_file_used() -> None:
    before = render_shipped("cart-reminder", "email").template_version
    assert render_shipped("cart-reminder", "email").template_version == before
    assert re.fullmatch(r"[0-9a-f]{12}/[0-9a-f]{8}", before)
    footer = (FOLDER / "blocks" / "footer.mjml").read_text("utf-8")
    files = GivenFiles({"blocks/footer.mjml": footer + "<!-- a change of a block -->"}, SHIPPED)
    definition = shipped_messages()["cart-reminder"]
    message = sample_message(definition, code=True)
    occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW)
    after = TEMPLATES.render(occasion, "email", files).template_version
    assert after.partition("/")[0] == before.partition("/")[0]
    assert after != before


def test_an_edit_is_seen_by_templates_already_compiled(tmp_path: Path) -> None:
    (tmp_path / "try").mkdir()
    definition = MessageDefinition("try", "transactional", ("sms",), variants=("sms.ru",))
    occasion = Occasion(
        sample_message(definition, code=False), definition, FULL_CUSTOMER, None, SETTINGS, LINKS, SAMPLE_NOW,
    )
    texts = []
    for text in ("before", "after"):
        (tmp_path / "try" / "sms.ru.txt").write_text(text, "utf-8")
        texts.append(TEMPLATES.render(occasion, "sms", FolderFiles(tmp_path)).text)
    assert texts == ["before", "after"]


def test_no_template_file_is_without_use() -> None:
    used = {f"{name}/message.yaml" for name in NAMES}
    for name, definition in shipped_messages().items():
        for variant in definition.variants:
            used |= {f"{name}/{variant}.txt"} | ({f"{name}/{variant}.mjml"} if variant.startswith("email") else set())
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    blocks = {file for file in there if file.startswith("blocks/")}
    assert there - blocks == used
    texts = "\n".join((FOLDER / file).read_text("utf-8") for file in there)
    assert {block for block in blocks if f'"{block}"' not in texts} == {"blocks/words.ru.txt", "blocks/words.en.txt"}
