"""Who becomes a VIP by an order of these days is called, and the score of the call has its consequence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.domain.customer import Customer, OrderTotals
from chalicelib.domain.effects import PutTask
from chalicelib.domain.events import Entry, Event, Order
from chalicelib.domain.fold import Folded
from chalicelib.domain.rehearsal import Rehearsal
from tests.definitions.shipped import SHIPPED
from tests.domain.stories import anna, at, said, told

CALL, COMPLAINT = "Позвонить и познакомиться с новым VIP-клиентом", "Разобраться с жалобой VIP-клиента и перезвонить"


class Notes:
    """What a rehearsal has put on the list of tasks."""

    def __init__(self) -> None:
        self.tasks: list[str] = []

    def folded(self, _entry: Entry, folded: Folded) -> None:
        self.tasks += [effect.task.title for effect in folded.effects if isinstance(effect, PutTask)]

    def set_aside(self, _entry: Entry, error: Exception) -> None:
        raise error


def large_order(told_at: str, placed_at: str = "") -> Entry:
    """An order that makes a VIP of who has spent 9,000 in one order so far."""
    placed = Event("order.placed", at(placed_at or told_at), order=Order("o2", total=Decimal(15000)))
    return told(told_at, placed)


def after(*entries: Entry) -> tuple[Customer, list[str]]:
    """The customer and the tasks a month later."""
    notes = Notes()
    long_ago = at("2025-01-10 12:00")
    known = anna("email", "sms", orders=OrderTotals(1, Decimal(9000), "RUB", long_ago, long_ago))
    rehearsal = Rehearsal(SHIPPED, notes, [known])
    for entry in entries:
        rehearsal.take(entry)
    rehearsal.run_until(at("04-10 12:00"))
    return rehearsal.customers["anna"], notes.tasks


def test_who_becomes_a_vip_is_called() -> None:
    assert after(large_order("03-02 12:00"))[1] == [CALL]


def test_an_import_of_orders_of_last_year_makes_nobody_call() -> None:
    assert after(large_order("03-02 12:00", placed_at="2025-03-02 12:00"))[1] == []


@pytest.mark.parametrize(("score", "tasks", "tags"), [
    (1, [CALL, COMPLAINT], ()), (2, [CALL, COMPLAINT], ()), (3, [CALL], ()), (4, [CALL], ("vip-happy",)),
])
def test_the_score_of_the_call_decides_what_follows(score: int, tasks: list[str], tags: tuple[str, ...]) -> None:
    answer = said("03-06 15:00", "task.completed", journey="vip-care", outcome="reached", score=score)
    customer, put = after(large_order("03-02 12:00"), answer)
    assert put == tasks
    assert customer.profile.tags == tags


def test_another_journeys_call_decides_nothing_here() -> None:
    other = said("03-06 15:00", "task.completed", journey="win-back", outcome="angry", score=1)
    assert after(large_order("03-02 12:00"), other)[1] == [CALL]
