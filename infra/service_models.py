"""botocore's descriptions of AWS services, cut down to the operations that the functions may call.

botocore parses the whole description of a service when a client of it is opened, at every cold start; those of
DynamoDB, S3 and SSM together take longer than all of our own modules. A function cannot call what no role allows, so
the roles say which operations are needed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SERVICES = {
    "dynamodb": "dynamodb", "lambda": "lambda", "s3": "s3", "ses": "sesv2", "sns": "sns", "sqs": "sqs", "ssm": "ssm",
}
"""botocore's names of services, by the prefix of their actions in a policy."""

OPERATIONS = {
    "lambda:InvokeFunction": ("Invoke",), "s3:GetObjectVersion": ("GetObject",),
    "s3:ListBucket": ("ListObjectsV2", "HeadBucket"), "ses:SendRawEmail": ("SendEmail",),
}
"""Operations by action, where they are not called the same (Service Authorization Reference)."""

NOT_CALLED = {"dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
"""Actions that Lambda does for a function, not its code; they are of another service description."""


def operations(permissions: dict[str, list[dict[str, Any]]]) -> dict[str, set[str]]:
    """The operations that the roles allow, by botocore's name of the service."""
    found: dict[str, set[str]] = {}
    for statements in permissions.values():
        for statement in statements:
            for action in statement["Action"]:
                prefix, _, name = action.partition(":")
                if prefix in SERVICES and name not in NOT_CALLED.get(prefix, ()):
                    found.setdefault(SERVICES[prefix], set()).update(OPERATIONS.get(action, (name,)))
    return found


def cut(data: Path, wanted: dict[str, set[str]]) -> None:
    """Cut the service descriptions below botocore's `data` folder down to the wanted operations, in place."""
    for service, names in wanted.items():
        for path in (data / service).glob("*/service-2.json.gz"):
            model = json.loads(gzip.decompress(path.read_bytes()))
            lean = json.dumps(without_other_operations(model, names), separators=(",", ":"))
            # Without compression of its own: the package is compressed, and botocore need not do it again.
            path.with_suffix("").write_text(lean)
            path.unlink()


def without_other_operations(model: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A service description with these operations and the shapes they use, and without documentation.

    Raises KeyError for an operation that the service does not have.
    """
    kept = {name: _undocumented(model["operations"][name]) for name in sorted(names)}
    shapes: dict[str, Any] = {}
    waiting = [reference for operation in kept.values() for reference in _references(operation)]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _undocumented(model["shapes"][name])
            waiting.extend(_references(shapes[name]))
    # What else is in it stays whole: botocore reads the texts of `clientContextParams`.
    return {**model, "operations": kept, "shapes": dict(sorted(shapes.items()))}


def _references(part: Any) -> list[str]:
    """The names of all shapes that a part of a description speaks of."""
    if isinstance(part, list):
        return [name for item in part for name in _references(item)]
    if not isinstance(part, dict):
        return []
    own = [part["shape"]] if isinstance(part.get("shape"), str) else []
    return own + [name for item in part.values() for name in _references(item)]


def _undocumented(part: dict[str, Any]) -> dict[str, Any]:
    """A part of a description without its texts, which no call needs."""
    return {
        key: _undocumented(value) if isinstance(value, dict) else value
        for key, value in part.items()
        if not (key == "documentation" and isinstance(value, str))
    }
