"""A template file as it is written, and what it says of itself: which names it sets, which blocks it has."""

from __future__ import annotations

from dataclasses import dataclass, field

from jinja2 import nodes


@dataclass(slots=True)
class Parsed:
    """A template file as Jinja parsed it. `optional` are names that may be missing: it asks for them first; `nested`
    are blocks within blocks.
    """

    name: str
    text: str
    tree: nodes.Template
    optional: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    blocks: dict[str, nodes.Block] = field(default_factory=dict)
    nested: set[str] = field(default_factory=set)
    extends: nodes.Extends | None = None

    @classmethod
    def of(cls, name: str, text: str, tree: nodes.Template) -> Parsed:
        """The parsed file with what is asked of it most."""
        parsed = cls(name, text, tree)
        waiting: list[tuple[nodes.Node, bool]] = [(tree, False)]
        while waiting:
            node, inside = waiting.pop()
            parsed._note(node, inside=inside)
            inside = inside or isinstance(node, nodes.Block)
            waiting += [(inner, inside) for inner in node.iter_child_nodes()]
        return parsed

    def _note(self, node: nodes.Node, *, inside: bool) -> None:
        """Note what a part of the file says of the whole; `inside` tells whether it stands in a block."""
        match node:
            case nodes.Name(name=name, ctx="store"):
                self.assigned.add(name)
            case nodes.Test(name="defined" | "undefined", node=nodes.Name(name=name)):
                self.optional.add(name)
            case nodes.Filter(name="default" | "d", node=nodes.Name(name=name)):
                self.optional.add(name)
            case nodes.Block(name=name):
                self.blocks[name] = node
                if inside:
                    self.nested.add(name)
            case nodes.Extends():
                self.extends = node
