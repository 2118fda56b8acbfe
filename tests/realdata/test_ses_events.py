"""Every recorded SES and SNS message: none raises, and none is lost."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.events import Identity
from chalicelib.flows.feedback import Absorbed, absorb
from chalicelib.storage import bucket, identities, log

FOLDER = Path(os.environ.get("SELVEDGE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata")) / "aws"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESSES = (
    "recipient@example.com", "jane@example.com", "mary@example.com", "richard@example.com", "sender@example.com",
    "recipient1@example.com", "recipient2@example.com", "recipient3@example.com", "recipient4@example.com",
)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}")


def files(folder: str) -> list[Path]:
    found = sorted((FOLDER / folder).glob("*.json"))
    assert found, f"{folder} is empty"
    return found


def absorbed(record: Any) -> Absorbed:
    for address in ADDRESSES:
        identities.claim(Identity("email", address), address.partition("@")[0])
    return absorb([record], NOW)


def names() -> dict[str, list[str]]:
    told = {}
    for customer_id in (address.partition("@")[0] for address in ADDRESSES):
        events = [event for entry in log.history(customer_id) for event in entry.events]
        if events:
            kinds = [event.message.kind if event.message else "" for event in events]
            told[customer_id] = [f"{event.name} {kind}".strip() for event, kind in zip(events, kinds, strict=True)]
    return told


def in_sns(text: str, sns_id: str = "sns-1") -> dict[str, Any]:
    return {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "MessageId": sns_id, "Message": text}}


@pytest.mark.parametrize("folder", ["event_publishing", "feedback_notifications", "anymail", "django_ses", "receiving"])
def test_every_ses_message_is_recorded_or_counted_or_kept(moto: str, folder: str) -> None:
    quarantined = 0
    for path in files(f"ses/{folder}"):
        done = absorbed(in_sns(path.read_text(), path.name))

        accounted = done.recorded + done.known + done.about_nobody + done.unknown + done.quarantined
        if path.stem.startswith("send"):
            assert accounted == 0, path
            assert json.loads(path.read_text())["eventType"] == "Send"
        else:
            assert accounted > 0, path
        if folder in ("event_publishing", "anymail") and not path.stem.startswith("send"):
            assert done.recorded > 0, path
        quarantined += done.quarantined

    assert len(list(bucket.list_files("quarantine/feedback/"))) == quarantined
    if folder not in ("feedback_notifications", "receiving"):  # the only ones with fragments and other people's mail
        assert quarantined == 0


@pytest.mark.parametrize("folder", ["sns", "sns/signed_vectors_django_bouncy"])
def test_every_sns_record_is_understood_or_kept_whole(moto: str, folder: str) -> None:
    for path in files(folder):
        document = json.loads(path.read_text())
        for record in document.get("Records", [{"EventSource": "aws:sns", "Sns": document}]):
            done = absorbed(record)
            assert done.recorded + done.about_nobody + done.known + done.unknown + done.quarantined > 0, path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("event_publishing/bounce", {"recipient": ["message.bounced hard"]}),
        ("event_publishing/complaint", {"recipient": ["message.complained"]}),
        ("event_publishing/rendering_failure", {"recipient": ["message.failed rendering-failure"]}),
        ("event_publishing/reject", {"sender": ["message.failed Bad content"]}),
        ("event_publishing/deliverydelay", {"recipient": ["message.delayed TransientCommunicationFailure"]}),
        ("event_publishing/subscription", {"recipient": ["consent.withdrawn"]}),
        ("event_publishing/click", {"recipient": ["message.clicked"]}),
        ("feedback_notifications/bounce_notification_with_a_dsn", {"jane": ["message.bounced hard"]}),
        (
            "feedback_notifications/bounce_notification_without_a_dsn",
            {"jane": ["message.bounced hard"], "richard": ["message.bounced hard"]},
        ),
        (
            "feedback_notifications/complaint_notification_without_a_feedback_report",
            {"richard": ["message.complained"]},
        ),
        ("django_ses/bounce", {"recipient1": ["message.bounced hard"], "recipient2": ["message.bounced soft"]}),
        (
            "django_ses/bounce_no_status_transient",
            {"recipient1": ["message.bounced soft"], "recipient2": ["message.bounced soft"]},
        ),
        ("anymail/complaint_event", {"richard": ["message.complained"]}),
        ("anymail/delivery_event", {"jane": ["message.delivered"]}),
    ],
)
def test_what_is_told_is_told_of_the_recipients_meant(moto: str, name: str, told: dict[str, list[str]]) -> None:
    absorbed(in_sns((FOLDER / "ses" / f"{name}.json").read_text()))

    assert names() == told
