"""From a storefront's signed request to the mail, and back: every layer at once, on moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib.domain.messages import Status
from tests.emulators import REGION
from tests.flows.failing_calls import failing, lost_answer
from tests.flows.whole_path import WholePath

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def shop(moto: str, monkeypatch: pytest.MonkeyPatch) -> WholePath:
    return WholePath(moto, MONDAY, monkeypatch)


def test_a_checkout_left_at_shopify_brings_three_mails_and_no_second_chain_about_its_cart(shop: WholePath) -> None:
    # Given a customer who agreed to mail
    assert shop.shopify("customers/create", customer()) == 200
    assert shop.shopify("customers_email_marketing_consent/update", consent("subscribed")) == 200
    shop.pass_time(timedelta(days=10))
    already = len(sent())
    at = shop.now

    # When a checkout is begun, by which the cart is known to be theirs, and left
    assert shop.shopify("checkouts/create", checkout(at)) == 200
    assert shop.shopify("carts/create", cart(at)) == 200
    shop.pass_time(timedelta(days=5))

    # Then the three mails went out at their times, in the customer's language, with the customer's things
    mails = [(message.name, message.sent_at) for message in shop.messages() if message.topic == "cart-reminders"]
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert mails == [
        ("checkout-reminder", at + hour), ("checkout-offer", at + hour + day),
        ("checkout-last-call", at + hour + 4 * day),
    ]
    reminder = sent()[already]
    assert reminder["To"].addresses[0].addr_spec == "anna@example.com"
    assert "List-Unsubscribe=One-Click" in reminder["List-Unsubscribe-Post"]
    assert "Linen coat" in part(reminder, "plain")
    assert "Linen coat" in part(reminder, "html")
    assert shop.failures == []


def test_a_cart_without_pictures_is_shown_with_the_photos_of_the_catalogue(shop: WholePath) -> None:
    assert shop.shopify("products/create", product()) == 200
    shop.shopify("customers/create", customer())
    shop.shopify("customers_email_marketing_consent/update", consent("subscribed"))
    shop.pass_time(timedelta(days=10))
    already = len(sent())

    shop.shopify("checkouts/create", checkout(shop.now))
    shop.shopify("carts/create", cart(shop.now))
    shop.pass_time(timedelta(hours=2))

    (reminder,) = sent()[already:]
    assert 'src="https://cdn.shopify.com/s/files/linen-coat.jpg"' in part(reminder, "html")


def test_buying_after_the_first_mail_ends_the_chain_and_confirms_the_order(shop: WholePath) -> None:
    shop.shopify("customers/create", customer())
    shop.shopify("customers_email_marketing_consent/update", consent("subscribed"))
    shop.pass_time(timedelta(days=10))
    shop.shopify("checkouts/create", checkout(shop.now))
    shop.shopify("carts/create", cart(shop.now))
    shop.pass_time(timedelta(hours=2))

    shop.shopify("orders/create", order(shop.now))
    shop.pass_time(timedelta(days=6))

    names = [message.name for message in shop.messages() if message.status is Status.SENT]
    assert names[-2:] == ["checkout-reminder", "order-confirmation"]
    assert not {"cart-abandoned", "checkout-unfinished"} & {run.journey for run in shop.customer().runs}


def test_a_redelivered_webhook_changes_nothing(shop: WholePath) -> None:
    for _ in range(3):
        assert shop.shopify("orders/create", order(shop.now), delivery="d1") == 200
    shop.work()

    assert [message.name for message in shop.messages()] == ["order-confirmation"]
    assert shop.customer().profile.orders.count == 1


def test_a_hard_bounce_comes_back_and_stops_what_would_have_followed(shop: WholePath) -> None:
    shop.shopify("orders/create", order(shop.now))
    shop.work()
    (confirmation,) = shop.messages()

    shop.feedback(bounce(confirmation.customer_id, confirmation.message_id))
    shop.pass_time(timedelta(minutes=5))
    shop.shopify("orders/cancelled", order(shop.now) | {"cancelled_at": shop.now.isoformat()})
    shop.work()

    first, second = shop.messages()
    assert first.bounced == "hard"
    assert (second.name, second.status, second.reason) == ("order-cancelled", Status.SKIPPED, "suppressed")


@pytest.mark.parametrize(("told", "mails"), [(True, 1), (False, 2)])
def test_an_order_mail_whose_answer_was_lost_goes_again_unless_its_delivery_is_told(
    shop: WholePath, told: bool, mails: int
) -> None:
    with failing("after-call.sesv2.SendEmail", lost_answer(), times=1):
        shop.shopify("orders/create", order(shop.now))
        shop.work()
    (confirmation,) = shop.messages()
    assert (confirmation.status, len(sent())) == (Status.UNKNOWN, 1)

    if told:
        shop.feedback(delivery(confirmation.customer_id, confirmation.message_id))
    shop.pass_time(timedelta(minutes=20))

    (confirmation,) = shop.messages()
    assert (confirmation.status, confirmation.resent, len(sent())) == (Status.SENT, not told, mails)


def test_one_click_on_unsubscribe_stops_marketing_but_not_the_order(shop: WholePath) -> None:
    shop.shopify("customers/create", customer())
    shop.shopify("customers_email_marketing_consent/update", consent("subscribed"))
    shop.work()
    link = urlsplit(sent()[-1]["List-Unsubscribe"].rpartition("<")[2].rstrip(">"))

    answer = shop.http.post(link.path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    shop.shopify("orders/create", order(shop.now))
    shop.pass_time(timedelta(days=8))

    outcome = {message.name: message.reason or message.status.value for message in shop.messages()}
    assert outcome == {
        "welcome-thanks": "sent", "order-confirmation": "sent",
        "welcome-bestsellers": "no-consent", "welcome-reviews": "no-consent", "review-request": "no-consent",
    }


def test_an_anonymous_cart_joins_the_customer_at_checkout(shop: WholePath) -> None:
    shop.shopify("carts/create", cart(shop.now))
    shop.work()
    shop.shopify("checkouts/create", checkout(shop.now) | {"buyer_accepts_marketing": True})
    shop.work()

    profile = shop.customer().profile
    assert profile.email == "anna@example.com"
    assert profile.cart is not None
    assert [run.journey for run in shop.customer().runs] == ["checkout-unfinished", "welcome"]


def test_a_woocommerce_order_is_confirmed(shop: WholePath) -> None:
    payload = {
        "id": 727, "number": "727", "status": "processing", "currency": "EUR", "total": "79.90", "customer_id": 0,
        "date_created_gmt": f"{shop.now:%Y-%m-%dT%H:%M:%S}", "date_paid_gmt": f"{shop.now:%Y-%m-%dT%H:%M:%S}",
        "date_modified_gmt": f"{shop.now:%Y-%m-%dT%H:%M:%S}",
        "billing": {"first_name": "John", "email": "john@example.com", "country": "DE"},
        "line_items": [{"id": 1, "name": "Wool scarf", "product_id": 93, "quantity": 1, "price": 79.9}],
    }
    assert shop.woocommerce("order.created", payload) == 200
    shop.work()

    (mail,) = sent()
    assert mail["To"].addresses[0].addr_spec == "john@example.com"
    assert "Wool scarf" in part(mail, "plain")


def sent() -> list[EmailMessage]:
    """The mails that SES has taken, the first first."""
    backend = ses_backends[DEFAULT_ACCOUNT_ID][REGION]
    mails = [message_from_bytes(raw.raw_data.encode(), policy=policy.default) for raw in backend.sent_messages]
    return [mail for mail in mails if isinstance(mail, EmailMessage)]


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    content: str = body.get_content()
    return content


def customer() -> dict[str, Any]:
    return {
        "id": 706405506930370084, "email": "anna@example.com", "first_name": "Анна", "last_name": "К.",
        "created_at": MONDAY.isoformat(), "updated_at": MONDAY.isoformat(), "currency": "RUB",
    }


def consent(state: str) -> dict[str, Any]:
    return {
        "customer_id": 706405506930370084, "email_address": "anna@example.com",
        "email_marketing_consent": {
            "state": state, "opt_in_level": "single_opt_in", "consent_updated_at": MONDAY.isoformat(),
        },
    }


def lines() -> list[dict[str, Any]]:
    return [{
        "id": 1, "product_id": 788032119674292922, "variant_id": 1, "title": "Linen coat", "quantity": 1,
        "price": "7990.00", "line_price": "7990.00", "variant_title": "M",
    }]


def product() -> dict[str, Any]:
    return {
        "id": 788032119674292922, "title": "Linen coat", "handle": "linen-coat", "product_type": "Coats",
        "created_at": MONDAY.isoformat(), "updated_at": MONDAY.isoformat(),
        "variants": [{"id": 1, "title": "M", "price": "7990.00", "image_id": None}],
        "image": {"id": 5, "src": "https://cdn.shopify.com/s/files/linen-coat.jpg"},
    }


def cart(at: datetime) -> dict[str, Any]:
    return {"id": "cart-1", "token": "cart-1", "line_items": lines(), "updated_at": at.isoformat(),
            "created_at": at.isoformat()}


def checkout(at: datetime) -> dict[str, Any]:
    return {
        "id": 1, "token": "checkout-1", "cart_token": "cart-1", "email": "anna@example.com", "currency": "RUB",
        "total_price": "7990.00", "line_items": lines(), "created_at": at.isoformat(), "updated_at": at.isoformat(),
        "abandoned_checkout_url": "https://shop.example/checkouts/checkout-1/recover?key=k",
    }


def order(at: datetime) -> dict[str, Any]:
    return {
        "id": 820982911946154508, "name": "#1001", "order_number": 1001, "email": "anna@example.com",
        "currency": "RUB", "total_price": "7990.00", "cart_token": "cart-1", "checkout_token": "checkout-1",
        "created_at": at.isoformat(), "updated_at": at.isoformat(), "line_items": lines(),
        "customer": {"id": 706405506930370084, "email": "anna@example.com", "first_name": "Анна"},
        "financial_status": "pending",
    }


def delivery(customer_id: str, message_id: str) -> dict[str, Any]:
    return {
        "eventType": "Delivery",
        "delivery": {"timestamp": MONDAY.isoformat(), "recipients": ["anna@example.com"]},
        "mail": {
            "timestamp": MONDAY.isoformat(), "messageId": "ses-1", "destination": ["anna@example.com"],
            "tags": {"selvedge-customer": [customer_id], "selvedge-message": [message_id]},
        },
    }


def bounce(customer_id: str, message_id: str) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "f-1",
            "timestamp": MONDAY.isoformat(), "bouncedRecipients": [{"emailAddress": "anna@example.com"}],
        },
        "mail": {
            "timestamp": MONDAY.isoformat(), "messageId": "ses-1", "destination": ["anna@example.com"],
            "tags": {"selvedge-customer": [customer_id], "selvedge-message": [message_id]},
        },
    }
