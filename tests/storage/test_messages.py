"""A message moves from status to status, each move taken once, and keeps what came of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.domain.messages import WEBHOOK, AttributedOrder, CodeOffer, Message, Status
from chalicelib.storage import messages
from chalicelib.storage.tables import Messages
from tests.storage.examples import CUSTOMER, NOON, message

pytestmark = pytest.mark.usefixtures("aws")

LEASE = timedelta(seconds=60)
ID = message().message_id


def stored() -> Message:
    found = messages.read(CUSTOMER, ID)
    assert found is not None
    return found


def claimed() -> Message:
    """The message, queued and claimed at noon."""
    messages.put(message())
    taken = messages.claim(CUSTOMER, ID, NOON, LEASE)
    assert taken is not None
    return taken


def sent(taken: Message) -> Message:
    """What the sender records of a claimed message that went out by email."""
    return replace(
        taken, status=Status.SENT, channel="email", provider_id="0102018c-6a1b", sent_at=NOON + timedelta(seconds=2),
        cost="0.0001", template_version="c01f",
    )


def test_a_message_is_read_as_it_was_put() -> None:
    assert messages.read(CUSTOMER, ID) is None

    assert messages.put(message())

    assert stored() == message()


def test_what_the_words_were_made_of_is_kept_until_they_are_made_anew() -> None:
    taken = claimed()
    assert messages.read_with_making(CUSTOMER, ID) == (taken, b"")
    assert messages.finish(sent(taken), making=b"a cart with " + b"a long title " * 50)

    assert messages.read_with_making(CUSTOMER, ID) == (stored(), b"a cart with " + b"a long title " * 50)
    assert messages.read_with_making(CUSTOMER, "another") is None


@pytest.mark.parametrize("special", [
    message(code=CodeOffer("10 %", 172800, "c0de", NOON + timedelta(days=2))),
    message(code=None, channels=(WEBHOOK,), url="https://crm.example.com/hook"),
])
def test_a_code_of_an_earlier_step_and_where_to_call_are_kept_too(special: Message) -> None:
    messages.put(special)

    assert stored() == special


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SKIPPED, Status.DEFERRED])
def test_putting_it_again_after_a_crash_leaves_one(status: Status) -> None:
    decided = message(status, reason="quiet-hours-drop" if status is Status.SKIPPED else "")
    messages.put(decided)

    messages.put(decided)

    assert messages.of_customer(CUSTOMER) == [decided]


def test_a_deferred_message_is_put_again_when_its_time_has_come() -> None:
    messages.put(message(Status.DEFERRED, deferred_until=NOON + timedelta(hours=9), reason="quiet-hours"))

    assert messages.put(message(decided_at=NOON + timedelta(hours=9)))

    assert stored() == message(decided_at=NOON + timedelta(hours=9))


@pytest.mark.parametrize("earlier", [Status.DEFERRED, Status.QUEUED, Status.SKIPPED])
def test_a_replayed_decision_never_takes_a_message_back(earlier: Status) -> None:
    messages.finish(sent(claimed()))
    before = stored()

    assert not messages.put(message(earlier))

    assert stored() == before


def test_messages_of_a_customer_come_in_the_order_of_their_decision() -> None:
    for n, name in enumerate(("a", "c", "b")):
        messages.put(message(message_id=name, decided_at=NOON + timedelta(minutes=n)))
    messages.put(message(customer_id="another"))

    assert [one.message_id for one in messages.of_customer(CUSTOMER)] == ["a", "c", "b"]


def test_a_queued_message_is_claimed_once() -> None:
    messages.put(message())

    first = messages.claim(CUSTOMER, ID, NOON, LEASE)

    assert first == replace(message(Status.CLAIMED), attempt=1, lease_until=NOON + LEASE)
    assert messages.claim(CUSTOMER, ID, NOON, LEASE) is None
    assert messages.claim(CUSTOMER, ID, NOON + timedelta(days=1), LEASE) is None
    assert stored() == first


@pytest.mark.parametrize("status", [Status.DEFERRED, Status.SKIPPED])
def test_what_is_not_queued_is_not_claimed(status: Status) -> None:
    messages.put(message(status))

    assert messages.claim(CUSTOMER, ID, NOON, LEASE) is None
    assert messages.claim(CUSTOMER, "nothing", NOON, LEASE) is None
    assert messages.read(CUSTOMER, "nothing") is None


def test_a_send_is_recorded_whole() -> None:
    outcome = sent(claimed())

    assert messages.finish(outcome)

    assert stored() == replace(outcome, lease_until=None)


def test_recording_the_same_outcome_again_is_recording_it_once() -> None:
    outcome = sent(claimed())
    messages.finish(outcome)

    assert messages.finish(outcome)
    assert not messages.finish(replace(outcome, status=Status.FAILED, reason="late word"))

    assert stored().status is Status.SENT


def test_a_refused_send_waits_and_is_claimed_once_more() -> None:
    taken = claimed()
    again_at = NOON + timedelta(minutes=5)
    assert messages.finish(replace(taken, status=Status.RETRYING, reason="throttled", next_attempt_at=again_at))
    assert stored().next_attempt_at == again_at
    assert messages.claim(CUSTOMER, ID, NOON, LEASE) is None

    assert messages.requeue(CUSTOMER, ID)
    assert not messages.requeue(CUSTOMER, ID)

    second = messages.claim(CUSTOMER, ID, again_at, LEASE)
    assert second is not None
    assert (second.attempt, second.next_attempt_at) == (2, None)


def test_only_a_retrying_message_is_requeued() -> None:
    messages.finish(sent(claimed()))

    assert not messages.requeue(CUSTOMER, ID)
    assert not messages.requeue(CUSTOMER, "nothing")
    assert stored().status is Status.SENT


def test_a_sender_that_died_leaves_an_unknown_message_once_its_lease_is_over() -> None:
    claimed()

    assert not messages.mark_unknown(CUSTOMER, ID, NOON + LEASE)
    assert messages.mark_unknown(CUSTOMER, ID, NOON + LEASE + timedelta(microseconds=1))

    assert stored().status is Status.UNKNOWN
    assert messages.claim(CUSTOMER, ID, NOON + timedelta(days=1), LEASE) is None


def test_a_sender_that_was_only_slow_still_tells_what_came_of_it() -> None:
    taken = claimed()
    messages.mark_unknown(CUSTOMER, ID, NOON + timedelta(hours=1))

    assert messages.finish(sent(taken))

    assert stored().status is Status.SENT


def test_a_slow_sender_cannot_speak_for_the_claim_after_its_own() -> None:
    slow = claimed()
    messages.mark_unknown(CUSTOMER, ID, NOON + timedelta(hours=1))
    messages.resend(CUSTOMER, ID)

    assert not messages.finish(sent(slow))
    second = messages.claim(CUSTOMER, ID, NOON + timedelta(hours=1), LEASE)
    assert second is not None
    assert not messages.finish(sent(slow))

    assert stored() == second


def test_a_sender_that_gave_up_cannot_speak_for_the_next_attempt_at_the_same_moment() -> None:
    first = claimed()
    messages.finish(replace(first, status=Status.RETRYING, next_attempt_at=NOON))
    messages.requeue(CUSTOMER, ID)
    second = messages.claim(CUSTOMER, ID, NOON, LEASE)

    assert not messages.finish(sent(first))
    assert stored() == second


def test_a_slow_sender_cannot_speak_for_a_message_deferred_and_put_again() -> None:
    slow = claimed()
    messages.finish(replace(slow, status=Status.DEFERRED, deferred_until=NOON + timedelta(hours=9)))
    messages.put(message())
    second = messages.claim(CUSTOMER, ID, NOON + timedelta(hours=9), LEASE)

    assert not messages.finish(sent(slow))
    assert stored() == second


def test_an_unknown_message_is_sent_again_marked_as_such() -> None:
    again_at = NOON + timedelta(minutes=15)
    messages.finish(replace(claimed(), status=Status.UNKNOWN, reason="time-out", next_attempt_at=again_at))

    assert messages.resend(CUSTOMER, ID)
    assert not messages.resend(CUSTOMER, ID)

    second = messages.claim(CUSTOMER, ID, NOON + timedelta(hours=1), LEASE)
    assert second is not None
    assert (second.resent, second.attempt, second.next_attempt_at) == (True, 2, None)


@pytest.mark.parametrize("kind", sorted(messages.FEEDBACK))
def test_an_unknown_message_with_any_feedback_is_not_sent_again(kind: str) -> None:
    claimed()
    messages.mark_unknown(CUSTOMER, ID, NOON + timedelta(hours=1))
    messages.record_feedback(CUSTOMER, ID, kind, NOON + timedelta(minutes=1))

    assert not messages.resend(CUSTOMER, ID)

    assert stored().status is Status.UNKNOWN


def test_an_unknown_message_found_to_have_gone_out_is_sent() -> None:
    claimed()
    assert not messages.confirm_sent(CUSTOMER, ID, NOON)
    messages.mark_unknown(CUSTOMER, ID, NOON + timedelta(hours=1))

    assert messages.confirm_sent(CUSTOMER, ID, NOON + timedelta(seconds=3))

    assert (stored().status, stored().sent_at) == (Status.SENT, NOON + timedelta(seconds=3))


def test_feedback_is_noted_and_its_first_word_stands() -> None:
    messages.finish(sent(claimed()))

    for kind in messages.FEEDBACK:
        assert messages.record_feedback(CUSTOMER, ID, kind, NOON + timedelta(minutes=1), "hard")
        assert messages.record_feedback(CUSTOMER, ID, kind, NOON + timedelta(days=1), "soft")

    at = NOON + timedelta(minutes=1)
    found = stored()
    assert (found.delivered_at, found.opened_at, found.clicked_at, found.complained_at) == (at, at, at, at)
    assert found.bounced == "hard"
    assert found.status is Status.SENT


def test_feedback_that_overtakes_the_record_of_the_send_is_kept() -> None:
    taken = claimed()
    messages.record_feedback(CUSTOMER, ID, "delivered", NOON + timedelta(seconds=1))

    assert messages.finish(sent(taken))

    assert stored().delivered_at == NOON + timedelta(seconds=1)


def test_feedback_on_a_message_nobody_knows_creates_nothing() -> None:
    assert not messages.record_feedback(CUSTOMER, "forged", "opened", NOON)
    assert messages.read(CUSTOMER, "forged") is None


def test_a_typical_message_stays_within_one_write_unit() -> None:
    messages.finish(sent(claimed()))
    for kind in messages.FEEDBACK:
        messages.record_feedback(CUSTOMER, ID, kind, NOON, "hard")

    item = Messages.fetch(CUSTOMER, ID)

    assert item is not None
    content = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items() if "BOOL" not in value)
    assert content < 1024


def test_orders_put_down_to_a_message_are_a_set() -> None:
    """29: told twice is once; two orders are two."""
    first = AttributedOrder("o1", Decimal("7990.50"), "RUB", NOON, clicked=True)
    second = AttributedOrder("o2", Decimal(10), "RUB", NOON + timedelta(days=1), clicked=False)
    messages.put(message())

    assert all(messages.attribute_order(CUSTOMER, ID, order) for order in (second, first, first))

    assert stored().orders == (first, second)
    assert not messages.attribute_order(CUSTOMER, "no-such-message", first)
