"""SMS leaves through SNS with a price limit, and its cost is known before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends
from msgspec.structs import replace

from chalicelib.channels.aws_calls import sending_config
from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.channels.sms import SmsSender, country_of
from chalicelib.errors import ProviderRefusedError
from tests.channels.channel_contract import ChannelContract
from tests.channels.outgoing_messages import SETTINGS, outgoing
from tests.channels.silent_server import error_answer, http_answer, silent_server

PHONE = "+79161234567"
PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId>'
    b"</PublishResult></PublishResponse>"
)


def client(url: str | None = None) -> Any:
    return boto3.client("sns", endpoint_url=url, config=sending_config(read_seconds=1))


class TestSmsSender(ChannelContract):
    throttled = error_answer(429, "Throttled")
    refusing = error_answer(400, "InvalidParameter")

    def sender(self, provider_url: str) -> ChannelSender:
        return SmsSender(lambda: client(provider_url))

    def outgoing(self, provider_url: str) -> Outgoing:
        return outgoing("sms", PHONE, "transactional")


def test_sns_gets_the_text_for_the_phone(mocked_aws: None) -> None:
    sns = client()

    provider_id = SmsSender(lambda: sns).send(outgoing("sms", PHONE))

    sent = sns_backends[DEFAULT_ACCOUNT_ID][sns.meta.region_name].sms_messages
    assert sent == {provider_id: (PHONE, "Заказ едет к вам")}


@pytest.mark.parametrize(("category", "kind"), [("marketing", "Promotional"), ("transactional", "Transactional")])
def test_kind_price_limit_and_sender_go_with_it(category: Any, kind: str) -> None:
    with silent_server(http_answer(200, PUBLISHED)) as provider:
        SmsSender(lambda: client(provider.url)).send(outgoing("sms", PHONE, category))

    body = provider.requests[0].partition(b"\r\n\r\n")[2].decode()
    fields = {name: values[0] for name, values in parse_qs(body).items()}
    entries = [f"MessageAttributes.entry.{number}" for number in (1, 2, 3)]
    attributes = {
        fields[f"{entry}.Name"]: (fields[f"{entry}.Value.DataType"], fields[f"{entry}.Value.StringValue"])
        for entry in entries
    }
    assert attributes == {
        "AWS.SNS.SMS.SMSType": ("String", kind),
        "AWS.SNS.SMS.MaxPrice": ("Number", "0.10"),
        "AWS.SNS.SMS.SenderID": ("String", "KROMKA"),
    }
    assert fields["PhoneNumber"] == PHONE


def test_the_cost_is_the_parts_times_the_countrys_price() -> None:
    sender = SmsSender(client)

    assert sender.cost(outgoing("sms", PHONE, text="ы" * 70)) == Decimal("0.04")
    assert sender.cost(outgoing("sms", PHONE, text="ы" * 71)) == Decimal("0.08")
    assert sender.cost(outgoing("sms", "+77012345678", text="a" * 160)) == Decimal("0.05")


@pytest.mark.parametrize(
    ("phone", "country"), [(PHONE, "RU"), ("+77012345678", "KZ"), ("+14155550123", "US"), ("12", "")]
)
def test_the_country_is_told_by_the_number(phone: str, country: str) -> None:
    assert country_of(phone) == country


def test_an_sms_dearer_than_the_shop_allows_is_not_sent() -> None:
    with silent_server(http_answer(200, PUBLISHED)) as provider, pytest.raises(ProviderRefusedError) as refused:
        SmsSender(lambda: client(provider.url)).send(outgoing("sms", PHONE, text="ы" * 135))

    assert not refused.value.retryable
    assert provider.requests == []


def test_an_assumed_price_does_not_stop_an_sms_since_sns_holds_the_limit() -> None:
    dear = outgoing("sms", "+77012345678", text="ы" * 135, settings=replace(SETTINGS, sms_max_price_usd="0.01"))

    with silent_server(http_answer(200, PUBLISHED)) as provider:
        assert SmsSender(lambda: client(provider.url)).send(dear) == "m-1"


@pytest.mark.parametrize("text", ["", "a" * 1601])
def test_a_text_that_sns_would_not_take_is_refused(text: str) -> None:
    free = replace(SETTINGS, sms_max_price_usd="100")
    with pytest.raises(ProviderRefusedError) as refused:
        SmsSender(client).send(outgoing("sms", PHONE, text=text, settings=free))

    assert not refused.value.retryable


@pytest.mark.parametrize(
    ("code", "retryable", "dead"),
    [
        ("Throttled", True, False),
        ("KMSThrottling", True, False),
        ("InvalidParameter", False, False),
        ("OptedOut", False, True),
    ],
)
def test_sns_errors_are_told_as_what_they_mean(code: str, retryable: bool, dead: bool) -> None:
    with silent_server(error_answer(400, code)) as provider, pytest.raises(ProviderRefusedError) as refused:
        SmsSender(lambda: client(provider.url)).send(outgoing("sms", PHONE))

    assert (refused.value.retryable, refused.value.address_is_dead) == (retryable, dead)
