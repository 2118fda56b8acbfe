"""The sender when providers refuse, answers are lost, and the process dies at any write."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from chalicelib.domain.events import Entry, Event, Order
from chalicelib.domain.messages import CodeOffer, Status
from chalicelib.domain.shop import QuietHours
from chalicelib.flows.deliver import LEASE, deliver, wake
from chalicelib.storage import log, messages
from tests.flows.failing_calls import Cut, failing, failing_at_write, lost_answer, names, play, throttling
from tests.flows.sending_shop import MAIL, NOW, SendingShop, later


def test_semantics_23_a_throttled_message_is_tried_again_and_goes_out(shop: SendingShop) -> None:
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


def test_an_exit_while_a_message_waits_for_its_next_try_stops_it(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()
    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(message, NOW)

    at = NOW + timedelta(seconds=20)
    order = Event("order.placed", at, order=Order("o1"))
    log.append(Entry("c1", log.entry_id(at, "shopify", "o1"), at, "shopify", (order,)))
    play(shop, message, NOW)

    assert shop.mails == []
    assert (shop.found().status, shop.found().reason) == (Status.SKIPPED, "expired")


def test_semantics_23_marketing_of_unknown_outcome_is_never_sent_again(shop: SendingShop) -> None:
    shop.customer(MAIL)
    message = shop.message()

    with failing("after-call.sesv2.SendEmail", lost_answer()):
        deliver(message, NOW)
        deliver(message, later(minutes=5))
        play(shop, message, NOW)

    assert len(shop.mails) == 1
    assert shop.found().status is Status.UNKNOWN
    assert names(shop) == ["message.unknown"]


def test_semantics_23_a_transactional_message_of_unknown_outcome_is_sent_again_after_15_minutes_and_marked(
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
