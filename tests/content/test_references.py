"""Which files a message is made of is known before it is rendered, in whatever branch an include stands."""

from __future__ import annotations

import pytest

from chalicelib.content.occasion import Occasion
from chalicelib.content.references import reached
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import GivenFiles, TemplateFiles
from tests.content.places import FOLDER, LINKS, SETTINGS, SHIPPED, TEMPLATES, shipped_messages

BLOCKS = ["blocks/a.txt", "blocks/b.txt", "blocks/words.ru.txt", "blocks/words.en.txt"]
WORDS = {"blocks/words.ru.txt", "blocks/words.en.txt"}


def reached_by(text: str, **blocks: str) -> set[str]:
    texts = {"try/sms.ru.txt": text} | dict.fromkeys(BLOCKS, "x")
    texts |= {f"blocks/{name}.txt": block for name, block in blocks.items()}
    return reached(["try/sms.ru.txt"], texts, GivenFiles(texts)) - {"try/sms.ru.txt"}


@pytest.mark.parametrize("tag", [
    '{% include "blocks/a.txt" %}', "{%- include 'blocks/a.txt' -%}", '{% include "blocks/a.txt" ignore missing %}',
    '{% if cart %}{% include "blocks/a.txt" with context %}{% endif %}', '{% extends "blocks/a.txt" %}',
    '{% import "blocks/a.txt" as a %}', '{% from "blocks/a.txt" import one, other as third without context %}',
    '{%\n  include\n  "blocks/a.txt"\n%}',
])
def test_a_file_that_is_named_is_reached_whatever_the_tag(tag: str) -> None:
    assert reached_by(f"Здравствуйте {tag}") == {"blocks/a.txt"} | WORDS


def test_what_is_named_names_others_in_its_turn() -> None:
    assert reached_by('{% include "blocks/a.txt" %}', a='{% include "blocks/b.txt" %}') == set(BLOCKS)
    assert reached_by('{% include "blocks/a.txt" %}', a='{% include "blocks/a.txt" %}') == {"blocks/a.txt"} | WORDS


@pytest.mark.parametrize("tag", [
    "{% include name %}", '{% include "blocks/" ~ kind ~ ".txt" %}', '{% include ["blocks/a.txt", "blocks/b.txt"] %}',
    '{% include "blocks/a.txt" if cart else "blocks/b.txt" %}',
])
def test_a_name_that_is_worked_out_may_be_of_any_file(tag: str) -> None:
    assert reached_by(tag) == set(BLOCKS)


def test_what_is_not_there_is_not_reached() -> None:
    assert reached_by('{% include "blocks/nobody.txt" %} {% include "../shop.yaml" %}') == WORDS


def test_the_shipped_messages_read_nothing_else() -> None:
    names = [path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.*") if path.suffix != ".yaml"]
    for name, definition in shipped_messages().items():
        own = [file for file in names if file.startswith(f"{name}/")]
        files = {file: file_of(file) for file in reached(own, names, SHIPPED)}
        for variant in definition.variants:
            channel, _, locale = variant.partition(".")
            message = sample_message(definition, code=True)
            occasion = Occasion(
                message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW, locale,
            )
            assert _words(occasion, channel, GivenFiles(files)) == _words(occasion, channel, SHIPPED)


def _words(occasion: Occasion, channel: str, files: TemplateFiles) -> tuple[str, str]:
    rendered = TEMPLATES.render(occasion, channel, files)
    return rendered.text or rendered.body, rendered.html


def file_of(name: str) -> str:
    file = SHIPPED.read(name)
    assert file is not None
    return file.text
