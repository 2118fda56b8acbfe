"""What leaves for a provider is noted exactly as it was handed over."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from werkzeug.wrappers import Request, Response

from infra.local.outbox import Outbox, Outgoing
from infra.local.outbox_pages import links_of, with_counted_links
from infra.local.provider_tap import ProviderTap, as_aws_names_endpoints, as_ministack_names_endpoints
from infra.local.server import Server, free_server

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Aws:
    """Stands behind the tap and answers as SES and SNS do; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.status = 200

    def answer(self, request: Request) -> Response:
        self.asked.append((request.path, request.get_data()))
        if request.path == "/v2/email/outbound-emails":
            return Response('{"MessageId":"mail-1"}', self.status, mimetype="application/json")
        body = "<PublishResponse><PublishResult><MessageId>sns-1</MessageId></PublishResult></PublishResponse>"
        return Response(body, self.status, mimetype="text/xml")


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def tap(aws: Aws, outbox: Outbox) -> Iterator[Server]:
    behind = free_server(aws.answer)
    behind.start()
    front = free_server(ProviderTap(behind.url, outbox, lambda: NOW, lambda message: None).answer)
    front.start()
    yield front
    front.stop()
    behind.stop()


def client(service: str, tap: Server) -> Any:
    return boto3.client(service, endpoint_url=tap.url, region_name="eu-central-1")


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Корзина ждёт", "shop@shop.example", "a@example.com"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("текст")
    message.add_alternative("<p>Привет</p>", subtype="html")
    return message.as_bytes()


def send_mail(tap: Server) -> None:
    client("sesv2", tap).send_email(
        FromEmailAddress="shop@shop.example",
        Destination={"ToAddresses": ["a@example.com"]},
        Content={"Raw": {"Data": mail()}},
        ConfigurationSetName="mail",
        EmailTags=[{"Name": "selvedge-customer", "Value": "c1"}],
    )


def test_a_mail_is_noted_with_its_headers_parts_and_tags(tap: Server, outbox: Outbox, aws: Aws) -> None:
    send_mail(tap)
    (noted,) = outbox.all()
    assert (noted.id, noted.channel, noted.recipient, noted.at) == ("mail-1", "email", "a@example.com", NOW)
    assert noted.title == "Корзина ждёт"
    assert (noted.text.strip(), noted.html.strip()) == ("текст", "<p>Привет</p>")
    assert ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") in noted.headers
    assert noted.details["tags"] == {"selvedge-customer": "c1"}
    assert len(aws.asked) == 1


def test_what_a_provider_refuses_is_not_in_the_outbox(tap: Server, outbox: Outbox, aws: Aws) -> None:
    aws.status = 400
    ses = client("sesv2", tap)
    with pytest.raises(ses.exceptions.ClientError):
        send_mail(tap)
    assert outbox.all() == []


def test_an_sms_is_noted_with_its_attributes(tap: Server, outbox: Outbox) -> None:
    client("sns", tap).publish(
        PhoneNumber="+79123456789",
        Message="Ваш заказ у нас",
        MessageAttributes={"AWS.SNS.SMS.MaxPrice": {"DataType": "Number", "StringValue": "0.10"}},
    )
    (noted,) = outbox.all()
    assert (noted.channel, noted.recipient, noted.text) == ("sms", "+79123456789", "Ваш заказ у нас")
    assert noted.details["attributes"] == {"AWS.SNS.SMS.MaxPrice": "0.10"}


def test_a_push_is_noted_with_its_payload_and_reaches_the_endpoint_as_ministack_names_it(
    tap: Server, outbox: Outbox, aws: Aws
) -> None:
    arn = "arn:aws:sns:eu-central-1:000000000000:endpoint/GCM/shop/1"
    notification = {"title": "Hi", "body": "there"}
    payload = json.dumps({"GCM": json.dumps({"fcmV1Message": {"message": {"notification": notification}}})})
    client("sns", tap).publish(TargetArn=arn, MessageStructure="json", Message=payload)
    (noted,) = outbox.all()
    assert (noted.channel, noted.title, noted.text) == ("push", "Hi", "there")
    assert noted.recipient == arn
    assert b"%3Aapp%2FGCM%2Fshop%2F1" in aws.asked[0][1]


def test_what_goes_to_a_topic_is_no_message_to_a_customer(tap: Server, outbox: Outbox) -> None:
    client("sns", tap).publish(TopicArn="arn:aws:sns:eu-central-1:000000000000:feedback", Message="{}")
    assert outbox.all() == []


def test_endpoints_are_named_as_on_aws_in_answers() -> None:
    answer = b"<EndpointArn>arn:aws:sns:eu:0:app/GCM/shop/1</EndpointArn>"
    assert as_aws_names_endpoints(answer) == b"<EndpointArn>arn:aws:sns:eu:0:endpoint/GCM/shop/1</EndpointArn>"
    assert as_ministack_names_endpoints(b"%3Aendpoint%2F in an upload") == b"%3Aendpoint%2F in an upload"


def test_an_outbox_with_a_file_is_there_again_and_takes_an_id_once(tmp_path: Path) -> None:
    one = Outgoing("1", "email", NOW, "a@example.com", "Привет", headers=(("To", "a"),), details={"tags": {"a": "b"}})
    first = Outbox(tmp_path / "outbox.jsonl")
    threads = [threading.Thread(target=first.add, args=(one,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Outbox(tmp_path / "outbox.jsonl").all() == [one]


def test_only_links_of_the_mail_itself_are_followed_and_counted() -> None:
    html = '<a href="https://shop.example/cart?a=1&amp;b=2">cart</a> <a href="javascript:alert(1)">no</a>'
    message = Outgoing("m1", "email", NOW, "a@example.com", "t", html=html)
    assert links_of(message) == {"https://shop.example/cart?a=1&b=2"}
    shown = with_counted_links(message)
    assert 'href="/outbox/m1/link?to=https%3A%2F%2Fshop.example%2Fcart%3Fa%3D1%26b%3D2"' in shown
    assert 'href="javascript:alert(1)"' in shown
