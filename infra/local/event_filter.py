"""The filter patterns of Lambda's event source mappings (the EventBridge pattern language).

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ABSENT = object()


def matches(pattern: Mapping[str, Any], value: object) -> bool:
    """Whether a record matches a pattern: every field named must match, by any one of its alternatives.

    Raises `ValueError` for a comparison this does not know, rather than guess.
    """
    if not isinstance(value, Mapping):
        return False
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(choice, value) for choice in wanted):
                return False
        elif isinstance(wanted, Mapping):
            if not matches(wanted, value.get(name)):
                return False
        elif not any(_matches_one(rule, value.get(name, _ABSENT)) for rule in wanted):
            return False
    return True


def _matches_one(rule: object, value: object) -> bool:
    if not isinstance(rule, Mapping):
        return value is not _ABSENT and type(value) is type(rule) and value == rule
    if len(rule) != 1:
        raise ValueError(f"filter rule {rule} must hold one comparison")
    ((comparison, operand),) = rule.items()
    return _compare(comparison, operand, value)


def _compare(comparison: str, operand: Any, value: object) -> bool:
    text = value if isinstance(value, str) else None
    match comparison:
        case "exists":
            return (value is not _ABSENT) is bool(operand)
        case "prefix":
            return text is not None and text.startswith(operand)
        case "suffix":
            return text is not None and text.endswith(operand)
        case "equals-ignore-case":
            return text is not None and text.lower() == operand.lower()
        case "anything-but":
            if value is _ABSENT:
                return False
            if isinstance(operand, Mapping):
                return not _matches_one(operand, value)
            return value not in (operand if isinstance(operand, list) else [operand])
        case "numeric":
            # DynamoDB hands its numbers over as text, so on AWS too a numeric rule never matches one of them.
            steps = zip(operand[::2], operand[1::2], strict=True)
            return (
                isinstance(value, (int, float))
                and not isinstance(value, bool)
                and all(_COMPARISONS[sign](value, limit) for sign, limit in steps)
            )
        case _:
            raise ValueError(f"unknown comparison {comparison!r} in a filter pattern")
