"""A broken template put into the bucket: what its author finds beside it and in the mail, and what stays in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.flows import sending_clients
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket, clients
from tests.domain.stories import at
from tests.emulators import REGION
from tests.flows.published_files import MAIL, MESSAGE, SHOP, TEXT, fill, problem_of, put

NOW = at("03-02 10:00")
LOOK, WORDS = "templates/hello/email.ru.mjml", "templates/hello/email.ru.txt"


@pytest.fixture(autouse=True)
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A shop with one message in force, that is told of problems by mail."""
    monkeypatch.setenv("SELVEDGE_STAGE", "production")
    sending_clients.forget()
    clients.client("sesv2").create_email_identity(EmailIdentity="weavers.example")
    fill()
    put("shop.yaml", f"{SHOP}sender: {{email: mail@weavers.example}}\nproblems-to: [lena@weavers.example]\n")
    assert publish(NOW).problems == {}
    yield
    sending_clients.forget()


def edition() -> str:
    """Which files the message goes out from."""
    (message,) = read_in_force().in_force.messages
    return message.edition


def mails() -> list[str]:
    return [mail.body for mail in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]


def test_all_mistakes_of_a_message_are_told_at_once_with_line_and_column() -> None:
    """Beside each file and in one mail; what was in force stays."""
    before = edition()
    put(LOOK, MAIL.replace("Привет!", '{{ custmer.city }} <a href="/sale">Купить</a>'))
    put(WORDS, TEXT.replace("Привет! ", "{{ order.nubmer }} "))
    publish(NOW)

    assert (problem_of(LOOK) or "").splitlines() == [
        f"{LOOK}:2:13: 'custmer' is not known here; did you mean 'customer'?",
        f"{LOOK}:2:32: the link is relative: /sale; write a whole one, as {{{{ shop.url }}}}/…",
    ]
    assert problem_of(WORDS) == f"{WORDS}:4:10: Order has no field 'nubmer'; did you mean 'number'?\n"
    (mail,) = mails()
    assert f"{LOOK}:2:13: 'custmer' is not known here" in mail
    assert f"{WORDS}:4:10: Order has no field 'nubmer'" in mail
    assert edition() == before


def test_a_doubt_is_told_beside_the_file_and_goes_live() -> None:
    before = edition()
    put(LOOK, MAIL.replace("Привет!", '<img src="https://weavers.example/coat.jpg">'))
    assert publish(NOW).problems == {}

    assert (problem_of(LOOK) or "").startswith(f"{LOOK}:2:10: warning: <img> has no `alt`")
    assert mails() == []
    assert edition() != before


def test_what_is_mended_is_told_no_more() -> None:
    put(LOOK, MAIL.replace("mj-text", "mj-txt"))
    publish(NOW)
    assert (problem_of(LOOK) or "").startswith(f"{LOOK}:2:1: MJML has no <mj-txt>; did you mean 'mj-text'?")

    put(LOOK, MAIL)
    publish(NOW)
    assert problem_of(LOOK) is None


def test_a_file_that_is_not_utf_8_is_told_with_its_place() -> None:
    bucket.put(WORDS, TEXT.encode("cp1251"))
    publish(NOW)
    assert (problem_of(WORDS) or "").startswith(f"{WORDS}:1:10: is not UTF-8 (byte 9); save it as UTF-8")


def test_a_longer_sms_goes_out_once_it_is_planned() -> None:
    put("templates/hello/message.yaml", MESSAGE.replace("email", "email, sms"))
    put("templates/hello/sms.ru.txt", "слово " * 30)
    assert "takes 3 parts" in publish(NOW).problems["templates/hello/sms.ru.txt"]

    put("templates/hello/message.yaml", MESSAGE.replace("email", "email, sms") + "sms-parts: 3\n")
    assert publish(NOW).problems == {}


def test_a_hostile_file_keeps_no_other_message_from_going_live() -> None:
    put("templates/trap/message.yaml", MESSAGE.replace("hello", "trap"))
    put("templates/trap/email.ru.txt", TEXT)
    put("templates/trap/email.ru.mjml", MAIL.replace("Привет!", "<div>" * 15_000))
    put(WORDS, TEXT.replace("Привет! ", "Здравствуйте! "))
    before = edition()

    assert "templates/trap/email.ru.mjml" in publish(NOW).problems
    assert edition() != before


def test_a_file_that_nothing_reads_is_doubtful() -> None:
    put("templates/hello/email.ru.html", "<p>Привет!</p>")
    publish(NOW)
    beside = "templates/hello/email.ru.html"
    assert (problem_of(beside) or "").startswith(f"{beside}: warning: nothing reads this file; a message has ")
