"""What stands in an attribute of a template stands in the mail."""

from __future__ import annotations

import re
import sys
import unicodedata
from html import escape, unescape

import pytest

from chalicelib.content.attribute_values import attributes_as_written
from chalicelib.content.mail_markup import compile_mjml

ODD = [
    "18\u00a0990\u00a0₽", "и\u0306", "فستان يدويًا", "C:\\new\\table", "a\\", "\\u{a0}", "\\\\", "👗\u200d🧵",
    "'q' \"q\"", "two\nlines\tand a tab", "a=\"b\\c\"", "\u00ad",
]


def compiled(alt: str) -> str:
    markup = (
        '<mjml><mj-body><mj-section><mj-column><mj-text><img src="x" alt="{alt}" /></mj-text>'
        '<mj-image src="https://shop.example/y" alt="{alt}" /></mj-column></mj-section></mj-body></mjml>'
    )
    return compile_mjml(markup.replace("{alt}", escape(alt)), "try/email.en.mjml", ())


@pytest.mark.parametrize("alt", ODD)
def test_an_attribute_keeps_its_value(alt: str) -> None:
    values = re.findall(r'alt="([^"]*)"', compiled(alt))
    assert [unescape(value) for value in values] == [alt, alt]


def test_every_character_that_a_name_may_hold_survives() -> None:
    every = [
        chr(code) for code in range(32, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cs", "Cn", "Co"}
    ]
    for start in range(0, len(every), 5000):
        alt = "".join(every[start : start + 5000])
        value = re.search(r'alt="([^"]*)"', compiled(alt))
        assert value
        assert unescape(value[1]) == alt


def test_a_link_leads_where_it_was_written_to() -> None:
    markup = (
        "<mjml><mj-body><mj-section><mj-column><mj-button href=\"https://shop.example/?q=и\u0306\">x</mj-button>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    assert 'href="https://shop.example/?q=и\u0306"' in compile_mjml(markup, "try/email.en.mjml", ())


def test_texts_and_styles_stay_as_they_are() -> None:
    html = '<style>.a::before { content: "\\201C"; }</style><p title="x">\\n and \\u{a0}</p>'
    assert attributes_as_written(html) == html
