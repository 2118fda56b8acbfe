"""Email by Amazon SES (API version 2): MIME with text and HTML, tagged so that its feedback finds its way back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from chalicelib.channels.aws_calls import AwsSender, provider_call
from chalicelib.channels.channel import Outgoing
from chalicelib.domain.identifiers import normalise_email
from chalicelib.domain.messages import Category
from chalicelib.errors import ProviderRefusedError

TAG_CUSTOMER, TAG_MESSAGE, TAG_JOURNEY = "selvedge-customer", "selvedge-message", "selvedge-journey"
"""Message tags that SES's event publishing gives back with every event of the mail."""
TAG_TEST = "selvedge-test"
"""The one tag of a test: what becomes of it is nobody's feedback, not even that of a customer with that address."""

_TAG_VALUE = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""What SES allows in a tag's value (SES API v2 reference, MessageTag)."""


class EmailSender(AwsSender):
    """Sends mail through the SES configuration set of its category, whose event destination brings the feedback."""

    name = "email"

    def __init__(self, connect: Callable[[], Any], configuration_sets: Mapping[Category, str]) -> None:
        """`connect` makes the SES v2 client; `configuration_sets` are named by category."""
        super().__init__(connect)
        self._configuration_sets = configuration_sets

    def cost(self, outgoing: Outgoing) -> Decimal:
        """SES bills by recipient, and there is one."""
        return outgoing.prices.of_email()

    def send(self, outgoing: Outgoing) -> str:
        """Send one mail; returns SES's message id. See `ChannelSender.send` for what it raises."""
        data = mime(outgoing)
        with provider_call():
            answer = self._client.send_email(
                FromEmailAddress=_plain_address(outgoing.settings.sender_email),
                Destination={"ToAddresses": [_plain_address(outgoing.address.value)]},
                Content={"Raw": {"Data": data}},
                ConfigurationSetName=self._configuration_sets[
                    "transactional" if outgoing.is_test else outgoing.message.category
                ],
                EmailTags=_tags(outgoing),
            )
            return str(answer["MessageId"])


def mime(outgoing: Outgoing) -> bytes:
    """The mail as RFC 5322 bytes in 7-bit characters: multipart/alternative, the text part first.

    SES adds Message-ID and the DKIM signature. Marketing mail carries List-Unsubscribe with one click (RFC 8058).
    Raises ProviderRefusedError for an address that cannot stand in a mail.

    Written with the older half of Python's email package: the newer `EmailMessage` loses spaces when it folds a long
    Cyrillic subject, and breaks links in headers (Python 3.11).
    """
    from email.mime.multipart import MIMEMultipart  # milliseconds to import; other channels do without
    from email.mime.text import MIMEText
    from email.policy import compat32
    from email.utils import format_datetime

    rendered, settings = outgoing.rendered, outgoing.settings
    # A line that base64 cannot hold (RFC 2045, 6.8), and the same whenever the mail is made.
    mail = MIMEMultipart("alternative", boundary=f"=_{outgoing.message.message_id}")
    mail["From"] = _mailbox("From", settings.sender_name, settings.sender_email)
    mail["To"] = _mailbox("To", outgoing.recipient_name, outgoing.address.value)
    support = settings.brand.support_email
    if support:
        mail["Reply-To"] = _mailbox("Reply-To", settings.sender_name, support)
    mail["Subject"] = _subject(rendered.subject)
    mail["Date"] = format_datetime(outgoing.now)
    if outgoing.message.category == "marketing" and outgoing.unsubscribe_url:
        mailbox = _plain_address(support or settings.sender_email)
        mail["List-Unsubscribe"] = f"<mailto:{mailbox}?subject=unsubscribe>, <{outgoing.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.attach(MIMEText(rendered.text, "plain", "utf-8"))
    if rendered.html:
        mail.attach(MIMEText(rendered.html, "html", "utf-8"))
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=76))


def _subject(text: str) -> Any:
    """The subject, free of line ends; letters beyond ASCII become encoded words (RFC 2047)."""
    from email.header import Header

    text = " ".join(text.split())
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name="Subject")


def _mailbox(field: str, name: str, address: str) -> Any:
    """A header of a name and an address (RFC 5322, 3.4)."""
    from email.header import Header
    from email.utils import formataddr

    name, address = " ".join(name.split()), _plain_address(address)
    if name.isascii():
        return Header(formataddr((name, address)), "us-ascii", header_name=field)
    header = Header(name, "utf-8", header_name=field)
    header.append(f"<{address}>", "us-ascii")
    return header


def _plain_address(address: str) -> str:
    """The address with its domain in ASCII. SES takes no other letters before the @ either (no SMTPUTF8)."""
    plain = normalise_email(address)
    if not plain or not plain.isascii():
        raise ProviderRefusedError("not a mail address that SES can write to", retryable=False)
    return plain


def _tags(outgoing: Outgoing) -> list[dict[str, str]]:
    if outgoing.is_test:
        return [{"Name": TAG_TEST, "Value": "yes"}]
    message = outgoing.message
    values = ((TAG_CUSTOMER, message.customer_id), (TAG_MESSAGE, message.message_id), (TAG_JOURNEY, message.journey))
    return [{"Name": name, "Value": value} for name, value in values if _TAG_VALUE.fullmatch(value)]
