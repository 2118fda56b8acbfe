"""A message in words: what the templates made of it for one customer and one channel. Channels send exactly this."""

from __future__ import annotations

from msgspec import Struct


class Rendered(Struct, frozen=True, omit_defaults=True):
    """A rendered message; only the fields of its channel are set.

    Email: `subject`, `preheader`, `html`, `text`. SMS: `text`. Push and web push: `title`, `body`, `url`, `image`.
    Telegram: `text` without markup, `image`, and a `button` that leads to `url`.
    `template_version` names the very versions of the template files that were used (see content/template_files.py).
    """

    channel: str
    locale: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    title: str = ""
    body: str = ""
    url: str = ""
    image: str = ""
    button: str = ""
    template_version: str = ""
