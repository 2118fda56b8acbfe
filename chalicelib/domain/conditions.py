"""Conditions: the expressions of `where`, `for`, `branch` and segment rules.

The syntax that Python and Jinja2 share, parsed by `ast`, allowed nodes only: comparisons, `and or not in`, paths,
literals and a closed set of functions. Every path is checked against the known fields when the file is read; a compiled
condition is a tree of closures, with no `eval` and nothing to reach but the profile, the event and the moment.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from chalicelib.domain.condition_fields import (
    CUSTOMER_DATES,
    CUSTOMER_FIELDS,
    EVENT_DATES,
    EVENT_FIELDS,
    Evaluate,
    Scope,
    customer_field,
    event_field,
    event_value,
    event_values,
    is_own,
    part_of_profile,
)
from chalicelib.domain.condition_parts import (
    COMPARISONS,
    FAILURES,
    VALUE_FUNCTIONS,
    Compare,
    Turns,
    always,
    called,
    chained,
    compared,
    compared_with,
    elapsed,
    every,
    negated,
    not_elapsed,
    sequence,
    some,
    turning,
)
from chalicelib.domain.condition_times import TIME_FUNCTIONS, NoMomentError, at_least, moment_of, more_than

__all__ = [
    "CUSTOMER_FIELDS", "EVENT_FIELDS", "FUNCTIONS", "Condition", "ConditionError", "Scope", "compile_condition",
    "event_value", "event_values",
]

MAX_LENGTH: Final = 1000
"""Characters of one condition; longer ones are refused before they are parsed."""
MAX_SIZE: Final = 2000
"""Parts of one condition, those of the segments it names included: segments that name each other twice grow fast."""
MAX_DEPTH: Final = 60
"""Parts within parts of one condition, those of segments included: each takes a frame of Python's stack."""


class ConditionError(ValueError):
    """A condition that cannot be compiled; the text says what is wrong and what would be right."""


FUNCTIONS: Final = tuple(sorted((*VALUE_FUNCTIONS, *TIME_FUNCTIONS, "in_segment")))
"""The functions of the language, each of one argument."""

_MIRRORED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: its text, the paths it reads (`customer.…`, `event.…`), the segments it names, its test.

    `reads` and `segments` include those of the segments named; `inner` are the segments named by itself. `turns` tell
    when its comparisons of elapsed time turn, `size` and `depth` how much there is to evaluate.
    """

    source: str
    reads: frozenset[str]
    evaluate: Evaluate
    segments: frozenset[str] = frozenset()
    inner: tuple[tuple[str, Condition], ...] = ()
    turns: tuple[Turns, ...] = ()
    size: int = 1
    depth: int = 1

    @property
    def timed(self) -> bool:
        """Whether time alone can change its value."""
        return bool(self.turns)

    def holds(self, scope: Scope) -> bool:
        """Whether the condition is true; one that fails at run time (text compared with a number) counts as false."""
        try:
            return bool(self.evaluate(scope))
        except FAILURES:
            return False

    def test(self, scope: Scope) -> tuple[bool, str]:
        """Whether the condition is true, and what failed in it or in a segment it names, if anything did.

        The text names no values: it says what kinds of value could not be compared.
        """
        try:
            held = bool(self.evaluate(scope))
        except FAILURES as error:
            return False, _told(error)
        for name, segment in self.inner:
            failure = segment.test(scope)[1]
            if failure:
                return held, f"in segment {name!r}: {failure}"
        return held, ""

    def seen(self, scope: Scope) -> dict[str, Any]:
        """The value of each field that it reads, by its path, in the order of the paths."""
        return {path: _field(path)(scope) for path in sorted(self.reads)}

    def next_change(self, scope: Scope, before: datetime | None = None) -> datetime | None:
        """The first moment after `scope.now` at which time alone changes the value, to the microsecond.

        None when nothing but an event can change it, or when it is not `before` a moment that is early enough anyway.
        Each comparison of elapsed time turns at most twice, so looking at those few moments is exact.
        """
        now = scope.now
        ahead = [
            moment
            for turn in self.turns
            if (moment := turn(scope)) is not None and moment > now and (before is None or moment < before)
        ]
        if not ahead:
            return None
        held = self.holds(scope)
        for moment in sorted(ahead):
            if self.holds(Scope(scope.customer, scope.values, moment)) != held:
                return moment
        return None

    def turned(self, scope: Scope, since: datetime) -> bool:
        """Whether a comparison of elapsed time turned after a moment, up to `scope.now`; else time changed nothing."""
        for turn in self.turns:
            moment = turn(scope)
            if moment is not None and since < moment <= scope.now:
                return True
        return False

    def parts_of_profile(self) -> tuple[str, ...]:
        """The fields of `Profile` that it reads: while they stay as they are, only time can change its value."""
        paths = (path.removeprefix("customer.") for path in self.reads if path.startswith("customer."))
        return tuple(sorted({part for path in paths if (part := part_of_profile(path))}))

    def event_paths(self) -> frozenset[str]:
        """The paths it reads of the event, without the leading `event.`."""
        return frozenset(path.removeprefix("event.") for path in self.reads if path.startswith("event."))


def _told(error: Exception) -> str:
    if isinstance(error, NoMomentError):
        return f"time since {error} cannot be told"
    if isinstance(error, TypeError):
        return f"values of these types do not go together: {error}"
    return "a value is not what the comparison needs"


def compile_condition(source: str, segments: Mapping[str, Condition] = {}) -> Condition:
    """Compile the text of a condition; `segments` are those that `in_segment("name")` may name.

    Raises ConditionError with what is wrong in it and what would be right.
    """
    if len(source) > MAX_LENGTH:
        raise ConditionError(f"is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ConditionError(f"is not an expression: {getattr(error, 'msg', error)}") from error
    compiler = _Compiler(segments)
    try:
        evaluate = compiler.part(tree.body, 1)
    except ConditionError:
        raise
    except (RecursionError, ValueError) as error:
        # What cannot even be quoted (an f-string within texts) is no condition either.
        raise ConditionError("is too deeply nested, or not allowed") from error
    return compiler.condition(source, evaluate)


class _Compiler:
    """Compiles one condition, and notes on the way what it reads."""

    def __init__(self, segments: Mapping[str, Condition]) -> None:
        self.known = segments
        self.reads: set[str] = set()
        self.named: dict[str, Condition] = {}
        self.turns: list[Turns] = []
        self.size = 0
        self.depth = 0

    def condition(self, source: str, evaluate: Evaluate) -> Condition:
        named = self.named.values()
        return Condition(
            source=source,
            reads=frozenset(self.reads).union(*(segment.reads for segment in named)),
            evaluate=evaluate,
            segments=frozenset(self.named).union(*(segment.segments for segment in named)),
            inner=tuple(self.named.items()),
            turns=tuple(dict.fromkeys((*self.turns, *(turn for segment in named for turn in segment.turns)))),
            size=self.size,
            depth=self.depth,
        )

    def part(self, node: ast.expr, depth: int) -> Evaluate:
        self._grow(1, depth)
        match node:
            case ast.Constant():
                return always(_literal(node))
            case ast.Attribute() | ast.Name():
                return self._path(node)
            case ast.BoolOp(op=op, values=values):
                parts = [self.part(value, depth + 1) for value in values]
                return every(parts) if isinstance(op, ast.And) else some(parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return negated(self.part(operand, depth + 1))
            case ast.UnaryOp(op=ast.USub()) if _number(node) is not None:
                return always(_number(node))
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
                return self._call(name, argument, depth)
            case ast.Call():
                raise ConditionError(f"functions are {', '.join(FUNCTIONS)}, each of one argument")
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return sequence([self.part(element, depth + 1) for element in elements])
        raise ConditionError(f"{ast.unparse(node)!r} is not allowed: compare fields and literals with and, or, not, in")

    def _grow(self, size: int, depth: int) -> None:
        self.size += size
        self.depth = max(self.depth, depth)
        if self.size > MAX_SIZE or self.depth > MAX_DEPTH:
            raise ConditionError("is too deeply nested, or too large with the segments it names")

    def _call(self, name: str, argument: ast.expr, depth: int) -> Evaluate:
        if name in TIME_FUNCTIONS:
            raise ConditionError(_with_a_number(name))
        if name == "in_segment":
            return self._segment(argument, depth)
        return called(VALUE_FUNCTIONS[name], self.part(argument, depth + 1))

    def _segment(self, argument: ast.expr, depth: int) -> Evaluate:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise ConditionError('in_segment takes the name of a segment in quotes, as in_segment("vip")')
        name = argument.value
        if name not in self.known:
            raise ConditionError(f"unknown segment {name!r}{_suggestion(name, self.known)}")
        segment = self.named[name] = self.known[name]
        self._grow(segment.size, depth + segment.depth)
        return segment.holds

    def _comparison(self, node: ast.Compare, depth: int) -> Evaluate:
        nodes = [node.left, *node.comparators]
        timed = [_time_function(side) for side in nodes]
        # A time function has no value of its own: it is compiled together with the number it is compared with.
        sides = [
            always(None) if function else self.part(side, depth + 1)
            for side, function in zip(nodes, timed, strict=True)
        ]
        tests: list[Evaluate] = []
        others: list[tuple[int, Compare]] = []
        for index, kind in enumerate(map(type, node.ops)):
            if timed[index]:
                tests.append(self._timed(timed[index], nodes[index], kind, nodes[index + 1]))
            elif timed[index + 1]:
                mirrored = _MIRRORED.get(kind, kind)
                tests.append(self._timed(timed[index + 1], nodes[index + 1], mirrored, nodes[index]))
            elif kind not in COMPARISONS:
                raise ConditionError("compare with ==, !=, <, <=, >, >=, in, not in")
            else:
                others.append((index, COMPARISONS[kind]))
        if len(node.ops) == 1 and others:
            op, right = type(node.ops[0]), nodes[1]
            if isinstance(right, ast.Constant) and right.value is not None:
                return compared_with(op, sides[0], _literal(right))
            return compared(op, *sides)
        if others:
            tests.append(chained(sides, others))
        return tests[0] if len(tests) == 1 else every(tests)

    def _timed(self, function: str, call: ast.expr, op: type[ast.cmpop], limit: ast.expr) -> Evaluate:
        """The comparison of a time function with a number."""
        self._grow(1, self.depth)
        number = _number(limit)
        if number is None:
            raise ConditionError(_with_a_number(function))
        if op in {ast.Eq, ast.NotEq} and function != "years_since":
            raise ConditionError(f"{function}(…) is any one number for an instant only: compare with <, <=, > or >=")
        if op not in _MIRRORED:
            raise ConditionError(f"compare {function}(…) with <, <=, > or >=")
        read = self._moment(call)
        if op in {ast.Eq, ast.NotEq}:
            reached, over = at_least(function, number), more_than(function, number)
            self.turns += [turning(read, reached), turning(read, over)]
            equal = every([elapsed(read, reached), not_elapsed(read, over)])
            return equal if op is ast.Eq else negated(equal)
        passed = at_least(function, number) if op in {ast.GtE, ast.Lt} else more_than(function, number)
        self.turns.append(turning(read, passed))
        return elapsed(read, passed) if op in {ast.Gt, ast.GtE} else not_elapsed(read, passed)

    def _moment(self, call: ast.expr) -> Evaluate:
        """The field or the text with a date that a time function is called with."""
        argument = call.args[0] if isinstance(call, ast.Call) else call
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            try:
                return always(moment_of(argument.value))
            except NoMomentError as error:
                raise ConditionError(f'{argument.value!r} is {error}; a date is written as "2026-12-31"') from error
        read = self._path(argument)
        root, field = _names(argument)
        dates = {"customer": CUSTOMER_DATES, "event": EVENT_DATES}.get(root, frozenset())
        if field not in dates and not is_own(field):
            raise ConditionError(f"{root}.{field} is no date; dates of the {root}: {', '.join(sorted(dates))}")
        return read

    def _path(self, node: ast.expr) -> Evaluate:
        root, field = _names(node)
        words = {"true": True, "false": False, "none": None}
        if root in words and not field:
            return always(words[root])
        if root not in {"customer", "event"}:
            raise ConditionError(
                f"unknown name {root!r}: fields begin with `customer.` or `event.`, texts stand in quotes"
            )
        known = CUSTOMER_FIELDS if root == "customer" else EVENT_FIELDS
        if field not in known and not is_own(field):
            raise ConditionError(f"unknown field {root}.{field}{_suggestion(field, known)}")
        self.reads.add(f"{root}.{field}")
        return _field(f"{root}.{field}")


def _names(node: ast.expr) -> tuple[str, str]:
    """The first name of a path and, joined by dots, the others."""
    names: list[str] = []
    current = node
    while isinstance(current, ast.Attribute):
        names.append(current.attr)
        current = current.value
    if not isinstance(current, ast.Name):
        raise ConditionError(f"{ast.unparse(node)!r} is not a field")
    return current.id, ".".join(reversed(names))


def _field(path: str) -> Evaluate:
    root, _, field = path.partition(".")
    return customer_field(field) if root == "customer" else event_field(field)


def _time_function(node: ast.expr) -> str:
    """The name of the time function that the node calls, or empty."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]) if name in TIME_FUNCTIONS:
            return name
    return ""


def _with_a_number(function: str) -> str:
    return f"{function}(…) should be compared with a number, as in `{function}(…) > 30`"


def _literal(node: ast.Constant) -> Any:
    value = node.value
    if not isinstance(value, str | int | float | bool | None):
        raise ConditionError(f"{value!r} is not a text, number, true, false or none")
    return Decimal(repr(value)) if isinstance(value, float) else value


def _number(node: ast.expr) -> Decimal | None:
    """A literal that is a number, with its sign; None for anything else."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as operand):
            number = _number(operand)
            return -number if number is not None else None
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Decimal(repr(value))
    return None


def _suggestion(name: str, known: Iterable[str]) -> str:
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
