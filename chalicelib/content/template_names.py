"""The names in a template held against what there is: values and their parts, files, blocks, filters and tests.

Rendering samples finds what is wrong on the ways that the samples take; this looks at all of them. What cannot be
known without rendering is taken to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, nodes

from chalicelib.content import guard
from chalicelib.content.parsed_template import Parsed
from chalicelib.content.sandbox import suggestion
from chalicelib.content.source_places import column_of, name_patterns, part_patterns
from chalicelib.content.value_shapes import (
    ANYTHING,
    Many,
    Named,
    Shape,
    described,
    either,
    element,
    names_of,
    part,
    shape_of,
    shape_of_type,
)
from chalicelib.domain.events import Product
from chalicelib.domain.problems import MOST_TOLD, Problem, Severity

Names = dict[str, Shape]
"""The values that can be read at one place, by name."""

_LOOP: Final = frozenset({Named(frozenset({
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "depth0", "previtem", "nextitem",
    "cycle", "changed",
}), "in a loop")})
"""What Jinja says of a loop under way."""
_GIVEN: Final[dict[str, Shape]] = {
    "range": frozenset({Many(frozenset({int}))}), "recommendations": frozenset({Many(frozenset({Product}))}),
}
"""What functions answer."""
_SAME: Final = frozenset({"sort", "unique", "select", "reject", "selectattr", "rejectattr"})
"""Filters that answer some or all members of a list."""
_WITH_DEFAULT: Final = frozenset({"default", "d"})


@dataclass(slots=True)
class NameCheck:
    """Looks through a template and all that it includes or extends; what is wrong comes together in `problems`.

    `parse` answers a file of this name, or None where there is none. `read` are the files looked through, `asked_for`
    the values that they name.
    """

    environment: Environment
    parse: Callable[[str], Parsed | None]
    problems: list[Problem] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    asked_for: set[str] = field(default_factory=set)
    _open: list[Parsed] = field(default_factory=list)
    _overriding: dict[str, tuple[Parsed, nodes.Block]] = field(default_factory=dict)

    def check(self, name: str, values: Mapping[str, Any], more: Iterable[str] = (), **known: type) -> None:
        """Look through a file with these values. `more` are names of texts that are there besides; `known` says of
        which type a value is that the samples lack.
        """
        names: Names = {given: shape_of(value) for given, value in values.items()}
        names |= {given: shape_of_type(kind) for given, kind in known.items() if not names.get(given)}
        names |= dict.fromkeys(more, frozenset({str})) | {"range": ANYTHING, "namespace": ANYTHING}
        if isinstance(values.get("words"), dict):
            names["words"] = frozenset({Named(frozenset(values["words"]))})
        self._file(name, names, None)

    def _file(self, name: str, names: Names, named_by: nodes.Node | None) -> None:
        if any(parsed.name == name for parsed in self._open):
            return
        parsed = self.parse(name)
        if parsed is None:
            if named_by is not None:
                self._tell(named_by, f"there is no file templates/{name}", part_patterns(name))
            return
        self.read.add(name)
        self._open.append(parsed)
        try:
            if parsed.extends is None:
                self._body(parsed.tree.body, names)
            else:
                self._extending(parsed, parsed.extends, names)
        finally:
            self._open.pop()

    def _extending(self, parsed: Parsed, parent: nodes.Extends, names: Names) -> None:
        for statement in parsed.tree.body:
            if isinstance(statement, nodes.Output):
                self._unseen(statement)
            elif not isinstance(statement, nodes.Block):
                self._statement(statement, names)
        before = dict(self._overriding)
        self._overriding = {name: (parsed, block) for name, block in parsed.blocks.items()} | before
        if isinstance(parent.template, nodes.Const):
            above = self._above(str(parent.template.value))
            for name, block in parsed.blocks.items():
                if above and name not in above | parsed.nested:
                    file = f"templates/{parent.template.value}"
                    text = f"{file} has no block {name!r}, so that it is not shown{suggestion(name, above)}"
                    self._tell(block, text, name_patterns(name))
            self._file(str(parent.template.value), names, parent)
        else:
            for block in parsed.blocks.values():
                self._body(block.body, dict(names))
        self._overriding = before

    def _above(self, name: str) -> set[str]:
        """The blocks of a file and of those that it extends."""
        found: set[str] = set()
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            parsed = self.parse(name)
            if parsed is None:
                break
            found |= set(parsed.blocks)
            if parsed.extends is None or not isinstance(parsed.extends.template, nodes.Const):
                break
            name = str(parsed.extends.template.value)
        return found

    def _unseen(self, output: nodes.Output) -> None:
        for piece in output.nodes:
            if not isinstance(piece, nodes.TemplateData) or piece.data.strip():
                line = piece.lineno
                if isinstance(piece, nodes.TemplateData):
                    line += piece.data[: len(piece.data) - len(piece.data.lstrip())].count("\n")
                self._tell(
                    piece, "stands outside of every {% block %} and is not shown", (r"\S",), "warning", line=line,
                )
                return

    def _body(self, body: Iterable[nodes.Node], names: Names) -> None:
        for statement in body:
            self._statement(statement, names)

    def _statement(self, node: nodes.Node, names: Names) -> None:  # noqa: PLR0912  (one case a kind of tag)
        match node:
            case nodes.Output():
                for piece in node.nodes:
                    self._shape(piece, names)
            case nodes.If():
                self._if(node, names)
            case nodes.For():
                self._for(node, names)
            case nodes.Assign():
                self._store(node.target, self._shape(node.node, names), names)
            case nodes.AssignBlock():
                if node.filter is not None:
                    self._shape(node.filter, names)
                self._body(node.body, dict(names))
                self._store(node.target, frozenset({str}), names)
            case nodes.Macro() | nodes.CallBlock():
                self._macro(node, names)
            case nodes.FilterBlock():
                self._shape(node.filter, names)
                self._body(node.body, dict(names))
            case nodes.With():
                inside = dict(names)
                for target, value in zip(node.targets, node.values, strict=True):
                    self._store(target, self._shape(value, names), inside)
                self._body(node.body, inside)
            case nodes.Block():
                self._block(node, names)
            case nodes.Include():
                self._include(node, names)
            case nodes.Import():
                self._reads(node.template, names)
                names[node.target] = ANYTHING
            case nodes.FromImport():
                self._reads(node.template, names)
                names |= {alias[1] if isinstance(alias, tuple) else alias: ANYTHING for alias in node.names}
            case _:
                for inner in node.iter_child_nodes():
                    if isinstance(inner, nodes.Expr):
                        self._shape(inner, names)

    def _if(self, node: nodes.If, names: Names) -> None:
        self._shape(node.test, names)
        after: list[Names] = []
        elses: list[list[nodes.Node]] = [[branch] for branch in node.elif_]
        for body in (node.body, *elses, node.else_):
            inside = dict(names)
            self._body(body, inside)
            after.append(inside)
        if all(branch == names for branch in after):  # as it is nearly always
            return
        for name in {name for branch in after for name in branch}:
            names[name] = either(*(branch[name] for branch in after if name in branch))

    def _for(self, node: nodes.For, names: Names) -> None:
        inside = dict(names)
        self._store(node.target, element(self._shape(node.iter, names)), inside)
        if node.test is not None:
            self._shape(node.test, inside)
        self._body(node.body, inside | {"loop": _LOOP})
        self._body(node.else_, dict(names))

    def _macro(self, node: nodes.Macro | nodes.CallBlock, names: Names) -> None:
        for default in node.defaults:
            self._shape(default, names)
        if isinstance(node, nodes.CallBlock):
            self._shape(node.call, names)
        else:
            names[node.name] = ANYTHING
        later = dict.fromkeys(self._open[-1].assigned, ANYTHING)
        given = dict.fromkeys(("caller", *(argument.name for argument in node.args)), ANYTHING)
        self._body(node.body, later | names | given)

    def _block(self, node: nodes.Block, names: Names) -> None:
        parsed, block = self._overriding.get(node.name, (self._open[-1], node))
        self._open.append(parsed)
        self._body(block.body, names | {"super": ANYTHING, "self": ANYTHING})
        self._open.pop()

    def _include(self, node: nodes.Include, names: Names) -> None:
        if isinstance(node.template, nodes.Const) and isinstance(node.template.value, str):
            if not node.ignore_missing or self.parse(node.template.value):
                self._file(node.template.value, dict(names) if node.with_context else {}, node)
        else:
            self._shape(node.template, names)

    def _reads(self, template: nodes.Expr, names: Names) -> None:
        if isinstance(template, nodes.Const) and isinstance(template.value, str):
            if self.parse(template.value) is None:
                reason = f"there is no file templates/{template.value}"
                self._tell(template, reason, part_patterns(template.value))
        else:
            self._shape(template, names)

    def _store(self, target: nodes.Node, shape: Shape, names: Names) -> None:
        if isinstance(target, nodes.Name):
            names[target.name] = shape
        elif isinstance(target, nodes.Tuple):
            for item in target.items:
                self._store(item, ANYTHING, names)

    def _shape(self, node: nodes.Node, names: Names) -> Shape:
        match node:
            case nodes.Name():
                return self._value(node, names)
            case nodes.Const() | nodes.TemplateData():
                return shape_of(node.as_const())
            case nodes.Getattr():
                return self._part(node, node.attr, names)
            case nodes.Getitem():
                return self._item(node, names)
            case nodes.Call():
                return self._call(node, names)
            case nodes.Filter():
                return self._filter(node, names)
            case nodes.Test():
                self._known(node, "test", self.environment.tests)
                if node.name not in ("defined", "undefined"):
                    self._shape(node.node, names)
                self._each((*node.args, *node.kwargs), names)
                return frozenset({bool})
            case nodes.CondExpr():
                self._shape(node.test, names)
                other = self._shape(node.expr2, names) if node.expr2 is not None else ANYTHING
                return either(self._shape(node.expr1, names), other)
            case nodes.And() | nodes.Or() | nodes.Add():
                return either(self._shape(node.left, names), self._shape(node.right, names))
            case nodes.List() | nodes.Tuple():
                return frozenset({Many(either(*[self._shape(item, names) for item in node.items]))})
            case _:
                self._each(node.iter_child_nodes(), names)
                return ANYTHING

    def _each(self, inner: Iterable[nodes.Node], names: Names) -> None:
        for node in inner:
            self._shape(node.value if isinstance(node, nodes.Keyword) else node, names)

    def _value(self, node: nodes.Name, names: Names) -> Shape:
        self.asked_for.add(node.name)
        if node.name not in names and node.name not in self._open[-1].optional:
            text = f"{node.name!r} is not known here{suggestion(node.name, names)}"
            self._tell(node, text, name_patterns(node.name))
        return names.get(node.name, ANYTHING)

    def _part(self, node: nodes.Getattr | nodes.Getitem, name: str, names: Names) -> Shape:
        owner = self._shape(node.node, names)
        found = part(owner, name)
        if found is None:
            whose = node.node.name if isinstance(node.node, nodes.Name) else ""
            text = f"{described(owner, name)}{suggestion(name, names_of(owner))}"
            self._tell(node, text, part_patterns(name, whose))
        return found or ANYTHING

    def _item(self, node: nodes.Getitem, names: Names) -> Shape:
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self._part(node, node.arg.value, names)
        owner = self._shape(node.node, names)
        if isinstance(node.arg, nodes.Slice):
            self._each(node.arg.iter_child_nodes(), names)
            return owner
        self._shape(node.arg, names)
        return element(owner)

    def _call(self, node: nodes.Call, names: Names) -> Shape:
        self._shape(node.node, names)
        self._each((*node.args, *node.kwargs), names)
        return _GIVEN.get(node.node.name, ANYTHING) if isinstance(node.node, nodes.Name) else ANYTHING

    def _filter(self, node: nodes.Filter, names: Names) -> Shape:
        self._known(node, "filter", self.environment.filters)
        self._each((*node.args, *node.kwargs), names)
        if node.node is None:
            return ANYTHING
        if node.name in _WITH_DEFAULT and not isinstance(node.node, nodes.Name):
            self._quietly(node.node, names)
            return ANYTHING
        shape = self._shape(node.node, names)
        if node.name in (guard.COUNTED, guard.SEARCHED, guard.WEIGHED):
            return shape
        if node.name == "batch":
            return frozenset({Many(shape)})
        if node.name in ("first", "last"):
            return element(shape)
        taken = self._attribute(node, shape)
        if node.name == "map":
            return frozenset({Many(taken)}) if shape else ANYTHING
        return shape if node.name in _SAME or (node.name in _WITH_DEFAULT and not node.args) else ANYTHING

    def _attribute(self, node: nodes.Filter, shape: Shape) -> Shape:
        """The part of a list's members that `map`, `sort`, `selectattr` and others name."""
        by_name = node.name in ("selectattr", "rejectattr") and node.args
        wanted = node.args[0] if by_name else next((kw.value for kw in node.kwargs if kw.key == "attribute"), None)
        if not isinstance(wanted, nodes.Const) or not isinstance(wanted.value, str):
            return ANYTHING
        of = element(shape)
        for name in wanted.value.split(",")[0].split("."):
            found = part(of, name)
            if found is None:
                text = f"{described(of, name)}{suggestion(name, names_of(of))}"
                self._tell(node, text, part_patterns(name))
                return ANYTHING
            of = found
        return of

    def _quietly(self, node: nodes.Node, names: Names) -> None:
        """Look through an expression that may be missing: a part that never is there is doubtful, not wrong."""
        before = len(self.problems)
        self._shape(node, names)
        for index in range(before, len(self.problems)):
            told = self.problems[index]
            text = f"{told.text}; the default is always shown"
            self.problems[index] = Problem(told.file, told.line, text, "warning", told.column)

    def _known(self, node: nodes.Filter | nodes.Test, what: str, known: Mapping[str, Any]) -> None:
        if node.name not in known:
            text = f"there is no {what} {node.name!r}{suggestion(node.name, known)}"
            self._tell(node, text, part_patterns(node.name))

    def _tell(
        self, node: nodes.Node, text: str, patterns: tuple[str, ...], severity: Severity = "error", *, line: int = 0,
    ) -> None:
        if len(self.problems) > MOST_TOLD:
            return
        parsed, line = self._open[-1], line or node.lineno
        column = column_of(parsed.text, line, *patterns)
        self.problems.append(Problem(f"templates/{parsed.name}", line, text, severity, column))
