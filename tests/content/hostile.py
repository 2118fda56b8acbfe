"""Customers and events whose every text, link and number is as odd as sources let it be, for hypothesis."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields, replace

from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Cart, Checkout, Event, Line, Order, Page, Product

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "' onmouseover='x", "{{ 7*7 }}", "{% include 'x' %}",
    "</mj-text></mj-column>",
    "<mj-raw><script>", "<!--", "-->", "<![CDATA[", "]]>", "&lt;b&gt;", "&#60;b", "&", "%s %n",
    "Bcc: all@shop.example", "a\r\nBcc: all@shop.example", "a\nSubject: b", "a\u2028b", "a\x00b", "\x1b[31m", "\ud800",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\u202egnirts", "مرحبا", "שלום", "é" * 20, "\u0301" * 50, "x" * 10_000, "я " * 5_000, " ", "\u200b",
    "=?utf-8?q?x?=", "null", "NaN", "Link: https://evil.example",
]
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=60), st.tuples(st.sampled_from(NASTY), st.text(max_size=9)).map("".join)
)
URLS = st.one_of(
    st.sampled_from([
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "https://shop.example/a?b=1&c=\"2\"",
        "https://shop.example/'onload='x", "https://shop.example/ä?q=ü", "//evil.example", "https:///x", "http://[::1",
        "https://shop.example/a b", "https://shop.example/\n.example", "vbscript:x", "https://shop.example/{{ 7*7 }}",
        "https://shop.example/?utm_source=<b>&utm_medium=%", "https://[v1.x]/", "https://shop.example:99999/x",
    ]),
    TEXTS,
)
AMOUNTS = st.decimals(min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False)
NUMBERS = st.integers(-1_000_000, 1_000_000)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.sampled_from(["2026-02-31", "1e999", "7"]),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=3,
)
DATA = st.fixed_dictionaries({}, optional=dict.fromkeys(
    (*FULL_EVENT.data, "survey", "score", "comment", "reason", "reviews", "quotes"), ANYTHING,
))

_Struct = TypeVar("_Struct", bound=Struct)


def odd(kind: type[_Struct], **known: st.SearchStrategy[Any]) -> st.SearchStrategy[_Struct]:
    """Structs of a kind with hostile texts, links and amounts in all fields but those `known`."""
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields(kind):
        if field.name in known:
            drawn[field.name] = known[field.name]
        elif field.name.endswith("url"):
            drawn[field.name] = URLS
        elif "date" in str(field.type):
            drawn[field.name] = st.none() | st.dates(date(1, 1, 2), date(9999, 12, 30))
        elif "Decimal" in str(field.type):
            drawn[field.name] = AMOUNTS if field.default is not None else st.none() | AMOUNTS
        elif "int" in str(field.type):
            drawn[field.name] = NUMBERS if field.default is not None else st.none() | NUMBERS
        elif "bool" not in str(field.type):
            drawn[field.name] = TEXTS
    return st.builds(kind, **drawn)


_CURRENCY = st.sampled_from(["RUB", "USD", "JPY", "XXX"])
_LINES = st.lists(odd(Line), max_size=12).map(tuple)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """A customer whose every text is hostile."""
    return replace(FULL_CUSTOMER, profile=replace(
        FULL_CUSTOMER.profile, first_name=draw(TEXTS), last_name=draw(TEXTS), locale=draw(TEXTS), time_zone=draw(TEXTS),
        city=draw(TEXTS), categories=tuple(draw(st.lists(TEXTS, max_size=2))), data=draw(DATA),
    ))


PRODUCTS = odd(Product, currency=_CURRENCY)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event whose parts are hostile, or missing, but for the order: what is sent about orders comes with one."""
    return replace(
        FULL_EVENT,
        cart=draw(st.none() | odd(Cart, lines=_LINES, currency=_CURRENCY)),
        checkout=draw(st.none() | odd(Checkout, lines=_LINES, currency=_CURRENCY)),
        order=draw(odd(Order, lines=_LINES, currency=_CURRENCY)),
        product=draw(st.none() | PRODUCTS),
        page=draw(st.none() | odd(Page)),
        data=draw(DATA),
    )
