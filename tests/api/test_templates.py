"""`/v1/templates`: what there is, how it would go out, and a test of it, for who has a management key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.flows import test_sends
from chalicelib.storage import bucket
from tests.api.application import client, set_secrets
from tests.flows.conftest import shop as shop  # noqa: PLC0414
from tests.flows.sending_shop import SendingShop

KEY = "the-manager"
TESTER = "tester@weavers.example"


@pytest.fixture(autouse=True)
def tried(shop: SendingShop) -> Iterator[SendingShop]:
    set_secrets(shop.stack, "management-keys", KEY)
    set_secrets(shop.stack, "api-keys", "a-till")
    bucket.put("templates/hello/message.yaml", b"message: hello\ncategory: marketing\nchannels: [email, sms]\n")
    shop.define(test_addresses=(TESTER,))
    test_sends.forget()
    yield shop
    test_sends.forget()


def ask(path: str, body: dict[str, Any] | None = None, key: str = KEY) -> tuple[int, Any]:
    """The status and the answer of a request; without a body it is a GET."""
    headers = {"X-Api-Key": key}
    answer = client().get(path, headers=headers) if body is None else client().post(path, json=body, headers=headers)
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("key", ["", "a-till"])
def test_no_other_key_opens_them(key: str) -> None:
    for path in ("/v1/templates", "/v1/templates/hello/preview"):
        assert ask(path, key=key)[0] == 401
    assert ask("/v1/templates/hello/test", {"to": TESTER}, key=key)[0] == 401


def test_the_messages_are_listed_with_what_is_wrong_with_them() -> None:
    bucket.put("templates/hello/sms.ru.txt.problems.txt", b"wrong\n")
    bucket.put("templates/new/message.yaml", b"message: new\n")
    status, listed = ask("/v1/templates")
    assert (status, listed["samples"]) == (200, ["full", "bare", "odd"])
    hello, new = listed["templates"]
    assert (hello["message"], hello["journeys"], hello["problems"]) == ("hello", ["welcome"], 1)
    assert hello["variants"] == ["email.ru", "sms.ru", "web-push.ru"]
    assert hello["category"] == "marketing"
    assert new == {"message": "new", "journeys": [], "variants": [], "problems": 0}


def test_a_message_is_shown_as_it_would_go_out() -> None:
    status, shown = ask("/v1/templates/hello/preview?channel=email&locale=ru&sample=bare")
    assert (status, shown["rendered"]["subject"], shown["sample"]) == (200, "Привет", "bare")
    assert ["Subject", "Привет"] in shown["headers"]
    assert shown["size"]["whole"] > 0
    assert ask("/v1/templates/hello/preview?channel=sms")[1]["sms"]["alphabet"] == "UCS-2"


def test_what_is_wrong_is_the_answer_and_no_failure() -> None:
    bucket.put("templates/hello/email.ru.txt", b"Subject: {{ nothing }}\n\nx\n")
    status, shown = ask("/v1/templates/hello/preview")
    assert (status, shown["rendered"]) == (200, None)
    assert ("templates/hello/email.ru.txt", 1) in [(one["file"], one["line"]) for one in shown["problems"]]


@pytest.mark.parametrize(("query", "status"), [
    ("hello/preview?sample=rich", 404), ("hello/preview?customer=nobody", 404), ("goodbye/preview", 404),
    ("hello/preview?sample=full&customer=c1", 400),
])
def test_what_there_is_not_is_said(query: str, status: int) -> None:
    answered, problem = ask(f"/v1/templates/{query}")
    assert answered == status
    assert problem["message"]


def test_a_test_is_sent_to_an_allowed_address_and_to_no_other(tried: SendingShop) -> None:
    status, sent = ask("/v1/templates/hello/test", {"to": TESTER, "sample": "odd"})
    assert (status, sent["channel"], sent["message"]) == (200, "email", "hello")
    status, problem = ask("/v1/templates/hello/test", {"to": "somebody@weavers.example"})
    assert status == 409
    assert "test-addresses" in problem["message"]
    assert len(tried.mails) == 1


@pytest.mark.parametrize("body", [{}, {"to": ""}, {"to": TESTER, "cc": TESTER}, {"to": TESTER, "sample": "full",
                                                                               "customer": "c1"}])
def test_a_request_that_is_not_one_sends_nothing(tried: SendingShop, body: dict[str, Any]) -> None:
    assert ask("/v1/templates/hello/test", body)[0] == 400
    assert tried.mails == []
