"""What a template cannot do: reach beyond what it is given, or use up the function that renders it."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from chalicelib.content.samples import FULL_CUSTOMER
from chalicelib.errors import TemplateError
from tests.content.places import render_sms

ESCAPES = {
    "CVE-2016-10745, str.format": '{{ "{0.__class__.__mro__}".format(customer) }}',
    "CVE-2019-10906, str.format_map": '{{ "{x.__class__}".format_map({"x": customer}) }}',
    "CVE-2024-56326, format by reference": '{% set f = "{0.__class__}".format %}{{ f(customer) }}',
    "CVE-2024-56326, format in a filter": '{{ ["{0.__class__}"]|map("format", customer)|join }}',
    "CVE-2025-27516, format by |attr": '{{ ("{0.__class__}"|attr("format"))(customer) }}',
    "CVE-2020-28493, urlize": '{{ ("a@" ~ "a.a." ~ "a.")|urlize }}',
    "CVE-2024-22195, xmlattr": '{{ {"x onload=alert(1)": 1}|xmlattr }}',
    "CVE-2024-34064, xmlattr": '{{ {"x/onload=alert(1)>": 1}|xmlattr }}',
    "CVE-2024-56201, a file named by Python": '{% from "{customer.__class__}/x.txt" import y %}{{ y }}',
    "CVE-2024-56201, a name that is not exported": '{% from "try/sms.ru.txt" import y %}{{ y.__class__ }}',
    "CVE-2024-56326, format by a macro": (
        '{% macro call(f) %}{{ f(customer) }}{% endmacro %}{{ call("{0.__class__}".format) }}'
    ),
    "CVE-2024-56326, format_map by reference": '{% set f = "{x}".format_map %}{{ f({"x": customer}) }}',
    "CVE-2025-27516, attr by map": '{{ ["{0.__class__}"]|map("attr", "format")|first }}',
    "class": "{{ customer.__class__ }}",
    "class by subscript": '{{ customer["__class__"] }}',
    "subclasses": '{{ "".__class__.__mro__[1].__subclasses__() }}',
    "struct fields": "{{ customer.__struct_fields__ }}",
    "globals of a macro": "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "globals of a filter's function": "{{ money.__globals__ }}",
    "the template itself": "{{ self._TemplateReference__context }}",
    "the loop's internals": "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
    "a method of a struct": '{{ customer.addresses_of("email") }}',
    "changing a list": "{% set l = [1] %}{{ l.append(2) }}",
    "an exception's frames": "{{ cycler }}",
    "lipsum": "{{ lipsum.__globals__ }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "markup by |safe": "{{ customer.first_name|safe }}",
    "escaping switched off": "{% autoescape false %}{{ customer.first_name }}{% endautoescape %}",
    "a file of the machine": '{% include "/etc/passwd" %}',
    "a file beside the templates": '{% include "../shop.yaml" %}',
    "a file named by a customer": "{% include customer.first_name %}",
    "a value as it is in Python": "{{ customer }}",
    "a method without a call": '{{ "x".upper }}',
    "class by map": '{{ [customer]|map(attribute="__class__")|first }}',
    "class by selectattr": '{{ [customer]|selectattr("__class__.__name__")|first }}',
    "class by sort": '{{ [customer, customer]|sort(attribute="__class__.x")|length }}',
    "class by a dotted path": '{{ [customer]|map(attribute="first_name.__class__")|join }}',
    "class in other letters": "{{ customer.__𝒸lass__ }}",
    "class in wide letters": '{{ customer["__ｃlass__"] }}',
    "class of a namespace": "{% set n = namespace() %}{{ n.__class__ }}",
    "class of a loop": "{% for x in [1] %}{{ loop.__init__ }}{% endfor %}",
    "class of an undefined value": "{{ nothing.__class__ }}",
    "class of a block": "{% block a %}{{ self.a.__class__ }}{% endblock %}",
    "the template as a text": "{{ self }}",
    "a function's own": "{{ recommendations.__call__.__globals__ }}",
    "what a link is made by": "{{ links.survey._call }}",
    "the guard's own filter": "{{ 1|spent }}",
    "a filter of the guard in brackets": '{{ ["x"]|map("(spent)")|first }}',
    "an extension: do": "{% do [].append(1) %}",
    "an extension: debug": "{% debug %}",
    "an extension: translations": "{% trans %}x{% endtrans %}",
}

_AGAIN = "{% for i in range(9999) %}"
_X = '{% set n = namespace(x="xx") %}{% for i in range(99) %}{% set n.x'

BOMBS = {
    "a long range": "{% for x in range(10000000) %}{% endfor %}",
    "loops in loops": _AGAIN + _AGAIN + "{% endfor %}{% endfor %}",
    "a product of texts": '{{ "x" * 1000000000 }}',
    "a product of lists": "{% set l = [1] * 100000000 %}",
    "a power": "{{ 9 ** 999999999 }}",
    "a product of products": _AGAIN.join(("{% set n = namespace(x=9) %}", "{% set n.x = n.x * n.x %}{% endfor %}")),
    "a width by %": '{{ "%1000000000d" % 1 }}',
    "a width by format": '{{ "{:>1000000000}".format(1) }}',
    "a width by ljust": '{{ "x".ljust(1000000000) }}',
    "a width by center": '{{ "x"|center(1000000000) }}',
    "doubling by ~": _X + " = n.x ~ n.x %}{% endfor %}",
    "doubling by +": _X + " = n.x + n.x %}{% endfor %}",
    "doubling a list": "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "doubling by join": _X + " = [n.x, n.x]|join %}{% endfor %}",
    "doubling by a set block": _X + " %}{{ n.x }}{{ n.x }}{% endset %}{% endfor %}",
    "lists of lists, printed": _X + " = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "endless recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "including itself": '{% include "try/sms.ru.txt" %}',
    "rows of a huge size, filled": '{{ [1]|batch(1000000000, "x")|length }}',
}


@pytest.mark.parametrize("template", ESCAPES.values(), ids=ESCAPES)
def test_an_escape_from_the_sandbox_is_refused_with_its_place(template: str) -> None:
    with pytest.raises(TemplateError, match=r"^templates/try/sms\.ru\.txt(:2(:\d+)?)?: "):
        render_sms("first line\n" + template)


def test_cve_2019_8341_what_a_customer_wrote_is_no_template() -> None:
    """What is read from a value is never parsed."""
    profile = replace(FULL_CUSTOMER.profile, first_name="{{ 7 * 7 }}{% include 'x' %}")
    assert render_sms("{{ customer.first_name }}", customer=replace(FULL_CUSTOMER, profile=profile)) == (
        "{{ 7 * 7 }}{% include 'x' %}"
    )


@pytest.mark.parametrize("template", BOMBS.values(), ids=BOMBS)
def test_a_template_cannot_use_up_time_or_memory(template: str) -> None:
    start = time.process_time()
    with pytest.raises(TemplateError, match=r"^templates/try/sms\.ru\.txt"):
        render_sms(template)
    assert time.process_time() - start < 5


def test_the_ordinary_language_works() -> None:
    assert render_sms(
        '{% set total = namespace(pieces=0) %}\n'
        '{% for line in order.lines if line.price %}\n'
        '{% set total.pieces = total.pieces + line.quantity %}\n'
        '{{ loop.index }}/{{ loop.length }} {{ line.title|truncate(12, false, "…", 0) }}'
        '{% if not loop.last %};{% endif %}\n\n'
        '{% endfor %}\n'
        '{{ total.pieces }} {{ total.pieces|plural("вещь", "вещи", "вещей") }} ~ '
        '{{ "a" ~ 1 ~ none ~ "b" }} {{ 7 % 4 * 2 }}\n'
        '{% macro loud(word) %}{{ word|upper }}!{% endmacro %}{{ loud("да") }}'
    ) == (
        "1/3 Пальто…;\n\n2/3 Шарф из…;\n\n3/3 Перчатки…\n\n4 вещи ~ a1b 6\nДА!"
    )


def test_lines_of_tags_leave_no_trace_and_others_keep_their_ends() -> None:
    template = "a{% if order %} b{% endif %}\nc\n{% if order %}\n  {# note #}\nd\n{% endif %}\ne"
    assert render_sms(template) == "a b\nc\nd\ne"
