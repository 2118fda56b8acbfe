"""Rewriting a parsed template so that nothing in it goes uncounted, and refusing what could not be counted.

Jinja's sandbox keeps a template from reaching out, not from using up the process: what repeats (loops, macros, blocks,
included files) gets a call that takes from the rendering's budget, the words that are printed each time included.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from jinja2 import nodes
from jinja2.exceptions import TemplateAssertionError, TemplateSyntaxError
from jinja2.visitor import NodeTransformer

MAX_SOURCE: Final = 100_000
"""Characters of a template file: as much as the mail made of it may have."""
MAX_NODES: Final = 20_000
"""Parts of a template file as parsed; the largest that ships has under a thousand."""
MAX_NAMED: Final = 500
"""Values set, files included, macros and blocks of a file; the largest that ships has under fifty."""
MAX_DEPTH: Final = 80
"""How deep tags and brackets may stand in each other; Python compiles no more than 100 levels (its `MAXINDENT`)."""
MAX_LOOPS: Final = 15
"""Loops within loops; Python compiles no more than 20 (its `CO_MAXBLOCKS`)."""
MAX_NUMBER: Final = 10**15
"""The largest whole number that may be written or multiplied."""

COUNTED: Final = "(counted)"
SEARCHED: Final = "(searched)"
SPENT: Final = "(spent)"
WEIGHED: Final = "(weighed)"
"""Filters that only this module can write: no template can spell their names."""

_REPEATED: Final = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block)
_NAMING: Final = (
    *_REPEATED, nodes.Assign, nodes.AssignBlock, nodes.With, nodes.Include, nodes.Import, nodes.FromImport,
)


def refuse_large_source(source: str, name: str | None) -> None:
    """Raise TemplateSyntaxError for a file that is too long to be one that somebody wrote."""
    if len(source) > MAX_SOURCE:
        reason = f"has {len(source):,} characters; a template may have {MAX_SOURCE:,}"
        raise TemplateSyntaxError(reason, 1, name, name)


def guarded(tree: nodes.Template) -> nodes.Template:
    """The template with all that repeats counted. Raises TemplateSyntaxError, with line, for what cannot be counted."""
    made: nodes.Template = _Guard().visit(tree)
    made.body.insert(0, _spent(made.body, 1))
    return made


def refuse_large(tree: nodes.Template, name: str | None) -> None:
    """Raise TemplateSyntaxError, with line, for a template of too many parts, or of parts too deep in each other."""
    parts = named = 0
    waiting: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while waiting:
        node, depth, loops = waiting.pop()
        parts += 1
        loops += isinstance(node, nodes.For)
        if depth > MAX_DEPTH or loops > MAX_LOOPS:
            raise TemplateSyntaxError("tags or brackets stand too deep in each other", node.lineno, name, name)
        if parts > MAX_NODES:
            raise TemplateSyntaxError(f"has more than {MAX_NODES:,} tags and values", node.lineno, name, name)
        named += isinstance(node, _NAMING)
        if named > MAX_NAMED:
            reason = f"sets, includes and defines more than {MAX_NAMED:,} times"
            raise TemplateSyntaxError(reason, node.lineno, name, name)
        if isinstance(node, nodes.Const) and isinstance(node.value, int) and abs(node.value) > MAX_NUMBER:
            raise TemplateSyntaxError("has a number too large", node.lineno, name, name)
        waiting += [(inner, depth + 1, loops) for inner in node.iter_child_nodes()]


def _printed(body: Iterable[nodes.Node]) -> int:
    """The characters that a body prints as they stand, by its longest branches, without what counts for itself."""
    count = 0
    for node in body:
        if isinstance(node, nodes.TemplateData):
            count += len(node.data)
        elif isinstance(node, nodes.If):
            count += max(_printed(node.body), *(_printed(branch.body) for branch in node.elif_), _printed(node.else_))
        elif not isinstance(node, _REPEATED):
            count += _printed(node.iter_child_nodes())
    return count


def _spent(body: Iterable[nodes.Node], line: int) -> nodes.Node:
    """A statement that takes a round, and what the body prints as it stands, from the budget."""
    characters = nodes.Const(_printed(body), lineno=line)
    return nodes.ExprStmt(nodes.Filter(characters, SPENT, [], [], None, None, lineno=line), lineno=line)


class _Guard(NodeTransformer):
    """Puts the counting in; escaping cannot be switched off, and what can repeat in no way that is counted is refused.
    """

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        if node.recursive:
            raise TemplateAssertionError("loops cannot be `recursive` here", node.lineno)
        each = nodes.Const(_printed(node.body), lineno=node.lineno)
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, COUNTED, [each], [], None, None, lineno=node.lineno)
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802
        return self._repeated(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802
        return self._repeated(node)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:  # noqa: N802
        return self._repeated(node)

    def _repeated(self, node: nodes.Macro | nodes.CallBlock | nodes.Block) -> nodes.Node:
        spent = _spent(node.body, node.lineno)
        self.generic_visit(node)
        node.body.insert(0, spent)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(pieces, "join", [], [], None, None, lineno=node.lineno)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        for operand in node.ops:
            if operand.op in ("in", "notin"):
                operand.expr = nodes.Filter(operand.expr, SEARCHED, [], [], None, None, lineno=node.lineno)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        return self._weighed(node, node.items)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        return node if node.ctx == "store" else self._weighed(node, node.items)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        return self._weighed(node, node.items)

    def _weighed(self, node: nodes.Expr, items: Iterable[nodes.Node]) -> nodes.Node:
        constant = all(isinstance(item, nodes.Const) for item in items)
        self.generic_visit(node)
        return node if constant else nodes.Filter(node, WEIGHED, [], [], None, None, lineno=node.lineno)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        if node.name in ("varargs", "kwargs"):
            raise TemplateAssertionError(f"`{node.name}` is not here; name what the macro takes", node.lineno)
        return node

    def visit_ScopedEvalContextModifier(self, node: nodes.Node) -> nodes.Node:  # noqa: N802
        raise TemplateAssertionError("`autoescape` cannot be switched here", node.lineno)
