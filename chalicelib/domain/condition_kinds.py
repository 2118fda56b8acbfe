"""Comparisons that can never come true: a text with a number, a list with one of its things.

Looked for when a marketer's file is read, not when what is in force is compiled: a stored definition runs on whatever
is learnt about mistakes later.
"""

from __future__ import annotations

import ast
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from chalicelib.domain.condition_fields import CUSTOMER_FIELDS, EVENT_FIELDS
from chalicelib.domain.customer import Loyalty, OpenCart, OrderTotals, Profile

Kind = Literal["text", "number", "moment", "date", "list", "unknown"]

_PLAIN: Final[dict[Any, Kind]] = {
    str: "text", int: "number", Decimal: "number", datetime: "moment", date: "date",
}
_CALLS: Final[dict[str, Kind]] = {"len": "number", "lower": "text"}
_WRITTEN: Final = {"text": "a text", "number": "a number", "moment": "a moment", "date": "a date", "list": "a list"}


def _kind_of(hint: Any) -> Kind:
    if get_origin(hint) is tuple:
        return "list"
    if get_origin(hint) is Literal:
        return "text"
    parts = [part for part in get_args(hint) or (hint,) if part is not type(None)]
    return _PLAIN.get(parts[0], "unknown") if len(parts) == 1 else "unknown"


def _kinds(struct: type, prefix: str = "") -> dict[str, Kind]:
    return {f"{prefix}{name}": _kind_of(hint) for name, hint in get_type_hints(struct).items()}


FIELD_KINDS: Final[dict[str, Kind]] = {
    f"customer.{field}": kind
    for field, kind in {
        **_kinds(Profile), **_kinds(OrderTotals, "orders."), **_kinds(OpenCart, "cart."),
        **_kinds(Loyalty, "loyalty."), "id": "text", "email": "text", "phone": "text", "orders.average": "number",
        "consents": "list", "channels": "list", "opened_at": "moment", "clicked_at": "moment",
    }.items()
    if field in CUSTOMER_FIELDS
} | {f"event.{field}": _kind_of(hint) for field, hint in EVENT_FIELDS.items()}
"""What each known field holds; the shop's own fields may hold anything."""


def never_true(source: str) -> str:
    """Why a comparison of a condition (one that compiles) can never be true, or its opposite never false; or empty."""
    for node in ast.walk(ast.parse(source.strip(), mode="eval")):
        if isinstance(node, ast.Compare):
            for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
                reason = _mismatch(left, op, right)
                if reason:
                    return f"`{ast.unparse(node)}`: {reason}"
    return ""


def _mismatch(left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
    one, other = _kind(left), _kind(right)
    if isinstance(op, ast.In | ast.NotIn):
        return _never_in(left, one, right, other)
    if "unknown" in {one, other} or one == other:
        return ""
    if "list" in {one, other}:
        things, thing = (left, right) if one == "list" else (right, left)
        return f"{ast.unparse(things)} is a list; write `{ast.unparse(thing)} in {ast.unparse(things)}`"
    return f"{_WRITTEN[one]} and {_WRITTEN[other]} cannot be compared{_about_dates(one, other)}"


def _never_in(left: ast.expr, one: Kind, right: ast.expr, other: Kind) -> str:
    if isinstance(right, ast.List | ast.Tuple):
        kinds = {_kind(element) for element in right.elts}
        if one == "list" and kinds == {"text"}:
            return f"{ast.unparse(left)} is a list itself; ask for each thing, as `\"…\" in {ast.unparse(left)}`"
        if kinds and "unknown" not in {one, *kinds} and one not in kinds:
            return f"{_WRITTEN[one]} is never one of these{_about_dates(one, *kinds)}"
    elif other in {"number", "moment", "date"}:
        return f"nothing is in {_WRITTEN[other]}; `in` is for lists and texts"
    elif one not in {"text", "unknown"} and (other == "text" or _holds_texts(right)):
        return f"{_WRITTEN[one]} is never in {ast.unparse(right)}, which holds texts"
    return ""


def _holds_texts(node: ast.expr) -> bool:
    """All lists among the known fields are of texts: tags, categories, channels, product ids."""
    return FIELD_KINDS.get(ast.unparse(node)) == "list"


def _about_dates(*kinds: Kind) -> str:
    return "; with dates, ask for the time since: `days_since(…) > 30`" if {"moment", "date"} & {*kinds} else ""


def _kind(node: ast.expr) -> Kind:
    match node:
        case ast.Constant(value=bool() | None):
            return "unknown"
        case ast.Constant(value=str()):
            return "text"
        case ast.Constant() | ast.UnaryOp(op=ast.USub()):
            return "number"
        case ast.List() | ast.Tuple():
            return "list"
        case ast.Attribute():
            return FIELD_KINDS.get(ast.unparse(node), "unknown")
        case ast.Call(func=ast.Name(id=name)):
            return _CALLS.get(name, "unknown")
    return "unknown"
