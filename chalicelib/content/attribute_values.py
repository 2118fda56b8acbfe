"""The values of attributes as they were written, in HTML that mrml made.

mrml prints every attribute's value with Rust's `{:?}`, which is for debugging: a no-break space becomes `\\u{a0}`, a
combining mark `\\u{306}`, a backslash two, a line's end `\\n`. So a price or an Arabic name in an `alt`, or a link with
such a character, would be shown and followed wrong.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPED_VALUE: Final = re.compile(r'[^"\\]*(?:\\.[^"\\]*)+(?=")', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "", '"': "&quot;"}
"""What stands after a backslash (Rust's `char::escape_debug`) for what; all else for itself."""


def attributes_as_written(html: str) -> str:
    """The HTML with Rust's escapes taken out of its attributes; texts and styles stay as they are."""
    pieces: list[str] = []
    done = 0
    found = html.find("\\")
    while found >= 0:
        start = html.rfind('="', done, found) + 2
        value = _ESCAPED_VALUE.match(html, start) if start >= 2 else None
        if value and value.end() > found:
            pieces += html[done:start], _ESCAPE.sub(_character, value[0])
            done = value.end()
        found = html.find("\\", max(done, found + 1))
    return "".join((*pieces, html[done:]))


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])
