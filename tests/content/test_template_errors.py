"""A wrong template tells its author the file, the line and the way out."""

from __future__ import annotations

import pytest

from chalicelib.content.checking import check_message
from chalicelib.content.languages import pick_locale
from chalicelib.content.samples import SAMPLE_NOW
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError
from tests.content.places import SETTINGS, SHIPPED, render_sms

BODY = "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
GOOD_TEXT = 'Subject: Hi\nPreheader: there\n\nText\n{% include "blocks/footer.txt" %}'
GOOD_MJML = '{% extends "blocks/layout.mjml" %}\n{% block content %}\n' + BODY + "\n{% endblock %}"
EMAIL = MessageDefinition("try", "marketing", ("email",), variants=("email.ru",))


@pytest.mark.parametrize(("template", "told"), [
    ("a\n{{ customer.firstname }}",
     "templates/try/sms.ru.txt:2:13: Profile has no field 'firstname'; did you mean 'first_name'?"),
    ("a\n\n{{ custmer.first_name }}", "templates/try/sms.ru.txt:3:4: 'custmer' is not known here"),
    ("{{ page.url }}", "templates/try/sms.ru.txt:1:9: there is nothing to take 'url' from; put it inside {% if … %}"),
    ("a\n{% if order %}\nb",
     "templates/try/sms.ru.txt:3: Unexpected end of template. Jinja was looking for the following tags: 'elif' or "
     "'else' or 'endif'. The innermost block that needs to be closed is 'if'."),
    ("a\n{{ order.total|mony('RUB') }}", "templates/try/sms.ru.txt:2:16: there is no filter 'mony'"),
    ("a\n{{ order.lines }}", "templates/try/sms.ru.txt:2:1: a tuple cannot be printed; print one of its fields"),
    ("a\n{{ order.total|plural('x') }}",
     "templates/try/sms.ru.txt:2:1: plural in 'ru' takes 3 forms of the word, not 1"),
    ("a\n{% include 'blocks/none.txt' %}", "templates/try/sms.ru.txt:2:13: there is no file templates/blocks/none.txt"),
    ("a\n{{ words.hello }}", "templates/try/sms.ru.txt:2:10: there is no 'hello' here"),
    ("  \n ", "templates/try/sms.ru.txt:1: has no text"),
])
def test_a_mistake_in_a_template_is_told_with_its_place(template: str, told: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_sms(template)
    assert str(caught.value) == told


def test_a_mistake_in_a_shared_block_is_told_in_the_block() -> None:
    with pytest.raises(TemplateError, match=r"^templates/blocks/greeting\.txt:2:4: 'nobody' is not known here"):
        render_sms('Hello\n{% include "blocks/greeting.txt" %}', blocks__greeting_txt="dear\n{{ nobody }}")


def check(text: str = GOOD_TEXT, mjml: str = GOOD_MJML, definition: MessageDefinition = EMAIL, **blocks: str) -> str:
    """What is wrong with an upload, a line each; doubts are left out."""
    files = {"try/email.ru.txt": text, "try/email.ru.mjml": mjml}
    files |= {f"blocks/{name}.mjml": source for name, source in blocks.items()}
    tried = check_message(definition, GivenFiles(files, SHIPPED), SETTINGS, SAMPLE_NOW)
    return "\n".join(str(problem) for problem in tried.problems if problem.severity == "error")


def test_a_good_upload_passes() -> None:
    assert check() == ""


@pytest.mark.parametrize(("text", "mjml", "told"), [
    ("Text only", GOOD_MJML, "email.ru.txt:1: begins with the headers Subject, Preheader, then a blank line"),
    ("Preheader: x\n\nText", GOOD_MJML, "email.ru.txt:1: the header Subject is missing or empty"),
    ("Subject: x\nBcc: y@shop.example\n\nText", GOOD_MJML,
     "email.ru.txt:2: begins with the headers Subject, Preheader, then a blank line"),
    ("Subject: {{ customer.last_name }}\n\nText", GOOD_MJML,
     "email.ru.txt:1: shows no unsubscribe link: include `blocks/footer.txt`"),
    (GOOD_TEXT, GOOD_MJML.replace("</mj-column>", ""),
     "email.ru.mjml:3:44: </mj-section> closes nothing; <mj-column> of line 3 is still open"),
    (GOOD_TEXT, GOOD_MJML.replace("</mj-section>", ""), "email.ru.mjml:3:1: <mj-section> is not closed"),
    (GOOD_TEXT, GOOD_MJML.replace("mj-text", "mj-txt"),
     "email.ru.mjml:3:24: MJML has no <mj-txt>; did you mean 'mj-text'?"),
    (GOOD_TEXT, "<mjml><mj-body>" + BODY + "</mj-body></mjml>",
     "email.ru.mjml:1: shows no unsubscribe link: include `blocks/footer.mjml`"),
])
def test_a_wrong_upload_is_refused_with_its_place(text: str, mjml: str, told: str) -> None:
    assert f"templates/try/{told}" in check(text, mjml).splitlines()


def test_a_field_that_only_some_customers_have_is_noticed_before_it_is_live() -> None:
    assert check(GOOD_TEXT.replace("Text", "{{ code.value }}")) == (
        "templates/try/email.ru.txt:4:9: there is nothing to take 'value' from; put it inside {% if … %} "
        "(for the sample customer `bare`)"
    )


def test_a_block_with_unclosed_markup_is_named() -> None:
    assert check(header="<mj-section>\n<mj-column>").splitlines() == [
        "templates/blocks/header.mjml:1:1: <mj-section> is not closed",
        "templates/blocks/header.mjml:2:1: <mj-column> is not closed",
    ]


def test_a_channel_without_a_file_is_refused() -> None:
    definition = MessageDefinition("try", "marketing", ("email", "sms"), variants=("email.ru",))
    assert check(definition=definition) == "templates/try/message.yaml: sms has no template file"


@pytest.mark.parametrize(("wanted", "variants", "picked"), [
    ("ru", "ru en", "ru"), ("en-GB", "ru en", "en"), ("en_US", "ru en", "en"), ("pt-BR", "ru pt-BR pt", "pt-BR"),
    ("pt-PT", "ru pt-BR", "pt-BR"), ("PT-br", "ru pt_BR", "pt_BR"), ("de", "ru en", "ru"), ("", "en ru", "ru"),
    ("de", "en", "en"), ("kk", "fr en", "en"),
])
def test_the_language_falls_back_step_by_step(wanted: str, variants: str, picked: str) -> None:
    there = [f"email.{locale}" for locale in variants.split()]
    assert pick_locale(wanted, "email", there, "ru") == picked


def test_a_channel_without_any_variant_is_an_error() -> None:
    with pytest.raises(TemplateError, match="there is no template for sms"):
        pick_locale("ru", "sms", ["email.ru"], "ru")
