"""`goto-goal`: on as if the goal had been reached (semantics 8)."""

from __future__ import annotations

from chalicelib.domain.journeys import GotoGoal
from chalicelib.domain.steps.contract import Outcome, ReachGoal, Standing


class GotoGoalStep:
    """Counts the run as converted and goes on where the goal leads."""

    def begin(self, _step: GotoGoal, _at: Standing) -> Outcome:
        """The goal."""
        return ReachGoal()

    def resume(self, step: GotoGoal, at: Standing) -> Outcome:
        """The goal, once more."""
        return self.begin(step, at)
