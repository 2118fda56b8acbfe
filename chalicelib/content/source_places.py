"""Where in a line of a template something stands: Jinja tells lines, authors look for columns."""

from __future__ import annotations

import re
from bisect import bisect
from typing import Final

_TAGS: Final = re.compile(r"\{[{%](?:(?![}%]\}).)*")
"""The tags of a line, each up to its end; one that began in an earlier line is not seen."""


def column_of(text: str, line: int, *patterns: str) -> int:
    """The column, from 1, at which the first pattern that is found matches in a line (its group 1, where it has one).

    Matches inside tags go before those in words that are printed as they are. Without any, the column of the line's
    first tag; 0 where the line has none, or is not there.
    """
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return 0
    written = lines[line - 1]
    tags = [tag.span() for tag in _TAGS.finditer(written)]
    for pattern in patterns:
        first = -1
        for match in re.finditer(pattern, written):
            start = match.start(match.re.groups and 1)
            first = start if first < 0 else first
            before = bisect(tags, (start, len(written))) - 1
            if before >= 0 and start < tags[before][1]:
                return start + 1
        if first >= 0:
            return first + 1
    return tags[0][0] + 1 if tags else 0


def name_patterns(name: str) -> tuple[str, ...]:
    """How a value is named in a tag: not as a part of another."""
    return (rf"(?<![.\w\"'])({re.escape(name)})(?!\w)",)


def part_patterns(name: str, owner: str = "") -> tuple[str, ...]:
    """How a part of a value is named: after its owner (`customer.first_name`), after any dot, as a text in brackets."""
    part = re.escape(name)
    anywhere = (rf"\.\s*({part})(?!\w)", rf"[\"']({part})[\"']", rf"(?<!\w)({part})(?!\w)")
    return (rf"(?<![.\w]){re.escape(owner)}\s*\.\s*({part})(?!\w)", *anywhere) if owner else anywhere


def position_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
