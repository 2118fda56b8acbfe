"""A decision of the fold, kept where somebody asks why: which rule, which values, which version, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from chalicelib.domain.conditions import Condition, Scope
from chalicelib.domain.customer import Run
from chalicelib.domain.messages import Message


class Decision(Struct, frozen=True, omit_defaults=True):
    """One decision: when, in which journey and run, at which step of which version, what, and because of what.

    `rule` is the text of the condition that decided and `values` what it saw (by path); `until` is when what waits or
    is put off goes on; `message` and `message_id` name the message where one was decided. A decision outside of any run
    (an entry refused) has no `entry`.
    """

    at: datetime
    journey: str
    decided: str
    because: str = ""
    run_key: str = ""
    entry: int = 0
    version: str = ""
    step: str = ""
    rule: str = ""
    values: dict[str, Any] = {}
    until: datetime | None = None
    message: str = ""
    message_id: str = ""


ENDINGS: Final = frozenset({"completed", "converted", "exited", "withdrawn"})
"""How a run can end, as decisions tell it; one that is converted may go on where its goal leads."""
OUTLINE: Final = ENDINGS | {"entered", "not entered"}


class Trace:
    """The decisions of one fold, kept only when somebody asks."""

    def __init__(self, now: datetime, *, asked: bool, outline: bool = False) -> None:
        """Begin at a moment; an `outline` is how runs began and ended, without rules and values."""
        self.now = now
        self.asked = asked
        self.outline = outline
        self.decisions: list[Decision] = []

    def note(
        self, journey: str, decided: str, because: str = "", *, run: Run | None = None, run_key: str = "",
        rule: Condition | None = None, scope: Scope | None = None, until: datetime | None = None,
        message: Message | None = None,
    ) -> None:
        """Keep a decision; `rule` and `scope` tell by which condition, and what it saw."""
        if not self.asked:
            if self.outline and decided in OUTLINE:
                self.decisions.append(Decision(self.now, journey, decided, because))
            return
        self.decisions.append(Decision(
            at=self.now,
            journey=journey,
            decided=decided,
            because=because,
            run_key=run.key if run is not None else run_key,
            entry=run.entry if run is not None else 0,
            version=run.version if run is not None else "",
            step=run.step if run is not None else "",
            rule=rule.source if rule is not None else "",
            values=rule.seen(scope) if rule is not None and scope is not None else {},
            until=until,
            message=message.name if message is not None else "",
            message_id=message.message_id if message is not None else "",
        ))

    def holds(self, condition: Condition, scope: Scope, journey: str, run_key: str = "") -> bool:
        """Whether a condition is true; one that fails is false, which is kept."""
        if not self.asked:
            return condition.holds(scope)
        held, failure = condition.test(scope)
        if failure:
            self.note(journey, "condition failed", failure, run_key=run_key, rule=condition, scope=scope)
        return held
