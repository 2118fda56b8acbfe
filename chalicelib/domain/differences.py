"""What of a value has changed, as small as can be: for keeping a second state of something beside the first.

Values are what MessagePack and JSON know: dicts, lists, and what holds no others.
"""

from __future__ import annotations

from typing import Any


def difference(before: Any, after: Any) -> Any:
    """What to `applied` to the first for the second: of a dict its changed keys (gone ones as None), of a list as long
    as before its changed places by their numbers, of anything else the second itself.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        changed = {
            key: difference(before[key], value) if key in before else value
            for key, value in after.items() if key not in before or before[key] != value
        }
        return changed | {key: None for key in before if key not in after}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return {place: difference(old, new) for place, (old, new) in pairs if old != new}
    return after


def applied(before: Any, changed: Any) -> Any:
    """The second value, from the first and the difference."""
    if isinstance(changed, dict) and isinstance(before, dict):
        kept = {key: value for key, value in before.items() if key not in changed}
        return kept | {
            key: applied(before[key], value) if key in before else value
            for key, value in changed.items() if value is not None
        }
    if isinstance(changed, dict) and isinstance(before, list) and all(isinstance(place, int) for place in changed):
        return [applied(value, changed[place]) if place in changed else value for place, value in enumerate(before)]
    return changed
