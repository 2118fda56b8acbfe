"""The address at which the product finds AWS: everything goes on to MiniStack, and what SES and SNS take is noted.

What the product starts of its own functions runs in this process.

MiniStack keeps neither the headers of a mail nor the payload of a push, so the outbox looks at the requests themselves.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import urllib3
from werkzeug.wrappers import Request, Response

from infra.local.outbox import Outbox, Outgoing, read_email

SEND_EMAIL = "/v2/email/outbound-emails"
_PER_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"})
_ENDPOINT_ARN = re.compile(rb"(<EndpointArn>[^<]+?):app/([^<]+</EndpointArn>)")
_INVOCATION = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_MESSAGE_ID = re.compile(r"<MessageId>([^<]+)</MessageId>")


class ProviderTap:
    """Forwards to `endpoint`; accepted sends go into the outbox, and to `sent`, which tells what came of them."""

    def __init__(
        self, endpoint: str, outbox: Outbox, now: Callable[[], datetime], sent: Callable[[Outgoing], None]
    ) -> None:
        self._endpoint, self._outbox, self._now, self._sent = endpoint, outbox, now, sent
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)
        self.functions: dict[str, Callable[[dict[str, Any]], object]] = {}
        """By their names: functions that run in this process, which the product may start asynchronously."""

    def answer(self, request: Request) -> Response:
        """MiniStack's answer to a request, unchanged; 502 when MiniStack cannot be reached."""
        called = _INVOCATION.fullmatch(request.path)
        if called is not None and called[1] in self.functions:
            self.functions[called[1]](json.loads(request.get_data() or b"{}"))
            return Response(status=202)
        body = as_ministack_names_endpoints(request.get_data(cache=False))
        path = request.environ.get("RAW_URI") or request.full_path
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _PER_CONNECTION}
        try:
            answer = self._pool.request(
                request.method,
                self._endpoint + path,
                body=body or None,
                headers=headers,
                decode_content=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError:
            return Response("MiniStack cannot be reached", 502)
        if answer.status == 200 and request.method == "POST":
            self._note(request.path, body, answer.data)
        result = Response(as_aws_names_endpoints(answer.data), answer.status)
        result.headers.pop("Content-Type", None)
        for name, value in answer.headers.items():
            if name.lower() not in _PER_CONNECTION:
                result.headers[name] = value
        if request.method == "HEAD" and "Content-Length" in answer.headers:
            result.headers["Content-Length"] = answer.headers["Content-Length"]
        return result

    def _note(self, path: str, body: bytes, answer: bytes) -> None:
        message: Outgoing | None
        if path == SEND_EMAIL:
            message = self._email(json.loads(body), json.loads(answer)["MessageId"])
        elif b"Action=Publish&" in body + b"&":
            message = self._publication(parse_qs(body.decode(), keep_blank_values=True), answer.decode())
        else:
            return
        if message is not None:
            self._outbox.add(message)
            self._sent(message)

    def _email(self, request: dict[str, Any], message_id: str) -> Outgoing:
        content = request.get("Content", {})
        if "Raw" in content:
            subject, text, html, headers = read_email(base64.b64decode(content["Raw"]["Data"]))
        else:
            simple = content["Simple"]
            subject = simple["Subject"]["Data"]
            text, html = (simple["Body"].get(part, {}).get("Data", "") for part in ("Text", "Html"))
            headers = tuple((one["Name"], one["Value"]) for one in simple.get("Headers", ()))
        destination = request.get("Destination", {}).get("ToAddresses") or [dict(headers).get("To", "")]
        return Outgoing(
            id=message_id,
            channel="email",
            at=self._now(),
            recipient=destination[0],
            title=subject,
            text=text,
            html=html,
            headers=headers,
            details={
                "from": request.get("FromEmailAddress") or dict(headers).get("From", ""),
                "configuration_set": request.get("ConfigurationSetName", ""),
                "tags": {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", ())},
            },
        )

    def _publication(self, form: dict[str, list[str]], answer: str) -> Outgoing | None:
        one = {name: values[0] for name, values in form.items()}
        match = _MESSAGE_ID.search(answer)
        if match is None or "TopicArn" in one:
            return None
        message = one.get("Message", "")
        if "PhoneNumber" in one:
            return Outgoing(
                id=match[1],
                channel="sms",
                at=self._now(),
                recipient=one["PhoneNumber"],
                title=message,
                text=message,
                details={"attributes": _attributes(one)},
            )
        payload = _payload(json.loads(message)) if one.get("MessageStructure") == "json" else {"text": message}
        title, text = _notification(payload)
        return Outgoing(
            id=match[1],
            channel="push",
            at=self._now(),
            recipient=one["TargetArn"].replace(":app/", ":endpoint/"),
            title=title,
            text=text,
            details={"payload": payload, "attributes": _attributes(one)},
        )


def as_ministack_names_endpoints(body: bytes) -> bytes:
    """A request to SNS with AWS's names of platform endpoints (`endpoint/GCM/…`) as MiniStack's (`app/GCM/…`)."""
    return body.replace(b"%3Aendpoint%2F", b"%3Aapp%2F") if b"Action=" in body[:4096] else body


def as_aws_names_endpoints(answer: bytes) -> bytes:
    """An answer of SNS with platform endpoints named as on AWS."""
    return _ENDPOINT_ARN.sub(rb"\1:endpoint/\2", answer) if b"<EndpointArn>" in answer else answer


def _attributes(form: dict[str, str]) -> dict[str, str]:
    """The message attributes of a Publish request, which come as `MessageAttributes.entry.1.Name` and so on."""
    names = {
        key.removesuffix("Name"): value
        for key, value in form.items()
        if key.startswith("MessageAttributes.entry.") and key.endswith(".Name")
    }
    return {name: form.get(prefix + "Value.StringValue", "") for prefix, name in names.items()}


def _payload(message: dict[str, str]) -> dict[str, Any]:
    """What each platform of a `json` message is handed; SNS takes each as a string of JSON."""
    payload: dict[str, Any] = {}
    for platform, content in message.items():
        try:
            payload[platform] = json.loads(content)
        except json.JSONDecodeError:
            payload[platform] = content
    return payload


def _notification(payload: dict[str, Any]) -> tuple[str, str]:
    """Title and text of a push, from the first platform that has them."""
    for content in payload.values():
        if not isinstance(content, dict):
            continue
        fcm = content.get("fcmV1Message", {}).get("message", {})
        alert = content.get("aps", {}).get("alert", {})
        for notification in (fcm.get("notification"), content.get("notification"), fcm.get("data"), alert):
            if isinstance(notification, dict) and "title" in notification:
                return str(notification["title"]), str(notification.get("body", ""))
    return str(payload.get("default") or payload.get("text") or ""), ""
