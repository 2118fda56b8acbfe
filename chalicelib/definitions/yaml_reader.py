"""YAML with its places: what a marketer wrote, and on which line, so that a mistake can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from chalicelib.errors import DefinitionError

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML file with the line it stands on (from 1) and its dotted path inside the file.

    `value` is a scalar, a list of nodes, or a dict of nodes by key; `text` is a scalar as it was written.
    """

    value: Any
    file: str
    line: int
    path: str
    text: str = ""

    def error(self, reason: str) -> DefinitionError:
        """An error that points at this node."""
        return DefinitionError(reason, file=self.file, line=self.line, field=self.path)

    def mapping(self) -> dict[str, Node]:
        """The node as a mapping, or a DefinitionError."""
        if not isinstance(self.value, dict):
            raise self.error("should be a mapping of `field: value` lines")
        return self.value

    def items(self) -> list[Node]:
        """The node as a list; a single value counts as a list of one."""
        return self.value if isinstance(self.value, list) else [self]

    def string(self) -> str:
        """The node as text, as it was written, or a DefinitionError."""
        if isinstance(self.value, list | dict) or self.value is None:
            raise self.error("should be a text")
        return self.text

    def integer(self) -> int:
        """The node as a whole number, or a DefinitionError."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.error(f"should be a whole number, not {self.text!r}")
        return self.value

    def boolean(self) -> bool:
        """The node as yes or no, or a DefinitionError."""
        if not isinstance(self.value, bool):
            raise self.error(f"should be true or false, not {self.text!r}")
        return self.value

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def allow(self, *fields: str) -> dict[str, Node]:
        """The node as a mapping that has no other fields than these, or a DefinitionError at the stranger's line."""
        mapping = self.mapping()
        for key, node in mapping.items():
            if key not in fields:
                raise node.error(f"unknown field {key!r}; known here: {', '.join(fields)}")
        return mapping


def read(text: str, file: str) -> Node:
    """The root of a YAML text. Dates and times stay texts (their meaning needs a zone, which the reader does not know).

    Raises DefinitionError with the line for bad YAML, a key given twice, an anchor or a tag.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"is not YAML: {error.problem or error.context}"
        raise DefinitionError(reason, file=file, line=mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise DefinitionError(f"is not YAML: {error}", file=file) from error
    except RecursionError as error:
        raise DefinitionError("is nested too deeply", file=file) from error
    if root is None:
        raise DefinitionError("is empty", file=file, line=1)
    return _node(root, file, "")


class _Loader(yaml.SafeLoader):
    """The safe loader without YAML 1.1's surprises: `on`, `off`, `yes`, `no`, dates and base-60 numbers stay texts."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases (a hundred lines must not unfold into a million), and tags, which nothing here reads."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            reason = "anchors and aliases (&name, *name) are not used here"
            raise yaml.composer.ComposerError(None, None, reason, event.start_mark)
        if event.tag:
            raise yaml.composer.ComposerError(None, None, "tags (!name) are not used here", event.start_mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|false|False)$", "tTfF"),
    ("null", r"^(?:~|null|Null|)$", ("~", "n", "N", "")),
    ("int", r"^[-+]?[0-9]{1,18}$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def _scalar(node: yaml.ScalarNode) -> Scalar:
    kind = node.tag.rpartition(":")[2]
    text: str = node.value
    if kind == "bool":
        return text.lower() == "true"
    if kind == "null":
        return None
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    return text


def _node(node: yaml.Node, file: str, path: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Node(_scalar(node), file, line, path, node.value)
    if isinstance(node, yaml.SequenceNode):
        children = [_node(child, file, f"{path}[{index}]") for index, child in enumerate(node.value, 1)]
        return Node(children, file, line, path)
    fields: dict[str, Node] = {}
    for key, child in _pairs(node):
        if not isinstance(key, yaml.ScalarNode):
            raise DefinitionError("keys are texts", file=file, line=key.start_mark.line + 1, field=path)
        name: str = key.value
        inner = f"{path}.{name}" if path else name
        if name in fields:
            raise DefinitionError("is given twice", file=file, line=key.start_mark.line + 1, field=inner)
        value = _node(child, file, inner)
        fields[name] = Node(value.value, file, key.start_mark.line + 1, inner, value.text)
    return Node(fields, file, line, path)


def _pairs(node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    yield from node.value
