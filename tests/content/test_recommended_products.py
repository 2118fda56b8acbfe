"""What a template gets from `recommendations(kind, n)`."""

from __future__ import annotations

import pytest

from chalicelib.content.occasion import Occasion, Recommend
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.events import Product
from chalicelib.domain.recommendations import KINDS
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError
from tests.content.places import LINKS, SETTINGS, TEMPLATES

GOODS = tuple(Product(str(number), title=f"Пальто {number}") for number in range(1, 20))
TITLES = '{% for one in recommendations("bestsellers", 2) %}{{ one.title }};{% endfor %}'


def render(text: str, recommend: Recommend) -> str:
    """The text of an SMS to somebody for whom `recommend` knows something."""
    definition = MessageDefinition("try", "transactional", ("sms",), variants=("sms.ru",))
    occasion = Occasion(
        sample_message(definition, code=False), definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW,
        recommend=recommend,
    )
    return TEMPLATES.render(occasion, "sms", GivenFiles({"try/sms.ru.txt": text})).text


def generous(kind: str, count: int) -> tuple[Product, ...]:
    """More than was asked for."""
    assert kind in KINDS
    return GOODS[: count + 3]


def test_a_template_shows_as_many_products_as_it_asks_for() -> None:
    assert render(TITLES, generous) == "Пальто 1;Пальто 2;"
    assert render('{{ recommendations("similar")|length }}', generous) == "4"


def test_where_nothing_is_known_nothing_is_shown() -> None:
    assert render(f"x{TITLES}", lambda _kind, _count: ()) == "x"


def test_what_fails_in_looking_costs_the_row_and_not_the_message(caplog: pytest.LogCaptureFixture) -> None:
    def broken(kind: str, count: int) -> tuple[Product, ...]:
        raise ZeroDivisionError

    assert render(f"x{TITLES}", broken) == "x"
    assert any("nothing is recommended" in record.getMessage() for record in caplog.records)


def test_the_same_question_is_answered_once() -> None:
    asked = []

    def counting(kind: str, count: int) -> tuple[Product, ...]:
        asked.append((kind, count))
        return GOODS[:count]

    render(TITLES + TITLES, counting)
    assert asked == [("bestsellers", 2)]


def test_products_are_as_clean_as_every_other_value() -> None:
    odd = Product("1", title="a\r\nb", image_url="javascript:alert(1)")
    text = '{% for one in recommendations("bestsellers", 1) %}{{ one.title }}|{{ one.image_url }}|{% endfor %}'
    assert render(text, lambda _kind, _count: (odd,)) == "a b||"


@pytest.mark.parametrize(("asked", "told"), [
    ('"bestseller", 4', "knows no 'bestseller', only: bought-together, similar, bestsellers, last-viewed"),
    ('"bestsellers", 0', "takes a number of products from 1 to 12"),
    ('"bestsellers", 13', "takes a number of products from 1 to 12"),
    ('"bestsellers", "4"', "takes a number of products from 1 to 12"),
    ('"bestsellers", true', "takes a number of products from 1 to 12"),
])
def test_what_no_template_should_ask_is_told_with_its_place(asked: str, told: str) -> None:
    with pytest.raises(TemplateError, match=rf"^templates/try/sms\.ru\.txt:2:21: .*{told}"):
        render(f"x\n{{{{ recommendations({asked})|length }}}}", generous)


def test_a_template_cannot_ask_without_end() -> None:
    text = '{% for n in range(1, 9) %}{{ recommendations("bestsellers", n)|length }}{% endfor %}'
    with pytest.raises(TemplateError, match="more than 6 different rows"):
        render(text, generous)


@pytest.mark.parametrize("text", [
    "{{ recommendations }}", "{{ recommendations._call }}", "{{ recommendations.__call__('bestsellers', 1) }}",
    "{{ recommendations.__class__ }}", "{{ order.lines.index(1) }}", "{{ customer() }}",
])
def test_nothing_else_of_it_can_be_reached(text: str) -> None:
    with pytest.raises(TemplateError):
        render(text, generous)
