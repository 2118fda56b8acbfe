"""A printed text file taken apart: the headers it begins with, as mails do, then a blank line, then the text."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.content.cleaning import clean_text
from chalicelib.errors import TemplateError

MAX_SUBJECT: Final = 200
"""Characters of a subject or push title; mail programs show 40 to 80."""

HEADERS: Final = {
    "email": ("Subject", "Preheader"),
    "sms": (),
    "push": ("Title", "Link", "Image"),
    "web-push": ("Title", "Link", "Image"),
    "telegram": ("Link", "Button", "Image"),
}
"""The headers that a channel's text file may begin with; for email and the pushes the first one must say something."""

_NEEDS_FIRST: Final = frozenset({"email", "push", "web-push"})

MAX_TELEGRAM: Final = 4096
"""Characters of a Telegram message (Bot API, sendMessage: `text`)."""
MAX_TELEGRAM_CAPTION: Final = 1024
"""Characters of a Telegram message that has a picture (Bot API, sendPhoto: `caption`)."""


def headers_and_text(printed: str, channel: str, name: str) -> tuple[dict[str, str], str]:
    """The headers and the text of a printed text file.

    Raises TemplateError for an unknown or missing header, for a text that is missing or too long for Telegram.
    """
    known = HEADERS[channel]
    headers = dict.fromkeys(known, "")
    text = printed
    if known:
        head, _, text = printed.strip().partition("\n\n")
        for number, line in enumerate(head.splitlines(), 1):
            key, colon, value = line.partition(":")
            if not colon or key not in headers:
                wanted = ", ".join(known)
                raise TemplateError(f"begins with the headers {wanted}, then a blank line", file=name, line=number)
            headers[key] = clean_text(value)
        if channel in _NEEDS_FIRST:
            if not headers[known[0]]:
                raise TemplateError(f"the header {known[0]} is missing or empty", file=name, line=1)
            headers[known[0]] = headers[known[0]][:MAX_SUBJECT]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()
    if not text:
        raise TemplateError("has no text", file=name, line=1)
    if channel == "telegram":
        _check_telegram(headers, text, name)
    return headers, text


def _check_telegram(headers: dict[str, str], text: str, name: str) -> None:
    """A link is shown as a button, so it needs its words; lengths are counted in UTF-16 units, as Telegram does."""
    if headers["Link"] and not headers["Button"]:
        raise TemplateError("the header Link needs a header Button: the words to press", file=name, line=1)
    most = MAX_TELEGRAM_CAPTION if headers["Image"] else MAX_TELEGRAM
    length = len(text.encode("utf-16-le")) // 2
    if length > most:
        under = " under a picture" if headers["Image"] else ""
        raise TemplateError(f"has {length:,} characters; Telegram shows {most:,}{under}", file=name, line=1)
