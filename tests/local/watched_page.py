"""A page in a browser that nothing may go wrong on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def watched_page(browser: Any, url: str, patience: int) -> Iterator[Any]:
    """A page of the site at `url`, on a desktop and in English, on which no error may come up.

    `patience`: milliseconds to wait for what comes by itself.
    """
    context = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(patience)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert problems == []
