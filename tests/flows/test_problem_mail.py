"""A file that is refused is told to the shop by mail, once, with the place and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.flows import sending_clients
from chalicelib.flows.publish import publish
from chalicelib.storage import clients
from tests.domain.stories import at
from tests.emulators import REGION
from tests.flows.published_files import SHOP, fill, problem_of, put

NOW = at("03-02 10:00")
KEY = "journeys/greeting.yaml"
WRONG = "journey: greeting\nenter: {on: form.submitted}\nsteps: [send: hallo]\n"
RIGHT = WRONG.replace("hallo", "hello")


@pytest.fixture(autouse=True)
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A shop that may write from its address, and asks to be told at two."""
    monkeypatch.setenv("SELVEDGE_STAGE", "production")
    sending_clients.forget()
    clients.client("sesv2").create_email_identity(EmailIdentity="weavers.example")
    fill()
    put("shop.yaml", f"{SHOP}sender: {{email: mail@weavers.example}}\n"
                     "problems-to: [lena@weavers.example, oleg@weavers.example]\n")
    yield
    sending_clients.forget()


def mails() -> list[Any]:
    """What reached SES."""
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


def test_a_refused_file_is_told_once_with_place_and_way_out() -> None:
    put(KEY, WRONG)
    publish(NOW)
    publish(NOW)

    (mail,) = mails()
    assert mail.source == "mail@weavers.example"
    assert mail.destinations["ToAddresses"] == ["lena@weavers.example", "oleg@weavers.example"]
    assert mail.subject == f"Not in force: {KEY}"
    assert f"{KEY} was refused; the version before it, if there is one, stays in force." in mail.body
    assert f"{KEY}:3: steps[1].send: no message 'hallo' under templates/; did you mean 'hello'?" in mail.body


def test_another_mistake_is_another_mail_and_what_is_right_is_none() -> None:
    for text in (WRONG, WRONG.replace("steps", "stpes"), RIGHT, WRONG):
        put(KEY, text)
        publish(NOW)

    assert [mail.subject for mail in mails()] == [f"Not in force: {KEY}"] * 3
    assert "did you mean 'steps'?" in mails()[1].body


def test_many_files_are_one_mail() -> None:
    for name in ("one", "two", "three"):
        put(f"journeys/{name}.yaml", "journey: [")
    publish(NOW)

    (mail,) = mails()
    assert mail.subject == "Not in force: 3 files"
    assert mail.body.count("was refused") == 3


def test_what_is_only_doubtful_is_not_mailed() -> None:
    put(KEY, RIGHT.replace("send: hello", "{wait: 400 days}, send: hello"))
    publish(NOW)

    assert "warning" in (problem_of(KEY) or "")
    assert mails() == []


def test_without_problems_to_the_support_is_told() -> None:
    put("shop.yaml", f"{SHOP}sender: {{email: mail@weavers.example}}\n")
    put(KEY, WRONG)
    publish(NOW)

    assert [mail.destinations["ToAddresses"] for mail in mails()] == [["help@weavers.example"]]


@pytest.mark.parametrize(("variable", "value"), [("SELVEDGE_SEND", "off"), ("SELVEDGE_STAGE", "staging")])
def test_a_stage_that_may_not_write_to_people_tells_nobody(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    put(KEY, WRONG)

    assert list(publish(NOW).problems) == [KEY]
    assert problem_of(KEY) is not None
    assert mails() == []


def test_a_mail_that_ses_refuses_does_not_stop_the_publishing() -> None:
    """The sender's address is not verified."""
    put("shop.yaml", f"{SHOP}sender: {{email: mail@elsewhere.example}}\nproblems-to: lena@weavers.example\n")
    put(KEY, WRONG)

    assert list(publish(NOW).problems) == [KEY]
    assert problem_of(KEY) is not None
    assert mails() == []
