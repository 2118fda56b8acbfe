"""What compiled conditions are made of: small closures, each from a scope to a value."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.domain.condition_fields import Evaluate, Scope
from chalicelib.domain.condition_times import Passed

Compare = Callable[[Any, Any], bool]
Turns = Callable[[Scope], datetime | None]
"""The moment, past or future, at which a comparison of elapsed time turns; None when it never does."""

FAILURES: Final = (TypeError, ValueError, ArithmeticError)
"""What the values of a field can make of a comparison: of a text with a number, of a number that is none."""

VALUE_FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "len": lambda value: len(value) if value is not None else 0,
    "lower": lambda value: value.lower() if isinstance(value, str) else None,
}
"""The functions of a value, each of one argument."""

_BY_SIZE: Final[dict[type[ast.cmpop], Compare]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}


def _with_missing(compare: Compare) -> Compare:
    """A comparison by size that is false where one side is missing."""
    return lambda left, right: left is not None and right is not None and compare(left, right)


COMPARISONS: Final[dict[type[ast.cmpop], Compare]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    **{op: _with_missing(compare) for op, compare in _BY_SIZE.items()},
    ast.In: lambda left, right: right is not None and left in right,
    ast.NotIn: lambda left, right: right is None or left not in right,
}
"""The comparisons of the language; a missing value is neither more nor less than another, and nothing is in it."""


def always(value: Any) -> Evaluate:
    """A literal."""
    return lambda _scope: value


def sequence(parts: Sequence[Evaluate]) -> Evaluate:
    """A list or tuple."""
    return lambda scope: tuple([part(scope) for part in parts])


def negated(part: Evaluate) -> Evaluate:
    """`not`."""
    return lambda scope: not part(scope)


def called(function: Callable[[Any], Any], argument: Evaluate) -> Evaluate:
    """A function of a value."""
    return lambda scope: function(argument(scope))


def every(parts: Sequence[Evaluate]) -> Evaluate:
    """`and`: the parts after the first that is false are not looked at."""
    def test(scope: Scope) -> bool:
        for part in parts:  # noqa: SIM110 - `all` with a generator takes twice as long
            if not part(scope):
                return False
        return True

    return test


def some(parts: Sequence[Evaluate]) -> Evaluate:
    """`or`: the parts after the first that is true are not looked at."""
    def test(scope: Scope) -> bool:
        for part in parts:  # noqa: SIM110 - `any` with a generator takes twice as long
            if part(scope):
                return True
        return False

    return test


def compared(op: type[ast.cmpop], left: Evaluate, right: Evaluate) -> Evaluate:
    """A comparison of two values."""
    compare = COMPARISONS[op]
    return lambda scope: compare(left(scope), right(scope))


def compared_with(op: type[ast.cmpop], left: Evaluate, literal: Any) -> Evaluate:
    """A comparison with a literal (not none), as most are: the literal need not be evaluated."""
    if op not in _BY_SIZE:
        compare = COMPARISONS[op]
        return lambda scope: compare(left(scope), literal)
    by_size = _BY_SIZE[op]

    def test(scope: Scope) -> bool:
        value = left(scope)
        return value is not None and by_size(value, literal)

    return test


def chained(sides: Sequence[Evaluate], compares: Sequence[tuple[int, Compare]]) -> Evaluate:
    """`a < b < c`: comparisons of each side (by its index) with the next; each side is evaluated once."""
    def test(scope: Scope) -> bool:
        values = [side(scope) for side in sides]
        for index, compare in compares:  # noqa: SIM110 - as above
            if not compare(values[index], values[index + 1]):
                return False
        return True

    return test


def elapsed(read: Evaluate, passed: Passed) -> Evaluate:
    """That so much time has passed since a moment; false when there is no such moment."""
    has = passed.has

    def test(scope: Scope) -> bool:
        value = read(scope)
        return value is not None and has(value, scope.now)

    return test


def not_elapsed(read: Evaluate, passed: Passed) -> Evaluate:
    """That so much time has not yet passed since a moment; false when there is no such moment."""
    has = passed.has

    def test(scope: Scope) -> bool:
        value = read(scope)
        return value is not None and not has(value, scope.now)

    return test


def turning(read: Evaluate, passed: Passed) -> Turns:
    """When a comparison of elapsed time turns."""
    def turns(scope: Scope) -> datetime | None:
        try:
            value = read(scope)
            return passed.at(value) if value is not None else None
        except FAILURES:
            return None

    return turns
