"""The sender: who gets a queued message, by which channel, and what becomes of it when something is in the way."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Customer, Profile, Sent
from chalicelib.domain.messages import CodeOffer, Message, Status, code_value
from chalicelib.domain.shop import QuietHours
from chalicelib.flows.deliver import LEASE, deliver, wake
from chalicelib.storage import bucket, clients, customers, messages, tables
from chalicelib.storage.customers import Stored
from tests.channels.browser_subscription import BrowserSubscription
from tests.channels.silent_server import silent_server
from tests.flows.sending_shop import MAIL, NOW, PHONE, SendingShop, later


def names(shop: SendingShop, customer_id: str = "c1") -> list[str]:
    return [event.name for event in shop.told(customer_id)]


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


def test_a_redelivered_record_sends_nothing_again(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    deliver(message, NOW)
    deliver(message, later(seconds=1))
    deliver(message, later(hours=1))

    assert len(shop.mails) == 1
    assert shop.told() == []


def test_consent_withdrawn_after_the_decision_is_respected(shop: SendingShop) -> None:
    shop.customer(MAIL, consents=("sms",))

    deliver(shop.message(), NOW)

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "no-consent")
    (event,) = shop.told()
    assert event.name == "message.skipped"
    assert event.message is not None
    assert (event.message.message_id, event.message.kind) == ("m1", "no-consent")


def test_a_transactional_message_needs_no_consent_but_an_address_that_works(shop: SendingShop) -> None:
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


def play(shop: SendingShop, message: Message, start: datetime, until: timedelta = timedelta(days=2)) -> list[datetime]:
    """Let the ticks and the stream go on: timers that fall due wake the message, and one queued again is delivered."""
    fired: set[datetime] = set()
    while True:
        due = [moment for moment in shop.timers() if moment not in fired and moment <= start + until]
        if not due:
            return sorted(fired)
        fired.add(due[0])
        now = max(due[0], start) + timedelta(seconds=1)
        wake(message.customer_id, message.message_id, now)
        found = shop.found(message.message_id, message.customer_id)
        if found.status is Status.QUEUED:
            deliver(found, now)


def emitters() -> tuple[Any, Any]:
    """The hooks of clients that are opened from now on, and of the one for DynamoDB, which is open."""
    return clients.session().get_component("event_emitter"), tables.Messages.connection().connection.client.meta.events


class Cut(BaseException):
    """The process ends here."""


@contextmanager
def failing(event: str, error: BaseException | None, *, after: int = 0, times: int = 10**6) -> Iterator[list[str]]:
    """Raise from a hook of the real clients at the call number `after` and the following; gives the calls seen."""
    seen: list[str] = []

    def hook(**call: Any) -> None:
        seen.append(call["event_name"])
        if error is not None and after <= len(seen) - 1 < after + times:
            raise error

    for emitter in emitters():
        emitter.register(event, hook)
    try:
        yield seen
    finally:
        for emitter in emitters():
            emitter.unregister(event, hook)


def throttling() -> BaseException:
    error: BaseException = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail")
    return error


def test_a_throttled_message_is_tried_again_and_goes_out(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    with failing("before-call.sesv2.SendEmail", throttling(), times=3):
        deliver(message, NOW)
        assert (shop.found().status, shop.found().reason) == (Status.RETRYING, "TooManyRequestsException")
        assert shop.told() == []
        play(shop, message, NOW)

    assert len(shop.mails) == 1
    found = shop.found()
    assert (found.status, found.attempt, found.reason) == (Status.SENT, 4, "")
    assert found.sent_at is not None
    assert timedelta(minutes=4) < found.sent_at - NOW < timedelta(minutes=10)
    assert names(shop) == ["message.sent"]


def test_after_a_day_of_tries_a_transactional_message_is_given_up(shop: SendingShop) -> None:
    shop.define(quiet_hours=QuietHours(time(3, 0), time(3, 1)))
    shop.customer(MAIL)
    message = shop.message(category="transactional")

    with failing("before-call.sesv2.SendEmail", throttling()) as calls:
        deliver(message, NOW)
        fired = play(shop, message, NOW, timedelta(days=3))

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.FAILED, "given up: TooManyRequestsException")
    assert names(shop) == ["message.failed"]
    assert 20 < len(calls) < 40
    assert timedelta(hours=20) < fired[-1] - NOW < timedelta(hours=30)


def test_consent_withdrawn_while_a_message_waits_for_its_next_try_stops_it(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()
    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(message, NOW)

    shop.customer(MAIL, consents=())
    play(shop, message, NOW)

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "no-consent")


def lost_answer() -> BaseException:
    error: BaseException = ReadTimeoutError(endpoint_url="https://email.example")
    return error


def test_marketing_of_unknown_outcome_is_never_sent_again(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    with failing("after-call.sesv2.SendEmail", lost_answer()):
        deliver(message, NOW)
        deliver(message, later(minutes=5))
        play(shop, message, NOW)

    assert len(shop.mails) == 1
    assert shop.found().status is Status.UNKNOWN
    assert names(shop) == ["message.unknown"]


def test_a_transactional_message_of_unknown_outcome_is_sent_again_after_a_quarter_of_an_hour_and_marked(
    shop: SendingShop,
) -> None:
    shop.customer(MAIL)
    message = shop.message(category="transactional")

    with failing("after-call.sesv2.SendEmail", lost_answer(), times=1):
        deliver(message, NOW)
        wake("c1", "m1", later(minutes=14))
        assert len(shop.mails) == 1
        play(shop, message, NOW)

    assert len(shop.mails) == 2
    found = shop.found()
    assert (found.status, found.resent) == (Status.SENT, True)
    assert found.sent_at is not None
    assert found.sent_at >= later(minutes=15)


def test_it_is_sent_again_once_and_no_more(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message(category="transactional")

    with failing("after-call.sesv2.SendEmail", lost_answer()):
        deliver(message, NOW)
        play(shop, message, NOW)

    assert len(shop.mails) == 2
    assert shop.found().status is Status.UNKNOWN
    assert names(shop) == ["message.unknown"]


def test_feedback_within_the_quarter_shows_that_it_went_and_nothing_is_sent_again(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message(category="transactional")
    with failing("after-call.sesv2.SendEmail", lost_answer()):
        deliver(message, NOW)

    messages.record_feedback("c1", "m1", "delivered", later(minutes=1))
    play(shop, message, NOW)

    assert len(shop.mails) == 1
    assert (shop.found().status, shop.found().sent_at) == (Status.SENT, later(minutes=1))


@pytest.mark.parametrize("category", ["marketing", "transactional"])
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
@pytest.mark.parametrize("write", range(4))
def test_a_crash_at_any_write_never_sends_marketing_twice_nor_loses_what_is_transactional(
    shop: SendingShop, category: Any, moment: str, write: int
) -> None:
    shop.customer(MAIL)
    message = shop.message(category=category, code=CodeOffer("10 %", 3600))
    writing = ("dynamodb.UpdateItem", "dynamodb.PutItem", "sesv2.SendEmail")
    crashed = False
    with failing_at_write(moment, writing, write):
        try:
            deliver(message, later(seconds=1))
        except Cut:
            crashed = True
    assert crashed

    deliver(message, later(seconds=20))
    play(shop, message, NOW)
    deliver(message, later(hours=3))
    play(shop, message, later(hours=3))

    found = shop.found()
    if category == "marketing":
        assert len(shop.mails) <= 1
        assert found.status in (Status.SENT, Status.UNKNOWN)
    else:
        assert found.status is Status.SENT
        assert len(shop.mails) == 1 or (len(shop.mails) == 2 and found.resent)
    assert names(shop).count("message.unknown") == (found.status is Status.UNKNOWN)


@contextmanager
def failing_at_write(moment: str, operations: tuple[str, ...], number: int) -> Iterator[None]:
    """End the process at the write of this number, before it reaches the service or after it was done."""
    seen = 0

    def hook(**call: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number + 1:
            raise Cut

    for emitter in emitters():
        for operation in operations:
            emitter.register(f"{moment}.{operation}", hook)
    try:
        yield
    finally:
        for emitter in emitters():
            for operation in operations:
                emitter.unregister(f"{moment}.{operation}", hook)


@pytest.mark.parametrize("write", range(3))
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_crash_around_a_skip_still_tells_the_log_once_that_nothing_went(
    shop: SendingShop, moment: str, write: int
) -> None:
    shop.customer(MAIL, consents=())
    message = shop.message()
    with failing_at_write(moment, ("dynamodb.UpdateItem", "dynamodb.PutItem"), write), pytest.raises(Cut):
        deliver(message, later(seconds=1))

    deliver(message, later(seconds=20))
    play(shop, message, NOW)

    assert shop.mails == []
    assert len(names(shop)) == 1
    assert names(shop)[0] in ("message.skipped", "message.unknown")


def test_while_a_claim_holds_nobody_else_sends_and_a_timer_looks_again_at_its_end(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()
    claimed = messages.claim("c1", "m1", NOW, LEASE)
    assert claimed is not None

    deliver(message, later(seconds=30))

    assert shop.mails == []
    assert shop.timers() == [NOW + LEASE + timedelta(seconds=1)]
    assert shop.found().status is Status.CLAIMED


def test_one_bad_customer_does_not_hold_back_another(shop: SendingShop) -> None:
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
