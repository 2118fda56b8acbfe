"""Links that need no login: who can make them, for how long they work, what they give away."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.content import links
from chalicelib.content.samples import sample_message
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import LinkError

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
LINK = links.Link("unsubscribe", "0abc", "5a3c", "email", "news", NOW + timedelta(days=400))


def test_a_link_comes_back_as_it_was_signed() -> None:
    assert links.read(links.sign(LINK, ["key"]), ["key"], NOW) == LINK


def test_a_link_works_until_it_expires_and_then_tells_whose_it_was() -> None:
    token = links.sign(LINK, ["key"])
    assert links.read(token, ["key"], LINK.expires_at - timedelta(seconds=1)) == LINK
    with pytest.raises(links.ExpiredLinkError) as caught:
        links.read(token, ["key"], LINK.expires_at)
    assert caught.value.link == LINK


def test_keys_rotate_without_breaking_links_in_old_mails() -> None:
    old, new = links.sign(LINK, ["old"]), links.sign(LINK, ["old", "new"])
    assert links.read(old, ["old", "new"], NOW) == LINK
    assert links.read(new, ["new"], NOW) == LINK  # the last key signs
    with pytest.raises(LinkError, match="signature"):
        links.read(old, ["new"], NOW)


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(LinkError, match="no key"):
        links.sign(LINK, [])
    with pytest.raises(LinkError, match="no key"):
        links.sign(LINK, [""])


@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_a_token_changed_anywhere_is_refused(place: int, character: str) -> None:
    token = links.sign(LINK, ["key"])
    place %= len(token)
    changed = token[:place] + character + token[place + 1:]
    if changed == token:
        return
    try:
        read = links.read(changed, ["key"], NOW)
    except LinkError:
        return
    assert read == LINK  # base64's spare bits can be spelled in several ways; the content cannot


@given(st.text(max_size=2000))
def test_any_text_for_a_token_is_refused_as_a_link_error(token: str) -> None:
    with pytest.raises(LinkError):
        links.read(token, ["key"], NOW)


def test_the_address_in_a_mail_holds_ids_only() -> None:
    definition = MessageDefinition("cart-reminder", "marketing", ("email",), topic="cart-reminders")
    message = sample_message(definition, code=False)
    unsubscribe, preferences = links.urls(message, "email", "https://hear.shop.example/", ["key"], NOW)
    assert unsubscribe.startswith("https://hear.shop.example/u/")
    assert preferences.startswith("https://hear.shop.example/p/")
    payload = unsubscribe.rpartition("/")[2].partition(".")[0]
    shown = urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    expires = int((NOW + timedelta(days=400)).timestamp())
    assert shown == f'[0,"sample","5a3c1e0f9b7d","email","cart-reminders",{expires}]'


def test_the_page_of_a_survey_knows_which_one_it_is_and_about_which_order() -> None:
    message = sample_message(MessageDefinition("nps-question", "marketing", ("email",), survey="nps"), code=False)
    url = links.survey_url(message, "email", "https://hear.shop.example/", ["key"], NOW, survey="nps", order="1024")
    assert url.startswith("https://hear.shop.example/s/")
    link = links.read(url.rpartition("/")[2], ["key"], NOW)
    assert (link.purpose, link.message_id, link.about) == ("survey", message.message_id, ("nps", "1024"))
    assert link.made_at == NOW


def test_a_link_for_one_purpose_does_not_read_as_another() -> None:
    message = sample_message(MessageDefinition("welcome-thanks", "marketing", ("email",)), code=False)
    unsubscribe, preferences = links.urls(message, "email", "https://hear.shop.example", ["key"], NOW)
    assert links.read(unsubscribe.rpartition("/")[2], ["key"], NOW).purpose == "unsubscribe"
    assert links.read(preferences.rpartition("/")[2], ["key"], NOW).purpose == "preferences"
