"""What the shipped templates make for every sample customer is fit to send."""

from __future__ import annotations

import re

import pytest

from chalicelib.content.checking import check_message
from chalicelib.content.samples import BARE_CUSTOMER, SAMPLE_NOW, SAMPLES
from chalicelib.domain import sms_parts
from chalicelib.domain.rendered import Rendered
from tests.content.mail_reader import Page
from tests.content.places import (
    EMAILS,
    FOLDER,
    LINKS,
    MARKETING,
    SETTINGS,
    SHIPPED,
    VARIANTS,
    render_sample,
    render_shipped,
    render_sms,
    shipped_messages,
)

LONGEST_SUBJECT = 60
"""Characters of a subject that programs on a computer show; telephones show about 40."""
LONGEST_TITLE = 45
"""Characters of a push's title; telephones show about 40 on one line."""
MOST_BYTES = 100_000
"""Of a mail's HTML: Gmail cuts what is longer than 102 KB."""
NAMES = tuple(shipped_messages())


def mails(name: str, locale: str) -> list[Rendered]:
    """A mail as each of the sample customers gets it."""
    return [render_sample(name, "email", locale, sample) for sample in SAMPLES]


@pytest.mark.parametrize("name", NAMES)
def test_a_message_passes_the_check_of_an_upload(name: str) -> None:
    assert check_message(shipped_messages()[name], SHIPPED, SETTINGS, SAMPLE_NOW).problems == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_channel_speaks_russian_and_english(name: str) -> None:
    definition = shipped_messages()[name]
    spoken = {variant.partition(".")[0] for variant in definition.variants}
    assert spoken >= set(definition.channels)
    assert set(definition.variants) == {f"{channel}.{locale}" for channel in spoken for locale in ("ru", "en")}


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_mail_is_light_and_nothing_in_it_runs_or_loads_from_elsewhere(name: str, locale: str) -> None:
    for mail in mails(name, locale):
        page = Page(mail.html)
        assert len(mail.html.encode()) < MOST_BYTES
        assert not page.elements & {"script", "link", "iframe", "object", "form", "mj-text", "mj-section"}
        assert not any(attribute.startswith("on") for attribute in page.attributes)
        assert all(picture["alt"] is not None for picture in page.pictures)
        assert all(link.startswith(("https://", "mailto:", "tel:")) for link in page.links)
        assert f'lang="{locale}"' in mail.html
        assert "prefers-color-scheme: dark" in mail.html


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_every_sentence_of_the_text_part_stands_in_the_html_too(name: str, locale: str) -> None:
    for mail in mails(name, locale):
        shown = Page(mail.html).text
        sentences = [" ".join(line.split()) for line in mail.text.splitlines() if line.endswith((".", "!", ","))]
        assert len(sentences) >= 3
        assert [sentence for sentence in sentences if sentence not in shown] == []


@pytest.mark.parametrize(("name", "locale"), [pair for pair in EMAILS if pair[0] in MARKETING])
def test_marketing_mail_shows_the_way_out(name: str, locale: str) -> None:
    for mail in mails(name, locale):
        assert {LINKS.unsubscribe, LINKS.preferences} <= set(Page(mail.html).links)
        assert LINKS.unsubscribe in mail.text
        assert LINKS.preferences in mail.text


@pytest.mark.parametrize(("name", "locale"), [pair for pair in EMAILS if pair[0] not in MARKETING])
def test_mail_about_an_order_does_not_offer_to_unsubscribe_from_it(name: str, locale: str) -> None:
    for mail in mails(name, locale):
        assert LINKS.unsubscribe not in mail.html
        assert LINKS.unsubscribe not in mail.text


@pytest.mark.parametrize(("name", "locale"), [pair for pair in EMAILS if pair[0] in MARKETING])
def test_a_mail_without_its_event_still_says_something_and_leads_to_the_shop(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale, event=None, customer=BARE_CUSTOMER, code=False)
    assert any(link.startswith(SETTINGS.url) for link in Page(mail.html).links)
    assert "None" not in mail.html + mail.text + mail.subject


@pytest.mark.parametrize(("name", "variant"), [pair for pair in VARIANTS if pair[1].startswith("sms.")])
def test_a_short_message_fits_two_parts_and_marketing_shows_the_way_out(name: str, variant: str) -> None:
    for sample in SAMPLES:
        text = render_sample(name, "sms", variant.removeprefix("sms."), sample).text
        assert sms_parts.split(text).count <= 2
        assert (LINKS.stop in text) == (name in MARKETING)


@pytest.mark.parametrize(("name", "variant"), [pair for pair in VARIANTS if "push." in pair[1]])
def test_the_title_of_a_push_can_be_read_on_a_locked_telephone(name: str, variant: str) -> None:
    channel, _, locale = variant.partition(".")
    for sample in SAMPLES[:2]:
        assert len(render_sample(name, channel, locale, sample).title) <= LONGEST_TITLE


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_subject_is_short_enough_to_be_read_whole_and_a_preheader_goes_on_from_it(name: str, locale: str) -> None:
    for sample, mail in zip(SAMPLES, mails(name, locale), strict=True):
        assert len(mail.subject) <= LONGEST_SUBJECT or sample.name == "odd"
        assert mail.preheader
        assert mail.preheader not in mail.subject


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_nobody_is_shouted_at(name: str, variant: str) -> None:
    channel, _, locale = variant.partition(".")
    made = render_shipped(name, channel, locale=locale)
    words = "\n".join((made.subject, made.preheader, made.title, made.body, made.text))
    assert "!!" not in words
    assert words.count("!") <= 1  # that of the Russian greeting
    assert not re.search(r"[а-яё,] (?:Вы|Вас|Вам|Ваш\w*)\b", words)


def test_a_short_message_has_no_character_that_only_looks_like_a_space() -> None:
    assert render_sms("{{ order.total|money('USD') }}, {{ now|moment }}") == "28 960,50 $, 5 марта, 12:30"


def test_no_template_file_is_without_use() -> None:
    used = {f"{name}/message.yaml" for name in NAMES} | {"brand.yaml"}
    for name, variant in VARIANTS:
        used |= {f"{name}/{variant}.txt"} | ({f"{name}/{variant}.mjml"} if variant.startswith("email") else set())
    there = {str(file.relative_to(FOLDER)) for file in FOLDER.rglob("*") if file.is_file()}
    blocks = {file for file in there if file.startswith("blocks/")}
    assert there - blocks == used
    texts = "\n".join((FOLDER / file).read_text("utf-8") for file in there)
    assert {block for block in blocks if f'"{block}"' not in texts} == {"blocks/words.ru.txt", "blocks/words.en.txt"}
