"""Which template files a message is made of: its own, what they include, and so on, as the files name it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, meta

from chalicelib.content.template_files import TemplateFiles
from chalicelib.errors import TemplateError

WORDS: Final = "blocks/words."
"""The words of the shared blocks, which every message may show in any language."""


def reached(own: Iterable[str], all_names: Iterable[str], files: TemplateFiles, now: datetime) -> set[str]:
    """The names among `all_names` that a rendering may read which begins with one of a message's `own` files.

    An include whose name is worked out while rendering may be of any file. What cannot be read or parsed names nothing:
    trying the message tells what is wrong with it.
    """
    there = set(all_names)
    found = {name for name in there if name.startswith(WORDS)}
    waiting = [name for name in own if name in there]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for other in _named_by(name, files, now):
            if other is None:
                return there
            if other in there:
                waiting.append(other)
    return found


def _named_by(name: str, files: TemplateFiles, now: datetime) -> frozenset[str | None]:
    try:
        file = files.read(name, now)
    except TemplateError:
        return frozenset()
    return _named_in(file.text) if file else frozenset()


@lru_cache(2000)
def _named_in(text: str) -> frozenset[str | None]:
    try:
        return frozenset(meta.find_referenced_templates(_PARSER.parse(text)))
    except TemplateSyntaxError:
        return frozenset()


_PARSER: Final = Environment(autoescape=True)
