"""Mobile push by Amazon SNS platform endpoints: payloads for FCM (HTTP v1) and APNs, and registering a device."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Literal

from chalicelib.channels.aws_calls import DEAD_ADDRESS, AwsSender, provider_call
from chalicelib.channels.channel import Outgoing
from chalicelib.errors import ProviderRefusedError

Platform = Literal["GCM", "APNS", "APNS_SANDBOX"]
"""SNS's names: `GCM` is Firebase Cloud Messaging."""

MOST_BYTES = 4096
"""The largest payload of FCM (Firebase, "About FCM messages") and APNs (Apple, "Generating a remote notification")."""

TIME_TO_LIVE = 24 * 3600
"""Seconds for which a push waits for a device that is off: an offer of yesterday is worse than none."""

_EXISTING_ENDPOINT = re.compile(r"Endpoint (arn:aws[a-z-]*:sns:\S+) already exists")


class PushSender(AwsSender):
    """Sends to SNS platform endpoints; the address is the endpoint's ARN."""

    name = "push"

    def cost(self, outgoing: Outgoing) -> Decimal:
        """One publish and one delivery."""
        return outgoing.prices.of_push()

    def send(self, outgoing: Outgoing) -> str:
        """Send one push; returns SNS's message id. A disabled or deleted endpoint is a dead address."""
        platform = platform_of(outgoing.address.value)
        with provider_call(dead_address_codes=DEAD_ADDRESS):
            answer = self._client.publish(
                TargetArn=outgoing.address.value,
                MessageStructure="json",
                Message=envelope(platform, outgoing),
                MessageAttributes=_attributes(platform),
            )
            return str(answer["MessageId"])


def platform_of(endpoint_arn: str) -> Platform:
    """The platform in an endpoint's ARN (`arn:aws:sns:<region>:<account>:endpoint/<platform>/<application>/<id>`).

    Raises ProviderRefusedError for anything else.
    """
    resource = endpoint_arn.split(":", 5)[-1].split("/")
    if endpoint_arn.startswith("arn:aws") and len(resource) == 4 and resource[0] == "endpoint":
        match resource[1]:
            case "GCM" | "APNS" | "APNS_SANDBOX" as platform:
                return platform
    raise ProviderRefusedError("not an endpoint of FCM or APNs", retryable=False, address_is_dead=True)


def envelope(platform: Platform, outgoing: Outgoing) -> str:
    """The Message of a Publish with MessageStructure `json`: the platform's payload, itself a JSON text, by its key.

    A body too long for the platform is cut; raises ProviderRefusedError when title and link alone are too long.
    """
    rendered = outgoing.rendered
    payload = _fcm if platform == "GCM" else _apns
    body = rendered.body
    text = payload(outgoing, body)
    # The body gives way, a letter at least per byte too many: title and link are what the push is for.
    while len(text.encode()) > MOST_BYTES and body:
        body = body[: max(0, len(body) - max(2, (len(text.encode()) - MOST_BYTES) // 4 + 1))].rstrip()
        text = payload(outgoing, body + "…" if body else "")
    if len(text.encode()) > MOST_BYTES:
        raise ProviderRefusedError(f"the push is over {MOST_BYTES} bytes without its body", retryable=False)
    return json.dumps({"default": rendered.title, platform: text}, ensure_ascii=False)


def _fcm(outgoing: Outgoing, body: str) -> str:
    """A payload of FCM HTTP v1 in SNS's wrapping (SNS developer guide, "FCM v1 payloads")."""
    rendered, message = outgoing.rendered, outgoing.message
    notification = {"title": rendered.title, "body": body} | ({"image": rendered.image} if rendered.image else {})
    return _json({
        "fcmV1Message": {
            "validate_only": False,
            "message": {
                "notification": notification,
                "data": {"url": rendered.url, "message_id": message.message_id},
                "android": {
                    "priority": "high" if message.category == "transactional" else "normal",
                    "collapse_key": message.message_id,
                    "ttl": f"{TIME_TO_LIVE}s",
                },
            },
        }
    })


def _apns(outgoing: Outgoing, body: str) -> str:
    """A remote notification as Apple describes it; `mutable-content` lets the app add the image."""
    rendered = outgoing.rendered
    aps: dict[str, Any] = {"alert": {"title": rendered.title, "body": body}, "sound": "default"}
    if rendered.image:
        aps["mutable-content"] = 1
    extra = {"image": rendered.image} if rendered.image else {}
    return _json({"aps": aps, "url": rendered.url, "message_id": outgoing.message.message_id, **extra})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attributes(platform: Platform) -> dict[str, dict[str, str]]:
    """Reserved message attributes of SNS for APNs and for the time to live (SNS developer guide, mobile push)."""
    attributes = {f"AWS.SNS.MOBILE.{platform}.TTL": {"DataType": "String", "StringValue": str(TIME_TO_LIVE)}}
    if platform != "GCM":
        attributes["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] = {"DataType": "String", "StringValue": "alert"}
    return attributes


def register_device(client: Any, application_arn: str, token: str) -> str:
    """The ARN of the platform endpoint for a device's token, made or, where it exists, switched on again.

    Follows AWS's advice ("Best practices for managing Amazon SNS mobile push endpoints"): create; an endpoint that
    exists with other attributes is named in the error; then set token and Enabled. Raises as `provider_call` does.
    """
    from botocore.exceptions import ClientError

    with provider_call():
        try:
            answer = client.create_platform_endpoint(PlatformApplicationArn=application_arn, Token=token)
            arn = str(answer["EndpointArn"])
        except ClientError as error:
            existing = _EXISTING_ENDPOINT.search(error.response.get("Error", {}).get("Message", ""))
            if existing is None:
                raise
            arn = existing.group(1)
        client.set_endpoint_attributes(EndpointArn=arn, Attributes={"Token": token, "Enabled": "true"})
    return arn
