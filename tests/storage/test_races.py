"""Of many who want the same thing at once one gets it, on a server that takes requests side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Position
from chalicelib.domain.events import Identity
from chalicelib.domain.messages import Status
from chalicelib.errors import VersionConflictError
from chalicelib.storage import codes, customers, identities, log, messages
from chalicelib.storage.codes import IssuedCode
from tests.storage.examples import CUSTOMER, NOON, entry, message

pytestmark = [pytest.mark.ministack, pytest.mark.usefixtures("ministack_aws")]

WRITERS = 8
ROUNDS = 5
ID = message().message_id


Answer = TypeVar("Answer")


def at_once(act: Callable[[int], Answer]) -> list[Answer]:
    """What each of several threads that act in the same moment gets, by their number."""
    start = Barrier(WRITERS)

    def run(number: int) -> Answer:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(run, range(WRITERS)))


def test_one_delivery_arriving_many_times_at_once_is_one_entry() -> None:
    for n in range(ROUNDS):
        told = entry(f"d-{n}")
        assert at_once(lambda _: log.append(told)).count(True) == 1  # noqa: B023 - called within the round

    assert len(list(log.history(CUSTOMER))) == ROUNDS


def test_many_strangers_with_one_identity_become_one_customer() -> None:
    for n in range(ROUNDS):
        email = Identity("email", f"{n}@example.org")
        holders = at_once(lambda number: identities.claim(email, f"customer-{number}"))  # noqa: B023

        assert len(set(holders)) == 1
        assert identities.find([email]) == {email: holders[0]}


def test_no_commit_is_lost_when_writers_load_again_after_a_conflict() -> None:
    def fold(number: int) -> None:
        while True:
            stored = customers.load(CUSTOMER, consistent=True) or customers.Stored(Customer(CUSTOMER))
            marks = (*stored.customer.recent, bytes([number]))
            try:
                customers.commit(stored, replace(stored.customer, recent=marks), Position("label", number))
            except VersionConflictError:
                continue
            return

    at_once(fold)

    stored = customers.load(CUSTOMER, consistent=True)
    assert stored is not None
    assert stored.version == WRITERS
    assert sorted(stored.customer.recent) == [bytes([number]) for number in range(WRITERS)]


def test_one_of_many_senders_gets_a_message() -> None:
    for n in range(ROUNDS):
        messages.put(message(message_id=f"m-{n}"))
        taken = at_once(lambda _: messages.claim(CUSTOMER, f"m-{n}", NOON, timedelta(minutes=1)))  # noqa: B023

        assert len([one for one in taken if one]) == 1


def test_a_retry_is_queued_once_and_an_unknown_message_once() -> None:
    messages.put(message())
    taken = messages.claim(CUSTOMER, ID, NOON, timedelta(minutes=1))
    assert taken is not None
    messages.finish(replace(taken, status=Status.RETRYING, next_attempt_at=NOON))
    assert at_once(lambda _: messages.requeue(CUSTOMER, ID)).count(True) == 1

    messages.claim(CUSTOMER, ID, NOON, timedelta(minutes=1))
    late = NOON + timedelta(hours=1)
    assert at_once(lambda _: messages.mark_unknown(CUSTOMER, ID, late)).count(True) == 1
    assert at_once(lambda _: messages.resend(CUSTOMER, ID)).count(True) == 1


def test_a_decision_put_while_the_message_is_claimed_takes_nothing_back() -> None:
    for n in range(ROUNDS):
        name = f"m-{n}"
        messages.put(message(message_id=name))

        def put_or_claim(number: int, name: str = name) -> bool:
            if number % 2:
                return messages.put(message(message_id=name))
            return messages.claim(CUSTOMER, name, NOON, timedelta(minutes=1)) is not None

        answers = at_once(put_or_claim)

        assert answers[1::2] == [False] * (WRITERS // 2)
        assert answers[0::2].count(True) == 1
        found = messages.read(CUSTOMER, name)
        assert found is not None
        assert found.status is Status.CLAIMED


def test_two_messages_never_share_a_code() -> None:
    def issue(number: int) -> bool:
        return codes.issue(IssuedCode("K7WX42PD", CUSTOMER, f"m-{number}", "10 %", NOON))

    assert at_once(issue).count(True) == 1
