"""Every photograph that the samples name is drawn, and nothing else is answered for."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from chalicelib.content import samples
from infra.local.sample_photos import sample_photo

NAMED = set(re.findall(rb"https://shop\.example/photos/\w+\.jpg", msgspec.json.encode(samples.SAMPLES)))
LISTED = set(re.findall(r"coat|scarf|gloves|sweater|boots|dress|jeans|shirt|hat", samples.__doc__ or ""))


@pytest.mark.parametrize("name", sorted(LISTED))
def test_each_photo_is_a_picture_of_its_own(name: str) -> None:
    drawn = sample_photo(f"https://shop.example/photos/{name}.jpg")
    assert drawn
    picture = ElementTree.fromstring(drawn)
    assert (picture.get("width"), picture.get("height")) == ("800", "1000")
    others = [sample_photo(f"https://shop.example/photos/{other}.jpg") for other in LISTED - {name}]
    assert drawn not in others


def test_every_photo_of_the_samples_is_drawn() -> None:
    assert len(NAMED) > 5
    assert [url for url in NAMED if sample_photo(url.decode()) is None] == []


@pytest.mark.parametrize("url", [
    "https://shop.example/photos/sock.jpg", "https://shop.example/photos/coat.png", "http://shop.example/photos/coat.jpg",
    "https://shop.example/photos/coat.jpg?x=1", "https://shop.example/coat", str(Path(__file__)), "",
])
def test_nothing_else_is_answered(url: str) -> None:
    assert sample_photo(url) is None
