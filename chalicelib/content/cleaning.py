"""What customers and storefronts wrote, made safe to print: one line, no control characters, links that are links.

Markup is not this module's concern: templates escape it where it is printed.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from operator import is_
from types import NoneType
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

MAX_TEXT: Final = 300
"""Characters of a text that are shown; longer ones end in an ellipsis."""
MAX_URL: Final = 2048
"""Characters of a link; longer ones are dropped (Outlook follows no longer ones)."""

_SPACES: Final = re.compile(r"[ \x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE: Final = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Overrides of the writing direction (they would turn round the text after them) and what UTF-8 cannot hold."""
_UNSAFE_IN_URL: Final = re.compile("[\\s\x00-\x20\x7f<>\"'`\\\\\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_WITHOUT_TEXT: Final = frozenset({NoneType, bool, int, float, Decimal, date, datetime})

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def clean_text(text: str) -> str:
    """The text on one line, without control characters, at most `MAX_TEXT` characters long."""
    if not text.isprintable() or "  " in text:  # most texts are what they should be, and that is quickly seen
        text = _INVISIBLE.sub("", _SPACES.sub(" ", text))
    text = text.strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1].rstrip() + "…"


def clean_url(url: str) -> str:
    """The link when it is a whole http or https one without stray characters, else an empty text."""
    url = url.strip()
    if len(url) > MAX_URL or _UNSAFE_IN_URL.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def clean(value: _Struct) -> _Struct:
    """A copy of a struct in which every text is clean, all the way down; fields named `…url` hold links."""
    changes: dict[str, Any] = {}
    for name in value.__struct_fields__:
        field = getattr(value, name)
        kind = type(field)
        if kind is str:
            cleaned: Any = clean_url(field) if name.endswith("url") else clean_text(field)
        elif kind in _WITHOUT_TEXT:
            continue
        else:
            cleaned = clean_any(field)
        if cleaned is not field:
            changes[name] = cleaned
    return msgspec.structs.replace(value, **changes) if changes else value


def clean_any(value: Any) -> Any:
    """Any value of an event or a profile, cleaned: texts, and what holds texts. What is clean comes back as it is."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, msgspec.Struct):
        return clean(value)
    if isinstance(value, tuple | list):
        cleaned = tuple([clean_any(item) for item in value])
        return value if isinstance(value, tuple) and all(map(is_, cleaned, value)) else cleaned
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_any(item) for key, item in value.items()}
    return value
