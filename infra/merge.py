"""Deep merge of CloudFormation templates: what `chalice package --merge-template` does, but able to delete."""

from __future__ import annotations

from typing import Any


def is_intrinsic(value: Any) -> bool:
    """Whether a value is an intrinsic function (`Ref`, `Condition`, `Fn::…`): one value, never merged into."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    key = next(iter(value))
    return key in ("Ref", "Condition") or key.startswith("Fn::")


def merge(over: Any, base: Any) -> Any:
    """Lay `over` on `base`: mappings are merged key by key, everything else is replaced, and `None` deletes the key.

    An intrinsic replaces and is replaced whole: merging `{Ref: A}` into `{Fn::GetAtt: B}` would give neither.
    """
    if not isinstance(over, dict) or not isinstance(base, dict) or is_intrinsic(over) or is_intrinsic(base):
        return over
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(value, base[key]) if key in base else value
    return merged
