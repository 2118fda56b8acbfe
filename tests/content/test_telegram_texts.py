"""A text for Telegram: its headers, the button that carries its link, and how long it may be."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.content.checking import check_message
from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import GivenFiles
from chalicelib.definitions.message_files import variants
from chalicelib.domain.customer import Customer
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError
from tests.content.places import LINKS, SETTINGS, TEMPLATES

DEFINITION = MessageDefinition("try", "marketing", ("push",), variants=("push.ru", "telegram.ru"))
HEADS = "Link: {{ shop.url }}/coat\nButton: Посмотреть\nImage: {{ product.image_url }}\n\n"


def telegram(text: str, customer: Customer = FULL_CUSTOMER) -> Rendered:
    """What one Telegram text makes for a customer who looked at a coat."""
    files = GivenFiles({"try/telegram.ru.txt": text, "try/push.ru.txt": "Title: x\n\nx"})
    message = sample_message(DEFINITION, code=False)
    occasion = Occasion(message, DEFINITION, customer, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW)
    made = TEMPLATES.render(occasion, "telegram", files)
    assert check_message(DEFINITION, files, SETTINGS, SAMPLE_NOW).is_right
    return made


def test_it_is_a_text_with_a_picture_and_a_button() -> None:
    made = telegram(HEADS + "Пальто снова есть.\n\nРазмер {{ product.size }}.")
    assert made.text == "Пальто снова есть.\n\nРазмер M."
    assert made.url.startswith("https://shop.example/coat")
    assert (made.button, made.image) == ("Посмотреть", "https://shop.example/photos/coat.jpg")


def test_a_text_may_stand_without_button_and_picture() -> None:
    made = telegram("Link:\n\nСпасибо!")
    assert (made.text, made.url, made.button, made.image) == ("Спасибо!", "", "", "")


def test_a_button_without_its_own_link_leads_to_the_shop() -> None:
    assert telegram("Button: В магазин\n\nСпасибо!").url.startswith(SETTINGS.url)


def test_a_name_that_looks_like_a_header_is_text() -> None:
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, first_name="Link: https://evil.example"))
    made = telegram("Link:\n\n{{ customer.first_name }}, спасибо!", customer)
    assert made.text == "Link: https://evil.example, спасибо!"
    assert made.url == ""


@pytest.mark.parametrize(("text", "told"), [
    ("Просто текст", r"telegram\.ru\.txt:1: begins with the headers Link, Button, Image, then a blank line"),
    ("Link: https://shop.example\n\nx", r"telegram\.ru\.txt:1: the header Link needs a header Button"),
    ("Title: x\n\nx", r"telegram\.ru\.txt:1: begins with the headers"),
    (HEADS, r"telegram\.ru\.txt:1: has no text"),
    (HEADS + "я" * 1025, r"has 1,025 characters; Telegram shows 1,024 under a picture"),
    ("Link:\n\n" + "👗" * 2049, r"has 4,098 characters; Telegram shows 4,096"),
])
def test_what_telegram_would_refuse_is_told(text: str, told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        telegram(text)


def test_the_longest_texts_pass() -> None:
    assert len(telegram("Link:\n\n" + "я" * 4096).text) == 4096
    assert len(telegram(HEADS + "я" * 1024).text) == 1024


def test_a_file_for_telegram_is_a_variant_though_no_message_is_sent_there_yet() -> None:
    assert variants(["push.ru.txt", "telegram.ru.txt", "telegram.ru.mjml"]) == ("push.ru", "telegram.ru")
