"""What the values of templates are made of, as far as their types tell: which parts each has, and of what kind.

A shape is the set of kinds that a value may be of; the empty one says that nothing is known of it.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

Kind = Any
"""A class, `Many` or `Named`."""
Shape = frozenset[Kind]
ANYTHING: Final[Shape] = frozenset()
_SIMPLE: Final[dict[type, str]] = {
    str: "a text", bool: "a yes or no", int: "a number", Decimal: "a number", float: "a number", datetime: "a date",
    date: "a date",
}


@dataclass(frozen=True, slots=True)
class Many:
    """A list of values of one shape."""

    each: Shape = ANYTHING


@dataclass(frozen=True, slots=True)
class Named:
    """Texts by their names, all of which are known: the words of the blocks, the parts of `loop`."""

    names: frozenset[str]
    of: str = "here"


def shape_of(value: Any) -> Shape:
    """The shape of a value; of an absent one, nothing is known."""
    if isinstance(value, Struct) or type(value) in _SIMPLE:
        return frozenset({type(value)})
    if isinstance(value, tuple | list):
        return frozenset({Many(either(*map(shape_of, value)))})
    return ANYTHING


def shape_of_type(annotation: Any) -> Shape:
    """The shape of what a field with this annotation holds, where it holds something."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return shape_of_type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return either(*(shape_of_type(part) for part in get_args(annotation) if part is not type(None)))
    if origin is Literal:
        return frozenset({str})
    if origin in (tuple, list):
        return frozenset({Many(shape_of_type(get_args(annotation)[0]))})
    if isinstance(annotation, type) and (issubclass(annotation, Struct) or annotation in _SIMPLE):
        return frozenset({annotation})
    return ANYTHING


def either(*shapes: Shape) -> Shape:
    """The shape of a value that has one of these; nothing is known of it when nothing is known of one."""
    return frozenset().union(*shapes) if all(shapes) else ANYTHING


def element(shape: Shape) -> Shape:
    """The shape of the members of a list."""
    return either(*(kind.each if isinstance(kind, Many) else ANYTHING for kind in shape))


def part(shape: Shape, name: str) -> Shape | None:
    """The shape of a value's part; None when no kind that the value may be of has such a part."""
    found = [known for kind in shape if (known := _part_of(kind, name)) is not None]
    if shape and not found:
        return None
    return either(*found)


def names_of(shape: Shape) -> list[str]:
    """The parts that a value has, for saying which was meant."""
    return sorted({name for kind in shape for name in _names_of(kind)})


def described(shape: Shape, name: str) -> str:
    """Why a value of this shape lacks a part, in the words in which rendering says it."""
    kind = min(shape, key=str)
    if isinstance(kind, Named):
        return f"there is no {name!r} {kind.of}"
    if isinstance(kind, Many):
        return f"a list has no {name!r}; take one of its members by `for`"
    if kind in _SIMPLE:
        return f"{_SIMPLE[kind]} has no {name!r}"
    return f"{kind.__name__} has no field {name!r}"


def _part_of(kind: Kind, name: str) -> Shape | None:
    if isinstance(kind, Named):
        return ANYTHING if name in kind.names or name in ("get", "items", "keys", "values") else None
    if isinstance(kind, Many):
        return None
    if issubclass(kind, Struct):
        return fields_of(kind).get(name)
    return ANYTHING if hasattr(kind, name) and not name.startswith("_") else None


def _names_of(kind: Kind) -> Iterable[str]:
    if isinstance(kind, Named):
        return kind.names
    return fields_of(kind) if isinstance(kind, type) and issubclass(kind, Struct) else ()


@cache
def fields_of(kind: type) -> Mapping[str, Shape]:
    """The fields of a struct and its properties by name, each with its shape."""
    hints = get_type_hints(kind, include_extras=True)
    found = {name: shape_of_type(hints[name]) for name in kind.__struct_fields__}  # type: ignore[attr-defined]
    for name, member in vars(kind).items():
        if isinstance(member, property) and not name.startswith("_"):
            found[name] = shape_of_type(get_type_hints(member.fget).get("return"))
    return found
