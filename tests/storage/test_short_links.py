"""Short links: a code leads where its message said, however often it was put on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.storage import short_links
from chalicelib.storage.short_links import ShortLink
from tests.storage.examples import CUSTOMER, NOON

pytestmark = pytest.mark.usefixtures("aws")

LINK = ShortLink(
    "Ab3Cd4Ef5Gh", CUSTOMER, "m-1", "sms", "https://shop.example/coat", NOON, NOON + timedelta(days=400),
)


def test_a_code_is_read_as_it_was_put() -> None:
    short_links.put(LINK)
    assert short_links.read(LINK.code) == LINK
    assert short_links.read("another") is None


def test_a_link_to_unsubscribing_holds_no_url() -> None:
    short_links.put(replace(LINK, url=""))
    found = short_links.read(LINK.code)
    assert found
    assert found.url == ""


def test_a_message_tried_again_has_one_link() -> None:
    short_links.put(LINK)
    again = replace(LINK, made_at=NOON + timedelta(hours=1), expires_at=NOON + timedelta(days=401))
    short_links.put(again)
    assert short_links.read(LINK.code) == again
