"""Budgets: how much of a month's money is reserved, for the shop and for each journey that has a budget of its own.

One item of the shop table holds a month (kind `budget`, id `2026-11`): an attribute for each budget, in billionths of a
dollar, which only grows, and `told`, the budgets whose owner has had an alert. A month of its own needs no resetting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from pynamodb.expressions.operand import Path

from chalicelib.storage.connection import ConditionFailedError, Item
from chalicelib.storage.tables import Shop

KIND = "budget"
_TOLD = "told"


class Claim(Struct, frozen=True):
    """What is asked of one budget: `amount`, if no more than `ceiling` is reserved so far (None: whatever is)."""

    budget: str
    amount: int
    ceiling: int | None


class Standing(Struct, frozen=True):
    """How a month stands: what is reserved of each budget, and of which an alert was told."""

    reserved: Mapping[str, int]
    told: frozenset[str]


class Answer(Struct, frozen=True):
    """Whether what was claimed is reserved, all of it or nothing, and how the month stands now."""

    granted: bool
    standing: Standing


def reserve(month: str, claims: Sequence[Claim]) -> Answer:
    """Reserve what is claimed of each budget, or nothing where one of them has too little left.

    A request repeated because its answer was lost reserves twice: too much, never too little. Key: month. Condition:
    every claim's ceiling. One write unit (per KB, some 25 budgets), also when refused.
    """
    month_item = Shop.connection()
    paths = {claim.budget: Path([claim.budget]) for claim in claims}
    condition = None
    for claim in claims:
        if claim.ceiling is None:
            continue
        if claim.ceiling < 0:
            return Answer(False, standing(month))
        path = paths[claim.budget]
        below = path.does_not_exist() | (path <= claim.ceiling)
        condition = below if condition is None else condition & below
    try:
        answer = month_item.update_item(
            KIND, month, actions=[paths[claim.budget].add(claim.amount) for claim in claims], condition=condition,
            return_values="ALL_NEW",
        )
    except ConditionFailedError as refused:
        return Answer(False, _standing(refused.item))
    return Answer(True, _standing(answer["Attributes"]))


def standing(month: str) -> Standing:
    """How a month stands, strongly consistent: one read unit."""
    return _standing(Shop.fetch(KIND, month, consistent=True) or {})


def take_alert(month: str, budget: str) -> bool:
    """Take it upon oneself to tell the owner of a budget; False when somebody has. One write unit."""
    told = Path([_TOLD])
    try:
        Shop.connection().update_item(
            KIND, month, actions=[told.add({"SS": [budget]})],
            condition=told.does_not_exist() | ~told.contains(budget),
        )
    except ConditionFailedError:
        return False
    return True


def leave_alert(month: str, budget: str) -> None:
    """Leave it to the next to tell the owner, who was not reached. One write unit."""
    Shop.connection().update_item(KIND, month, actions=[Path([_TOLD]).delete({"SS": [budget]})])


def _standing(item: Item) -> Standing:
    reserved = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return Standing(reserved, frozenset(item.get(_TOLD, {}).get("SS", ())))
