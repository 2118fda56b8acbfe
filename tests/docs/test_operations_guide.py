"""docs/operations.md names every command, docs/broadcasts.md every part of a plan, and its file is a real one."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import fields

from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.journeys import BroadcastTrigger
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from infra.operations import COMMANDS
from tests.emulators import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
BROADCASTS = (ROOT / "docs" / "broadcasts.md").read_text("utf-8")
JOURNEY, SETTINGS = re.findall(r"```yaml\n(.*?)```", BROADCASTS, re.DOTALL)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_is_named(command: str) -> None:
    assert re.search(rf"`{command}[ `]", OPERATIONS)


def test_the_broadcast_shown_is_one() -> None:
    message = MessageDefinition("flash-sale", "marketing", ("email",))
    segments = compile_segments([Segment("coat-lovers", '"coats" in customer.categories')])
    journey = read_journey(JOURNEY, "journeys/flash-sale.yaml", {message.name: message}, segments)
    assert isinstance(journey.trigger, BroadcastTrigger)


def test_the_settings_shown_are_read() -> None:
    settings = read_shop(SETTINGS)
    own = {field.name for field in fields(ShopSettings) if field.name.startswith("broadcast_")}
    assert (settings.broadcast_keep_free, settings.broadcast_per_second) == (20, 10)
    assert own == {"broadcast_keep_free", "broadcast_per_second"}
