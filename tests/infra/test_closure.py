"""Which modules an application can ever import."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from infra.closure import Modules


def closure(root: Path, files: dict[str, str], *, excluded: Iterable[str] = ()) -> set[str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Modules(root).closure(["app"], dynamic=lambda name, tree: (), excluded=lambda name: name in set(excluded))


def test_packages_above_a_module_come_with_it(tmp_path: Path) -> None:
    files = {"app.py": "import a.b.c", "a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "", "a/b/d.py": ""}
    assert closure(tmp_path, files) == {"app", "a", "a.b", "a.b.c"}


def test_a_name_taken_from_a_package_may_be_a_module(tmp_path: Path) -> None:
    files = {"app.py": "from a import b, value", "a/__init__.py": "value = 1", "a/b.py": "", "a/c.py": ""}
    assert closure(tmp_path, files) == {"app", "a", "a.b"}


def test_relative_imports_are_resolved(tmp_path: Path) -> None:
    files = {
        "app.py": "import a.b.c",
        "a/__init__.py": "from .x import y",
        "a/x.py": "y = 1",
        "a/b/__init__.py": "",
        "a/b/c.py": "from ..z import w\nfrom . import d",
        "a/b/d.py": "",
        "a/z.py": "w = 1",
    }
    assert closure(tmp_path, files) == {"app", "a", "a.x", "a.b", "a.b.c", "a.b.d", "a.z"}


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    files = {"app.py": "def handler():\n    import lazy\n", "lazy.py": "", "unused.py": ""}
    assert closure(tmp_path, files) == {"app", "lazy"}


def test_an_import_for_type_checkers_does_not_count(tmp_path: Path) -> None:
    files = {
        "app.py": "import typing\nif typing.TYPE_CHECKING:\n    import types_only\nelse:\n    import real\n",
        "types_only.py": "",
        "real.py": "",
    }
    assert closure(tmp_path, files) == {"app", "real"}


def test_an_excluded_module_and_what_only_it_imports_stay_out(tmp_path: Path) -> None:
    files = {"app.py": "import a, b", "a.py": "import c", "b.py": "", "c.py": ""}
    assert closure(tmp_path, files, excluded=["a"]) == {"app", "b"}


def test_an_extension_module_is_a_module(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/_core.cpython-311-aarch64-linux-gnu.so").touch()
    (tmp_path / "a/_raw.abi3.so").touch()
    files = {"app.py": "from a import _core, _raw", "a/__init__.py": ""}
    assert closure(tmp_path, files) == {"app", "a", "a._core", "a._raw"}


def test_imports_by_a_computed_name_are_told_by_the_caller(tmp_path: Path) -> None:
    for name, text in {"app.py": "import a", "a.py": "", "region_RU.py": ""}.items():
        (tmp_path / name).write_text(text)

    def dynamic(name: str, tree: ast.Module) -> list[str]:
        return ["region_RU"] if name == "a" else []

    assert Modules(tmp_path).closure(["app"], dynamic=dynamic, excluded=lambda name: False) == {"app", "a", "region_RU"}
