"""Stands for the receiving end of a mail: what SES would tell the shop's configuration set about it.

MiniStack stores event destinations but sends nothing to them, so the events are made here, in the form of
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html, and published to the topics
declared. Addresses of SES's own simulator (`bounce@simulator.amazonses.com` …) get what they stand for;
all others are delivered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from infra.local.ministack import ACCOUNT, REGION
from infra.local.outbox import Outgoing

SIMULATOR = "simulator.amazonses.com"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

_OUTCOMES = {"bounce": ("Bounce",), "suppressionlist": ("Bounce",), "complaint": ("Delivery", "Complaint")}


class MailboxProvider:
    """Publishes SES events by SNS; `ses` and `sns` are clients of the emulated AWS, `now` the product's clock."""

    def __init__(self, ses: Any, sns: Any, now: Callable[[], datetime]) -> None:
        self._ses, self._sns, self._now = ses, sns, now

    def receive(self, mail: Outgoing) -> None:
        """Tell what came of a mail that was just sent."""
        local, _, domain = _bare(mail.recipient).partition("@")
        simulated = local.split("+")[0] if domain == SIMULATOR else ""
        for kind in _OUTCOMES.get(simulated, ("Delivery",)):
            self.tell(mail, kind)

    def tell(self, mail: Outgoing, kind: str, link: str = "") -> bool:
        """Publish one event to the topics it is declared for; False when there are none.

        `kind` is `Open`, `Click` (of `link`), `Bounce`, `Complaint` or `Delivery`.
        """
        event = self._event(mail, kind, link)
        topics = [
            destination["SnsDestination"]["TopicArn"]
            for destination in self._destinations(mail)
            if destination.get("Enabled")
            and "SnsDestination" in destination
            and kind.upper() in {_plain(one) for one in destination["MatchingEventTypes"]}
        ]
        for topic in topics:
            self._sns.publish(TopicArn=topic, Subject="Amazon SES Email Event Notification", Message=json.dumps(event))
        return bool(topics)

    def _destinations(self, mail: Outgoing) -> list[dict[str, Any]]:
        name = mail.details.get("configuration_set")
        if not name:
            return []
        answer = self._ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
        return list(answer["EventDestinations"])

    def _event(self, mail: Outgoing, kind: str, link: str) -> dict[str, Any]:
        now, recipient, source = _iso(self._now()), _bare(mail.recipient), mail.details.get("from", "")
        tags = {name: [value] for name, value in mail.details.get("tags", {}).items()}
        details: dict[str, dict[str, Any]] = {
            "Delivery": {
                "recipients": [recipient],
                "smtpResponse": "250 2.6.0 Message received",
                "processingTimeMillis": 500,
            },
            "Bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "feedbackId": uuid4().hex,
                "bouncedRecipients": [
                    {
                        "emailAddress": recipient,
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }
                ],
            },
            "Complaint": {
                "complainedRecipients": [{"emailAddress": recipient}],
                "complaintFeedbackType": "abuse",
                "feedbackId": uuid4().hex,
                "userAgent": "ExampleCorp Feedback Loop (V0.01)",
                "arrivalDate": now,
            },
            "Open": {"ipAddress": "192.0.2.1", "userAgent": USER_AGENT},
            "Click": {"ipAddress": "192.0.2.1", "userAgent": USER_AGENT, "link": link, "linkTags": None},
        }
        return {
            "eventType": kind,
            "mail": {
                "timestamp": _iso(mail.at),
                "source": source,
                "messageId": mail.id,
                "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{_bare(source).partition('@')[2]}",
                "sendingAccountId": ACCOUNT,
                "destination": [recipient],
                "headersTruncated": False,
                "headers": [{"name": name, "value": value} for name, value in mail.headers],
                "tags": tags | {"ses:configuration-set": [mail.details.get("configuration_set", "")]},
            },
            kind.lower(): {"timestamp": now} | details[kind],
        }


def _plain(kind: str) -> str:
    """An event type in one spelling: the API writes `BOUNCE`, CloudFormation `bounce`."""
    return kind.replace("_", "").upper()


def _bare(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").strip().lower()


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
