"""For each statement of each function's policy, the piece of the story that fails without it.

A probe does something to the stepped shop and looks at what comes of it: AssertionError when it does not come.
"""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from uuid import uuid4

from chalicelib import clock
from chalicelib.content.links import Link, sign
from chalicelib.domain.events import Entry, Event, Identity, Merge
from chalicelib.domain.messages import Message, Status
from chalicelib.storage import bucket, catalogue, identities, log, messages, secrets, tables, timers
from tests.channels.browser_subscription import BrowserSubscription
from tests.infra import storefront_payloads as payloads
from tests.infra.archive_probes import ARCHIVE_PROBES
from tests.infra.deployed_shop import MOBILE_APPLICATION
from tests.infra.journey_probes import owner_is_told_that_a_budget_is_nearly_spent, vip_gets_a_code_and_a_person_a_task
from tests.infra.link_probes import LINK_PROBES
from tests.infra.management_probes import MANAGEMENT_PROBES
from tests.infra.publishing_probes import PUBLISHING_PROBES
from tests.infra.ranking_probes import RANKING_PROBES
from tests.infra.stepped_shop import Probe, SteppedShop
from tests.infra.storefront_payloads import Person
from tests.infra.template_probes import TEMPLATE_PROBES

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LEASE, FEEDBACK_WAIT = timedelta(minutes=2), timedelta(minutes=15)

_numbers = count(1)


def order_is_confirmed(steps: SteppedShop) -> None:
    """A signed order becomes a log entry, a state, a message and a mail that shows it."""
    _confirmed(steps, Person("anna"))


def _confirmed(steps: SteppedShop, person: Person) -> Message:
    assert steps.shop.shopify("orders/create", payloads.order(person, clock.now())) == 200
    assert "order.placed" in {event.name for event in steps.shop.events(person)}
    steps.work()
    confirmation = steps.shop.messages(person).get("order-confirmation")
    assert confirmation
    assert confirmation.status is Status.SENT
    (mail,) = steps.shop.mails(person)
    assert "Linen coat" in mail["BodyText"]
    return confirmation


def confirmation_shows_the_photo(steps: SteppedShop) -> None:
    """An order's line comes without a photo: the catalogue has it."""
    person, number, now = Person("oleg"), 632910392 + next(_numbers), clock.now()
    assert steps.shop.shopify("products/update", payloads.product(number, now)) == 200
    assert steps.shop.shopify("orders/create", payloads.order(person, now, number)) == 200
    steps.work()
    (mail,) = steps.shop.mails(person)
    assert payloads.photo(number) in mail["BodyHtml"]


def welcome_brings_a_code(steps: SteppedShop) -> None:
    """Agreeing to mail brings a promo code, which is on record, as the sender sees for itself."""
    person, now = Person("boris"), clock.now()
    steps.shop.shopify("customers/create", payloads.customer(person, now))
    steps.shop.shopify("customers_email_marketing_consent/update", payloads.consent(person, now))
    steps.work()
    welcome = steps.shop.messages(person).get("welcome-thanks")
    assert welcome
    assert welcome.status is Status.SENT
    issued = tables.Codes.scan_all(tables.Codes.customer_id == welcome.customer_id, ["k"])
    assert len(list(issued)) == 1


def cart_wakes_its_customer(steps: SteppedShop) -> None:
    """A cart left behind arms a timer; the tick that finds it due tells the customer's log."""
    person, now = Person("vera"), clock.now()
    steps.shop.shopify("checkouts/create", payloads.checkout(person, now))
    steps.shop.shopify("carts/create", payloads.cart(person, now))
    steps.work()
    steps.tick(HOUR + MINUTE)
    assert "timer.due" in {event.name for event in steps.shop.events(person)}


def visitor_becomes_a_customer(steps: SteppedShop) -> None:
    """Who was anonymous on a device signs in: both are one, and all that led to the visitor leads to the customer."""
    person, device = Person("galina"), f"device-{next(_numbers)}-{uuid4().hex}"
    visitor = (Identity("device", device), Identity("cart", f"shop:{device}"))
    assert steps.shop.event("customer.updated", {"email": person.email}, customer={"first_name": "Galina"}) == 200
    assert steps.shop.event("wishlist.seen", {"device_id": device, "cart_id": f"shop:{device}"}) == 200
    (anonymous,) = set(identities.find(visitor).values())
    assert steps.shop.event("shop.entered", {"email": person.email, "device_id": device}) == 200
    steps.work()
    assert identities.find(visitor) == dict.fromkeys(visitor, steps.shop.customer_id(person))
    known = steps.shop.customer(person)
    assert known
    assert anonymous in known.absorbed


def product_is_kept_and_sold_out(steps: SteppedShop) -> None:
    """A product enters the catalogue; one that was deleted is sold out."""
    number, now = 632910392 + next(_numbers), clock.now()
    key = (str(number), str(number + 1))
    assert steps.shop.shopify("products/update", payloads.product(number, now)) == 200
    assert catalogue.find([key])
    assert steps.shop.shopify("products/delete", {"id": number}) == 200
    assert catalogue.find([(str(number), "")])[str(number), ""].stock == 0


def unsubscribing_has_a_page(steps: SteppedShop) -> None:
    """The page behind a signed link introduces the shop."""
    link = Link("unsubscribe", "somebody", "some-message", "email", "news", clock.now() + HOUR)
    assert steps.shop.get(f"/u/{sign(link, secrets.values('link-keys'))}") == 200


def browser_asks_for_the_key(steps: SteppedShop) -> None:
    """A page subscribes its browser with the shop's public key."""
    assert steps.shop.get("/push/key") == 200


def malformed_body_is_kept(steps: SteppedShop) -> None:
    """A signed body that cannot be understood is kept whole."""
    before = _quarantined("shopify")
    steps.shop.shopify("orders/create", f'{{"id": {next(_numbers)}'.encode())
    assert _quarantined("shopify") == before + 1


def device_is_registered(steps: SteppedShop) -> None:
    """A device's endpoint that SNS switched off is found and switched on when its app registers it again.

    MiniStack names an endpoint in another form than SNS, which the API then refuses: only SNS is looked at.
    """
    sns, token = steps.shop.client("sns"), uuid4().hex
    endpoint = sns.create_platform_endpoint(
        PlatformApplicationArn=MOBILE_APPLICATION, Token=token, Attributes={"Enabled": "false"},
    )["EndpointArn"]
    who = {"email": Person("dina").email}
    steps.shop.with_key("/push/endpoints", {"platform": "GCM", "token": token, "identities": who})
    assert sns.get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]["Enabled"] == "true"


def poison_is_set_aside(steps: SteppedShop) -> None:
    """An entry that the fold cannot bear, a merge whose state is none, is set aside by the engine."""
    who, now = f"poisoned-{next(_numbers)}", clock.now()
    event = Event("customer.absorbed", now, merge=Merge("somebody", b"\xc1 not a state"))
    log.append(Entry(who, log.entry_id(now, "test", "poison"), now, "test", (event,)))
    steps.work()
    assert who in "".join(steps.queued("StreamFailures"))


def unreadable_message_is_set_aside(steps: SteppedShop) -> None:
    """A message that the sender cannot even read is set aside by Lambda, after its retries."""
    steps.shop.client("dynamodb").put_item(TableName=f"{steps.shop.deployed.name}-messages", Item={
        "c": {"S": f"unreadable-{next(_numbers)}"}, "m": {"S": "m"}, "st": {"S": "queued"}, "d": {"B": b"\xc1"},
    })
    steps.work()
    assert "RetryAttemptsExhausted" in "".join(steps.queued("StreamFailures"))


def bounce_is_noted(steps: SteppedShop) -> None:
    """A bounce of a message known by its tags is noted on the message."""
    person = Person("egor")
    message = _confirmed(steps, person)
    _tell_bounce(steps, person, {
        "selvedge-customer": [message.customer_id], "selvedge-message": [message.message_id],
    })
    steps.work()
    assert steps.shop.messages(person)["order-confirmation"].bounced == "hard"


def bounce_finds_its_customer(steps: SteppedShop) -> None:
    """A bounce without tags finds its customer by the address."""
    person = Person("zoya")
    assert steps.shop.event("customer.updated", {"email": person.email}, customer={"first_name": "Zoya"}) == 200
    _tell_bounce(steps, person, {})
    assert "message.bounced" in {event.name for event in steps.shop.events(person)}


def _tell_bounce(steps: SteppedShop, person: Person, tags: dict[str, list[str]]) -> None:
    at = clock.now().isoformat()
    _tell_feedback(steps, json.dumps({
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": uuid4().hex, "timestamp": at,
            "bouncedRecipients": [{"emailAddress": person.email}],
        },
        "mail": {"timestamp": at, "messageId": uuid4().hex, "destination": [person.email], "tags": tags},
    }))


def feedback_that_is_none_is_kept(steps: SteppedShop) -> None:
    """Feedback that cannot be understood is kept whole."""
    before = _quarantined("feedback")
    _tell_feedback(steps, f"{{ {uuid4().hex}")
    assert _quarantined("feedback") == before + 1


def _tell_feedback(steps: SteppedShop, text: str) -> None:
    topic = steps.shop.deployed.resources["FeedbackTopic"]
    steps.shop.invoke("Feedback", {"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": f"{topic}:1",
        "Sns": {
            "Type": "Notification", "MessageId": uuid4().hex, "TopicArn": topic, "Subject": "Amazon SES",
            "Message": text, "Timestamp": clock.now().isoformat(), "SignatureVersion": "1", "Signature": "",
            "SigningCertUrl": "", "UnsubscribeUrl": "", "MessageAttributes": {},
        },
    }]})


def browser_is_pushed_to(steps: SteppedShop) -> None:
    """A browser that subscribed gets a push."""
    person, before = Person("ilya"), len(steps.shop.push_service.requests)
    _subscribe_browser(steps, person, steps.shop.push_service.url)
    _say_hello(steps, {"email": person.email})
    steps.work()
    assert len(steps.shop.push_service.requests) == before + 1


def push_that_is_refused_is_tried_again(steps: SteppedShop) -> None:
    """A push service that cannot be reached is tried again later, when the tick finds the message's timer due."""
    person = Person("kira")
    _subscribe_browser(steps, person, steps.shop.closed_push_service)
    _say_hello(steps, {"email": person.email})
    steps.work()
    assert steps.shop.messages(person)["hello"].status is Status.RETRYING
    steps.tick(2 * MINUTE)
    assert steps.shop.messages(person)["hello"].status is Status.QUEUED


def outcome_that_is_unknown_is_waited_for(steps: SteppedShop) -> None:
    """A sender died with a message: once its lease is over, the tick waits for feedback before it is sent again."""
    person = Person("lev")
    assert steps.shop.shopify("orders/create", payloads.order(person, clock.now())) == 200
    steps.work("Engine")
    queued = steps.shop.messages(person)["order-confirmation"]
    claimed = messages.claim(queued.customer_id, queued.message_id, clock.now(), LEASE)
    assert claimed
    assert claimed.lease_until
    steps.work("Sender")
    steps.tick(LEASE + MINUTE)
    again = claimed.lease_until + FEEDBACK_WAIT
    assert queued.message_id in {timer.message_id for timer in timers.due(again, again)}


def device_that_is_gone_is_told(steps: SteppedShop) -> None:
    """SNS says that an endpoint is not there: that is told to the customer's log, which ends pushes to it."""
    person = Person("mila")
    endpoint = f"arn:aws:sns:eu-west-1:{steps.shop.deployed.aws.account}:endpoint/GCM/shop/{uuid4()}"
    body = {"endpoint_arn": endpoint, "identities": {"email": person.email}, "consent_text": "Tell me"}
    assert steps.shop.with_key("/push/endpoints", body) == 200
    _say_hello(steps, {"email": person.email})
    steps.work()
    assert "endpoint.gone" in {event.name for event in steps.shop.events(person)}


def phone_is_written_to(steps: SteppedShop) -> None:
    """Who is known by a phone alone gets an SMS."""
    phone = f"+4915112{next(_numbers):06}"
    _say_hello(steps, {"phone": phone})
    steps.work()
    identity = Identity("phone", phone)
    (message,) = messages.of_customer(identities.find([identity])[identity])
    assert (message.status, message.channel) == (Status.SENT, "sms")


def _subscribe_browser(steps: SteppedShop, person: Person, service: str) -> None:
    browser = BrowserSubscription(f"{service}/{uuid4().hex}")
    body = {
        "subscription": {"endpoint": browser.endpoint, "keys": browser.keys},
        "identities": {"email": person.email}, "consent_text": "Tell me",
    }
    assert steps.shop.with_key("/push/subscriptions", body) == 200


def _say_hello(steps: SteppedShop, who: dict[str, str]) -> None:
    assert steps.shop.event("hello.asked", who) == 200


def _quarantined(source: str) -> int:
    return len(list(bucket.list_files(f"quarantine/{source}/")))


PROBES: dict[tuple[str, str], Probe] = {
    ("APIHandler", "WriteToLogs"): order_is_confirmed,
    ("APIHandler", "LookIntoLogsForWhoIsAnonymous"): visitor_becomes_a_customer,
    ("APIHandler", "FindIdentities"): order_is_confirmed,
    ("APIHandler", "ClaimIdentities"): order_is_confirmed,
    ("APIHandler", "ReadCustomers"): visitor_becomes_a_customer,
    ("APIHandler", "KeepProducts"): product_is_kept_and_sold_out,
    ("APIHandler", "ReadDefinitions"): unsubscribing_has_a_page,
    ("APIHandler", "ReadSecrets"): order_is_confirmed,
    ("APIHandler", "ReadThePublicKeyOfWebPush"): browser_asks_for_the_key,
    ("APIHandler", "SetBodiesAside"): malformed_body_is_kept,
    ("APIHandler", "RegisterDevices"): device_is_registered,
    ("Engine", "ReadTheStream"): order_is_confirmed,
    ("Engine", "SetAsideWhatFails"): poison_is_set_aside,
    ("Engine", "ReadStates"): order_is_confirmed,
    ("Engine", "CommitStates"): order_is_confirmed,
    ("Engine", "WriteToOtherLogs"): visitor_becomes_a_customer,
    ("Engine", "PutMessages"): order_is_confirmed,
    ("Engine", "NoteFeedbackOnMessages"): bounce_is_noted,
    ("Engine", "ArmTimers"): cart_wakes_its_customer,
    ("Engine", "RepointIdentities"): visitor_becomes_a_customer,
    ("Engine", "IssueCodes"): vip_gets_a_code_and_a_person_a_task,
    ("Engine", "PutTasks"): vip_gets_a_code_and_a_person_a_task,
    ("Engine", "ReadDefinitions"): order_is_confirmed,
    ("Sender", "ReadTheStream"): order_is_confirmed,
    ("Sender", "SetAsideWhatFails"): unreadable_message_is_set_aside,
    ("Sender", "ClaimAndRecordMessages"): order_is_confirmed,
    ("Sender", "ArmTimers"): push_that_is_refused_is_tried_again,
    ("Sender", "ReadCustomersAfresh"): order_is_confirmed,
    ("Sender", "ReadWhatIsShown"): order_is_confirmed,
    ("Sender", "WriteToLogs"): device_that_is_gone_is_told,
    ("Sender", "LookUpProducts"): confirmation_shows_the_photo,
    ("Sender", "IssueCodes"): welcome_brings_a_code,
    ("Sender", "ReadDefinitions"): order_is_confirmed,
    ("Sender", "ReserveBudgets"): order_is_confirmed,
    ("Sender", "TellTheOwnerOfBudgets"): owner_is_told_that_a_budget_is_nearly_spent,
    ("Sender", "ReadTemplates"): order_is_confirmed,
    ("Sender", "ReadPrices"): order_is_confirmed,
    ("Sender", "ReadSecrets"): order_is_confirmed,
    ("Sender", "ReadTheKeyOfWebPush"): browser_is_pushed_to,
    ("Sender", "SendMail"): order_is_confirmed,
    ("Sender", "SendPush"): device_that_is_gone_is_told,
    ("Sender", "SendSms"): phone_is_written_to,
    ("Tick", "ReadDueTimers"): cart_wakes_its_customer,
    ("Tick", "ArmTimersOfMessages"): outcome_that_is_unknown_is_waited_for,
    ("Tick", "WriteToLogs"): cart_wakes_its_customer,
    ("Tick", "QueueMessagesAgain"): push_that_is_refused_is_tried_again,
    ("Tick", "KeepItsPlace"): cart_wakes_its_customer,
    ("Feedback", "WriteToLogs"): bounce_is_noted,
    ("Feedback", "FindIdentities"): bounce_finds_its_customer,
    ("Feedback", "SetFeedbackAside"): feedback_that_is_none_is_kept,
} | ARCHIVE_PROBES | LINK_PROBES | MANAGEMENT_PROBES | PUBLISHING_PROBES | RANKING_PROBES | TEMPLATE_PROBES
"""The probe of each statement that a function needs while it runs, or Lambda to read a stream for it."""
