"""From a click in a mail to what comes of it: an answer that earns points, an order put down to the mail."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.flows.publish import publish
from chalicelib.storage import bucket
from tests.flows.test_whole_path import MONDAY, consent, customer, order, part, sent
from tests.flows.whole_path import WholePath

PERSON = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}


@pytest.fixture
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> WholePath:
    return WholePath(moto, MONDAY, monkeypatch)


def agreed(shop: WholePath) -> None:
    """Anna signs up and agrees to mail."""
    assert shop.shopify("customers/create", customer()) == 200
    assert shop.shopify("customers_email_marketing_consent/update", consent("subscribed")) == 200
    shop.work()


def test_a_click_on_a_number_earns_the_points_of_the_survey_once(shop: WholePath) -> None:
    # Given a delivered order, and the question two days later
    agreed(shop)
    delivered: dict[str, Any] = {
        "id": "d1", "name": "order.delivered", "occurred_at": shop.now.isoformat(),
        "identities": {"email": "anna@example.com"}, "order": {"id": "820982911946154508", "number": "1001"},
    }
    assert shop.event(delivered) == 200
    shop.pass_time(timedelta(days=3))
    (question,) = [mail for mail in sent() if "/s/" in part(mail, "html")]
    nine = next(found for found in re.findall(r'href="([^"]+)"', part(question, "html")) if found.endswith("score=9"))
    link = urlsplit(html.unescape(nine))

    # When a scanner opens the link, then a person, whose browser sends the page's form, and again
    assert shop.http.get(f"{link.path}?{link.query}").status_code == 200
    for _ in range(2):
        assert shop.http.get(f"{link.path}?{link.query}", headers=PERSON).status_code == 200
        answered = shop.http.post(link.path, data={"by": "link", "score": "9"}, headers=PERSON)
        assert answered.status_code == 200
        shop.work()
    # and the mind changes afterwards
    shop.http.post(link.path, data={"by": "page", "score": "10", "comment": "Тёплое!"}, headers=PERSON)
    shop.pass_time(timedelta(hours=1))

    # Then there are fifty points, once
    assert shop.customer().profile.loyalty.points == 50
    assert shop.failures == []


def test_an_order_is_put_down_to_the_mail_whose_link_was_followed(shop: WholePath) -> None:
    # Given a shop that counts clicks itself, and a welcome mail
    settings = bucket.read("shop.yaml")
    assert settings
    bucket.put("shop.yaml", settings.body.replace(b"clicks: ses", b"clicks: own"))
    assert publish(shop.now).problems == {}
    agreed(shop)
    welcome = sent()[-1]
    led = re.findall(r'ses:no-track href="([^"]+/r/[^"]+)"', part(welcome, "html"))
    assert led

    # When a link in it is followed an hour later, and something bought
    shop.pass_time(timedelta(hours=1))
    answer = shop.http.get(urlsplit(led[0]).path, headers=PERSON)
    assert answer.status_code == 302
    assert "utm_campaign=welcome" in answer.headers["Location"]
    shop.work()
    shop.pass_time(timedelta(hours=1))
    shop.shopify("orders/create", order(shop.now))
    shop.work()

    # Then the order is that mail's
    (message,) = [message for message in shop.messages() if message.name == "welcome-thanks"]
    assert message.clicked_at == shop.now - timedelta(hours=1)
    assert [(told.order_id, told.clicked) for told in message.orders] == [("820982911946154508", True)]
