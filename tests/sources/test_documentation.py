"""docs/webhooks.md names every topic that is read, and no event that does not exist."""

from __future__ import annotations

import json
import re

from chalicelib.api import incoming
from chalicelib.domain.vocabulary import EVENT_PARTS
from chalicelib.sources import shopify, woocommerce
from tests.emulators import ROOT

TEXT = (ROOT / "docs" / "webhooks.md").read_text()


def test_every_topic_is_documented() -> None:
    for topic in (*shopify._TOPICS, *woocommerce._TOPICS):
        resource, separator, action = re.split(r"([./])", topic, maxsplit=1)
        rows = [line for line in TEXT.splitlines() if f"`{resource}{separator}" in line]
        assert any(f"{separator}{action}`" in row.split("|")[1] for row in rows), topic


def test_every_event_named_exists() -> None:
    known = {*EVENT_PARTS, *woocommerce._TOPICS, *shopify._TOPICS}
    named = set(re.findall(r"`((?:order|cart|checkout|customer|consent|product|page|category|search)\.[a-z-]+)`", TEXT))

    assert named <= known, named - known


def test_the_example_is_an_event() -> None:
    example = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[0]

    arrival = incoming.read(example.encode())

    assert arrival.events[0].name == json.loads(example)["name"]
