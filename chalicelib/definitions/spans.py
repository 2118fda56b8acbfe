"""Durations and times of day as marketers write them: `90 minutes`, `3 days`, `-1 day`, `15:00`."""

from __future__ import annotations

import re
from datetime import time
from typing import Final

from chalicelib.definitions.yaml_reader import Node

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
SPAN: Final = re.compile(r"^(-?\d{1,6})\s*(second|minute|hour|day|week)s?$")
LONGEST: Final = 3660 * 86400
"""Ten years, in seconds: a longer duration is a slip of the pen, and could lead past the end of the calendar."""
TIME: Final = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")


def seconds_of(node: Node, *, negative: bool = False) -> int:
    """The seconds of a duration (a day is 24 hours of 3,600 s), or a DefinitionError."""
    found = SPAN.match(node.string().strip())
    if found is None or (found[1].startswith("-") and not negative):
        raise node.error(f"should be a duration such as `90 minutes` or `3 days`, not {node.text!r}")
    seconds = int(found[1]) * _UNITS[found[2]]
    if abs(seconds) > LONGEST:
        raise node.error(f"is longer than ten years: {node.text!r}")
    return seconds


def time_of(node: Node) -> time:
    """A time of day, or a DefinitionError."""
    found = TIME.match(node.string().strip())
    if found is None:
        raise node.error(f"should be a time such as `15:00`, not {node.text!r}")
    return time(int(found[1]), int(found[2]))
