"""How fast messages are rendered: messages a second on one core, over all that ship, no I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from chalicelib.content.occasion import Links, Occasion
from chalicelib.content.rendering import Templates
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, SAMPLES, sample_message
from chalicelib.content.template_files import FolderFiles, TemplateFile
from chalicelib.definitions.message_files import message_definition
from chalicelib.domain.shop import MessageDefinition, ShopSettings

FOLDER = Path(__file__).parent.parent / "templates"
ROUNDS = 5
"""Times that each variant is rendered; of the rounds the quietest counts."""


class HeldFiles:
    """The files of a folder, each read once: as the sender holds them."""

    def __init__(self, folder: Path) -> None:
        self._read: Callable[[str], TemplateFile | None] = cache(FolderFiles(folder).read)

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name, or None."""
        return self._read(name)


def run() -> dict[str, float]:
    """Messages a second of CPU: all variants that ship, their mails, the slowest of these, those of other channels; and
    mails when nothing is compiled yet.
    """
    files, templates = HeldFiles(FOLDER), Templates()
    occasions = [(channel, occasion) for occasion in _occasions() for channel in _channels(occasion.definition)]
    mails = [occasion for channel, occasion in occasions if channel == "email"]
    others = [(channel, occasion) for channel, occasion in occasions if channel != "email"]
    for channel, occasion in occasions:
        templates.render(occasion, channel, files)
    seconds = [_seconds(partial(templates.render, one, "email", files)) for one in mails]
    short = [_seconds(partial(templates.render, one, channel, files)) for channel, one in others]
    began = time.process_time()
    for one in mails:
        Templates().render(one, "email", HeldFiles(FOLDER))
    return {
        "messages_per_second": len(occasions) / sum((*seconds, *short)),
        "mails_per_second": len(mails) / sum(seconds),
        "slowest_mails_per_second": 1 / max(seconds),
        "others_per_second": len(others) / sum(short),
        "uncached_mails_per_second": len(mails) / (time.process_time() - began),
    }


def _occasions() -> list[Occasion]:
    links = Links("https://hear.shop.example/u/token", "https://hear.shop.example/p/token")
    return [
        Occasion(
            sample_message(definition, code=True), definition, FULL_CUSTOMER, FULL_EVENT, ShopSettings(), links,
            SAMPLE_NOW, recommend=SAMPLES[0].recommend,
        )
        for definition in _definitions()
    ]


def _definitions() -> list[MessageDefinition]:
    return [
        message_definition(file.read_text("utf-8"), f"templates/{file.parent.name}/message.yaml",
                           [other.name for other in file.parent.iterdir()])
        for file in sorted(FOLDER.glob("*/message.yaml"))
    ]


def _channels(definition: MessageDefinition) -> list[str]:
    return sorted({variant.partition(".")[0] for variant in definition.variants})


def _seconds(render: Callable[[], object]) -> float:
    """Of the quietest of a few rounds: the others were interrupted."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        render()
        best = min(best, time.process_time() - began)
    return best
