"""A bucket as a marketer fills it, and what stands beside the files, for stories about publishing."""

from __future__ import annotations

from chalicelib.domain.journeys import version_of
from chalicelib.errors import FileMissingError
from chalicelib.flows.check import PROBLEMS
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.storage import bucket

MESSAGE = "message: hello\ncategory: marketing\nchannels: [email]\n"
MAIL = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Привет! <a href="{{ links.unsubscribe }}">Отписаться</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
TEXT = "Subject: Привет\nPreheader: Это мы\n\nПривет! {{ links.unsubscribe }}\n"
SHOP = "url: https://weavers.example\nlocales: [ru]\nholdout: 0\n"
BRAND = "name: Weavers\nsupport: {email: help@weavers.example}\n"


def put(key: str, text: str) -> None:
    """What a marketer uploads."""
    bucket.put(key, text.encode())


def fill() -> None:
    """The shop's settings, its brand and one message, `hello`."""
    put("shop.yaml", SHOP)
    put("templates/brand.yaml", BRAND)
    put("templates/hello/message.yaml", MESSAGE)
    put("templates/hello/email.ru.txt", TEXT)
    put("templates/hello/email.ru.mjml", MAIL)


def problem_of(key: str) -> str | None:
    """What stands beside a file."""
    try:
        file = bucket.read(f"{key}{PROBLEMS}")
    except FileMissingError:
        return None
    return file.body.decode() if file else None


def in_force() -> dict[str, str]:
    """The journeys in force and their versions."""
    return {journey.name: version_of(journey) for journey in read_in_force().in_force.journeys}
