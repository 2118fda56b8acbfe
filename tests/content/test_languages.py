"""In which language a customer reads, when there is none in theirs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.content.languages import pick_locale
from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import FULL_CUSTOMER, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError
from tests.content.places import LINKS, SETTINGS, TEMPLATES


@pytest.mark.parametrize(("wanted", "there", "picked"), [
    ("pt-BR", ["pt-BR", "pt", "ru"], "pt-BR"),
    ("pt_br", ["pt-BR", "pt", "ru"], "pt-BR"),
    ("pt-BR", ["pt", "pt-PT", "ru"], "pt"),
    ("pt-BR", ["en", "pt-PT", "ru"], "pt-PT"),
    ("pt", ["en", "ru"], "ru"),
    ("", ["en", "ru"], "ru"),
    ("pt", ["de", "en"], "de"),
    ("pt", ["ru-RU", "en"], "ru-RU"),
])
def test_the_language_is_the_customers_else_the_shops_else_the_first_there_is(
    wanted: str, there: list[str], picked: str,
) -> None:
    assert pick_locale(wanted, "sms", [f"sms.{locale}" for locale in there], "ru") == picked


def test_a_language_of_another_channel_is_none() -> None:
    with pytest.raises(TemplateError, match="there is no template for sms"):
        pick_locale("ru", "sms", ["email.ru"], "ru")


@pytest.mark.parametrize(("locale", "words"), [
    ("pt-BR", "do Brasil"), ("pt-PT", "em português"), ("de", "по-русски"), ("", "по-русски"),
])
def test_the_words_of_blocks_fall_back_as_the_language_does(locale: str, words: str) -> None:
    files = {
        f"try/sms.{locale or 'ru'}.txt": "{{ words.piece }}", "blocks/words.pt-BR.txt": "piece: do Brasil",
        "blocks/words.pt.txt": "piece: em português", "blocks/words.ru.txt": "piece: по-русски",
    }
    assert said(files, locale) == words


def test_the_words_of_blocks_are_english_where_the_shop_has_none_of_its_own() -> None:
    files = {"try/sms.de.txt": "{{ words.piece }}", "blocks/words.en.txt": "piece: a piece"}
    assert said(files, "de") == "a piece"


def said(files: dict[str, str], locale: str) -> str:
    """The SMS to somebody who reads this language, from a shop that writes Russian."""
    variants = tuple(name.partition("/")[2].removesuffix(".txt") for name in files if name.startswith("try/"))
    definition = MessageDefinition("try", "transactional", ("sms",), variants=variants)
    customer = replace(FULL_CUSTOMER, profile=replace(FULL_CUSTOMER.profile, locale=locale))
    message = sample_message(definition, code=False)
    occasion = Occasion(message, definition, customer, None, SETTINGS, LINKS, SAMPLE_NOW)
    return TEMPLATES.render(occasion, "sms", GivenFiles(files)).text
