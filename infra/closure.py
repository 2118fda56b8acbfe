"""Which modules an application can ever import, found by reading its import statements.

Statements inside functions count, so a lazy import is never missed; those under `if TYPE_CHECKING:` never run and do
not count. Imports by a computed name cannot be read: they are named in `infra/pruning.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

EXTENSION_SUFFIXES = (".abi3.so", ".so")


class Modules:
    """The modules found in a folder of installed packages, by dotted name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[str, Path] = {}
        for path in sorted(root.rglob("*")):
            name = _module_name(path.relative_to(root))
            if name and path.is_file():
                # Python prefers an extension module to a source file of the same name.
                if name in self.files and path.suffix == ".py":
                    continue
                self.files[name] = path

    def closure(
        self,
        start: Iterable[str],
        *,
        dynamic: Callable[[str, ast.Module], Iterable[str]],
        excluded: Callable[[str], bool],
    ) -> set[str]:
        """The names of all modules reachable from `start`.

        `dynamic` names what a module imports by a computed name; `excluded` tells of modules that are never taken,
        though some statement names them.
        """
        reached: set[str] = set()
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name in reached or name not in self.files or excluded(name):
                continue
            reached.add(name)
            package, _, _ = name.rpartition(".")
            waiting.append(package)
            path = self.files[name]
            if path.suffix == ".py":
                tree = ast.parse(path.read_bytes(), str(path))
                is_package = path.name == "__init__.py"
                waiting.extend(imported_names(tree, name, is_package=is_package))
                waiting.extend(dynamic(name, tree))
        return reached


def _module_name(relative: Path) -> str:
    """The dotted name of the module that a file holds, or empty."""
    parts = list(relative.parts)
    if not all(part.isidentifier() for part in parts[:-1]):
        return ""
    stem = parts.pop()
    if stem == "__init__.py":
        return ".".join(parts)
    base, _, _ = stem.partition(".")
    if not base.isidentifier() or not stem.endswith((".py", *EXTENSION_SUFFIXES)):
        return ""
    return ".".join([*parts, base])


def imported_names(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    """Every dotted name that the import statements of a module may mean, sub-modules and mere attributes alike."""
    for node in _running_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package=is_package)
            yield base
            for alias in node.names:
                if alias.name != "*":
                    yield f"{base}.{alias.name}"


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The dotted name that a `from … import` starts at, relative dots resolved (PEP 328)."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = len(parts) - node.level + (1 if is_package else 0)
    return ".".join([*parts[:kept], *([node.module] if node.module else [])])


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a tree save those under `if TYPE_CHECKING:`."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting.extend(node.orelse)
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def _is_type_checking(test: ast.expr) -> bool:
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    return name == "TYPE_CHECKING"
