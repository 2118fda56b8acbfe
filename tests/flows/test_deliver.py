"""The sender: who gets a queued message, by which channel, and what is recorded of it."""

from __future__ import annotations

import email
import email.policy
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Customer, Profile, Sent
from chalicelib.domain.events import Feedback
from chalicelib.domain.messages import CodeOffer, Status, code_value
from chalicelib.flows.deliver import deliver, wake
from chalicelib.storage import bucket, customers, tables
from chalicelib.storage.customers import Stored
from tests.channels.browser_subscription import BrowserSubscription
from tests.channels.silent_server import silent_server
from tests.flows.failing_calls import names, play
from tests.flows.sending_shop import MAIL, NOW, PHONE, SendingShop, later


def text_of(mail: Any) -> str:
    parsed = email.message_from_string(mail.raw_data, policy=email.policy.default)
    part = parsed.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_message_goes_out_and_its_record_says_how(shop: SendingShop) -> None:
    shop.customer(MAIL)

    deliver(shop.message(event_ref=shop.cart_entry()), later(seconds=2))

    (mail,) = shop.mails
    assert "Привет, Анна!" in text_of(mail)
    assert "https://shop.example/cart/k1" in text_of(mail)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail.raw_data
    found = shop.found()
    assert (found.status, found.channel, found.provider_id) == (Status.SENT, "email", mail.id)
    assert (found.sent_at, found.cost, found.attempt) == (later(seconds=2), "0.0001", 1)
    assert found.template_version
    assert shop.told() == []
    assert shop.timers() == []


def test_semantics_22_a_redelivered_record_sends_nothing_again(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    deliver(message, NOW)
    deliver(message, later(seconds=1))
    deliver(message, later(hours=1))

    assert len(shop.mails) == 1
    assert shop.told() == []


def test_semantics_21_consent_withdrawn_after_the_decision_is_respected(shop: SendingShop) -> None:
    shop.customer(MAIL, consents=("sms",))

    deliver(shop.message(), NOW)

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "no-consent")
    (event,) = shop.told()
    assert event.name == "message.skipped"
    assert event.message is not None
    assert (event.message.message_id, event.message.kind) == ("m1", "no-consent")


def test_semantics_14_a_transactional_message_needs_no_consent_but_an_address_that_works(shop: SendingShop) -> None:
    shop.customer(Address("email", "gone@example.com", suppressed="hard-bounce"), consents=())
    deliver(shop.message(name="hello", category="transactional"), NOW)
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "suppressed")

    shop.customer(MAIL, consents=(), customer_id="c2")
    deliver(shop.message(customer_id="c2", category="transactional"), NOW)
    assert shop.found(customer_id="c2").status is Status.SENT
    assert "List-Unsubscribe" not in shop.mails[0].raw_data


def test_without_an_address_for_the_first_channel_the_next_is_taken(shop: SendingShop) -> None:
    shop.customer(PHONE)

    deliver(shop.message(channels=("push", "email", "sms")), NOW)

    assert shop.texts == [("+79161234567", "Привет!")]
    assert (shop.found().channel, shop.found().cost) == ("sms", "0.04")


def test_marketing_that_went_by_another_channel_than_the_first_tells_the_log_which(shop: SendingShop) -> None:
    """The frequency caps counted the first one when the message was decided."""
    shop.customer(PHONE)

    deliver(shop.message(channels=("email", "sms")), later(seconds=1))
    deliver(shop.message(channels=("email", "sms"), category="transactional", message_id="m2"), later(seconds=1))

    (event,) = shop.told()
    assert event.name == "message.sent"
    assert event.message == Feedback("m1", "sms", sent_at=later(seconds=1))


def test_a_template_that_breaks_falls_through_to_the_next_channel(shop: SendingShop) -> None:
    shop.customer(MAIL, PHONE)

    deliver(shop.message(name="broken", channels=("email", "sms")), NOW)

    assert shop.mails == []
    assert shop.texts == [("+79161234567", "Привет из SMS")]


def test_a_template_that_breaks_with_nothing_to_fall_back_on_is_a_skip_with_its_reason(shop: SendingShop) -> None:
    shop.customer(MAIL)

    deliver(shop.message(name="broken"), NOW)

    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "template-error")
    assert names(shop) == ["message.skipped"]


def test_a_dead_subscription_is_told_to_the_log_and_the_next_address_and_channel_are_tried(shop: SendingShop) -> None:
    with silent_server(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n") as gone:
        # Not a trusted origin, hence no endpoint at all: dead without a call.
        dead = BrowserSubscription(f"{gone.url}/push/dead").address()
        alive = BrowserSubscription(f"{shop.push_service.url}/push/alive")
        shop.customer(MAIL, alive.address(), dead)

        deliver(shop.message(channels=("web-push", "email")), NOW)

    (request,) = shop.push_service.requests
    assert json.loads(alive.decrypt(request.partition(b"\r\n\r\n")[2]))["title"] == "Привет"
    assert shop.mails == []
    assert shop.found().channel == "web-push"
    (event,) = shop.told()
    assert event.name == "endpoint.gone"
    assert event.endpoint is not None
    assert event.endpoint.address == dead.value


def test_a_promo_code_is_on_record_before_the_message_leaves(shop: SendingShop) -> None:
    shop.customer(MAIL)

    deliver(shop.message(code=CodeOffer("10 %", 3600)), NOW)

    code = code_value("m1")
    assert code in text_of(shop.mails[0])
    item = tables.Codes.fetch(code)
    assert item is not None
    assert "m1" in str(item)


def test_switched_off_everything_is_done_but_the_call(shop: SendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELVEDGE_SEND", "off")
    shop.customer(MAIL)

    deliver(shop.message(), NOW)

    assert shop.mails == []
    assert (shop.found().status, shop.found().provider_id, shop.found().cost) == (Status.SENT, "dry-run", "0.0001")


@pytest.mark.parametrize(
    ("allow", "sent"),
    [("", 0), ("boris@example.com", 0), ("anna@example.com", 1), ("@example.com, x@y.z", 1), ("*", 1)],
)
def test_a_stage_that_is_not_production_sends_only_to_its_list(
    shop: SendingShop, monkeypatch: pytest.MonkeyPatch, allow: str, sent: int
) -> None:
    monkeypatch.setenv("SELVEDGE_STAGE", "staging")
    monkeypatch.setenv("SELVEDGE_ALLOW", allow)
    shop.customer(MAIL)

    deliver(shop.message(), NOW)

    assert len(shop.mails) == sent
    assert shop.found().status is Status.SENT
    assert (shop.found().provider_id == "not-allowed") is (sent == 0)


def test_an_address_that_ses_cannot_write_to_is_a_failure_for_good(shop: SendingShop) -> None:
    shop.customer(Address("email", "анна@example.com"))

    deliver(shop.message(), NOW)

    assert shop.found().status is Status.FAILED
    assert names(shop) == ["message.failed"]
    assert "анна" not in shop.found().reason


def test_a_message_without_prices_goes_out_and_says_nothing_of_its_cost(shop: SendingShop) -> None:
    bucket.delete("prices.yaml")
    shop.customer(MAIL)

    deliver(shop.message(), NOW)

    assert (shop.found().status, shop.found().cost) == (Status.SENT, "")


def test_the_message_may_come_before_the_commit_that_decided_it(shop: SendingShop) -> None:
    message = shop.message(decided_at=NOW)
    shop.customer(MAIL, now=NOW - timedelta(days=1))

    deliver(message, NOW)
    assert shop.mails == []
    assert shop.found().status is Status.RETRYING

    shop.customer(MAIL, now=NOW)
    play(shop, message, NOW)
    assert len(shop.mails) == 1


def test_of_a_merged_customer_the_survivors_consents_and_addresses_count(shop: SendingShop) -> None:
    shop.customer(profile=Profile(), forwarded_to="c0")
    shop.customer(MAIL, customer_id="c0", absorbed=("c1",))

    deliver(shop.message(event_ref=shop.cart_entry()), NOW)

    assert "https://shop.example/cart/k1" in text_of(shop.mails[0])


def test_a_message_that_waited_tells_the_log_when_it_really_went(shop: SendingShop) -> None:
    shop.customer(MAIL)

    deliver(shop.message(), later(seconds=61))

    (event,) = shop.told()
    assert event.name == "message.sent"
    assert event.message is not None
    assert event.message.sent_at == later(seconds=61)


def test_a_message_that_waited_into_the_quiet_hours_waits_for_their_end(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    deliver(message, later(hours=11))  # 20:30 UTC is 23:30 in Moscow
    assert shop.mails == []
    assert shop.found().status is Status.RETRYING

    play(shop, message, later(hours=11))
    sent_at = shop.found().sent_at
    assert sent_at is not None
    assert sent_at >= later(hours=20, minutes=30)  # 6:00 UTC is 9:00 in Moscow
    assert names(shop) == ["message.sent"]


def test_a_message_that_waited_does_not_stand_in_its_own_way(shop: SendingShop) -> None:
    shop.customer(MAIL, sends=(Sent(NOW, "email", "m1", ("email", "marketing")),))

    deliver(shop.message(), later(minutes=5))

    assert shop.found().status is Status.SENT


def test_semantics_24_one_bad_customer_does_not_hold_back_another(shop: SendingShop) -> None:
    customers.commit(Stored(Customer("c1")), Customer("c1", now=NOW, profile=Profile(addresses=(
        Address("web-push", "https://push.example.com/x", p256dh="%", auth="%"), Address("email", "@"),
    ))), None)
    shop.customer(MAIL, customer_id="c2")

    for customer_id in ("c1", "c2"):
        deliver(shop.message(customer_id=customer_id, category="transactional", channels=("web-push", "email")), NOW)

    assert shop.found(customer_id="c1").status is Status.FAILED
    assert shop.found(customer_id="c2").status is Status.SENT


def test_many_threads_that_begin_at_once_send_every_message_once_and_know_its_cost(shop: SendingShop) -> None:
    queued = []
    for number in range(24):
        shop.customer(MAIL, PHONE, customer_id=f"c{number}")
        channel = "sms" if number % 2 else "email"
        queued.append(shop.message(customer_id=f"c{number}", channels=(channel,), category="transactional"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda message: deliver(message, later(seconds=1)), queued))

    found = [shop.found(customer_id=message.customer_id) for message in queued]
    assert {message.status for message in found} == {Status.SENT}
    assert [message.cost for message in found] == ["0.0001", "0.04"] * 12
    assert (len(shop.mails), len(shop.texts)) == (12, 12)


def test_a_message_nobody_knows_wakes_nothing(shop: SendingShop) -> None:
    wake("c1", "m9", NOW)
    deliver(replace(shop.message(), message_id="m9"), NOW)

    assert shop.mails == []
