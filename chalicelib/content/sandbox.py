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
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateAssertionError, UndefinedError
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from msgspec import Struct

MAX_ROUNDS: Final = 10_000
"""Rounds of all loops of one rendering together."""
MAX_OUTPUT: Final = 1_000_000
"""Characters printed by all expressions of one rendering, and the longest text or list that one may make."""

_FILTERS: Final = (
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "last", "length",
    "lower", "round", "select", "selectattr", "reject", "rejectattr", "map", "sort", "title", "trim",
    "truncate", "unique", "upper", "urlencode",
)
_METHODS: Final = frozenset({
    "get", "items", "keys", "values", "startswith", "endswith", "lower", "upper", "cycle", "changed",
})
"""Methods of plain values and of `loop` that a template may call."""
_PRINTABLE: Final = (str, Markup, int, float, Decimal, date, Macro, Undefined)


_TAG: Final = r"\{%(?:(?!%\}).)*%\}|\{\#(?:(?!\#\}).)*\#\}"
_LINE_OF_TAGS: Final = re.compile(rf"^[ \t]*((?:(?:{_TAG})[ \t]*)*(?:{_TAG}))(?<![-+].\}})[ \t]*\n", re.MULTILINE)
"""A line of nothing but tags and comments; one that ends in Jinja's own `-%}` or `+%}` is left to Jinja."""


class Budget:
    """What one rendering may still use: rounds of loops and characters."""

    __slots__ = ("characters", "rounds")

    def __init__(self) -> None:
        self.rounds, self.characters = MAX_ROUNDS, MAX_OUTPUT

    def take_round(self) -> None:
        """Count a round of a loop; raises SecurityError when there are too many."""
        self.rounds -= 1
        if self.rounds < 0:
            raise SecurityError(f"loops run more than {MAX_ROUNDS:,} rounds in all")

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
            return f"{type(owner).__name__} has no field {name!r}{_suggestion(name, owner.__struct_fields__)}"
        if owner is None:
            return f"there is nothing to take {name!r} from; put it inside {{% if … %}}"
        if isinstance(owner, dict):
            return f"there is no {name!r} here{_suggestion(name, map(str, owner))}"
        return f"{name!r} is not known here"


def _suggestion(wrong: str, known: Iterable[str]) -> str:
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


class _Guard(NodeTransformer):
    """Rewrites a parsed template so that loops and joined texts are counted, and escaping cannot be switched off."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "counted", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(pieces, "join", [], [], None, None, lineno=node.lineno)

    def visit_ScopedEvalContextModifier(self, node: nodes.Node) -> nodes.Node:  # noqa: N802
        raise TemplateAssertionError("`autoescape` cannot be switched here", node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of every template. Prints texts and numbers only; all but `.txt` is escaped."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(
            autoescape=self.escapes, undefined=FriendlyUndefined, finalize=_finalize, **options,
        )
        known_filters: dict[str, Callable[..., Any]] = self.filters
        self.filters = {name: known_filters[name] for name in _FILTERS} | {
            "batch": _batch, "counted": _counted, "join": _join,
        }
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

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Guard().visit(super()._parse(source, name, filename))
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A value's part. Of a struct its fields and nothing else: these are asked for most, and are plain."""
        if isinstance(obj, Struct) and attribute in obj.__struct_fields__:
            return getattr(obj, attribute)
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
        plain = isinstance(owner, str | dict) or type(owner).__name__ == "LoopContext"
        return plain and getattr(obj, "__name__", "") in _METHODS

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse the arithmetic that makes something huge out of something small."""
        if isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            if operator != "+":
                raise SecurityError(f"`{operator}` is for numbers")
            if len(left) + len(right) > MAX_OUTPUT:
                raise SecurityError(f"makes a text or list longer than {MAX_OUTPUT:,}")
        elif operator == "**" or (operator == "*" and max(abs(left), abs(right)) > 10**15):
            raise SecurityError("makes a number too large")
        return super().call_binop(context, operator, left, right)


def _finalize(value: Any) -> Any:
    if not isinstance(value, _PRINTABLE):
        if value is None:
            return ""
        raise SecurityError(f"a {type(value).__name__} cannot be printed; print one of its fields")
    if not isinstance(value, Undefined):
        budget.get().take_characters(len(value) if isinstance(value, str) else 32)
    return value


def _counted(values: Any) -> Iterator[Any] | Any:
    if isinstance(values, Undefined) or values is None:
        raise UndefinedError(str(values) if values is not None else "there is nothing to loop over")
    return _rounds(values) if not hasattr(values, "__len__") else _Rounds(values)


def _rounds(values: Iterable[Any]) -> Iterator[Any]:
    mine = budget.get()
    for value in values:
        mine.take_round()
        yield value


class _Rounds:
    """A counted loop over values whose number is known, so that `loop.length` and `loop.last` work as ever."""

    __slots__ = ("_values",)

    def __init__(self, values: Any) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return _rounds(self._values)


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


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MAX_ROUNDS:
        raise SecurityError(f"range() is longer than {MAX_ROUNDS:,}")
    return made
