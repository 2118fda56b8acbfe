"""The values of attributes as they were written, in HTML that mrml made.

mrml prints every attribute's value with Rust's `{:?}`, which is for debugging: a no-break space becomes `\\u{a0}`, a
combining mark `\\u{306}`, a backslash two, a line's end `\\n`. So a price or an Arabic name in an `alt`, or a link with
such a character, would be shown and followed wrong.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPED_VALUE: Final = re.compile(r'="([^"\\]*(?:\\.[^"\\]*)+)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)", re.DOTALL)
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "", '"': "&quot;"}
"""What stands after a backslash (Rust's `char::escape_debug`) for what; all else for itself."""


def attributes_as_written(html: str) -> str:
    """The HTML with Rust's escapes taken out of its attributes; texts and styles stay as they are."""
    return _ESCAPED_VALUE.sub(_as_written, html) if "\\" in html else html


def _as_written(value: re.Match[str]) -> str:
    return f'="{_ESCAPE.sub(_character, value[1])}"'


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _LETTERS.get(escape[2], escape[2])
