"""What SES and SNS tell of messages comes back into the logs of those it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.channels.automated_readers import is_automated
from chalicelib.domain.events import Event, Identity
from chalicelib.flows.feedback import Absorbed, absorb
from chalicelib.flows.replay import replay
from chalicelib.storage import bucket, identities, log

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENT = NOW - timedelta(hours=2)
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
ARN = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/shop/5e3e9847"


def record(document: Any, message_id: str = "sns-1") -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(document)
    return {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "MessageId": message_id, "Message": text}}


def published(kind: str, *recipients: str, tags: bool = True, **part: Any) -> dict[str, Any]:
    """An event as event publishing words it, tagged as our mails are."""
    document: dict[str, Any] = {
        "eventType": kind,
        "mail": {"timestamp": SENT.isoformat(), "destination": list(recipients or ("anna@example.com",))},
        kind[0].lower() + kind[1:]: {"timestamp": (SENT + timedelta(minutes=30)).isoformat(), **part},
    }
    if tags:
        document["mail"]["tags"] = {"selvedge-customer": ["c1"], "selvedge-message": ["m1"], "ses:x": ["1.2.3.4"]}
    return document


def of_a_test(document: dict[str, Any]) -> dict[str, Any]:
    """The event about a mail that was sent as a test."""
    return document | {"mail": document["mail"] | {"tags": {"selvedge-test": ["yes"]}}}


def bounced(*addresses: str) -> list[dict[str, str]]:
    return [{"emailAddress": address} for address in addresses]


def events_of(customer_id: str) -> list[Event]:
    return [event for entry in log.history(customer_id) for event in entry.events]


@pytest.mark.parametrize(
    ("document", "name", "kind"),
    [
        (published("Bounce", bounceType="Permanent", bouncedRecipients=bounced("anna@example.com")), "bounced", "hard"),
        (published("Bounce", bounceType="Transient", bouncedRecipients=bounced("anna@example.com")), "bounced", "soft"),
        (published("Bounce", bounceType="Undetermined", bouncedRecipients=bounced("a@b.example")), "bounced", "soft"),
        (published("Complaint", complainedRecipients=bounced("anna@example.com")), "complained", ""),
        (published("Delivery", recipients=["anna@example.com"]), "delivered", ""),
        (published("Open", userAgent=BROWSER), "opened", ""),
        (published("Click", userAgent=BROWSER, link="https://shop.example/coat"), "clicked", ""),
        (published("Reject", reason="Bad content"), "failed", "Bad content"),
        (published("DeliveryDelay", delayType="Full", delayedRecipients=bounced("a@b.example")), "delayed", "Full"),
        ({**published("Rendering Failure"), "failure": {"templateName": "t"}}, "failed", "rendering-failure"),
    ],
)
def test_each_kind_of_feedback_becomes_an_event_of_the_message_it_is_about(
    moto: str, document: Any, name: str, kind: str
) -> None:
    assert absorb([record(document)], NOW).recorded == 1

    (event,) = events_of("c1")
    assert event.name == f"message.{name}"
    assert event.message is not None
    assert (event.message.message_id, event.message.channel, event.message.kind) == ("m1", "email", kind)
    assert not event.message.automated


def test_the_event_happened_when_the_provider_says(moto: str) -> None:
    absorb([record(published("Click", userAgent=BROWSER, link="https://shop.example/coat"))], NOW)

    (event,) = events_of("c1")
    assert event.occurred_at == SENT + timedelta(minutes=30)
    assert event.message is not None
    assert event.message.link == "https://shop.example/coat"


def test_feedback_delivered_again_changes_nothing(moto: str) -> None:
    document = published("Bounce", bounceType="Permanent", bouncedRecipients=bounced("a@b.example"), feedbackId="f-1")

    first = absorb([record(document, "sns-1")], NOW)
    again = absorb([record(document, "sns-2"), record(document, "sns-1")], NOW + timedelta(hours=1))

    assert (first, again) == (Absorbed(recorded=1), Absorbed(known=2))
    assert len(events_of("c1")) == 1


def test_two_opens_are_two_and_one_open_delivered_twice_is_one(moto: str) -> None:
    opened = published("Open", userAgent=BROWSER)

    absorb([record(opened, "sns-1"), record(opened, "sns-2"), record(opened, "sns-1")], NOW)

    assert len(events_of("c1")) == 2


def test_without_tags_the_recipient_tells_whose_it_is_and_only_those_listed_bounced(moto: str) -> None:
    for name in ("anna", "boris", "vera"):
        identities.claim(Identity("email", f"{name}@example.com"), f"customer-{name}")
    everybody = ("anna@example.com", "boris@example.com", "vera@example.com")
    document = published(
        "Bounce", *everybody, tags=False, bounceType="Permanent",
        bouncedRecipients=bounced("Anna@Example.com", "Boris <boris@example.com>", "stranger@example.com"),
    )
    document["notificationType"] = document.pop("eventType")

    assert absorb([record(document)], NOW) == Absorbed(recorded=2, about_nobody=1)

    assert [event.name for event in events_of("customer-anna")] == ["message.bounced"]
    assert [event.name for event in events_of("customer-boris")] == ["message.bounced"]
    assert events_of("customer-vera") == []
    (event,) = events_of("customer-boris")
    assert event.message is not None
    assert event.message.address == "boris@example.com"


@pytest.mark.parametrize("document", [
    published("Delivery", recipients=["anna@example.com"]), published("Open", userAgent=BROWSER),
    published("Bounce", bounceType="Permanent", bouncedRecipients=bounced("anna@example.com")),
    published("Complaint", complainedRecipients=bounced("anna@example.com")),
])
def test_what_becomes_of_a_test_is_told_to_nobody_not_even_to_the_customer_of_that_address(
    moto: str, document: dict[str, Any],
) -> None:
    identities.claim(Identity("email", "anna@example.com"), "customer-anna")
    assert absorb([record(of_a_test(document))], NOW) == Absorbed()
    assert events_of("customer-anna") == []


def test_a_recipient_of_a_permanent_bounce_that_was_only_delayed_bounced_softly(moto: str) -> None:
    recipients = [
        {"emailAddress": "anna@example.com", "status": "5.1.1", "action": "failed"},
        {"emailAddress": "old@example.com", "status": "4.0.0", "action": "delayed"},
    ]
    absorb([record(published("Bounce", bounceType="Permanent", bouncedRecipients=recipients))], NOW)

    kinds = {event.message.address: event.message.kind for event in events_of("c1") if event.message}
    assert kinds == {"anna@example.com": "hard", "old@example.com": "soft"}


@pytest.mark.parametrize(
    ("user_agent", "seconds", "click", "automated"),
    [
        (BROWSER, 3600, False, False),
        (BROWSER, 3600, True, False),
        (BROWSER, 2, True, True),
        (BROWSER, 2, False, False),
        ("Mozilla/5.0", 3600, False, True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", 60, False, True),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", 60, False, True),
        ("BarracudaCentral/1.0", 3600, True, True),
        ("python-requests/2.32", 3600, True, True),
        ("", 3600, True, True),
    ],
)
def test_proxies_and_scanners_are_marked(user_agent: str, seconds: int, click: bool, automated: bool) -> None:
    assert is_automated(user_agent, timedelta(seconds=seconds), click=click) is automated


def test_a_proxys_open_is_kept_and_marked(moto: str) -> None:
    absorb([record(published("Open", userAgent="Mozilla/5.0"))], NOW)

    (event,) = events_of("c1")
    assert event.message is not None
    assert event.message.automated


def test_leaving_by_ses_own_list_management_withdraws_consent(moto: str) -> None:
    absorb([record(published("Subscription", newTopicPreferences={"unsubscribeAll": True}))], NOW)

    (event,) = events_of("c1")
    assert event.name == "consent.withdrawn"
    assert event.consent is not None
    assert (event.consent.channel, event.consent.topic) == ("email", "*")


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        ("EndpointDisabled", "endpoint.gone"),
        ("InvalidPlatformToken", "endpoint.gone"),
        ("Throttled", "message.bounced"),
    ],
)
def test_a_push_that_was_not_delivered_is_told_to_the_endpoints_owner(moto: str, failure: str, name: str) -> None:
    identities.claim(Identity("endpoint", ARN), "c7")
    document = {
        "EventType": "DeliveryFailure", "FailureType": failure, "EndpointArn": ARN, "MessageId": "p-1",
        "Service": "SNS", "Time": "2026-11-20T11:00:00.000Z", "DeliveryAttempts": 1, "FailureMessage": "x",
    }

    assert absorb([record(document)], NOW) == Absorbed(recorded=1)

    assert [event.name for event in events_of("c7")] == [name]


def test_an_unknown_type_is_counted_and_the_rest_of_the_batch_goes_on(moto: str) -> None:
    unknown = {"eventType": "Teleported", "mail": {}}

    done = absorb([record(unknown), record(published("Open", userAgent=BROWSER))], NOW)

    assert done == Absorbed(recorded=1, unknown=1)


@pytest.mark.parametrize(
    "broken",
    [
        record("not JSON"),
        record([1, 2]),
        record({"mail": {}}),
        record({"eventType": "Bounce", "mail": {"tags": {"selvedge-customer": ["c1"]}}, "bounce": {}}),
        record({"eventType": "Bounce", "mail": {}, "bounce": {"bouncedRecipients": [7]}}),
        record({"eventType": "Open", "mail": "x"}),
        {"ses": {}},
        {"Sns": {"Message": None}},
    ],
)
def test_what_cannot_be_understood_is_kept_whole(moto: str, broken: dict[str, Any]) -> None:
    assert absorb([broken], NOW) == Absorbed(quarantined=1)

    (kept,) = bucket.list_files("quarantine/feedback/")
    assert json.loads(bucket.read_quarantined(kept.key).body) == broken


def test_feedback_in_quarantine_is_read_again_after_a_fix_and_stays_until_then(moto: str) -> None:
    good = record(published("Open", userAgent=BROWSER))
    bucket.quarantine("feedback", "a", {}, json.dumps(good).encode(), reason="a defect since mended", now=NOW)
    absorb([record("not JSON")], NOW)

    outcomes = {replayed.outcome: replayed.stays for replayed in replay(NOW)}

    assert outcomes == {"accepted": False, "the message is not JSON": True}
    assert [event.name for event in events_of("c1")] == ["message.opened"]
    assert len(list(bucket.list_files("quarantine/feedback/"))) == 1


def test_sess_word_of_welcome_and_its_send_events_need_nothing(moto: str) -> None:
    welcome = "Successfully validated SNS topic for Amazon SES event publishing."

    assert absorb([record(welcome), record(published("Send"))], NOW) == Absorbed()


def test_feedback_that_no_item_of_the_log_can_hold_is_kept_and_the_next_is_logged(moto: str) -> None:
    noise = Random(7)
    many = bounced(*(f"{noise.randbytes(30).hex()}@example.com" for _ in range(12_000)))
    oversized = record(published("Complaint", complainedRecipients=many), "sns-1")
    ordinary = record(published("Complaint", complainedRecipients=bounced("anna@example.com")), "sns-2")

    assert absorb([oversized, ordinary], NOW) == Absorbed(recorded=1, quarantined=1)

    (file,) = bucket.list_files("quarantine/feedback/")
    kept = bucket.read_quarantined(file.key)
    assert json.loads(kept.body) == oversized
    assert "an item of the log holds" in kept.reason
    assert [event.name for event in events_of("c1")] == ["message.complained"]
