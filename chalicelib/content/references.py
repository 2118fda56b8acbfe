"""Which template files a message is made of: its own, what they include, and so on, as the files name it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from chalicelib.content.template_files import TemplateFiles
from chalicelib.errors import TemplateError

WORDS: Final = "blocks/words."
"""The words of the shared blocks, which every message may show in any language."""

_NAMING: Final = re.compile(r"\{%[-+]?\s*(?:include|extends|import|from)\b(.*?)%\}", re.DOTALL)
"""Jinja's tags that name another file (Jinja 3.1, "Template Designer Documentation")."""
_NAME: Final = re.compile(
    r"""\s*(["'])([^"'\\]+)\1(?:\s+(?:ignore\s+missing|with(?:out)?\s+context|as\s+\w+|import\s[\w\s,]+))*\s*[-+]?""",
)


def reached(own: Iterable[str], all_names: Iterable[str], files: TemplateFiles) -> set[str]:
    """The names among `all_names` that a rendering may read which begins with one of a message's `own` files.

    An include whose name is worked out while rendering may be of any file. What cannot be read names nothing: trying
    the message tells what is wrong with it.
    """
    there = set(all_names)
    found = {name for name in there if name.startswith(WORDS)}
    waiting = [name for name in own if name in there]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for other in _named_by(name, files):
            if not other:
                return there
            if other in there:
                waiting.append(other)
    return found


def _named_by(name: str, files: TemplateFiles) -> frozenset[str]:
    try:
        file = files.read(name)
    except TemplateError:
        return frozenset()
    return _named_in(file.text) if file else frozenset()


@lru_cache(2000)
def _named_in(text: str) -> frozenset[str]:
    """The names of files that a text names as they stand; an empty one for a name that is worked out."""
    plain = (_NAME.fullmatch(rest) for rest in _NAMING.findall(text))
    return frozenset(name[2] if name else "" for name in plain)
