"""Mobile pushes leave through SNS platform endpoints in the words of FCM and APNs; endpoints that are gone are dead."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from chalicelib.channels.aws_calls import sending_config
from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.channels.push import MOST_BYTES, PushSender, envelope, platform_of, register_device
from chalicelib.errors import ProviderRefusedError
from tests.channels.channel_contract import ChannelContract
from tests.channels.outgoing_messages import message, outgoing
from tests.channels.silent_server import error_answer, silent_server

ANDROID = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/5e3e9847-3183-3f18-a7e8-671c3a57d4b3"
IPHONE = "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS/shop/5e3e9847-3183-3f18-a7e8-671c3a57d4b3"


def client(url: str | None = None) -> Any:
    return boto3.client("sns", endpoint_url=url, config=sending_config(read_seconds=1))


class TestPushSender(ChannelContract):
    throttled = error_answer(429, "Throttled")
    refusing = error_answer(400, "InvalidParameter")

    def sender(self, provider_url: str) -> ChannelSender:
        return PushSender(lambda: client(provider_url))

    def outgoing(self, provider_url: str) -> Outgoing:
        return outgoing("push", ANDROID)


def payload(platform: Any, sent: Outgoing) -> Any:
    return json.loads(json.loads(envelope(platform, sent))[platform])


def test_fcm_gets_a_version_1_message() -> None:
    inner = payload("GCM", outgoing("push", ANDROID, image="https://shop.example/coat.jpg"))["fcmV1Message"]

    assert inner["validate_only"] is False
    assert inner["message"]["notification"] == {
        "title": "Пальто ждёт", "body": "Осталось два", "image": "https://shop.example/coat.jpg",
    }
    assert inner["message"]["data"] == {"url": "https://shop.example/cart", "message_id": message().message_id}
    assert inner["message"]["android"]["ttl"] == "86400s"


def test_apns_gets_a_remote_notification() -> None:
    inner = payload("APNS", outgoing("push", IPHONE, image="https://shop.example/coat.jpg"))

    assert inner["aps"]["alert"] == {"title": "Пальто ждёт", "body": "Осталось два"}
    assert inner["aps"]["mutable-content"] == 1
    assert (inner["url"], inner["image"]) == ("https://shop.example/cart", "https://shop.example/coat.jpg")


@pytest.mark.parametrize("platform", ["GCM", "APNS", "APNS_SANDBOX"])
def test_a_body_that_is_too_long_is_cut_so_that_title_and_link_arrive(platform: Any) -> None:
    sent = envelope(platform, outgoing("push", ANDROID, body="ы👗" * 4000))

    text = json.loads(sent)[platform]
    assert MOST_BYTES - 40 < len(text.encode()) <= MOST_BYTES
    assert "https://shop.example/cart" in text
    assert "…" in text


def test_a_title_that_is_too_long_by_itself_is_refused() -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        envelope("GCM", outgoing("push", ANDROID, title="ы" * 4000))

    assert not refused.value.retryable


@pytest.mark.parametrize("arn", ["", "arn:aws:sns:eu-west-1:1:topic", ANDROID.replace("GCM", "ADM"), "https://x/endpoint/GCM"])
def test_what_is_not_an_endpoint_of_ours_is_a_dead_address(arn: str) -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        platform_of(arn)

    assert refused.value.address_is_dead


def test_sns_publishes_to_the_endpoint(mocked_aws: None) -> None:
    sns = client()
    application = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})["PlatformApplicationArn"]
    endpoint = register_device(sns, application, "token-1")

    provider_id = PushSender(lambda: sns).send(outgoing("push", endpoint))

    stored = sns_backends[DEFAULT_ACCOUNT_ID][sns.meta.region_name].platform_endpoints[endpoint].messages
    assert list(stored) == [provider_id]
    assert json.loads(stored[provider_id])["default"] == "Пальто ждёт"


def test_a_disabled_endpoint_is_a_dead_address_until_the_device_registers_again(mocked_aws: None) -> None:
    sns = client()
    application = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})["PlatformApplicationArn"]
    endpoint = register_device(sns, application, "token-1")
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})

    with pytest.raises(ProviderRefusedError) as refused:
        PushSender(lambda: sns).send(outgoing("push", endpoint))
    assert refused.value.address_is_dead

    assert register_device(sns, application, "token-1") == endpoint
    assert PushSender(lambda: sns).send(outgoing("push", endpoint))


def test_registering_a_device_twice_gives_the_same_endpoint(mocked_aws: None) -> None:
    sns = client()
    application = sns.create_platform_application(Name="shop", Platform="APNS", Attributes={})["PlatformApplicationArn"]

    assert register_device(sns, application, "token-1") == register_device(sns, application, "token-1")
    assert register_device(sns, application, "token-2") != register_device(sns, application, "token-1")


def test_an_endpoint_made_elsewhere_with_other_attributes_is_found(mocked_aws: None) -> None:
    sns = client()
    application = sns.create_platform_application(Name="shop", Platform="GCM", Attributes={})["PlatformApplicationArn"]
    made = sns.create_platform_endpoint(
        PlatformApplicationArn=application, Token="t", CustomUserData="by the app", Attributes={"Enabled": "false"}
    )["EndpointArn"]

    assert register_device(sns, application, "t") == made
    assert sns.get_endpoint_attributes(EndpointArn=made)["Attributes"]["Enabled"] == "true"


@pytest.mark.parametrize(
    ("code", "retryable", "dead"),
    [
        ("EndpointDisabled", False, True),
        ("NotFound", False, True),
        ("PlatformApplicationDisabled", True, False),
        ("InvalidParameter", False, False),
    ],
)
def test_sns_errors_are_told_as_what_they_mean(code: str, retryable: bool, dead: bool) -> None:
    with silent_server(error_answer(400, code)) as provider, pytest.raises(ProviderRefusedError) as refused:
        PushSender(lambda: client(provider.url)).send(outgoing("push", ANDROID))

    assert (refused.value.retryable, refused.value.address_is_dead) == (retryable, dead)
