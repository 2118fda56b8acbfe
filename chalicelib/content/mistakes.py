"""What went wrong in a template, told with its file and line."""

from __future__ import annotations

from typing import Final

from jinja2 import TemplateNotFound
from jinja2.exceptions import SecurityError, TemplateRuntimeError, TemplateSyntaxError

from chalicelib.errors import TemplateError

_TEMPLATES_FAULT: Final = (
    TemplateRuntimeError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError,
)
"""What running a wrong template raises."""


def explained(error: Exception, name: str) -> Exception:
    """The error as a TemplateError with file and line; what is not the template's fault comes back as it is."""
    if isinstance(error, TemplateSyntaxError):
        return TemplateError(f"templates/{error.filename or name}:{error.lineno}: {error.message}")
    place = name
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith((".mjml", ".txt")):  # Jinja makes its frames point at the template's own lines
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    if isinstance(error, TemplateError):
        return error if str(error).startswith("templates/") else TemplateError(f"templates/{place}: {error}")
    if isinstance(error, TemplateNotFound):
        return TemplateError(f"templates/{place}: there is no file templates/{error.name}")
    if isinstance(error, RecursionError):
        return TemplateError(f"templates/{place}: calls or includes itself without end")
    if isinstance(error, _TEMPLATES_FAULT):
        return TemplateError(f"templates/{place}: {error}")
    return error
