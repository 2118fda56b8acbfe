"""The code package of the functions: `app.py`, `chalicelib/`, and of the dependencies what they import.

Lambda's disk is read-only, so a package without compiled modules is compiled anew at every cold start, 4–5 times the
import time; botocore walks its whole data folder for each client. Hence: compiled, pruned to what is imported, and the
same bytes for the same source, so that an unchanged package is not deployed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import chalice

from infra import pruning, service_models
from infra.closure import Modules
from infra.template import load

PROJECT = Path(__file__).resolve().parent.parent
FUNCTIONS_ARCHITECTURE = "arm64"
"""What the functions run on; other packages are for tests and measurements on the machine at hand."""
MAX_BYTES = 5_000_000
MAX_LAYER_BYTES = 25_000_000
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's names of its architectures, and the machine in a wheel's tag."""
FUNCTION_REQUIREMENTS, LAYER_REQUIREMENTS = "requirements.txt", "requirements-analytics.txt"
GLIBC_MINOR = 26 if sys.version_info < (3, 12) else 34
"""glibc 2.x of the runtime: Amazon Linux 2 up to Python 3.11, Amazon Linux 2023 from 3.12 on
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html)."""


class PackagingError(Exception):
    """A dependency cannot be had for the runtime, or the package is larger than it may be."""


def host_architecture() -> str:
    """Lambda's name of the architecture of the machine that this runs on."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def build_package(target: Path, *, architecture: str, project: Path = PROJECT) -> Path:
    """Write the package for an architecture (`arm64`, `x86_64`) to the file `target`, and return it.

    Raises PackagingError.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "task"
        assemble(root, architecture=architecture, project=project)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_zip(root, target)
    size = target.stat().st_size
    if architecture == FUNCTIONS_ARCHITECTURE and size > MAX_BYTES:
        raise PackagingError(f"{target} has {size:,} bytes; at most {MAX_BYTES:,} are wanted")
    return target


def build_layer(target: Path, *, architecture: str, project: Path = PROJECT) -> Path:
    """Write the layer of `requirements-analytics.txt`, which holds DuckDB, to the file `target`, and return it.

    It changes with that file and with nothing of the product, so that it is seldom built and deployed. Raises
    PackagingError.
    """
    installed = install_dependencies(architecture, project=project, requirements=LAYER_REQUIREMENTS)
    mark = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    kept_layer = installed.with_name(f"{installed.name}-layer-{mark}.zip")
    if not kept_layer.exists():
        with tempfile.TemporaryDirectory(dir=installed.parent) as folder:
            # Where Lambda looks for the Python modules of a layer: /opt/python.
            root = Path(folder) / "layer"
            modules = Modules(installed)
            wanted = modules.closure(
                ["duckdb"],
                dynamic=lambda name, tree: pruning.dynamic_imports(name, tree, modules.files),
                excluded=pruning.excluded,
            )
            # It asks for its own version there.
            metadata = installed.glob("duckdb-*.dist-info/METADATA")
            _copy({*(modules.files[name] for name in wanted), *metadata}, installed, root / "python")
            _compile(root / "python", ours=())
            write_zip(root, Path(folder) / "layer.zip")
            (Path(folder) / "layer.zip").rename(kept_layer)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept_layer, target)
    size = target.stat().st_size
    if size > MAX_LAYER_BYTES:
        raise PackagingError(f"{target} has {size:,} bytes; at most {MAX_LAYER_BYTES:,} are wanted")
    return target


def assemble(root: Path, *, architecture: str, project: Path = PROJECT) -> None:
    """Lay out the package's files, compiled, in the folder `root`, which must not exist."""
    installed = install_dependencies(architecture, project=project)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        shutil.copytree(installed, source, dirs_exist_ok=True, copy_function=os.symlink)
        _add_chalice_runtime(source)
        shutil.copy2(project / "app.py", source / "app.py")
        shutil.copytree(project / "chalicelib", source / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
        modules = Modules(source)
        kept = modules.closure(
            ["app", *pruning.always(modules.files)],
            dynamic=lambda name, tree: pruning.dynamic_imports(name, tree, modules.files),
            excluded=pruning.excluded,
        )
        wanted = {modules.files[name] for name in kept} | set(pruning.data_files(source))
        wanted |= _data_beside({path for path in wanted if path.is_relative_to(source / "chalicelib")})
        _copy(wanted, source, root)
    data = root / "botocore" / "data"
    (data / "endpoints.json").write_bytes(pruning.lean_endpoints((data / "endpoints.json").read_bytes()))
    service_models.cut(data, service_models.operations(load("permissions")))
    _compile(root, ours=(root / "app.py", root / "chalicelib"))


def _data_beside(modules: set[Path]) -> set[Path]:
    """The pages and styles in folders beside these modules: a layer that no function imports brings none."""
    folders = {module.parent for module in modules}
    return {
        path for folder in folders for inner in folder.iterdir()
        if inner.is_dir() and inner.name != "__pycache__" and not (inner / "__init__.py").exists()
        for path in inner.rglob("*") if path.is_file()
    }


def _copy(files: Iterable[Path], source: Path, root: Path) -> None:
    for path in sorted(files):
        destination = root / path.relative_to(source)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)


def install_dependencies(
    architecture: str, *, project: Path = PROJECT, requirements: str = FUNCTION_REQUIREMENTS
) -> Path:
    """Install a file of requirements for the runtime into a folder below `build/`, once per content; that folder.

    Only wheels: a dependency that would have to be compiled here stops the build instead of failing on AWS.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    mark = hashlib.sha256((project / requirements).read_bytes()).hexdigest()[:12]
    folder = project / "build" / "dependencies" / f"python{version}-{architecture}-{mark}"
    if folder.exists():
        return folder
    machine = MACHINES[architecture]
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC_MINOR, 16, -1)]
    platforms.append(f"manylinux2014_{machine}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Installed beside its place and moved there, so that an interrupted installation is never taken for a whole one.
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        installed = Path(unfinished) / "site-packages"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", version]
        command += [argument for name in platforms for argument in ("--platform", name)]
        command += ["--target", str(installed), "--requirement", str(project / requirements)]
        finished = subprocess.run(command, check=False, capture_output=True, text=True)
        if finished.returncode:
            raise PackagingError(f"no wheels for Python {version} on {architecture}:\n{finished.stderr}")
        with contextlib.suppress(OSError):  # another build was faster
            installed.rename(folder)
    return folder


def _add_chalice_runtime(source: Path) -> None:
    """Chalice's run-time part: two files, taken from the Chalice that packages, as `chalice package` does."""
    runtime = source / "chalice"
    runtime.mkdir(exist_ok=True)
    for name in ("__init__.py", "app.py"):
        shutil.copy2(Path(chalice.__file__).with_name(name), runtime / name)


def _compile(root: Path, *, ours: tuple[Path, ...]) -> None:
    """Compile every module with the Python that packages, which is the runtime's; the cache is used unchecked.

    Dependencies are kept as bytecode only, without docstrings and asserts (`python -OO`): of a package of 5 MB those
    are 6 %. Our own modules keep all, and their source, so that tracebacks and the AWS console show it. Without the
    columns of each expression the bytecode is a sixth smaller. The seed makes the bytes the same each time.
    """
    command = [sys.executable, "-S", "-X", "no_debug_ranges", "-m", "compileall", "-q"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/var/task"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    if ours:
        subprocess.run([*command, *map(str, ours)], check=True, env=environment)
    others = sorted(path for path in root.iterdir() if path not in ours and path.name != "__pycache__")
    subprocess.run([*command, "-b", "-o", "2", *map(str, others)], check=True, env=environment)
    for path in others:
        for module in [path] if path.is_file() else path.rglob("*.py"):
            if module.suffix == ".py":
                module.unlink()


def write_zip(root: Path, target: Path) -> None:
    """Zip a folder so that the same files give the same bytes: sorted, with a fixed date and mode."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
