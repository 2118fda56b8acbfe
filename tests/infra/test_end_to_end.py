"""The built template, deployed with its policies enforced: signed webhooks come in over HTTP, mails go out.

Every function runs in MiniStack under its own role. Taking away any one statement of a policy breaks the part of the
story that needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock
from chalicelib.domain.messages import Message, Status
from chalicelib.flows.definitions_in_force import read_in_force
from infra.local.mailbox_provider import MailboxProvider
from infra.local.outbox import Outgoing
from infra.template import load
from tests.channels.browser_subscription import BrowserSubscription
from tests.infra import storefront_payloads as payloads
from tests.infra.deployed_shop import FUNCTIONS, HELLO, DeployedShop, deployed_shop, eventually, shop_file
from tests.infra.deployed_stack import ASKED_OTHERWISE
from tests.infra.direct_calls import CALLED_DIRECTLY
from tests.infra.permission_probes import PROBES
from tests.infra.stepped_shop import SteppedShop
from tests.infra.storefront_payloads import Person

pytestmark = [pytest.mark.ministack, pytest.mark.slow]

HOUR = timedelta(hours=1)
VERA = Person("vera")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedShop]:
    """One shop for all tests of the file: each has customers of its own. An hour before, Vera left a cart behind."""
    with deployed_shop(tmp_path_factory.mktemp("end-to-end")) as shop:
        # What a marketer uploads is in force by itself: each upload starts the publish function.
        for key, text in {**HELLO, "shop.yaml": shop_file()}.items():
            shop.upload(key, text)
        eventually(everything_in_force, 120)
        leave_a_cart(shop, VERA)
        shop.move_on(HOUR)
        yield shop


def everything_in_force() -> bool:
    found = read_in_force().in_force
    return found.settings.holdout_percent == 0 and "hello" in {journey.name for journey in found.journeys}


def leave_a_cart(shop: DeployedShop, person: Person) -> None:
    now = clock.now()
    assert shop.shopify("customers/create", payloads.customer(person, now)) == 200
    assert shop.shopify("customers_email_marketing_consent/update", payloads.consent(person, now)) == 200
    assert shop.shopify("checkouts/create", payloads.checkout(person, now)) == 200
    assert shop.shopify("carts/create", payloads.cart(person, now)) == 200
    eventually(
        lambda: (known := shop.customer(person)) and "checkout-unfinished" in {run.journey for run in known.runs}
    )


def test_signed_webhooks_of_shopify_end_as_mails(shop: DeployedShop) -> None:
    anna, now = Person("anna"), clock.now()
    assert shop.shopify("customers/create", payloads.customer(anna, now)) == 200
    assert shop.shopify("customers_email_marketing_consent/update", payloads.consent(anna, now)) == 200
    assert shop.shopify("orders/create", payloads.order(anna, now)) == 200

    eventually(lambda: {"welcome-thanks", "order-confirmation"} == {
        name for name, message in shop.messages(anna).items() if message.status is Status.SENT
    })
    assert len(shop.mails(anna)) == 2
    assert "Linen coat" in "".join(mail["BodyText"] for mail in shop.mails(anna))


def test_a_signed_order_of_woocommerce_is_confirmed(shop: DeployedShop) -> None:
    john = Person("john")
    assert shop.woocommerce("order.created", payloads.woocommerce_order(john, clock.now())) == 200
    (mail,) = eventually(lambda: shop.mails(john))
    assert "Wool scarf" in mail["BodyText"]


def test_a_forged_webhook_is_refused(shop: DeployedShop) -> None:
    body = json.dumps(payloads.order(Person("mallory"), clock.now())).encode()
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-Sha256": "bm8=", "Content-Type": "application/json"}
    assert shop.post("/hooks/shopify", body, headers) == 401


def test_a_bounce_told_by_ses_stops_what_would_have_followed(shop: DeployedShop) -> None:
    ivan, now = Person("ivan"), clock.now()
    shop.shopify("orders/create", payloads.order(ivan, now))
    (mail,) = eventually(lambda: shop.mails(ivan))
    message = shop.messages(ivan)["order-confirmation"]

    provider = MailboxProvider(shop.client("sesv2"), Topics(shop.client("sns")), clock.now)
    assert provider.tell(sent(shop, ivan, mail, message), "Bounce")
    eventually(lambda: shop.messages(ivan)["order-confirmation"].bounced == "hard")
    shop.shopify("orders/cancelled", payloads.order(ivan, now) | {"cancelled_at": now.isoformat()})
    cancelled = eventually(lambda: shop.messages(ivan).get("order-cancelled"))
    assert (cancelled.status, cancelled.reason) == (Status.SKIPPED, "suppressed")


class Topics:
    """SNS, but for that MiniStack leaves `MessageAttributes` out of what a function gets when a message has none."""

    def __init__(self, sns: Any) -> None:
        self._sns = sns

    def publish(self, **message: Any) -> None:
        self._sns.publish(**message, MessageAttributes={"any": {"DataType": "String", "StringValue": "one"}})


def sent(shop: DeployedShop, person: Person, mail: dict[str, Any], message: Message) -> Outgoing:
    """A mail as SES knows it: with the tags that it was sent with."""
    return Outgoing(
        id=mail["MessageId"], channel="email", at=clock.now(), recipient=person.email, title=mail["Subject"],
        details={
            "configuration_set": f"{shop.deployed.name}-transactional", "from": mail["Source"],
            "tags": {"selvedge-customer": message.customer_id, "selvedge-message": message.message_id},
        },
    )


def test_one_click_on_unsubscribe_withdraws_the_consent(shop: DeployedShop) -> None:
    olga, now = Person("olga"), clock.now()
    shop.shopify("customers/create", payloads.customer(olga, now))
    shop.shopify("customers_email_marketing_consent/update", payloads.consent(olga, now))
    (mail,) = eventually(lambda: shop.mails(olga))
    link = re.search(r"https://\S+(/u/\S+)", mail["BodyText"])
    assert link

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert shop.get(link[1]) == 200
    assert shop.post(link[1], b"List-Unsubscribe=One-Click", form) == 200
    eventually(lambda: "consent.withdrawn" in {event.name for event in shop.events(olga)})


def test_a_signed_body_that_cannot_be_understood_is_kept(shop: DeployedShop) -> None:
    before = quarantined(shop)
    assert shop.shopify("orders/create", b'{"id": ') == 200
    assert len(quarantined(shop) - before) == 1


def quarantined(shop: DeployedShop) -> set[str]:
    listed = shop.client("s3").list_objects_v2(Bucket=shop.deployed.outputs["Bucket"], Prefix="quarantine/")
    return {found["Key"] for found in listed.get("Contents", [])}


def test_a_browser_that_subscribed_gets_a_push_it_can_read(shop: DeployedShop) -> None:
    maria = Person("maria")
    browser = BrowserSubscription(f"{shop.push_service.url}/maria")
    subscription = {"endpoint": browser.endpoint, "keys": browser.keys}
    assert shop.get("/push/key") == 200
    body = {"subscription": subscription, "identities": {"email": maria.email}, "consent_text": "Tell me"}
    assert shop.with_key("/push/subscriptions", body) == 200
    assert shop.event("hello.asked", {"email": maria.email}) == 200

    pushed = eventually(lambda: [one for one in shop.push_service.requests if one.startswith(b"POST /maria")])
    assert json.loads(browser.decrypt(pushed[0].partition(b"\r\n\r\n")[2]))["title"] == "Привет"


def test_a_checkout_left_behind_is_reminded_of_when_the_schedule_fires_its_timer(shop: DeployedShop) -> None:
    """Nothing here starts the tick: EventBridge does, each minute."""
    reminder = eventually(lambda: shop.messages(VERA).get("checkout-reminder"), 75)
    begun_at = next(event.occurred_at for event in shop.events(VERA) if event.name == "checkout.started")
    assert timedelta() <= reminder.decided_at - begun_at - HOUR < timedelta(minutes=2)
    eventually(lambda: any("Linen coat" in mail["BodyText"] for mail in shop.mails(VERA)))


@pytest.fixture(scope="module")
def steps(shop: DeployedShop) -> SteppedShop:
    """The same shop, taken step by step from here on."""
    return SteppedShop(shop)


STATEMENTS = [
    (function, permission["Sid"])
    for function, permissions in load("permissions").items()
    for permission in ({"Sid": "WriteItsLogs"}, *permissions)
]
"""Every statement of every function's policy, as infra/roles.py makes the roles of them."""


def test_these_are_all_statements_of_the_deployed_roles(shop: DeployedShop) -> None:
    deployed = set()
    for function in FUNCTIONS:
        role = shop.deployed.resources[f"{function}Role"]
        assert shop.client("iam").list_role_policies(RoleName=role)["PolicyNames"] == ["function"]
        policy = shop.client("iam").get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
        deployed |= {(function, statement["Sid"]) for statement in policy["Statement"]}
    assert deployed == set(STATEMENTS)
    assert deployed == PROBES.keys() | CALLED_DIRECTLY.keys()


@pytest.mark.parametrize(("function", "sid"), STATEMENTS)
def test_a_statement_taken_away_is_missed(steps: SteppedShop, function: str, sid: str) -> None:
    probe = (PROBES | CALLED_DIRECTLY)[function, sid]
    with steps.without(function, sid), pytest.raises((AssertionError, ClientError)) as missed:
        probe(steps)
    if isinstance(missed.value, ClientError):
        assert missed.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    probe(steps)


@pytest.mark.parametrize(("function", "sid"), ASKED_OTHERWISE)
def test_ministack_still_refuses_the_statement_as_it_was_deployed(
    steps: SteppedShop, function: str, sid: str
) -> None:
    """Once it does not, the statement is to be left as it is."""
    declared = steps.shop.deployed.declared[function, sid]
    with steps.without(function, sid, declared), pytest.raises((AssertionError, ClientError)):
        (PROBES | CALLED_DIRECTLY)[function, sid](steps)
