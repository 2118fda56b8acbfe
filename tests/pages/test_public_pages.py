"""Unsubscribing and choosing, as mail programs and people do it."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any

import boto3
import pytest
from msgspec.structs import replace
from werkzeug.test import Client, TestResponse

from chalicelib import clock
from chalicelib.content import links
from chalicelib.domain.brand import DARK, LIGHT
from chalicelib.domain.customer import Customer
from chalicelib.flows.definitions_in_force import forget, put_in_force, read_in_force
from chalicelib.flows.preferences import Choice
from chalicelib.storage import customers, log
from tests.pages.conftest import KEY, Token

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
Told = list[tuple[str, str, str, str]]


def told(customer_id: str = "0anna") -> Told:
    """What the customer's log says about consent, oldest first: event, channel, topic, source."""
    return [
        (event.name, event.consent.channel, event.consent.topic, event.consent.source)
        for entry in log.history(customer_id) for event in entry.events if event.consent
    ]


def path_of(page: TestResponse) -> str:
    """Where the page's link to the preferences leads, as a browser resolves it from /u/."""
    found = re.search(r'href="\.\.(/p/[^"]+)"', page.text)
    assert found
    return found[1]


def test_one_click_unsubscribes_from_all_marketing_of_the_channel(pages: Client, token: Token) -> None:
    answer = pages.post(f"/u/{token()}", data=ONE_CLICK)
    assert (answer.status_code, answer.text) == (200, "Unsubscribed.")
    assert told() == [("consent.withdrawn", "email", "*", "one-click")]


def test_one_click_works_as_multipart_too(pages: Client, token: Token) -> None:
    answer = pages.post(f"/u/{token()}", data=ONE_CLICK, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert told() == [("consent.withdrawn", "email", "*", "one-click")]


def test_one_click_needs_no_cookie_and_redirects_nowhere(pages: Client, token: Token) -> None:
    answer = pages.post(f"/u/{token()}", data=ONE_CLICK)
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


def test_one_click_repeated_leaves_the_customer_unsubscribed(pages: Client, token: Token) -> None:
    for _ in range(3):
        assert pages.post(f"/u/{token()}", data=ONE_CLICK).status_code == 200
    assert set(told()) == {("consent.withdrawn", "email", "*", "one-click")}


def test_an_entry_keeps_when_and_by_what_words_it_was_said(pages: Client, token: Token) -> None:
    before = clock.now()
    pages.post(f"/u/{token()}", data={"confirm": "yes"}, headers={"Accept-Language": "en"})
    entry, = log.history("0anna")
    event, = entry.events
    assert event.consent
    assert event.consent.text == "Unsubscribe"
    assert before <= event.occurred_at <= clock.now()
    assert entry.source == "page"


def test_looking_at_the_page_changes_nothing(pages: Client, anna: Customer, token: Token) -> None:
    for path in (f"/u/{token()}", f"/p/{token(purpose='preferences')}"):
        assert pages.get(path).status_code == 200
    assert told() == []


def test_the_page_asks_and_its_button_unsubscribes(pages: Client, token: Token) -> None:
    path = f"/u/{token()}"
    page = pages.get(path, headers={"Accept-Language": "ru"})
    assert "Больше не присылать рассылки по почте?" in page.text
    assert '<form method="post">' in page.text
    answer = pages.post(path, data={"confirm": "yes"}, headers={"Accept-Language": "ru"})
    assert answer.status_code == 200
    assert "Вы отписаны" in answer.text
    assert told() == [("consent.withdrawn", "email", "*", "unsubscribe-page")]


def test_the_page_leads_on_to_choices(pages: Client, anna: Customer, token: Token) -> None:
    page = pages.get(f"/u/{token()}")
    assert pages.get(path_of(page)).status_code == 200


@pytest.mark.parametrize("changes", [{"key": "another-key"}, {"purpose": "preferences"}])
def test_a_forged_link_does_nothing_and_says_what_to_do(pages: Client, token: Token, changes: dict[str, Any]) -> None:
    for method in (pages.get, pages.post):
        answer = method(f"/u/{token(**changes)}")
        assert answer.status_code == 400
        assert "Ссылка не работает" in answer.text
        assert "help@shop.example" in answer.text
    assert told() == []


@pytest.mark.parametrize("name", ["x", "%00", "a" * 3000, "<script>alert(1)</script>", "..", "é"])
def test_any_text_for_a_link_is_answered_politely(pages: Client, name: str) -> None:
    for method in (pages.get, pages.post):
        answer = method(f"/u/{name}")
        assert answer.status_code in {400, 403, 404}
        assert "<script>" not in answer.text


def test_an_expired_link_says_so(pages: Client, token: Token) -> None:
    expired = token(expires_at=clock.now() - timedelta(seconds=1))
    page = pages.get(f"/u/{expired}", headers={"Accept-Language": "en"})
    assert page.status_code == 410
    assert "This link is too old" in page.text
    assert pages.post(f"/u/{expired}", data=ONE_CLICK).status_code == 410
    assert told() == []


def test_links_signed_by_an_earlier_key_still_work(pages: Client, moto: str, token: Token) -> None:
    old = token()
    boto3.client("ssm").put_parameter(Name=f"/{moto}/link-keys/9", Value="newer-key", Type="SecureString")
    assert pages.post(f"/u/{old}", data=ONE_CLICK).status_code == 200
    assert pages.post(f"/u/{token(key='newer-key')}", data=ONE_CLICK).status_code == 200


def test_without_a_key_the_pages_say_that_the_fault_is_ours(pages: Client, moto: str, token: Token) -> None:
    link = token()
    boto3.client("ssm").delete_parameter(Name=f"/{moto}/link-keys/0")
    assert pages.get(f"/u/{link}").status_code == 503
    assert pages.post(f"/u/{link}", data=ONE_CLICK).status_code == 503


def test_a_database_that_is_away_is_not_taken_for_success(pages: Client, moto: str, token: Token) -> None:
    boto3.client("dynamodb").delete_table(TableName=f"{moto}-events")
    answer = pages.post(f"/u/{token()}", data=ONE_CLICK)
    assert answer.status_code >= 500


def choices_shown(page: TestResponse) -> dict[str, bool]:
    """The boxes of a preferences page: value and whether it is ticked."""
    boxes = re.findall(r'<input type="checkbox" name="wanted" value="([^"]+)"( checked)?>', page.text)
    return {html.unescape(value): bool(ticked) for value, ticked in boxes}


def save(pages: Client, path: str, *wanted: str, **more: str) -> TestResponse:
    """Tick exactly these boxes of the page and press a button."""
    shown = choices_shown(pages.get(path))
    return pages.post(path, data={"shown": list(shown), "wanted": list(wanted), **(more or {"save": "yes"})})


def test_the_choices_are_the_channels_that_reach_the_customer_with_their_topics(
    pages: Client, anna: Customer, token: Token,
) -> None:
    page = pages.get(f"/p/{token(purpose='preferences')}", headers={"Accept-Language": "ru"})
    assert choices_shown(page) == {
        "email:cart-reminders": True, "email:news": True, "email:summer-sale": True, "sms:summer-sale": False,
    }
    assert "Напоминания о корзине" in page.text
    assert "Summer sale" in page.text  # a topic of the shop's own goes by its name


def test_a_topic_can_be_left_while_others_stay(pages: Client, anna: Customer, token: Token) -> None:
    page = save(pages, f"/p/{token(purpose='preferences')}", "email:news", "email:summer-sale")
    assert told() == [("consent.withdrawn", "email", "cart-reminders", "preferences-page")]
    assert choices_shown(page) == {
        "email:cart-reminders": False, "email:news": True, "email:summer-sale": True, "sms:summer-sale": False,
    }
    assert 'role="status"' in page.text


def test_a_channel_can_be_joined(pages: Client, anna: Customer, token: Token) -> None:
    save(pages, f"/p/{token(purpose='preferences')}", "email:cart-reminders", "email:news", "email:summer-sale",
         "sms:summer-sale")
    assert told() == [("consent.given", "sms", "summer-sale", "preferences-page")]


def test_a_channel_with_nothing_left_is_closed_for_topics_to_come_too(
    pages: Client, anna: Customer, token: Token,
) -> None:
    save(pages, f"/p/{token(purpose='preferences')}", "sms:summer-sale")
    assert told() == [
        ("consent.withdrawn", "email", "*", "preferences-page"),
        ("consent.given", "sms", "summer-sale", "preferences-page"),
    ]


def test_one_button_stops_everything_whatever_is_ticked(pages: Client, anna: Customer, token: Token) -> None:
    page = save(pages, f"/p/{token(purpose='preferences')}", "email:news", nothing="yes")
    assert told() == [("consent.withdrawn", "email", "*", "preferences-page")]
    assert not any(choices_shown(page).values())


def test_saving_what_already_is_writes_nothing(pages: Client, anna: Customer, token: Token) -> None:
    save(pages, f"/p/{token(purpose='preferences')}", "email:cart-reminders", "email:news", "email:summer-sale")
    assert told() == []


def test_what_was_not_on_the_page_cannot_be_changed(pages: Client, anna: Customer, token: Token) -> None:
    path = f"/p/{token(purpose='preferences')}"
    pages.post(path, data={"shown": ["push:news", "email:orders"], "wanted": ["push:news", "sms:summer-sale"]})
    assert told() == []


def test_a_flood_of_fields_is_refused(pages: Client, anna: Customer, token: Token) -> None:
    path = f"/p/{token(purpose='preferences')}"
    assert pages.post(path, data={"wanted": ["x"] * 2000}).status_code == 400
    assert told() == []


def test_the_preferences_of_a_merged_customer_are_the_survivors(pages: Client, anna: Customer, token: Token) -> None:
    absorbed = Customer("0old", forwarded_to="0anna")
    customers.commit(customers.Stored(absorbed), absorbed, None)
    page = pages.get(f"/p/{token(purpose='preferences', customer_id='0old')}")
    assert choices_shown(page)["email:news"]


def test_a_customer_who_is_not_there_any_more_gets_a_page(pages: Client, token: Token) -> None:
    answer = pages.get(f"/p/{token(purpose='preferences', customer_id='0gone')}")
    assert answer.status_code == 404


@pytest.mark.parametrize(("accept", "title"), [
    ("ru-RU,ru;q=0.9,en;q=0.8", "Отписаться от рассылок"), ("en-GB,en;q=0.9", "Unsubscribe"),
    ("de,en;q=0.5,ru;q=0.1", "Unsubscribe"), ("en;q=0.1,ru;q=0.9", "Отписаться от рассылок"),
    ("", "Отписаться от рассылок"), ("de", "Отписаться от рассылок"), ("en;q=x,;;,", "Отписаться от рассылок"),
    ("en;q=0, *", "Отписаться от рассылок"),
])
def test_the_page_speaks_the_browsers_language_or_the_shops(
    pages: Client, token: Token, accept: str, title: str,
) -> None:
    page = pages.get(f"/u/{token()}", headers={"Accept-Language": accept} if accept else {})
    assert f"<h1>{title}</h1>" in page.text


def test_a_page_allows_nothing_but_its_own_style(pages: Client, token: Token) -> None:
    page = pages.get(f"/u/{token()}")
    policy = page.headers["Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; base-uri 'none'; "
        r"frame-ancestors 'none'", policy,
    )
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text
    assert len(page.data) < 10_000


def test_a_page_wears_the_shops_colours_and_fonts(pages: Client, token: Token) -> None:
    light, dark = replace(LIGHT, accent="#7a1f1f"), replace(DARK, accent="#f1c9b9")
    in_force = read_in_force()
    brand = replace(in_force.in_force.settings.brand, light=light, dark=dark, heading_font="Didot, serif")
    settings = replace(in_force.in_force.settings, brand=brand)
    assert put_in_force(replace(in_force.in_force, settings=settings), in_force)
    forget()
    page = pages.get(f"/u/{token()}")
    by_day, _, by_night = page.text.partition("@media(prefers-color-scheme:dark)")
    assert "--accent:#7a1f1f" in by_day
    assert "--heading:Didot, serif" in by_day
    assert "--accent:#f1c9b9" in by_night
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]


def test_what_the_shop_writes_is_escaped(pages: Client, token: Token) -> None:
    assert "Лён &lt;и&gt; шерсть" in pages.get(f"/u/{token()}").text


def test_no_page_shows_who_the_customer_is(pages: Client, anna: Customer, token: Token) -> None:
    text = pages.get(f"/p/{token(purpose='preferences')}").text + pages.get(f"/u/{token()}").text
    assert not [secret for secret in ("Анна", "anna@", "7999") if secret in text]


def test_a_change_of_mind_counts_even_by_the_same_link(pages: Client, anna: Customer, token: Token) -> None:
    """The same words by the same link a second later are another entry; within the second they are one."""
    from chalicelib.flows import preferences

    link = links.read(token(), [KEY], clock.now())
    now = clock.now()
    for later in (timedelta(0), timedelta(microseconds=1) if now.microsecond < 999_999 else timedelta(0)):
        preferences.withdraw(link, now + later, said="x", source="one-click")
    assert len(told()) == 1
    preferences.change(link, {Choice("email", "news"): False}, {Choice("email", "news")}, now, said="x")
    preferences.withdraw(link, now + timedelta(seconds=1), said="x", source="one-click")
    assert [name for name, *_ in told()].count("consent.withdrawn") == 2
