"""What is told of an upload: all that is wrong, each once, with line and column; doubts told apart from mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from chalicelib.content.checking import Tried, check_message
from chalicelib.content.samples import SAMPLE_NOW
from chalicelib.content.template_files import GivenFiles, decoded
from chalicelib.definitions.message_files import variants
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError
from tests.content.places import SETTINGS, SHIPPED

GUIDE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
TEXT = 'Subject: Hi\nPreheader: there\n\nText\n{% include "blocks/footer.txt" %}\n'
MJML = """{% extends "blocks/layout.mjml" %}
{% block content %}
<mj-section><mj-column>
<mj-text>x</mj-text>
</mj-column></mj-section>
{% endblock %}
"""
X = "<mj-text>x</mj-text>"
PUSH = "Title: Hi\n\nText\n"


def tried(files: dict[str, str], *, sms_parts: int = 2, locales: tuple[str, ...] = ("ru",)) -> Tried:
    """An upload of these files into the folder of a message `try`, of whose channels there are files."""
    channels = tuple(dict.fromkeys(name.partition(".")[0] for name in files if name.endswith(".txt")))
    definition = MessageDefinition("try", "marketing", channels, variants=variants(files), sms_parts=sms_parts)
    given = GivenFiles({f"try/{name}": text for name, text in files.items()}, SHIPPED)
    return check_message(definition, given, replace(SETTINGS, locales=locales), SAMPLE_NOW, names=files)


def told(files: dict[str, str], *, sms_parts: int = 2) -> list[str]:
    """What is told of these files, a line each, without what all of them begin with."""
    return [str(problem).removeprefix("templates/") for problem in tried(files, sms_parts=sms_parts).problems]


def mail(in_place_of_x: str) -> dict[str, str]:
    """A good mail with something else in place of its one text, on line 4."""
    return {"email.ru.txt": TEXT, "email.ru.mjml": MJML.replace(X, in_place_of_x)}


def sms(text: str) -> dict[str, str]:
    return {"sms.ru.txt": text}


class Case(NamedTuple):
    """Files and what is told of them: its place, and what it begins with."""

    files: dict[str, str]
    place: str
    text: str
    severity: str = "error"


MAIL, LOOK = "try/email.ru.txt", "try/email.ru.mjml"
CASES = {
    "a tag that cannot be read": Case(sms("a\n{% if order %}\nb {{ order.number"), "try/sms.ru.txt:3:3", "unexpected"),
    "a value that is not there": Case(
        sms("a\nb {{ custmer.first_name }}"), "try/sms.ru.txt:2:6",
        "'custmer' is not known here; did you mean 'customer'?",
    ),
    "a part that a value has not": Case(
        sms("{% if code %}{% if not code %}{{ order.nubmer }}{% endif %}{% endif %}a"), "try/sms.ru.txt:1:40",
        "Order has no field 'nubmer'; did you mean 'number'?",
    ),
    "a part of a value that may be missing": Case(
        sms("a {{ code.value }}"), "try/sms.ru.txt:1:11", "there is nothing to take 'value' from; put it inside",
    ),
    "a filter that is not there": Case(
        sms("{{ order.total|mony('RUB') }}"), "try/sms.ru.txt:1:16", "there is no filter 'mony'; did you mean 'money'?",
    ),
    "a file that is not there": Case(
        sms('{% if 1 > 2 %}{% include "blocks/foter.txt" %}{% endif %}a'), "try/sms.ru.txt:1:27",
        "there is no file templates/blocks/foter.txt",
    ),
    "a block that the layout has not": Case(
        {"email.ru.txt": TEXT, "email.ru.mjml": MJML.replace("block content", "block contnet")}, f"{LOOK}:2:10",
        "templates/blocks/layout.mjml has no block 'contnet', so that it is not shown; did you mean 'content'?",
    ),
    "words outside of every block": Case(
        {"email.ru.txt": TEXT, "email.ru.mjml": MJML + "\nGoodbye"}, f"{LOOK}:8:1", "stands outside of every",
        "warning",
    ),
    "an element that MJML has not": Case(
        mail("<mj-txt>x</mj-txt>"), f"{LOOK}:4:1", "MJML has no <mj-txt>; did you mean 'mj-text'?",
    ),
    "an element that is not closed": Case(
        mail("<mj-text>x"), f"{LOOK}:5:1", "</mj-column> closes nothing; <mj-text> of",
    ),
    "scripts, forms and frames": Case(
        mail("<mj-text>x</mj-text><mj-raw><script>1</script></mj-raw>"), f"{LOOK}:4:29", "<script> is not for mails",
    ),
    "attributes that run scripts": Case(
        mail('<mj-text><a href="https://t.me/x" onclick="go()">x</a></mj-text>'), f"{LOOK}:4:35",
        "`onclick` runs a script",
    ),
    "no text beside a mail": Case(
        {"email.ru.mjml": MJML, "push.ru.txt": PUSH}, LOOK, "has no subject and text: put email.ru.txt beside it",
    ),
    "no way to unsubscribe": Case(
        {"email.ru.txt": TEXT.partition("{%")[0], "email.ru.mjml": MJML}, f"{MAIL}:1", "shows no unsubscribe link",
    ),
    "no subject or title": Case(
        {"push.ru.txt": "Link: {{ shop.url }}\n\nx"}, "try/push.ru.txt:1", "the header Title is missing or empty",
    ),
    "a subject or title over 200 characters": Case(
        {"email.ru.txt": TEXT.replace("Hi", "Hi " * 80), "email.ru.mjml": MJML}, f"{MAIL}:1",
        "the subject has 239 characters",
    ),
    "no preheader": Case(
        {"email.ru.txt": TEXT.replace("Preheader: there\n", ""), "email.ru.mjml": MJML}, f"{MAIL}:1",
        "the header Preheader is missing or empty", "warning",
    ),
    "HTML over 100 KB": Case(mail(f"<mj-text>{'words ' * 16_000}</mj-text>"), f"{LOOK}:1", "makes 1"),
    "HTML over 80 KB": Case(mail(f"<mj-text>{'words ' * 13_500}</mj-text>"), f"{LOOK}:1", "makes ", "warning"),
    "a link that leads nowhere": Case(
        mail('<mj-button padding="0"\n href="{{ cart.url if cart }}">x</mj-button>'), f"{LOOK}:5:2",
        "the link leads nowhere",
    ),
    "a link without a scheme or a site": Case(
        mail('<mj-button href="www.weavers.ru/sale">x</mj-button>'), f"{LOOK}:4:12",
        "the link has no scheme: write https://",
    ),
    "a relative link": Case(
        mail('<mj-button href="/sale">x</mj-button>'), f"{LOOK}:4:12", "the link is relative: /sale;",
    ),
    "a link with a space in it": Case(
        mail('<mj-button href="{{ shop.url }}/summer sale">x</mj-button>'), f"{LOOK}:4:12",
        "the link has a space in it",
    ),
    "a link that runs a script": Case(
        mail('<mj-button href="javascript:go()">x</mj-button>'), f"{LOOK}:4:12", "the link begins with `javascript:`",
    ),
    "a picture over http": Case(
        mail('<mj-image alt="" src="http://weavers.ru/coat.jpg" />'), f"{LOOK}:4:18",
        "the picture's address is not secure",
        "warning",
    ),
    "a picture without words (`alt`)": Case(
        mail('<mj-image src="https://weavers.ru/coat.jpg" />'), f"{LOOK}:4:1", "<mj-image> has no `alt`", "warning",
    ),
    "a placeholder of a guide": Case(
        mail('<mj-button href="https://www.example.com/sale">x</mj-button>'), f"{LOOK}:4:18",
        "www.example.com is a placeholder", "warning",
    ),
    "a value as other systems write it": Case(
        sms("Hello *|FNAME|*!"), "try/sms.ru.txt:1:7", "*|FNAME|* is printed as it is", "warning",
    ),
    "a tag that is printed as it is": Case(
        sms('{% set tag = "{{ customer.city }}" %}{{ tag }}'), "try/sms.ru.txt:1", "a tag was not filled in",
    ),
    "an SMS of more parts than `sms-parts`": Case(
        sms("Слово " * 30), "try/sms.ru.txt:1",
        "takes 3 parts for the sample customer `full` (179 characters in UCS-2)",
    ),
    "the same for the odd sample only": Case(
        sms("Слово " * 20 + "{{ customer.first_name }}"), "try/sms.ru.txt:1",
        "takes 3 parts for the sample customer `odd`", "warning",
    ),
    "a push over 3,500 bytes": Case({"push.ru.txt": PUSH + "слово " * 400}, "try/push.ru.txt:1", "says 4,"),
    "a push that phones cut off": Case(
        {"push.ru.txt": PUSH + "word " * 40}, "try/push.ru.txt:1", "the text has 204 characters; phones cut it off",
        "warning",
    ),
    "a channel without a file": Case({"push.ru.mjml": "x", "sms.ru.txt": "x", "push.x.txt": "x"}, "try/message.yaml",
                                     "push has no template file"),
    "a file that nothing reads": Case(
        sms("x") | {"email.ru.html": "<p>"}, "try/email.ru.html", "nothing reads this file", "warning",
    ),
    "loops, texts and files that are too large": Case(
        sms("{% for x in range(9999) %}{% for y in range(9999) %}{% endfor %}{% endfor %}"), "try/sms.ru.txt:1:1",
        "loops run more than 10,000 rounds",
    ),
}
"""By what docs/templates.md calls it."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_told_with_its_place(case: Case) -> None:
    wanted = f"{case.place}: {'warning: ' if case.severity == 'warning' else ''}{case.text}"
    lines = told(case.files)
    assert [line for line in lines if line.startswith(wanted)], lines


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.severity == "warning"])
def test_a_doubt_keeps_nothing_from_going_live(case: Case) -> None:
    assert tried(case.files).is_right


def test_the_guide_lists_what_is_checked() -> None:
    """Each row of its table is a case here, and the other way round."""
    table = GUIDE.partition("## Mistakes")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| ([^|]+?) \| (mistake|doubt) \|", table, re.MULTILINE))
    elsewhere = {"a language of the shop without a text", "a file that is not UTF-8"}
    assert rows == {name: "doubt" if case.severity == "warning" else "mistake" for name, case in CASES.items()} | {
        name: rows.get(name) for name in elsewhere
    }
    assert elsewhere <= rows.keys()


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_files_and_lines() -> None:
    files = mail('<mj-button href="">{{ custmer.city }}</mj-button>\n<mj-txt>{{ order.nubmer }}</mj-txt>')
    files["email.ru.txt"] = TEXT.replace("Text", "{{ cart.totl }}\n{{ order.total|mony }}")
    files["sms.ru.txt"] = "{{ nobody }}"

    places = [line.split(": ")[0] for line in told(files)]
    assert places == [
        f"{LOOK}:4:12", f"{LOOK}:4:23", f"{LOOK}:5:1", f"{LOOK}:5:18", f"{MAIL}:4:9", f"{MAIL}:5:16",
        "try/sms.ru.txt:1:4",
    ]


def test_a_mistake_in_a_block_is_told_once_however_many_variants_show_it() -> None:
    files = mail(X) | {"email.en.txt": TEXT, "email.en.mjml": MJML}
    given = {f"try/{name}": text for name, text in files.items()}
    given["blocks/header.mjml"] = "<mj-section><mj-column><mj-text>{{ shop.nmae }}</mj-text></mj-column></mj-section>"
    definition = MessageDefinition("try", "marketing", ("email",), variants=variants(files))

    found = check_message(definition, GivenFiles(given, SHIPPED), SETTINGS, SAMPLE_NOW).problems
    assert [str(problem) for problem in found] == [
        "templates/blocks/header.mjml:1:41: Introduction has no field 'nmae'; did you mean 'name'?"
    ]


def test_a_language_of_the_shop_without_a_text_is_doubtful() -> None:
    problems = tried(mail(X), locales=("ru", "en")).problems
    assert [str(problem) for problem in problems] == [
        "templates/try/message.yaml: warning: "
        "email has no text in `en`, a language of the shop: its readers get another"
    ]


def test_a_file_that_is_not_utf_8_is_told_with_the_place_of_the_first_wrong_byte() -> None:
    with pytest.raises(TemplateError, match=r"^templates/try/sms.ru.txt:2:3: is not UTF-8 \(byte 7\)"):
        decoded("try/sms.ru.txt", "аб".encode() + b"\nab\xff", "1")


@pytest.mark.parametrize("template", [
    "{% for line in order.lines %}{{ line.title }}, {{ loop.index }}{% endfor %}",
    "{% set all = cart or checkout %}"
    "{% for row in all.lines[:6]|batch(2) %}{% for x in row %}{{ x.price }}{% endfor %}{% endfor %}",
    "{{ data.get('anything') or 'x' }}{% if data.get('mine') %}{{ data.mine.deep }}{% endif %}",
    "{{ title|default('x') }}{% if other is defined %}{{ other }}{% endif %}",
    "{% macro hi(name) %}{{ name }} {{ later }}{% endmacro %}{% set later = 1 %}{{ hi('x') }}",
    "{% if cart %}{% set words_of = 'x' %}{% else %}{% set words_of = 'y' %}{% endif %}{{ words_of }}",
    "{{ order.lines|map(attribute='title')|join(', ') }}{{ order.lines|sort(attribute='price')|length }}",
    "{{ (order.lines|first).title if order.lines else 'x' }}",
    "{% with x = customer.first_name %}{{ x }}{% endwith %}.",
    "{% set n = namespace(s=0) %}{% for line in cart.lines %}{% set n.s = n.s + line.price %}{% endfor %}{{ n.s }}",
    "{{ customer.email }} {{ customer.orders.count }} {{ now.year }}",
])
def test_what_is_right_is_not_called_wrong(template: str) -> None:
    assert [line for line in told(sms(f"x {template}"), sms_parts=9) if "warning" not in line] == []


@pytest.mark.parametrize(("template", "column", "reason"), [
    ("{{ line.title }}", 4, "'line' is not known here"),
    ("{% for line in order.lines %}{{ line.titel }}{% endfor %}", 38,
    "Line has no field 'titel'; did you mean 'title'?"),
    ("{% set all = cart.lines %}{{ (all|first).prise }}", 42, "Line has no field 'prise'; did you mean 'price'?"),
    ("{% for row in cart.lines|batch(2) %}{{ row.title }}{% endfor %}", 44, "a list has no 'title'; take one of its"),
    ("{{ cart.lines|map(attribute='titel')|join }}", 30, "Line has no field 'titel'"),
    ("{% for p in recommendations('similar', 2) %}{{ p.titel }}{% endfor %}", 50, "Product has no field 'titel'"),
    ("{{ customer['frist_name'] }}", 14, "Profile has no field 'frist_name'; did you mean 'first_name'?"),
    ("{{ words.and_mroe }}", 10, "there is no 'and_mroe' here; did you mean 'and_more'?"),
    ("{% if customer.city is odd_number %}{% endif %}", 24, "there is no test 'odd_number'"),
    ("{% for x in [1] %}{{ loop.idnex }}{% endfor %}", 27, "there is no 'idnex' in a loop; did you mean 'index'?"),
    ("{% include 'blocks/promo.txt' %}", 13, "there is no file templates/blocks/promo.txt"),
])
def test_what_no_sample_reaches_is_looked_at_all_the_same(template: str, column: int, reason: str) -> None:
    """Each stands in a branch that is never taken."""
    before = "{% if 1 > 2 %}"
    first = told(sms(f"x{before}{template}{{% endif %}}"))[0]
    assert first.startswith(f"try/sms.ru.txt:1:{column + len(before) + 1}: {reason}")


def test_a_default_for_a_part_that_never_is_there_is_doubtful() -> None:
    assert told(sms("x {{ customer.frist_name|default('you') }}")) == [
        "try/sms.ru.txt:1:15: warning: Profile has no field 'frist_name'; did you mean 'first_name'?; "
        "the default is always shown"
    ]
