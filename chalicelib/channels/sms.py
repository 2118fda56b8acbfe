"""SMS by Amazon SNS: the parts and the price are known before it is sent, and SNS is given the limit as well."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.channels.aws_calls import DEAD_ADDRESS, AwsSender, provider_call
from chalicelib.channels.channel import Outgoing
from chalicelib.domain import sms_parts
from chalicelib.errors import ProviderRefusedError

MOST_CHARACTERS = 1600
"""The longest text of one Publish to a phone (SNS API reference, Publish)."""


class SmsSender(AwsSender):
    """Sends SMS through SNS's Publish to a phone number."""

    name = "sms"

    def cost(self, outgoing: Outgoing) -> Decimal:
        """The parts of the text times the price of a part in the phone's country."""
        country = country_of(outgoing.address.value)
        return outgoing.prices.of_sms(country, sms_parts.split(outgoing.rendered.text).count)

    def send(self, outgoing: Outgoing) -> str:
        """Send one SMS; returns SNS's message id. See `ChannelSender.send` for what it raises.

        An SMS that the country's listed price makes dearer than the shop allows is refused here already.
        """
        listed = country_of(outgoing.address.value) in outgoing.prices.sms_part
        if listed and self.cost(outgoing) > Decimal(outgoing.settings.sms_max_price_usd):
            raise ProviderRefusedError("dearer than sms_max_price_usd", retryable=False)
        if not outgoing.rendered.text or len(outgoing.rendered.text) > MOST_CHARACTERS:
            raise ProviderRefusedError(f"a text of 1 to {MOST_CHARACTERS} characters is wanted", retryable=False)
        with provider_call(dead_address_codes=DEAD_ADDRESS):
            answer = self._client.publish(
                PhoneNumber=outgoing.address.value,
                Message=outgoing.rendered.text,
                MessageAttributes=_attributes(outgoing),
            )
            return str(answer["MessageId"])


def country_of(phone: str) -> str:
    """The country of a phone number in E.164, as alpha-2 code, or empty when it cannot be told."""
    import phonenumbers  # its tables take a while to load; only SMS needs them

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _attributes(outgoing: Outgoing) -> dict[str, dict[str, str]]:
    """The attributes of SNS's Publish to a phone (SNS developer guide, "Publishing to a mobile phone")."""
    settings = outgoing.settings
    marketing = outgoing.message.category == "marketing"
    attributes = {
        "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Promotional" if marketing else "Transactional"},
        "AWS.SNS.SMS.MaxPrice": {"DataType": "Number", "StringValue": settings.sms_max_price_usd},
    }
    if settings.sms_sender_id:
        attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": settings.sms_sender_id}
    return attributes
