"""What an upload cannot do to the function that checks it: end it, or keep it busy. What is refused has its place."""

from __future__ import annotations

import re
import time

import pytest

from chalicelib.content import mail_markup
from chalicelib.content.checking import Trial, check_message
from chalicelib.content.samples import SAMPLE_NOW
from chalicelib.content.template_files import GivenFiles
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import DefinitionError, TemplateError
from tests.content.places import SETTINGS, SHIPPED
from tests.content.test_upload_checks import MJML, TEXT, mail, sms, told

LONG = f"{{% set a = '{'x' * 90_000}' %}}"
AGAIN = "{% for i in range(9999) %}"
HOSTILE = {
    "elements nested thousands deep": mail(f"<mj-text>{'<div>' * 8000}{'</div>' * 8000}</mj-text>"),
    "elements never closed": mail(f"<mj-text>{'<div>' * 18_000}"),
    "sections in sections": mail(f"{'<mj-section>' * 3000}{'</mj-section>' * 3000}"),
    "elements opened by a loop": mail(
        "<mj-text>{% for i in range(4000) %}<div>{% endfor %}{% for i in range(4000) %}</div>{% endfor %}</mj-text>",
    ),
    "comments, declarations and tags without an end": mail("<!--" * 8000 + "<!" * 8000 + "<a " * 8000 + "<?" * 8000),
    "quotes without an end": mail("<a b='" * 15_000),
    "entities of entities": mail('<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>&b;'),
    "braces": sms("{" * 95_000),
    "tags without an end": sms("{%" * 45_000),
    "tags of one letter": sms("{%a%}" * 18_000),
    "a sum of thousands": sms("{{ " + "a+" * 6000 + "a }}"),
    "brackets": sms("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"),
    "values set by the thousand": sms("".join(f"{{% if 1 %}}{{% set a{i} = 1 %}}{{% endif %}}" for i in range(2000))),
    "unknown names by the thousand": sms("{{ a }}" * 13_000),
    "loops in loops, deep": sms("{% for a in b %}" * 40 + "{% endfor %}" * 40),
    "a list of thousands": sms("{% set a = [" + "1," * 30_000 + "] %}"),
    "a number of thousands of digits": sms("{{ 0x" + "F" * 50_000 + " }}"),
    "a number beyond all numbers": sms("{{ '1e99999'|float|int }}"),
    "digits to round to": sms("{{ 1.5|round(100000000) }}"),
    "a file of megabytes": sms("x" * 5_000_000),
    "markup of megabytes": mail("<a>" * 3_000_000),
    "words printed again and again": sms(AGAIN + "x" * 90_000 + "{% endfor %}"),
    "a long text in capitals, again and again": sms(LONG + AGAIN + "{% set b = a|upper %}{% endfor %}"),
    "a long text searched, again and again": sms(LONG + AGAIN + "{% set b = 'xxxxy' in a %}{% endfor %}"),
    "a text that is short enough changed over and over": sms(
        f"{{% set a = '{'x' * 900}' %}}" + AGAIN + "{% set b = a|upper|lower|title|title|upper|lower %}" * 400
        + "{% endfor %}",
    ),
    "a long list sorted, again and again": sms(AGAIN + "{% set b = range(9999)|sort %}{% endfor %}"),
    "a macro that calls itself twice": sms(
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    ),
    "a file that includes itself twice": {
        "sms.ru.txt": "{% set n = 30 %}{% include 'try/push.ru.txt' %}",
        "push.ru.txt": "{% set n = (n|default(0)) - 1 %}"
                       "{% if n > 0 %}{% include 'try/push.ru.txt' %}{% include 'try/push.ru.txt' %}{% endif %}",
    },
    "a file that extends itself": {"email.ru.txt": TEXT, "email.ru.mjml": "{% extends 'try/email.ru.mjml' %}"},
    "a block that shows itself": sms("{% block a %}{{ self.a() }}{{ self.a() }}{% endblock %}"),
    "a loop that calls itself": sms("{% for x in [1, 1] recursive %}{{ loop([1, 1]) }}{% endfor %}"),
    "lists in lists, compared": sms(
        "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}"
        "{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}",
    ),
    "lists in lists by a macro's own values": sms("{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m(1) }}"),
    "a file outside of the folder": sms('{% include "../shop.yaml" %}'),
    "a file by a way round": sms('{% include "blocks/../../shop.yaml" %}'),
    "a file of the machine": sms('{% import "/etc/passwd" as x %}'),
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_soon_and_with_its_place(files: dict[str, str]) -> None:
    start = time.process_time()
    wrong = [line for line in told(files) if ": warning: " not in line]
    assert re.match(r"try/[a-z]+\.ru\.(txt|mjml):\d+", wrong[0])
    assert time.process_time() - start < 10


def test_many_that_are_slow_keep_others_waiting_and_not_the_function_from_ending() -> None:
    """What was not tried is told, and stays as it was."""
    definition = MessageDefinition("try", "marketing", ("sms",), variants=("sms.ru",))
    files = GivenFiles({"try/sms.ru.txt": "x"}, SHIPPED)
    assert check_message(definition, files, SETTINGS, SAMPLE_NOW, trial=Trial()).rendered
    with pytest.raises(DefinitionError, match=r"templates/try/message\.yaml: is not tried yet: .* took 0 s; mend"):
        check_message(definition, files, SETTINGS, SAMPLE_NOW, trial=Trial(seconds=0))


def test_markup_nested_too_deep_never_reaches_the_native_compiler() -> None:
    """Which would end the process: also where only a customer's data makes it so deep."""
    deep = "<mjml><mj-body>" + "<mj-section>" * 20_000
    for markup in (deep[:200_000], deep[:20_000], deep[:20_000].replace("<mj-section>", "<mj-section \n>")):
        with pytest.raises(TemplateError, match=r"try/x\.mjml:1: (nests|makes) "):
            mail_markup.compile_mjml(markup, "try/x.mjml", ())


def test_a_mail_of_many_rows_is_no_attack() -> None:
    rows = "<tr><td>x</td></tr>" * 900
    markup = MJML.replace("x</mj-text>", f"<table>{rows}</table></mj-text>")
    assert [line for line in told({"email.ru.txt": TEXT, "email.ru.mjml": markup}) if "warning" not in line] == []
