"""Definitions from folders on disk, as the repository ships them: for tests, benchmarks and the laptop's tools."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from chalicelib.definitions.brand_file import read_brand
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.message_files import message_definition
from chalicelib.definitions.segments_file import read_segments
from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.segments import compile_segments


def read_folder(templates: Path, schedules: Path) -> Definitions:
    """Read `brand.yaml` and `*/message.yaml` of `templates`; `shop.yaml`, `segments.yaml`, `journeys/*.yaml` of
    `schedules`.

    Raises DefinitionError for the first file that is wrong.
    """
    messages = {}
    for path in sorted(templates.glob("*/message.yaml")):
        beside = [file.name for file in path.parent.iterdir()]
        message = message_definition(path.read_text("utf-8"), f"templates/{path.parent.name}/message.yaml", beside)
        messages[message.name] = message
    brand = read_brand((templates / "brand.yaml").read_text("utf-8"))
    settings = replace(read_shop((schedules / "shop.yaml").read_text("utf-8")), brand=brand)
    segments = read_segments((schedules / "segments.yaml").read_text("utf-8"))
    rules = compile_segments(segments)
    journeys = [
        read_journey(path.read_text("utf-8"), f"journeys/{path.name}", messages, rules)
        for path in sorted((schedules / "journeys").glob("*.yaml"))
    ]
    return Definitions.of(settings, messages.values(), journeys, segments=segments)
