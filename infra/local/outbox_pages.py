"""The outbox in a browser: the messages, each as it would look, and what its recipient might do with it."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib.console.pages import HEADERS, Frame
from chalicelib.console.timeline import name_of
from chalicelib.flows import timeline
from infra.local.mailbox_provider import MailboxProvider
from infra.local.outbox import Outbox, Outgoing

SHOWN = 200
PRETENDED = {"bounce": "Bounce", "complaint": "Complaint"}
CUSTOMER_TAG = "selvedge-customer"

MAIL_POLICY = "; ".join(
    (
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src http: https: data:",
        "font-src https:",
        "base-uri 'self'",
        "frame-ancestors 'self'",
    )
)
"""A mail may show its styles and pictures, and nothing else: no script, no form, no access to these pages."""

_LINK = re.compile(r"""(<a\b[^>]*?\bhref=)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)


@dataclass
class OutboxPages:
    """Shows an outbox. Looking at a mail opens it and its links are counted, as SES counts them."""

    outbox: Outbox
    mailbox: MailboxProvider
    _opened: set[str] = field(default_factory=set)

    def all(self, request: Request, frame: Frame) -> Response:
        """The list, the newest first, of all or of one recipient."""
        return self._page(request, frame, None)

    def one(self, request: Request, frame: Frame, identifier: str) -> Response:
        """One message beside the list."""
        return self._page(request, frame, self._find(identifier))

    def body(self, identifier: str) -> Response:
        """The HTML part of a mail, as a document that can do nothing."""
        message = self._find(identifier)
        if message.id not in self._opened:
            self._opened.add(message.id)
            self.mailbox.tell(message, "Open")
        return Response(with_counted_links(message), headers=HEADERS | {"Content-Security-Policy": MAIL_POLICY})

    def link(self, request: Request, identifier: str) -> Response:
        """Follow a link of a mail, and count it."""
        message, target = self._find(identifier), request.args.get("to", "")
        if target not in links_of(message):
            raise NotFound
        self.mailbox.tell(message, "Click", target)
        return redirect(target, 302)

    def pretend(self, identifier: str, kind: str) -> Response:
        """Let a mail bounce or be complained about."""
        if kind not in PRETENDED:
            raise NotFound
        self.mailbox.tell(self._find(identifier), PRETENDED[kind])
        return redirect(f"/outbox/{quote(identifier)}", 303)

    def _find(self, identifier: str) -> Outgoing:
        message = self.outbox.find(identifier)
        if message is None:
            raise NotFound
        return message

    def _page(self, request: Request, frame: Frame, chosen: Outgoing | None) -> Response:
        zone = frame.clock.zone_info if frame.clock else ZoneInfo("UTC")
        recipient = request.args.get("to", "")
        messages = [one for one in self.outbox.all() if not recipient or one.recipient == recipient][:SHOWN]
        customer = _customer_of(chosen) if chosen else ("", "")
        page = frame.render(
            "outbox.html",
            title=frame.words("outbox"),
            messages=messages,
            chosen=chosen,
            recipient=recipient,
            customer_id=customer[0],
            customer_name=customer[1],
            payload=_payload(chosen) if chosen else "",
            short=short,
            moment=lambda at: frame.words.moment(at, zone),
            time=lambda at: frame.words.time(at, zone),
            suffix=f"?{urlencode({'to': recipient})}" if recipient else "",
        )
        return Response(page, headers=HEADERS)


def links_of(message: Outgoing) -> set[str]:
    """The web addresses that a mail links to."""
    found = {html.unescape(match[3]) for match in _LINK.finditer(message.html)}
    return {link for link in found if link.startswith(("http://", "https://"))}


def with_counted_links(message: Outgoing) -> str:
    """The HTML part with its links leading through the outbox, opening in a new tab."""

    def counted(match: re.Match[str]) -> str:
        target = html.unescape(match[3])
        if not target.startswith(("http://", "https://")):
            return match[0]
        through = f"/outbox/{quote(message.id)}/link?{urlencode({'to': target})}"
        return f'{match[1]}{match[2]}{html.escape(through)}{match[2]} target="_blank" rel="noopener"'

    return _LINK.sub(counted, message.html)


def short(recipient: str) -> str:
    """A recipient as people read it: of an endpoint's ARN only the platform and the end."""
    parts = recipient.split("/")
    return f"{parts[1]} …{recipient[-12:]}" if recipient.startswith("arn:") and len(parts) > 1 else recipient


def _customer_of(message: Outgoing) -> tuple[str, str]:
    """Id and name of the customer a message went to: by its tag, else by its recipient."""
    tagged = message.details.get("tags", {}).get(CUSTOMER_TAG, "")
    found = timeline.search(tagged or message.recipient)
    return (found[0].customer_id, name_of(found[0])) if found else ("", "")


def _payload(message: Outgoing) -> str:
    shown = {name: value for name, value in message.details.items() if value}
    return json.dumps(shown, ensure_ascii=False, indent=2) if shown else ""
