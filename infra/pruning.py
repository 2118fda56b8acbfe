"""What of each dependency goes into the function package: everything that imports cannot tell by themselves.

Modules are chosen by `infra/closure.py` from the import statements. Here stand the exceptions, each with its reason:
imports by a computed name, modules that are named but never run, and data files.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from infra.service_models import SERVICES

AWS_SERVICES = tuple(sorted(SERVICES.values()))
"""The services whose descriptions botocore must hold: those that the roles allow calls to."""

NAMES_IN_STRINGS = ("Crypto", "boto3")
"""Packages that import their own modules by a name in a string: extension modules, and hooks of `lazy_call`."""

NAMED_WHILE_RUNNING = {
    "Crypto.PublicKey._point": ("Crypto.PublicKey._nist_ecc",),
}
"""Modules that a module imports by a name it puts together: of the curves, the family that P-256 is of."""

NEVER_RUN = {
    "boto3.dynamodb": "the resource interface; the product uses clients and PynamoDB",
    "boto3.ec2": "not used",
    "boto3.crt": "needs awscrt, which is not installed",
    "boto3.examples": "not used",
    "botocore.crt.auth": "needs awscrt, which is not installed",
    "s3transfer.crt": "needs awscrt, which is not installed",
    "aws_lambda_powertools.event_handler": "Chalice routes requests",
    "yaml.cyaml": "the C parser; files are parsed once per upload, and PyYAML does without",
    "yaml._yaml": "likewise",
    "_yaml": "likewise",
    "urllib3.contrib.emscripten": "Python in a browser",
    "urllib3.contrib.pyopenssl": "needs pyOpenSSL, which is not installed",
    "urllib3.http2.connection": "needs h2, which is not installed",
    "Crypto.SelfTest": "tests",
    **{
        f"Crypto.Cipher.{name}": "web push encrypts with AES in mode GCM, which counts blocks in mode CTR"
        for name in (
            "_mode_cbc", "_mode_ccm", "_mode_cfb", "_mode_eax", "_mode_kw", "_mode_kwp", "_mode_ocb", "_mode_ofb",
            "_mode_openpgp", "_mode_siv", "_EKSBlowfish", "ARC2",
        )
    },
    **{
        f"Crypto.Hash.{name}": "web push signs with SHA-256"
        for name in ("SHA224", "SHA384", "SHA3_224", "SHA3_256", "SHA3_384", "SHA3_512")
    },
    "dateutil.zoneinfo": "dateutil's own copy of the zone data; zones come from tzdata",
    "dateutil.tz.win": "Windows",
}
"""Modules that some statement names but that never run, and why."""


def excluded(name: str) -> bool:
    """Whether a module or a package above it is named somewhere but never run."""
    return any(name == module or name.startswith(module + ".") for module in NEVER_RUN)


def dynamic_imports(name: str, tree: ast.Module, known: dict[str, Path]) -> Iterator[str]:
    """The modules that `name` imports by a computed name."""
    yield from NAMED_WHILE_RUNNING.get(name, ())
    package = name.partition(".")[0]
    if package in NAMES_IN_STRINGS:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(package + "."):
                # `boto3.s3.inject.inject_bucket_methods`: the module, then a name in it.
                yield node.value
                yield node.value.rpartition(".")[0]
    if name == "phonenumbers.data":
        # One module per country, imported when a number of that country is first seen. Those of `shortdata`
        # (emergency numbers and the like) are left out: nobody asks about short numbers.
        yield from (module for module in known if module.startswith("phonenumbers.data."))


def always(known: dict[str, Path]) -> Iterator[str]:
    """Modules that no import statement names: the packages that `zoneinfo` opens the zone files in."""
    yield from (module for module in known if module == "tzdata" or module.startswith("tzdata.zoneinfo"))


def data_files(root: Path) -> Iterator[Path]:
    """The files besides modules that a dependency reads at run time."""
    botocore = root / "botocore"
    yield botocore / "cacert.pem"
    for name in ("endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json"):
        yield botocore / "data" / name
    for service in AWS_SERVICES:
        newest = max((botocore / "data" / service).iterdir())
        for path in sorted(newest.iterdir()):
            if path.is_file() and path.name.partition(".")[0] in ("service-2", "endpoint-rule-set-1"):
                yield path
    for path in sorted((root / "tzdata" / "zoneinfo").rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".zi", ".tab", ".list") and path.name != "leapseconds":
            yield path


def lean_endpoints(content: bytes) -> bytes:
    """`botocore/data/endpoints.json` with the services used and no others; SES goes by the name `email` there."""
    document = json.loads(content)
    kept = {*AWS_SERVICES, "email", "streams.dynamodb"}
    for partition in document["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in kept}
    return json.dumps(document, separators=(",", ":")).encode()
