"""The spend cap: a message's cost is reserved of the month's budgets before its provider is called (semantics 20).

    message, its cost ─▶ purse of the process ── enough in it ──────────────────▶ send
                              │                                                    │
                              └─ too little ─▶ reserve a block in the table        └─ refused for certain: back into it
                                                 refused: skipped, `budget`

A process reserves for all the messages it has at hand in one write, so the cap costs next to nothing. What is not spent
it keeps for its next messages; what it holds when it dies stays reserved. That is bounded: a block is `MOST_BLOCK` at
most, and where a budget comes to its end each message reserves its own cost alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from threading import Lock
from typing import Final

from msgspec import Struct

from chalicelib.domain.definitions import Definitions
from chalicelib.domain.messages import Message
from chalicelib.domain.timing import zone
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows.sending_clients import sending_client
from chalicelib.observability import logger
from chalicelib.storage import budgets
from chalicelib.storage.budgets import Claim, Standing

SHOP: Final = "shop"
"""The budget of the whole shop; a journey's own is named `journeys/<journey>`, after its file."""

ALERT_AT: Final = Decimal("0.80")
"""The part of a budget at which its owner is told (semantics 20)."""

DOLLAR: Final = 10**9
"""Budgets are counted in billionths of a dollar: a mobile push costs a millionth."""

MOST_BLOCK: Final = DOLLAR * 25 // 10_000
"""A quarter of a cent, 25 mails: more is never reserved ahead. A write costs less than a millionth of a dollar, so what
is dearer than a mail is hardly dearer for a write of its own."""

KEPT_CLEAR: Final = 8
"""A block is taken only while so many of its size are left, for other processes have messages too."""


class Budget(Struct, frozen=True):
    """One budget of a month: what may be spent, in US dollars."""

    name: str
    limit: Decimal


class Reservation(Struct, frozen=True):
    """What was reserved for one message: an amount, in billionths of a dollar, of each of these budgets."""

    month: str
    amount: int
    budgets: tuple[str, ...]
    without_limit: bool


class _Refused(Struct, frozen=True):
    """Where a budget ended: what is reserved only grows, so as much or more will be refused all month."""

    limit: Decimal
    amount: int


def budgets_of(message: Message, definitions: Definitions) -> tuple[Budget, ...]:
    """The budgets in force that a message is paid from: the shop's, and its journey's."""
    found = []
    if definitions.settings.budget:
        found.append(Budget(SHOP, Decimal(definitions.settings.budget)))
    program = definitions.journeys.get(message.journey)
    if program is not None and program.journey.budget:
        found.append(Budget(f"journeys/{message.journey}", Decimal(program.journey.budget)))
    return tuple(found)


def month_of(now: datetime, time_zone: str) -> str:
    """The month of a moment on the shop's calendar, as `2026-11`."""
    return now.astimezone(zone(time_zone)).strftime("%Y-%m")


@dataclass(frozen=True, slots=True)
class _Alert:
    budget: Budget
    month: str
    reserved: int


class Purse:
    """What one process has reserved and not yet spent. Messages are sent by several threads, hence the lock.

    What was reserved without regard to the limit is kept apart: marketing must not live on it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._month = ""
        self._left: dict[tuple[str, bool], int] = {}
        self._scarce: dict[str, Decimal] = {}
        self._refused: dict[str, _Refused] = {}
        self._expected = 1

    def expect(self, messages: int) -> None:
        """So many messages are at hand: as much as they cost may be reserved at once."""
        with self._lock:
            self._expected = max(1, messages)

    def take(
        self, cost: Decimal, paid_from: Sequence[Budget], month: str, *, without_limit: bool = False,
    ) -> Reservation | None:
        """Reserve a message's cost of each budget; None when one of them has too little left.

        `without_limit` it is counted all the same: so are transactional messages (docs/decisions/0008).
        Raises StorageUnavailableError; then nothing is reserved for the message.
        """
        amount = int((cost * DOLLAR).to_integral_value(ROUND_CEILING))
        reservation = Reservation(month, amount, tuple(budget.name for budget in paid_from), without_limit)
        if not amount or not paid_from:
            return reservation
        standing = None
        with self._lock:
            self._turn_to(month)
            short = [budget for budget in paid_from if self._kept(budget.name, without_limit) < amount]
            if short:
                standing = self._fill(short, amount, month, without_limit=without_limit)
                if standing is None:
                    return None
            for name in reservation.budgets:
                self._left[name, without_limit] -= amount
        if standing is not None:
            _watch(short, standing, month)
        return reservation

    def give_back(self, reservation: Reservation) -> None:
        """Put back what was reserved for a message that certainly did not go out, for the next one."""
        with self._lock:
            if reservation.month == self._month:
                for name in reservation.budgets:
                    self._put(name, reservation.without_limit, reservation.amount)

    def _kept(self, budget: str, without_limit: bool) -> int:
        return self._left.get((budget, without_limit), 0)

    def _put(self, budget: str, without_limit: bool, amount: int) -> None:
        self._left[budget, without_limit] = self._kept(budget, without_limit) + amount

    def _turn_to(self, month: str) -> None:
        """What is left of another month buys nothing in this one."""
        if month != self._month:
            self._month, self._left, self._scarce, self._refused = month, {}, {}, {}

    def _fill(self, short: Sequence[Budget], amount: int, month: str, *, without_limit: bool) -> Standing | None:
        """Reserve a block for the messages at hand or, where that is too much, for this one; None if not even that."""
        lacking = [
            Claim(budget.name, need := amount - self._kept(budget.name, without_limit),
                  None if without_limit else _units(budget.limit) - need)
            for budget in short
        ]
        if any(self._is_refused(budget, claim) for budget, claim in zip(short, lacking, strict=True)):
            return None
        block = min(amount * self._expected, MOST_BLOCK)
        if block > amount and not any(self._scarce.get(budget.name) == budget.limit for budget in short):
            claims = [Claim(budget.name, block, _units(budget.limit) - KEPT_CLEAR * block) for budget in short]
            answer = budgets.reserve(month, claims)
            if answer.granted:
                return self._filled(claims, answer.standing, without_limit)
            self._scarce |= {budget.name: budget.limit for budget in short}
        answer = budgets.reserve(month, lacking)
        if answer.granted:
            return self._filled(lacking, answer.standing, without_limit)
        for budget, claim in zip(short, lacking, strict=True):
            if claim.ceiling is not None and answer.standing.reserved.get(budget.name, 0) > claim.ceiling:
                self._refused[budget.name] = _Refused(budget.limit, claim.amount)
        return None

    def _filled(self, claims: Sequence[Claim], standing: Standing, without_limit: bool) -> Standing:
        for claim in claims:
            self._put(claim.budget, without_limit, claim.amount)
        return standing

    def _is_refused(self, budget: Budget, claim: Claim) -> bool:
        known = self._refused.get(budget.name)
        return (
            claim.ceiling is not None and known is not None
            and known.limit == budget.limit and claim.amount >= known.amount
        )


def _units(dollars: Decimal) -> int:
    return int((dollars * DOLLAR).to_integral_value(ROUND_FLOOR))


def _watch(filled: Sequence[Budget], standing: Standing, month: str) -> None:
    """Tell the owner, once a month, of each budget that has come to `ALERT_AT`. No message is held up for it."""
    for budget in filled:
        reserved = standing.reserved.get(budget.name, 0)
        if reserved < _units(budget.limit * ALERT_AT) or budget.name in standing.told:
            continue
        try:
            _tell_owner(_Alert(budget, month, reserved))
        except StorageUnavailableError:
            logger.warning("the budget's alert is left to the next message", extra={"budget": budget.name})


def _tell_owner(alert: _Alert) -> None:
    budget, spent = alert.budget, (Decimal(alert.reserved) / DOLLAR).quantize(Decimal("0.01"))
    topic = os.environ.get("SELVEDGE_ALARM_TOPIC", "")
    if not budgets.take_alert(alert.month, budget.name):
        return
    logger.warning("a budget is nearly spent", extra={"budget": budget.name, "month": alert.month, "spent": str(spent)})
    if not topic:
        return
    file = "shop.yaml" if budget.name == SHOP else f"{budget.name}.yaml"
    try:
        sending_client("sns").publish(
            TopicArn=topic,
            Subject=f"{os.environ['SELVEDGE_STACK']}: {ALERT_AT:.0%} of the budget of {alert.month} is spent"[:100],
            Message=(
                f"Of the {budget.limit} $ that messages may cost in {alert.month} by {file}, {spent} $ are spent.\n\n"
                "When all of it is, marketing messages are skipped with the reason `budget` until the month is over. "
                "Transactional messages, such as order confirmations, go on.\n"
                f"To allow more, raise `budget` in {file}: it is in force within a minute.\n"
            ),
        )
    except Exception:
        # Of whatever kind: the owner not reached must not keep a message back. An error is an alarm of its own.
        logger.exception("the owner could not be told of the budget", extra={"budget": budget.name})
        budgets.leave_alert(alert.month, budget.name)
