"""What went wrong in a template, told with its file, line and column."""

from __future__ import annotations

import re
from typing import Final

from jinja2 import TemplateNotFound
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError

from chalicelib.content.scope import scope
from chalicelib.content.source_places import column_of, part_patterns
from chalicelib.errors import TemplateError

_TEMPLATES_FAULT: Final = (
    TemplateRuntimeError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError, SyntaxError, MemoryError,
    NameError,  # `inf`, which compiling writes for a number too large
)
"""What compiling or running a wrong template raises."""


def explained(error: Exception, name: str) -> Exception:
    """The error as a TemplateError with its place; what is not the template's fault comes back as it is.

    Called while the rendering is under way, from whose files the columns are read.
    """
    if isinstance(error, TemplateError) and error.file:
        return error
    file, line = _place(error, name)
    reason = _reason(error)
    if reason is None:
        return error
    named = re.findall(r"'([^']+)'|templates/(\S+)", reason)
    patterns = [pattern for one, other in named for pattern in part_patterns(one or other)]
    return TemplateError(reason, file=file, line=line, column=column_of(_text(file), line, *patterns))


def _place(error: Exception, name: str) -> tuple[str, int]:
    if isinstance(error, TemplateSyntaxError):
        return (error.filename or name).partition("@")[0], error.lineno
    file, line = name, 0
    trace = error.__traceback__
    while trace is not None:
        running = trace.tb_frame.f_code.co_filename
        if running.endswith((".mjml", ".txt")):  # Jinja makes its frames point at the template's own lines
            file, line = running, trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _reason(error: Exception) -> str | None:
    if isinstance(error, TemplateSyntaxError):
        missing = re.fullmatch(r"No (filter|test) named ('.+')\.", error.message or "")
        return f"there is no {missing[1]} {missing[2]}" if missing else error.message or "cannot be read"
    if isinstance(error, TemplateError):
        return error.reason
    if isinstance(error, TemplateNotFound):
        return f"there is no file templates/{error.name}"
    if isinstance(error, RecursionError):
        return "calls or includes itself without end"
    if isinstance(error, SyntaxError):
        return "tags stand too deep in each other"
    missing = re.fullmatch(r"No (filter|test) named ('.+') found\.?", str(error))
    if missing:
        return f"there is no {missing[1]} {missing[2]}"
    return str(error) if isinstance(error, _TEMPLATES_FAULT) else None


def _text(file: str) -> str:
    found = scope().files.read(file)
    return found.text if found else ""
