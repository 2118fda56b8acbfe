"""The code package: small, compiled, the same each time, with what is imported and nothing else."""

from __future__ import annotations

import ast
import json
import os
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import pruning
from infra.closure import imported_names
from infra.package import MAX_BYTES, build_layer, build_package, host_architecture

pytestmark = pytest.mark.slow

ELF_MACHINES = {62: "x86_64", 183: "arm64"}
"""`e_machine` of an ELF header (System V ABI): which processor an extension module is made for."""


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package that is deployed."""
    return build_package(tmp_path_factory.mktemp("package") / "package.zip", architecture="arm64")


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same package for this machine's processor, unpacked and read-only, as Lambda has it under /var/task."""
    folder = tmp_path_factory.mktemp("task")
    target = build_package(folder / "package.zip", architecture=host_architecture())
    task = folder / "task"
    with zipfile.ZipFile(target) as archive:
        archive.extractall(task)
    everything = [task, *task.rglob("*")]
    for path in everything:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    yield task
    for path in everything:
        path.chmod(path.stat().st_mode | stat.S_IWUSR)


def run_inside(task: Path, program: str) -> object:
    """Run a program with the package and the standard library only; it prints its result as JSON."""
    environment = {
        "PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x", "SELVEDGE_STACK": "s", "SELVEDGE_STAGE": "test", "SELVEDGE_BUCKET": "b",
        "SELVEDGE_URL": "https://example.test", "POWERTOOLS_SERVICE_NAME": "s",
    }
    program = f"import sys; sys.path.insert(0, {str(task)!r})\n{program}"
    command = [sys.executable, "-I", "-S", "-c", program]
    finished = subprocess.run(command, check=False, capture_output=True, text=True, cwd=task, env=environment)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def our_imports(task: Path) -> list[str]:
    """Every module that `app.py` and `chalicelib/` name in an import statement, lazy ones included."""
    names = set()
    for path in [task / "app.py", *(task / "chalicelib").rglob("*.py")]:
        module = ".".join(path.relative_to(task).with_suffix("").parts).removesuffix(".__init__")
        names |= set(imported_names(ast.parse(path.read_text()), module, is_package=path.name == "__init__.py"))
    return sorted(names)


LOADED_WHEN_USED = {
    "Crypto.": "cipher modes and curves, loaded with the first web push",
    "phonenumbers.data.": "a module per country, loaded with its first number",
    "tzdata": "zone files, opened by zoneinfo",
    "jinja2.": "its words for templates that are wrong",
    "markupsafe._native": "stands in where the extension module cannot be loaded",
    "dateutil.": "botocore reads its dates with one of its modules, which name the others",
    "botocore.": "parts of its description of itself",
}
"""Beginnings of the names of modules that importing our code does not load yet."""

IN_THE_LAYER = {"duckdb"}
"""What the function that makes tables finds under /opt/python, and no other function imports."""

LOADED = """
import importlib, json
def load(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        # `from package import value`: the value is no module, but the package must be there.
        parent, _, value = name.rpartition(".")
        if error.name != name or not parent or not hasattr(importlib.import_module(parent), value):
            raise
for name in {names!r}:
    load(name)
"""


def test_it_is_small(package: Path) -> None:
    assert package.stat().st_size <= MAX_BYTES


def test_it_is_the_same_each_time(package: Path, tmp_path: Path) -> None:
    again = build_package(tmp_path / "package.zip", architecture="arm64")
    assert again.read_bytes() == package.read_bytes()


def test_extension_modules_are_made_for_the_functions_processor(package: Path) -> None:
    found = set()
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith(".so"):
                found.add(ELF_MACHINES[struct.unpack("<H", archive.read(name)[18:20])[0]])
    assert found == {"arm64"}


def test_every_module_is_compiled_and_used_without_looking_at_its_source(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
        for name in names:
            if name.endswith(".pyc"):
                # Bit 0: by hash and not by time; bit 1 unset: not checked (PEP 552).
                assert struct.unpack("<I", archive.read(name)[4:8])[0] == 1, name
        tag = sys.implementation.cache_tag
        for name in names:
            if name.endswith(".py"):
                folder, _, file = name.rpartition("/")
                assert f"{folder + '/' if folder else ''}__pycache__/{file[:-3]}.{tag}.pyc" in names


def test_all_that_our_code_imports_is_there(unpacked: Path) -> None:
    names = [name for name in our_imports(unpacked) if name not in IN_THE_LAYER]
    program = LOADED.format(names=names) + "print(json.dumps(len(sys.modules)))"
    assert isinstance(run_inside(unpacked, program), int)


def test_every_module_of_the_package_can_be_imported(unpacked: Path) -> None:
    """None of them names at its top a module that was left out."""
    modules = [name for name in package_modules(unpacked) if not name.startswith("tzdata")]
    program = f"""
import importlib, json
broken = {{}}
for name in {modules!r}:
    try:
        importlib.import_module(name)
    except Exception as error:
        broken[name] = repr(error)
print(json.dumps(broken))
"""
    broken = run_inside(unpacked, program)
    assert broken == {}


def test_nothing_is_there_that_is_not_imported(unpacked: Path) -> None:
    """Our imports load every module of the package, but for those that are loaded by what is done with them."""
    names = ["app", *(name for name in our_imports(unpacked) if name not in IN_THE_LAYER)]
    program = LOADED.format(names=names) + "print(json.dumps(sorted(sys.modules)))"
    loaded = run_inside(unpacked, program)
    assert isinstance(loaded, list)
    unused = set(package_modules(unpacked)) - set(loaded)
    assert {name for name in unused if not name.startswith(tuple(LOADED_WHEN_USED))} == set()


def test_the_package_answers_a_webhook_from_a_read_only_disk(unpacked: Path) -> None:
    program = """
import json, app
request = {
    "resource": "/hooks/shopify", "path": "/hooks/shopify", "httpMethod": "POST", "headers": {},
    "multiValueHeaders": {}, "queryStringParameters": None, "multiValueQueryStringParameters": None,
    "pathParameters": None, "stageVariables": None, "body": "x" * 1_100_000, "isBase64Encoded": False,
    "requestContext": {"httpMethod": "POST", "resourcePath": "/hooks/shopify", "identity": {"sourceIp": "127.0.0.1"}},
}
print(json.dumps(app.app(request, None)["statusCode"]))
"""
    assert run_inside(unpacked, program) == 413


def test_the_parts_that_are_imported_by_computed_names_work(unpacked: Path) -> None:
    """Encryption of web push (extension modules by name), phone numbers (a module per country), zones (files)."""
    program = """
import json, zoneinfo
from datetime import datetime, timezone
zoneinfo.reset_tzpath(to=[])
from chalicelib.channels import vapid, web_push_encryption
from Crypto.PublicKey import ECC
key = ECC.generate(curve="P-256")
private = vapid.to_base64url(int(key.d).to_bytes(32, "big"))
token = vapid.authorization("https://push.example/x", "mailto:a@b.example", private, datetime.now(timezone.utc))
body = web_push_encryption.encrypt(b"hello", vapid.from_base64url(vapid.public_key(private)), b"0" * 16)
import phonenumbers
parsed = [phonenumbers.parse(number) for number in ("+79161234567", "+33612345678")]
countries = [phonenumbers.region_code_for_number(number) for number in parsed]
moscow = datetime(2026, 3, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Moscow")).utcoffset().total_seconds()
from mjml import mjml2html
html = mjml2html("<mjml><mj-body><mj-raw>Hi</mj-raw></mj-body></mjml>")
print(json.dumps([token[:8], len(body) > 100, countries, moscow, "Hi" in html]))
"""
    assert run_inside(unpacked, program) == ["vapid t=", True, ["RU", "FR"], 10800.0, True]


def test_the_aws_services_are_those_that_the_code_opens(unpacked: Path) -> None:
    opened = {"dynamodb"}  # by PynamoDB
    for path in (unpacked / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("client", "open_client")) and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    opened.add(argument.value)
    assert opened == set(pruning.AWS_SERVICES)
    program = """
import json
from chalicelib.storage import clients
services = clients.session().get_available_services()
for service in services:
    clients.client(service)
print(json.dumps(sorted(services)))
"""
    assert run_inside(unpacked, program) == sorted(opened)


def test_with_the_layer_a_day_becomes_a_table(unpacked: Path, tmp_path: Path) -> None:
    """From the package and the layer alone, as the function has them."""
    layer = build_layer(tmp_path / "layer.zip", architecture=host_architecture())
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(tmp_path / "opt")
    (tmp_path / "log.ndjson").write_text(json.dumps({
        "label": "a stream", "sequence": "1", "entry": {
            "customer_id": "c", "entry_id": "e", "recorded_at": "2026-03-02T10:00:00Z", "source": "test",
            "events": [{"name": "page.viewed", "occurred_at": "2026-03-02T10:00:00Z"}],
        },
    }) + "\n")
    program = f"""
import json, pathlib
sys.path.append({str(tmp_path / "opt" / "python")!r})
from chalicelib.analytics import log_table
folder = pathlib.Path({str(tmp_path)!r})
print(json.dumps(log_table.write(folder / "log.ndjson", folder / "log.parquet")))
"""
    assert run_inside(unpacked, program) == 1
    assert (tmp_path / "log.parquet").read_bytes()[:4] == b"PAR1"


def test_the_layer_holds_duckdb_for_the_functions_processor_and_is_the_same_each_time(tmp_path: Path) -> None:
    first = build_layer(tmp_path / "layer.zip", architecture="arm64")
    again = build_layer(tmp_path / "again.zip", architecture="arm64")
    assert first.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(first) as archive:
        names = archive.namelist()
        libraries = [name for name in names if name.endswith(".so")]
        assert {ELF_MACHINES[struct.unpack("<H", archive.read(name)[18:20])[0]] for name in libraries} == {"arm64"}
        # Lambda's limit for the unpacked package and its layers together.
        assert sum(entry.file_size for entry in archive.infolist()) < 200_000_000
    assert "python/duckdb/__init__.pyc" in names


def package_modules(task: Path) -> list[str]:
    """The dotted names of all modules in the package; its extension modules are imported by those."""
    names = set()
    for path in task.rglob("*"):
        if path.suffix in (".py", ".pyc") and "__pycache__" not in path.parts:
            parts = [*path.relative_to(task).parts[:-1], path.name.partition(".")[0]]
            names.add(".".join(parts).removesuffix(".__init__"))
    return sorted(names)
