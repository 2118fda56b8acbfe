"""Jinja2 for files that marketers write: nothing to reach but the values given, and no way to use up the function.

On top of Jinja's immutable sandbox (no `_private` attributes, no changing of values) this is a closed list: only the
filters, tests and callables named here exist. Earlier escapes went through what a list of forbidden things forgot:
`str.format` (CVE-2016-10745, CVE-2019-10906), `|attr` and `format` by reference (CVE-2024-56326, CVE-2025-27516),
`xmlattr` (CVE-2024-22195, CVE-2024-34064).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import cache, wraps
from time import thread_time
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.filters import do_int, do_round
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup, escape
from msgspec import Struct

from chalicelib.content import guard

MAX_ROUNDS: Final = 10_000
"""Rounds of all loops of one rendering together."""
MAX_OUTPUT: Final = 1_000_000
"""Characters printed by all expressions of one rendering, and the longest text or list that one may make."""
MAX_SECONDS: Final = 5.0
"""Seconds of the processor within which one rendering must have run its loops; a mail of ours takes a thousandth. What
takes more than a fifth of it for a sample does not go live (`checking.TRIED_SECONDS`)."""

_FILTERS: Final = (
    "abs", "count", "d", "default", "first", "float", "last", "length",
)
_COSTLY_FILTERS: Final = (
    "capitalize", "e", "escape", "lower", "map", "reject", "rejectattr", "select", "selectattr", "sort", "title",
    "trim", "truncate", "unique", "upper", "urlencode",
)
"""Those that go over the whole of what they are given."""
_METHODS: Final = frozenset({
    "get", "items", "keys", "values", "startswith", "endswith", "lower", "upper", "cycle", "changed",
})
"""Methods of plain values and of `loop` that a template may call."""
_FREE: Final = 1000
"""Characters of a text, or values of a list, that are gone over without charge: 10,000 rounds of that take no time."""
_LISTS: Final = (list, tuple, dict)
_LONG: Final = (str, *_LISTS, range)
_MOST_DIGITS: Final = 30
"""Digits before and after the point: more than any amount has, few enough that 10 to their power is quickly made."""
_PRINTABLE: Final = (str, Markup, int, float, Decimal, date, Macro, Undefined)
_LOOKED_AT: Final = 8
"""After how many rounds the clock is looked at: at each, it would cost two mails of a hundred."""


_TAG: Final = r"\{%(?:(?!%\}).)*%\}|\{\#(?:(?!\#\}).)*\#\}"
_LINE_OF_TAGS: Final = re.compile(rf"^[ \t]*((?:(?:{_TAG})[ \t]*)*(?:{_TAG}))(?<![-+].\}})[ \t]*\n", re.MULTILINE)
"""A line of nothing but tags and comments; one that ends in Jinja's own `-%}` or `+%}` is left to Jinja."""


@cache
def fields_of(kind: type[Any]) -> frozenset[str]:
    """The fields of a struct's type; those of any other type are none."""
    return frozenset(kind.__struct_fields__) if issubclass(kind, Struct) else frozenset()


class Budget:
    """What one rendering may still use: rounds of loops, characters, and seconds of this thread's processor time."""

    __slots__ = ("_seconds", "_until", "characters", "rounds")

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self.rounds, self.characters = MAX_ROUNDS, MAX_OUTPUT
        self._seconds, self._until = seconds, thread_time() + seconds

    def take_round(self) -> None:
        """Count a round of a loop; raises SecurityError when there are too many, or they have taken too long."""
        self.rounds -= 1
        if self.rounds < 0:
            raise SecurityError(f"loops run more than {MAX_ROUNDS:,} rounds in all")
        if not self.rounds % _LOOKED_AT and thread_time() > self._until:
            raise SecurityError(f"takes longer than {self._seconds:g} s to render")

    def take_characters(self, count: int) -> None:
        """Count printed characters; raises SecurityError when there are too many."""
        self.characters -= count
        if self.characters < 0:
            raise SecurityError(f"prints more than {MAX_OUTPUT:,} characters")


budget: ContextVar[Budget] = ContextVar("budget")
"""The budget of the rendering under way."""


class FriendlyUndefined(StrictUndefined):
    """Using a value that is not there is an error that says which one, and what may have been meant."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name = str(self._undefined_name)
        owner: Any = self._undefined_obj
        if isinstance(owner, Struct):
            return f"{type(owner).__name__} has no field {name!r}{suggestion(name, owner.__struct_fields__)}"
        if owner is None:
            return f"there is nothing to take {name!r} from; put it inside {{% if … %}}"
        if isinstance(owner, dict):
            return f"there is no {name!r} here{suggestion(name, map(str, owner))}"
        return f"{name!r} is not known here"


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """What may have been meant by a name that is not there, as the end of a sentence; empty when nothing is near."""
    from difflib import get_close_matches  # only on the way to an error

    close = get_close_matches(wrong, list(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


class TemplateFunction:
    """A value that templates may call as a function, as `recommendations("bestsellers", 4)`."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *values: Any) -> Any:
        return self._call(*values)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every template. Prints texts and numbers only; all but `.txt` is escaped."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    trees: dict[tuple[str | None, str], nodes.Template] | None = None
    """What was parsed, for who looks at files as well as compiling them; compiling one marks what it counts in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            autoescape=self.escapes, undefined=FriendlyUndefined, finalize=_finalize, **options,
        )
        known_filters: dict[str, Callable[..., Any]] = self.filters
        self.filters = {name: known_filters[name] for name in _FILTERS}
        self.filters |= {name: _charged(known_filters[name]) for name in _COSTLY_FILTERS}
        self.filters |= {"batch": _batch, "int": _whole, "join": _join, "round": _round}
        self.filters |= {guard.COUNTED: _counted, guard.SPENT: _spent, guard.WEIGHED: _weighed_in_context}
        self.filters[guard.SEARCHED] = _searched
        self.globals = {"range": _range, "namespace": Namespace}

    def escapes(self, name: str | None) -> bool:
        """Whether what a file of this name prints is escaped: all but `.txt` is."""
        return not (name or "").endswith(".txt")

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Take lines that hold nothing but tags out of the output; Jinja's `trim_blocks` would also join the next line
        to a text that ends in a tag. Line numbers stay: the line's end moves into the tag.
        """
        source = super().preprocess(source, name, filename)
        return _LINE_OF_TAGS.sub(lambda line: f"{line[1][:-2]}\n{line[1][-2:]}", source)

    def parsed(self, source: str, name: str | None, filename: str | None = None) -> nodes.Template:
        """The template as it is written. Raises TemplateSyntaxError, with line, also where it is too large to be."""
        known = self.trees.get((filename, source)) if self.trees is not None else None
        if known is not None:
            return known
        guard.refuse_large_source(source, name)
        parser = Parser(self, source, name, filename)
        try:
            tree = parser.parse()
        except RecursionError:
            line = parser.stream.current.lineno
            raise TemplateSyntaxError("tags or brackets stand too deep in each other", line, name, filename) from None
        guard.refuse_large(tree, filename or name)
        if self.trees is not None:
            self.trees[filename, source] = tree
        return tree

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return guard.guarded(self.parsed(source, name, filename))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value's part. Of a struct its fields and nothing else: these are asked for most, and are plain; so are
        what words are called in a dict.
        """
        if attribute in fields_of(obj.__class__):
            return getattr(obj, attribute)
        if type(obj) is dict and attribute in obj and not hasattr(dict, attribute):
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros, `range`, `namespace`, `super`, `caller`, functions given as values and the few methods of `_METHODS`;
        nothing else is called.
        """
        if isinstance(obj, Macro | TemplateFunction) or obj in (_range, Namespace):
            return True
        if type(obj).__module__ == "jinja2.runtime" and type(obj).__name__ == "BlockReference":
            return True
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            _charge(owner)
        plain = isinstance(owner, str | dict) or type(owner).__name__ == "LoopContext"
        return plain and getattr(obj, "__name__", "") in _METHODS

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse the arithmetic that makes something huge out of something small."""
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            if operator != "+":
                raise SecurityError(f"`{operator}` is for numbers")
            budget.get().take_characters(len(left) + len(right))
            made = super().call_binop(context, operator, left, right)
            return made if isinstance(made, str) else _weighed(made)
        if operator == "**" or (operator == "*" and max(abs(left), abs(right)) > guard.MAX_NUMBER):
            raise SecurityError("makes a number too large")
        return super().call_binop(context, operator, left, right)


def _finalize(value: Any) -> Any:
    if type(value) is str or type(value) is Markup:  # nearly all that is printed
        budget.get().take_characters(len(value))
        return value
    if not isinstance(value, _PRINTABLE):
        if value is None:
            return ""
        raise SecurityError(f"a {type(value).__name__} cannot be printed; print one of its fields")
    if not isinstance(value, Undefined):
        budget.get().take_characters(len(value) if isinstance(value, str) else 32)
    return value


def _charge(value: Any) -> None:
    """Take from the budget what it costs to go over a long value once."""
    if isinstance(value, _LONG) and len(value) > _FREE:
        budget.get().take_characters(len(value))


def _charged(filtering: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja's that goes over the whole of its value, charging for it."""
    place = int(hasattr(filtering, "jinja_pass_arg"))

    @wraps(filtering)
    def charged(*values: Any, **named: Any) -> Any:
        _charge(values[place])
        return filtering(*values, **named)

    return charged


@pass_context
def _counted(context: Any, values: Any, characters: int) -> Iterator[Any] | Any:  # noqa: ARG001
    """A loop's values, each of them a round that prints so many characters as they stand.

    It takes the context, as the other filters of the guard do, so that Jinja does not run it while compiling.
    """
    if isinstance(values, Undefined) or values is None:
        raise UndefinedError(str(values) if values is not None else "there is nothing to loop over")
    return _rounds(values, characters) if not hasattr(values, "__len__") else _Rounds(values, characters)


@pass_context
def _spent(context: Any, characters: int) -> None:  # noqa: ARG001
    mine = budget.get()
    mine.take_round()
    mine.take_characters(characters)


@pass_context
def _searched(context: Any, value: Any) -> Any:  # noqa: ARG001
    """What `in` looks through."""
    _charge(value)
    return value


@pass_context
def _weighed_in_context(context: Any, value: Any) -> Any:  # noqa: ARG001
    return _weighed(value)


def _weighed(value: Any) -> Any:
    """A list made by a template, unless it holds so much, lists in lists counted out, that comparing it takes long."""
    count = 0
    waiting = [value]
    while waiting:
        held = waiting.pop()
        count += len(held)
        if count > MAX_ROUNDS:
            raise SecurityError(f"makes a list of more than {MAX_ROUNDS:,} values")
        inner = held.values() if isinstance(held, dict) else held
        waiting += [each for each in inner if isinstance(each, _LISTS)]
    if count > _FREE:
        budget.get().take_characters(count)
    return value


def _rounds(values: Iterable[Any], characters: int = 0) -> Iterator[Any]:
    mine = budget.get()
    for value in values:
        mine.take_round()
        mine.take_characters(characters)
        yield value


class _Rounds:
    """A counted loop over values whose number is known, so that `loop.length` and `loop.last` work as ever."""

    __slots__ = ("_characters", "_values")

    def __init__(self, values: Any, characters: int) -> None:
        self._values, self._characters = values, characters

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return _rounds(self._values, self._characters)


def _join(values: Iterable[Any], separator: str = "") -> str:
    """Texts and numbers joined; unsafe pieces are escaped as soon as one piece is markup, as in Jinja."""
    mine = budget.get()
    pieces = []
    for value in values:
        mine.take_round()
        if isinstance(value, Undefined):
            raise UndefinedError(str(value._undefined_message))
        piece = "" if value is None else value
        if not isinstance(piece, _PRINTABLE):
            raise SecurityError(f"a {type(value).__name__} cannot be joined; join one of its fields")
        pieces.append(piece)
        mine.take_characters(len(str(piece)) + len(separator))
    if any(isinstance(piece, Markup) for piece in (*pieces, separator)):
        return escape(separator).join(escape(piece) for piece in pieces)
    return str(separator).join(str(piece) for piece in pieces)


def _batch(values: Iterable[Any], size: int) -> list[list[Any]]:
    """The values in rows of `size`; the last one may be shorter."""
    if size < 1:
        raise SecurityError("batch takes a size of at least 1")
    held = list(_rounds(values))
    return [held[start : start + size] for start in range(0, len(held), size)]


def _whole(value: Any, default: int = 0, base: int = 10) -> int:
    """Jinja's `int`, but for decimals that would make a number of more digits than there is room for."""
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _MOST_DIGITS:
        raise SecurityError("makes a number too large")
    return do_int(value, default, base)


def _round(value: Any, precision: int = 0, method: Any = "common") -> float:
    """Jinja's `round` to a number of digits that a number has."""
    if abs(precision) > _MOST_DIGITS:
        raise SecurityError(f"rounds to at most {_MOST_DIGITS} digits")
    return do_round(value, precision, method)


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MAX_ROUNDS:
        raise SecurityError(f"range() is longer than {MAX_ROUNDS:,}")
    return made
