"""What is told of a message once it is made: too large, too long, with something left out or left in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chalicelib.content.inspection import LONG_BODY, LONG_TITLE
from chalicelib.content.link_form import link_fault
from chalicelib.content.text_files import MAX_SUBJECT
from chalicelib.domain import sms_parts
from chalicelib.domain.problems import Severity
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition

MAX_HTML: Final = 100 * 1024
"""Bytes of the HTML of a mail: Gmail hides what comes after 102 KB, and with it the way out."""
LARGE_HTML: Final = 80 * 1024
"""Bytes of HTML from which on a longer cart may become too much."""
MAX_PUSH: Final = 3500
"""Bytes of all that a push says: APNs and FCM take 4,096 with what is sent around it (Apple, "Generating a remote
notification"; Firebase, "About FCM messages")."""
ORDINARY: Final = "full"
"""The sample whose messages must be as planned; the odd one's are allowed to be longer."""

Finding = tuple[str, Severity, str]
"""Which file is meant by its ending (`txt`, `mjml`), how bad it is, and what to say."""


def made_problems(made: Rendered, definition: MessageDefinition, sample: str) -> Iterator[Finding]:
    """What is wrong or doubtful in what a sample customer would get."""
    for ending, part in (("txt", made.text or made.body), ("txt", made.subject or made.title), ("mjml", made.html)):
        if left := re.search(r"\{\{[^{}]{0,60}|\{%[^{}]{0,60}", part):
            yield ending, "error", f"a tag was not filled in and is printed as it is: {left[0].strip()}"
    if made.channel == "email":
        yield from _mail(made, sample)
    elif made.channel == "sms":
        yield from _sms(made, definition, sample)
    elif made.channel in ("push", "web-push"):
        yield from _push(made, sample)


def headers_problems(channel: str, headers: dict[str, str], sample: str) -> Iterator[Finding]:
    """What is wrong or doubtful in the headers that a text file printed; each finding begins with the header's name."""
    for name in ("Subject", "Title"):
        length = len(headers.get(name, ""))
        if length > MAX_SUBJECT:
            text = f"the {name.lower()} has {length} characters for {_whom(sample)}, and is cut off after {MAX_SUBJECT}"
            yield name, "error" if sample == ORDINARY else "warning", text
    if channel == "email" and not headers["Preheader"]:
        yield "Preheader", "warning", "the header Preheader is missing or empty: mail programs show it by the subject"
    for name in ("Link", "Image"):
        fault = link_fault(headers[name], picture=name == "Image") if headers.get(name) else None
        if fault is not None:
            yield name, *fault


def _mail(made: Rendered, sample: str) -> Iterator[Finding]:
    size = len(made.html.encode())
    if size >= MAX_HTML:
        yield "mjml", "error", (
            f"makes {size:,} bytes of HTML for {_whom(sample)}; Gmail clips a mail beyond 102 KB, so that "
            f"{MAX_HTML:,} is the most"
        )
    elif size > LARGE_HTML:
        yield "mjml", "warning", f"makes {size:,} bytes of HTML for {_whom(sample)}; {MAX_HTML:,} is the most"


def _sms(made: Rendered, definition: MessageDefinition, sample: str) -> Iterator[Finding]:
    parts = sms_parts.split(made.text)
    if parts.count > definition.sms_parts:
        yield "txt", "error" if sample == ORDINARY else "warning", (
            f"takes {parts.count} parts for {_whom(sample)} ({parts.units} characters in {parts.alphabet}), each of "
            f"which is paid; planned are {definition.sms_parts} (`sms-parts` in message.yaml)"
        )


def _push(made: Rendered, sample: str) -> Iterator[Finding]:
    if sample == ORDINARY:
        for what, text, most in (("title", made.title, LONG_TITLE), ("text", made.body, LONG_BODY)):
            if len(text) > most:
                yield "txt", "warning", f"the {what} has {len(text)} characters; phones cut it off at about {most}"
    size = sum(len(part.encode()) for part in (made.title, made.body, made.url, made.image))
    if size > MAX_PUSH:
        yield "txt", "error", f"says {size:,} bytes for {_whom(sample)}; a push takes {MAX_PUSH:,}"


def _whom(sample: str) -> str:
    return f"the sample customer `{sample}`"
