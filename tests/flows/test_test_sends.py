"""A test of a message reaches whom the shop has named, is known for a test, and leaves no trace with any customer."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.content import links
from chalicelib.domain.customer import Address
from chalicelib.errors import ActRefusedError, UnknownMessageError
from chalicelib.flows import means, test_sends
from chalicelib.flows.preview import of_uploads
from chalicelib.flows.test_sends import MOST, SentTest
from chalicelib.storage import bucket, log, messages, short_links
from tests.flows.sending_shop import NOW, SendingShop

TESTER, PHONE = "tester@weavers.example", "+79123456789"


@pytest.fixture
def tried(shop: SendingShop) -> Iterator[SendingShop]:
    """The shop, with a message in its bucket and somebody who may be sent tests."""
    bucket.put("templates/hello/message.yaml", b"message: hello\ncategory: marketing\nchannels: [email, sms]\n")
    shop.define(test_addresses=(TESTER, PHONE))
    test_sends.forget()
    yield shop
    test_sends.forget()


def send(to: str, name: str = "hello", after: timedelta = timedelta(0), **wanted: str) -> SentTest:
    return test_sends.send_test(of_uploads(NOW), means.means(), name, to, NOW + after, **wanted)


def test_a_mail_is_marked_as_a_test_and_otherwise_as_it_would_be(tried: SendingShop) -> None:
    sent = send("Tester@weavers.example")
    assert (sent.message, sent.channel, sent.locale, sent.cost) == ("hello", "email", "ru", "0.0001")
    (mail,) = tried.mails
    parsed = email.message_from_string(mail.raw_data, policy=email.policy.default)
    assert parsed["Subject"] == "[Тест] Привет"
    assert parsed["To"] == TESTER
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_sms_goes_to_a_phone_however_it_is_written(tried: SendingShop) -> None:
    assert send("8 (912) 345-67-89").channel == "sms"
    assert tried.texts == [(PHONE, "[Тест] Привет!")] or tried.texts[0][1] == "[Тест] Привет!"


@pytest.mark.parametrize("to", ["somebody@weavers.example", "+79990000001", "", "nobody", "@weavers.example"])
def test_nobody_else_is_sent_anything(tried: SendingShop, to: str) -> None:
    with pytest.raises(ActRefusedError, match="`test-addresses` in shop"):
        send(to)
    assert tried.mails == []
    assert tried.texts == []


@pytest.mark.parametrize(("name", "value"), [("SELVEDGE_SEND", "off"), ("SELVEDGE_STAGE", "staging")])
def test_the_stages_own_rule_holds_for_tests_too(
    tried: SendingShop, monkeypatch: pytest.MonkeyPatch, name: str, value: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ActRefusedError, match="this stage does not send there"):
        send(TESTER)
    assert tried.mails == []


def test_a_stage_may_allow_those_who_test(tried: SendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVEDGE_STAGE", "staging")
    monkeypatch.setenv("SELVEDGE_ALLOW", "@weavers.example")
    send(TESTER)
    assert len(tried.mails) == 1


def test_a_test_with_a_customers_cart_leaves_nothing_with_the_customer(tried: SendingShop) -> None:
    tried.customer(Address("email", "anna@customers.example"))
    before = len(list(log.history("c1")))
    send(TESTER, customer_id="c1")
    assert "Анна" in email.message_from_string(
        tried.mails[0].raw_data, policy=email.policy.default,
    ).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert messages.of_customer("c1") == []
    assert len(list(log.history("c1"))) == before


def test_the_links_of_a_test_are_nobodys(tried: SendingShop) -> None:
    send(TESTER)
    parsed = email.message_from_string(tried.mails[0].raw_data, policy=email.policy.default)
    token = str(parsed["List-Unsubscribe"]).rpartition("/")[2].rstrip(">")
    assert links.read(token, ["a key for links"], NOW).customer_id == links.NOBODY


def test_the_short_links_of_a_test_lead_where_they_would_for_a_week(tried: SendingShop) -> None:
    bucket.put("templates/hello/sms.ru.txt", b'{{ "https://shop.example/sale"|short_link }} {{ links.stop }}')
    send(PHONE)
    codes = re.findall(r"/l/(\w+)", tried.texts[0][1])
    leading, stopping = (short_links.read(code) for code in codes)
    assert leading is not None
    assert stopping is not None
    assert leading.url.startswith("https://shop.example/sale?")
    assert stopping.url == ""
    assert {leading.customer_id, stopping.customer_id} == {links.NOBODY}
    assert leading.expires_at == NOW + timedelta(days=7)


def test_a_preview_puts_no_links_on_record(tried: SendingShop) -> None:
    bucket.put("templates/hello/sms.ru.txt", b"{{ links.stop }}")
    shown = of_uploads(NOW).preview("hello", NOW, channel="sms")
    assert shown.rendered is not None
    code = shown.rendered.text.rpartition("/")[2]
    assert short_links.read(code) is None


def test_what_cannot_be_rendered_is_not_sent_and_says_where(tried: SendingShop) -> None:
    bucket.put("templates/hello/email.ru.txt", b"Subject: {{ customer.firstname }}\n\nx\n")
    with pytest.raises(ActRefusedError, match=r"templates/hello/email.ru.txt:1: .*firstname"):
        send(TESTER)
    with pytest.raises(UnknownMessageError):
        send(TESTER, "goodbye")
    assert tried.mails == []


def test_a_hand_that_slips_sends_a_few_and_no_more(tried: SendingShop) -> None:
    for _ in range(MOST):
        send(TESTER)
    with pytest.raises(ActRefusedError, match="wait a little"):
        send(TESTER)
    assert len(tried.mails) == MOST
    send(TESTER, after=timedelta(minutes=1))
    assert len(tried.mails) == MOST + 1


def test_what_the_provider_refuses_is_said(tried: SendingShop) -> None:
    tried.define(test_addresses=(TESTER,), sender_email="mail@unverified.example")
    with pytest.raises(ActRefusedError, match="the provider refused it"):
        send(TESTER)
