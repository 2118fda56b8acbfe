"""What each dependency costs the functions: its share of the package, and the time that importing it takes.

`python -m bench.dependencies` writes docs/dependencies.md anew.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.cold_start import milliseconds, unpacked_package
from infra.package import FUNCTIONS_ARCHITECTURE, PROJECT, build_layer, build_package, host_architecture

ROUNDS = 5


class Dependency(NamedTuple):
    """A dependency: the name it is installed by, its modules in the package, what loads it, and what it is for."""

    distribution: str
    modules: tuple[str, ...]
    imported: str
    loaded_by: str
    purpose: str


DEPENDENCIES = (
    Dependency("chalice", ("chalice",), "chalice", "every function", "routes, and handlers of every trigger"),
    Dependency("botocore", ("botocore", "urllib3", "dateutil", "jmespath", "six"), "botocore.session", "every function",
               "AWS's APIs, cut to the operations that the roles allow; with what it needs itself"),
    Dependency("pynamodb", ("pynamodb", "typing_extensions"), "pynamodb.models", "every function",
               "tables, keys, conditions and writes of DynamoDB"),
    Dependency("msgspec", ("msgspec",), "msgspec", "every function",
               "the types of the domain, their validation, MessagePack and JSON"),
    Dependency("aws-lambda-powertools", ("aws_lambda_powertools",), "aws_lambda_powertools.metrics", "every function",
               "JSON logs and metrics"),
    Dependency("itsdangerous", ("itsdangerous",), "itsdangerous", "public pages, sender", "signed links"),
    Dependency("Jinja2", ("jinja2", "markupsafe"), "jinja2.sandbox", "public pages, sender", "templates, in a sandbox"),
    Dependency("mjml-python", ("mjml",), "mjml", "sender", "mails from MJML (mrml, in Rust)"),
    Dependency("phonenumberslite", ("phonenumbers",), "phonenumbers", "accepting a phone, sender of SMS",
               "phone numbers to E.164, and their countries"),
    Dependency("pycryptodome", ("Crypto",), "Crypto.PublicKey.ECC", "sender of web push",
               "encryption and signature of web push (RFC 8291, 8292); `cryptography` alone would fill the package"),
    Dependency("PyYAML", ("yaml",), "yaml", "publish; sender, for the price list", "the files that a shop edits"),
    Dependency("tzdata", ("tzdata",), "zoneinfo", "whoever meets a time zone",
               "the zones of the world, which Lambda's system need not have"),
)

TITLE = """# Dependencies

What the functions carry. Measured by `python -m bench.dependencies`, which writes this file: bytes are those of the
compressed package for arm64; milliseconds are the processor time of importing it, with all that it imports, in a fresh
interpreter on the machine that measured (medians of {rounds}). They cannot be added up: PynamoDB's hold botocore's.
What is loaded late costs a cold start nothing.

Not carried: `boto3` (the functions use botocore, on which it only builds; deployment and tests use it) and what only
development needs, which stands in `requirements-dev.txt`.

| Dependency | For | Loaded by | Bytes | Import ms |
|---|---|---|---:|---:|
"""

LAYER = """
DuckDB is four times as large as all that, so it comes as a layer, which only the function `compact` has
(`requirements-analytics.txt`); the others' package and cold start are as they would be without it. It is deployed when
its version changes, not with the product.

| Dependency | For | Loaded by | Bytes | Import ms |
|---|---|---|---:|---:|
| duckdb {version} | each day of the archive as a Parquet file, and rankings | compact | {size:,} | {taken:.0f} |
"""


def main() -> None:
    """Measure, and write docs/dependencies.md."""
    with tempfile.TemporaryDirectory() as folder:
        package = build_package(Path(folder) / "package.zip", architecture=FUNCTIONS_ARCHITECTURE)
        sizes, total = shares(package), package.stat().st_size
    lines = [TITLE.format(rounds=ROUNDS)]
    with unpacked_package() as task:
        for one in DEPENDENCIES:
            size = sum(sizes.pop(module, 0) for module in one.modules)
            taken = median(milliseconds(f"import {one.imported}", task) for _ in range(ROUNDS))
            lines.append(
                f"| {one.distribution} {version(one.distribution)} | {one.purpose} | {one.loaded_by} "
                f"| {size:,} | {taken:.0f} |\n"
            )
    lines.append(f"| Selvedge itself | | | {sizes.pop('app') + sizes.pop('chalicelib'):,} | |\n")
    if sizes:
        raise SystemExit(f"no dependency is named for {sorted(sizes)}")
    lines.append(f"| the whole package | at most 5,000,000 | | {total:,} | |\n")
    lines.append(LAYER.format(version=version("duckdb"), **_layer()))
    (PROJECT / "docs" / "dependencies.md").write_text("".join(lines))


def _layer() -> dict[str, float]:
    """The bytes of the layer for the functions' processor, and the milliseconds of importing what it holds."""
    with tempfile.TemporaryDirectory() as folder:
        layer = build_layer(Path(folder) / "layer.zip", architecture=FUNCTIONS_ARCHITECTURE)
        here = build_layer(Path(folder) / "here.zip", architecture=host_architecture())
        with zipfile.ZipFile(here) as archive:
            archive.extractall(folder)
        taken = median(milliseconds("import duckdb", Path(folder) / "python") for _ in range(ROUNDS))
        return {"size": layer.stat().st_size, "taken": taken}


def shares(package: Path) -> Counter[str]:
    """Compressed bytes by top-level module, the names of the files included as the archive keeps them."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            top = entry.filename.partition("/")
            name = top[0].partition(".")[0] if top[0] != "__pycache__" else top[2].partition(".")[0]
            found[name] += entry.compress_size + 76 + 2 * len(entry.filename)
    return found


if __name__ == "__main__":
    main()
