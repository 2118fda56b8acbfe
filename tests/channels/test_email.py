"""Email leaves as a proper MIME message through SES, once."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.channels.aws_calls import sending_config
from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.channels.email import EmailSender, mime
from chalicelib.domain.messages import Category
from chalicelib.errors import ProviderRefusedError
from tests.channels.channel_contract import ChannelContract
from tests.channels.outgoing_messages import message, outgoing
from tests.channels.silent_server import http_answer, silent_server

SETS: dict[Category, str] = {"marketing": "shop-mail", "transactional": "shop-transactional"}
LINK = "https://api.shop.example/u/" + "t" * 180


def client(url: str | None = None) -> Any:
    return boto3.client("sesv2", endpoint_url=url, config=sending_config(read_seconds=1))


def read(data: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


class TestEmailSender(ChannelContract):
    def sender(self, provider_url: str) -> ChannelSender:
        return EmailSender(lambda: client(provider_url), SETS)

    def outgoing(self, provider_url: str) -> Outgoing:
        return outgoing("email", "anna@example.com")


def test_a_mail_has_a_text_and_an_html_part_in_letters_every_relay_takes() -> None:
    data = mime(outgoing("email", "anna@example.com"))

    mail = read(data)
    assert data.isascii()
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert body(mail, "plain").strip() == "Пальто ждёт"
    assert body(mail, "html").strip() == "<p>Пальто ждёт</p>"
    assert mail["Message-ID"] is None


def test_cyrillic_subject_and_names_arrive_as_they_were_written() -> None:
    subject = "Вы забыли пальто «Осень», куртку и ещё семь вещей в корзине — 👗 ждём вас до конца недели"
    name = "Анна-Мария Константинопольская-Ёлкина, супруга Владислава"

    data = mime(outgoing("email", "anna@example.com", subject=subject, recipient_name=name))

    mail = read(data)
    assert all(len(line) <= 78 for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n"))

    assert mail["Subject"] == subject
    assert mail["From"].addresses[0].display_name == "Кромка, одежда"
    # The newer parser of Python puts spaces between encoded words of a name; RFC 2047 (6.2) says there are none.
    recipient = email.message_from_bytes(data)["To"]
    assert str(make_header(decode_header(recipient))) == f"{name} <anna@example.com>"
    assert mail["To"].addresses[0].addr_spec == "anna@example.com"
    assert mail["Reply-To"].addresses[0].addr_spec == "help@shop.example"
    assert mail["Date"].datetime.isoformat() == "2026-11-20T09:30:00+00:00"


def test_marketing_mail_can_be_left_with_one_click_and_the_link_is_not_folded_into_garbage() -> None:
    data = mime(outgoing("email", "anna@example.com", unsubscribe_url=LINK))

    unfolded = data.replace(b"\r\n ", b" ").decode().split("\r\n")
    assert f"List-Unsubscribe: <mailto:help@shop.example?subject=unsubscribe>, <{LINK}>" in unfolded
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in unfolded


@given(st.text(alphabet=st.sampled_from("ab Ыё,;<>\"@👗«—\\=?_"), max_size=300))
def test_any_subject_and_any_name_survive_the_encoding(text: str) -> None:
    mail = read(mime(outgoing("email", "anna@example.com", subject=text, recipient_name=text)))

    assert mail["Subject"] == " ".join(text.split())
    assert mail["To"].addresses[0].addr_spec == "anna@example.com"


def test_transactional_mail_has_no_unsubscribe_headers() -> None:
    mail = read(mime(outgoing("email", "anna@example.com", "transactional", unsubscribe_url=LINK)))

    assert "List-Unsubscribe" not in mail
    assert "List-Unsubscribe-Post" not in mail


def test_line_ends_in_a_subject_or_a_name_make_no_new_header() -> None:
    evil = outgoing("email", "anna@example.com", subject="Hi\r\nBcc: all@example.com", recipient_name="A\nB")

    mail = read(mime(evil))

    assert mail["Subject"] == "Hi Bcc: all@example.com"
    assert "Bcc" not in mail
    assert mail["To"].addresses[0].display_name == "A B"


def test_a_domain_in_other_letters_is_written_in_punycode() -> None:
    mail = read(mime(outgoing("email", "anna@пример.рф")))

    assert mail["To"].addresses[0].addr_spec == "anna@xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize("address", ["", "anna", "анна@example.com", "anna@", "a b@example.com", "a@b@c", "x@y\nB: z"])
def test_what_cannot_be_written_to_is_refused_for_good(address: str) -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        mime(outgoing("email", address))

    assert not refused.value.retryable


def test_ses_gets_the_mail_with_its_envelope(mocked_aws: None) -> None:
    ses = client()
    ses.create_email_identity(EmailIdentity="shop.example")
    sender = EmailSender(lambda: ses, SETS)

    provider_id = sender.send(outgoing("email", "anna@example.com"))

    (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][ses.meta.region_name].sent_messages
    assert sent.id == provider_id
    assert "anna@example.com" in sent.destinations
    assert read(sent.raw_data.encode())["Subject"] == "Вы забыли пальто"


def test_the_request_names_configuration_set_and_tags_for_the_feedback() -> None:
    with silent_server(http_answer(200, b'{"MessageId": "m-1"}', Content_Type="application/json")) as provider:
        sender = EmailSender(lambda: client(provider.url), SETS)
        assert sender.send(outgoing("email", "anna@example.com")) == "m-1"

    (request,) = provider.requests
    assert b'"ConfigurationSetName": "shop-mail"' in request
    assert b'{"Name": "selvedge-customer", "Value": "c0ffee"}' in request
    assert b'{"Name": "selvedge-message", "Value": "9f8e7d6c5b4a39281706f5e4"}' in request
    assert b'{"Name": "selvedge-journey", "Value": "cart-abandoned"}' in request


def test_a_transactional_mail_goes_by_a_configuration_set_of_its_own() -> None:
    with silent_server(http_answer(200, b'{"MessageId": "m-1"}', Content_Type="application/json")) as provider:
        EmailSender(lambda: client(provider.url), SETS).send(outgoing("email", "anna@example.com", "transactional"))

    assert b'"ConfigurationSetName": "shop-transactional"' in provider.requests[0]


def test_a_test_goes_by_the_transactional_set_without_the_customer() -> None:
    """Or what becomes of it would be told to the log of somebody who never got it."""
    with silent_server(http_answer(200, b'{"MessageId": "m-1"}', Content_Type="application/json")) as provider:
        EmailSender(lambda: client(provider.url), SETS).send(outgoing("email", "anna@example.com", is_test=True))

    (request,) = provider.requests
    assert b'"ConfigurationSetName": "shop-transactional"' in request
    assert b"selvedge-test" in request
    assert b"selvedge-customer" not in request
    assert b"selvedge-message" not in request


def test_a_value_that_ses_would_refuse_as_a_tag_is_left_out_rather_than_changed() -> None:
    letter = outgoing("email", "anna@example.com", message=message(journey="корзина"))
    with silent_server(http_answer(200, b'{"MessageId": "m-1"}', Content_Type="application/json")) as provider:
        EmailSender(lambda: client(provider.url), SETS).send(letter)

    assert b"selvedge-journey" not in provider.requests[0]
    assert b"selvedge-message" in provider.requests[0]


@pytest.mark.parametrize(
    ("code", "retryable"),
    [
        ("TooManyRequestsException", True),
        ("LimitExceededException", True),
        ("SendingPausedException", True),
        ("AccessDeniedException", True),
        ("MessageRejected", False),
        ("MailFromDomainNotVerifiedException", False),
        ("AccountSuspendedException", False),
        ("BadRequestException", False),
        ("NotFoundException", False),
    ],
)
def test_ses_errors_are_told_as_what_they_mean(code: str, retryable: bool) -> None:
    answer = http_answer(400, b'{"message": "Email address is not verified: anna@example.com"}', X_Amzn_ErrorType=code)
    with silent_server(answer) as provider, pytest.raises(ProviderRefusedError) as refused:
        EmailSender(lambda: client(provider.url), SETS).send(outgoing("email", "anna@example.com"))

    assert str(refused.value) == code
    assert refused.value.retryable is retryable
    assert not refused.value.address_is_dead
