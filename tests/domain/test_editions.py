"""An edition is known by what readers can see of it, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from chalicelib.domain.brand import Brand
from chalicelib.domain.editions import UNREAD, Edition
from chalicelib.domain.shop import FrequencyCap, MessageDefinition, QuietHours, ShopSettings

HELLO = MessageDefinition("hello", "marketing", ("email",), variants=("email.ru",))
FILES = {"hello/email.ru.txt": "v1", "hello/email.ru.mjml": "v2"}
SETTINGS = ShopSettings()


@dataclass(frozen=True)
class Changed:
    """The settings with one field that is not as it was."""

    field: str
    value: Any

    @property
    def settings(self) -> ShopSettings:
        return replace(SETTINGS, **{self.field: self.value})


SEEN = (
    Changed("url", "https://other.example"), Changed("brand", Brand(name={"": "Other"})),
    Changed("sender_name", "Other"), Changed("time_zone", "Asia/Tokyo"), Changed("locale", "en"),
    Changed("sms_sender_id", "Other"), Changed("link_source", "other"), Changed("clicks", "own"),
)
UNSEEN = (
    Changed("problems_to", ("a@shop.example",)), Changed("quiet_hours", QuietHours()), Changed("holdout_percent", 9.0),
    Changed("caps", (FrequencyCap("news", 1, 3600),)), Changed("sms_max_price_usd", "0.50"),
    Changed("price_overrides", {"email": "0.2"}), Changed("budget", "50"), Changed("broadcast_per_second", 3.0),
    Changed("broadcast_keep_free", 50.0), Changed("test_addresses", ("a@shop.example",)),
)


def edition(settings: ShopSettings = SETTINGS) -> Edition:
    return Edition.of(HELLO, FILES, settings)


def test_the_same_makes_the_same_edition_whoever_makes_it() -> None:
    assert edition().id == Edition.of(HELLO, dict(reversed(FILES.items())), ShopSettings()).id
    assert edition().id == Edition.of(replace(HELLO, edition="of before"), FILES, SETTINGS).id
    assert edition().id == msgspec.json.decode(msgspec.json.encode(edition()), type=Edition).id


@pytest.mark.parametrize("changed", SEEN, ids=lambda changed: changed.field)
def test_what_readers_see_makes_another(changed: Changed) -> None:
    assert edition(changed.settings).id != edition().id
    kept = edition(changed.settings).settings_under(SETTINGS)
    assert getattr(kept, changed.field) == changed.value


@pytest.mark.parametrize("changed", UNSEEN, ids=lambda changed: changed.field)
def test_what_they_cannot_see_is_as_it_is_in_force(changed: Changed) -> None:
    assert edition(changed.settings).id == edition().id
    assert getattr(edition().settings_under(changed.settings), changed.field) == changed.value


def test_a_file_in_another_version_makes_another() -> None:
    assert Edition.of(HELLO, FILES | {"hello/email.ru.txt": "v3"}, SETTINGS).id != edition().id


def test_every_setting_was_thought_of() -> None:
    """A new one is seen unless it is named among those that are not."""
    assert {changed.field for changed in UNSEEN} == set(UNREAD)
    others = {"locales", "country", "currency", "sender_email"}
    assert set(ShopSettings.__struct_fields__) == {changed.field for changed in (*SEEN, *UNSEEN)} | others
