"""Conditions: the expressions of `where`, `for`, `branch` and segment rules.

The syntax that Python and Jinja2 share, parsed by `ast`, allowed nodes only: comparisons, `and or not in`, paths,
literals and a closed set of functions. Every path is checked against the known fields when the file is read; a compiled
condition is a tree of closures, with no `eval` and nothing to reach but the profile, the event and the moment.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, get_type_hints

import msgspec

from chalicelib.domain import events
from chalicelib.domain.customer import Customer

MAX_LENGTH: Final = 1000
"""Characters of one condition; longer ones are refused before they are parsed."""


class ConditionError(ValueError):
    """A condition that cannot be compiled; the text says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition can see: the customer, the fields of the event that began the run (by path), and the moment."""

    customer: Customer
    values: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: its text, the paths it reads (`customer.…`, `event.…`) and its test."""

    source: str
    reads: frozenset[str]
    evaluate: Callable[[Scope], Any]

    def holds(self, scope: Scope) -> bool:
        """Whether the condition is true; one that fails at run time (text compared with a number) counts as false."""
        try:
            return bool(self.evaluate(scope))
        except (TypeError, ArithmeticError):
            return False

    def event_paths(self) -> frozenset[str]:
        """The paths it reads of the event, without the leading `event.`."""
        return frozenset(path.removeprefix("event.") for path in self.reads if path.startswith("event."))


_Evaluate = Callable[[Scope], Any]

_PROFILE_FIELDS = (
    "first_name", "last_name", "birthday", "gender", "city", "country", "time_zone", "locale", "tags", "email", "phone",
    "first_source", "first_seen_at", "last_seen_at", "viewed", "bought", "categories",
)
_ORDER_FIELDS = ("count", "spent", "currency", "first_at", "last_at", "in_store", "cancelled", "returned")
_CART_FIELDS = ("id", "total", "currency", "updated_at", "items")


def _newest(moments: list[datetime]) -> datetime | None:
    return max(moments, default=None)


CUSTOMER_FIELDS: Final[dict[str, _Evaluate]] = {
    "id": lambda scope: scope.customer.customer_id,
    "consents": lambda scope: tuple({c.channel for c in scope.customer.profile.consents if c.given}),
    "channels": lambda scope: tuple({a.channel for a in scope.customer.profile.addresses if not a.suppressed}),
    "opened_at": lambda scope: _newest([e.opened_at for e in scope.customer.profile.engagement if e.opened_at]),
    "clicked_at": lambda scope: _newest([e.clicked_at for e in scope.customer.profile.engagement if e.clicked_at]),
}
"""Every field that a condition may read as `customer.<field>`."""


def _register() -> None:
    def profile_field(name: str) -> _Evaluate:
        return lambda scope: getattr(scope.customer.profile, name)

    def order_field(name: str) -> _Evaluate:
        return lambda scope: getattr(scope.customer.profile.orders, name)

    def cart_field(name: str) -> _Evaluate:
        return lambda scope: getattr(scope.customer.profile.cart, name, None)

    CUSTOMER_FIELDS.update({name: profile_field(name) for name in _PROFILE_FIELDS})
    CUSTOMER_FIELDS.update({f"orders.{name}": order_field(name) for name in _ORDER_FIELDS})
    CUSTOMER_FIELDS.update({f"cart.{name}": cart_field(name) for name in _CART_FIELDS})


_register()

_EVENT_PARTS: Final[dict[str, type[msgspec.Struct]]] = {
    "cart": events.Cart, "checkout": events.Checkout, "order": events.Order, "product": events.Product,
    "page": events.Page, "customer": events.Attributes, "consent": events.ConsentChange, "message": events.Feedback,
}

EVENT_FIELDS: Final[dict[str, Any]] = {"name": str, "occurred_at": datetime} | {
    f"{part}.{field}": kind
    for part, struct in _EVENT_PARTS.items()
    for field, kind in get_type_hints(struct).items()
    if field not in {"lines", "tags"}
}
"""Every field that a condition may read as `event.<field>`, with its type; own events have `event.data.<name>` too."""


def event_value(values: Mapping[str, Any], path: str) -> Any:
    """A remembered value of an event; a date, which storage keeps as a text, is itself again.

    A broken number of an own event is the decimal that was written, so that it equals the same one in a condition.
    """
    value = values.get(path)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str) and EVENT_FIELDS.get(path) == date | None:
        return date.fromisoformat(value)
    return value


def event_values(event: events.Event, paths: frozenset[str]) -> dict[str, Any]:
    """The values of an event at these paths (without `event.`); a missing one is None."""
    values: dict[str, Any] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        part = getattr(event, head, None)
        values[path] = part if not rest else part.get(rest) if isinstance(part, dict) else getattr(part, rest, None)
    return values


def _elapsed(scope: Scope, moment: Any, unit: timedelta) -> Decimal | None:
    if moment is None:
        return None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return Decimal((scope.now.date() - moment) / unit)
    return Decimal((scope.now - moment) / unit)


FUNCTIONS: Final[dict[str, Callable[[Scope, Any], Any]]] = {
    "days_since": lambda scope, value: _elapsed(scope, value, timedelta(days=1)),
    "hours_since": lambda scope, value: _elapsed(scope, value, timedelta(hours=1)),
    "len": lambda _scope, value: len(value) if value is not None else 0,
    "lower": lambda _scope, value: value.lower() if isinstance(value, str) else None,
}
"""The functions of the language, each of one argument."""


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison by size that is false where one side is missing."""
    return lambda left, right: left is not None and right is not None and compare(left, right)


_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: lambda left, right: right is not None and left in right,
    ast.NotIn: lambda left, right: right is None or left not in right,
}


def compile_condition(source: str) -> Condition:
    """Compile the text of a condition, or raise ConditionError with what is wrong in it."""
    if len(source) > MAX_LENGTH:
        raise ConditionError(f"is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ConditionError(f"is not an expression: {getattr(error, 'msg', error)}") from error
    reads: set[str] = set()
    try:
        evaluate = _compile(tree.body, reads)
    except ConditionError:
        raise
    except (RecursionError, ValueError) as error:
        # What cannot even be quoted (an f-string within texts) is no condition either.
        raise ConditionError("is too deeply nested, or not allowed") from error
    return Condition(source, frozenset(reads), evaluate)


def _compile(node: ast.expr, reads: set[str]) -> _Evaluate:
    match node:
        case ast.Constant():
            return _constant(node.value)
        case ast.Attribute() | ast.Name():
            return _path(node, reads)
        case ast.BoolOp(op=op, values=values):
            return _boolean(op, [_compile(value, reads) for value in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _compile(operand, reads)
            return lambda scope: not inner(scope)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return _constant(-number)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _comparison(ops, [_compile(side, reads) for side in (left, *comparators)])
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            function, inner = FUNCTIONS[name], _compile(argument, reads)
            return lambda scope: function(scope, inner(scope))
        case ast.Call():
            raise ConditionError(f"functions are {', '.join(sorted(FUNCTIONS))}, each of one argument")
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return _sequence([_compile(element, reads) for element in elements])
    raise ConditionError(f"{ast.unparse(node)!r} is not allowed: compare fields and literals with and, or, not, in")


def _constant(value: Any) -> _Evaluate:
    if isinstance(value, float):
        value = Decimal(repr(value))
    if not isinstance(value, str | int | Decimal | bool | None):
        raise ConditionError(f"{value!r} is not a text, number, true, false or none")
    return lambda _scope: value


def _sequence(parts: list[_Evaluate]) -> _Evaluate:
    return lambda scope: tuple(part(scope) for part in parts)


def _boolean(op: ast.boolop, parts: list[_Evaluate]) -> _Evaluate:
    if isinstance(op, ast.And):
        return lambda scope: all(part(scope) for part in parts)
    return lambda scope: any(part(scope) for part in parts)


def _comparison(ops: list[ast.cmpop], sides: list[_Evaluate]) -> _Evaluate:
    try:
        compares = [_COMPARISONS[type(op)] for op in ops]
    except KeyError as error:
        raise ConditionError("compare with ==, !=, <, <=, >, >=, in, not in") from error
    if len(compares) == 1:
        compare, (left, right) = compares[0], sides
        return lambda scope: compare(left(scope), right(scope))

    def chain(scope: Scope) -> bool:
        values = [side(scope) for side in sides]
        return all(compare(values[i], values[i + 1]) for i, compare in enumerate(compares))

    return chain


def _path(node: ast.expr, reads: set[str]) -> _Evaluate:
    names: list[str] = []
    current = node
    while isinstance(current, ast.Attribute):
        names.append(current.attr)
        current = current.value
    if not isinstance(current, ast.Name):
        raise ConditionError(f"{ast.unparse(node)!r} is not a field")
    root, field = current.id, ".".join(reversed(names))
    literals = {"true": True, "false": False, "none": None}
    if root in literals and not field:
        return _constant(literals[root])
    if root == "customer":
        if field not in CUSTOMER_FIELDS:
            raise ConditionError(f"unknown field {root}.{field}{_suggestion(field, CUSTOMER_FIELDS)}")
        reads.add(f"customer.{field}")
        return CUSTOMER_FIELDS[field]
    if root == "event":
        own = field.startswith("data.") and field.count(".") == 1
        if field not in EVENT_FIELDS and not own:
            raise ConditionError(f"unknown field {root}.{field}{_suggestion(field, EVENT_FIELDS)}")
        reads.add(f"event.{field}")
        return lambda scope: event_value(scope.values, field)
    raise ConditionError(f"unknown name {root!r}: fields begin with `customer.` or `event.`, texts stand in quotes")


def _suggestion(field: str, known: Any) -> str:
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(field, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
