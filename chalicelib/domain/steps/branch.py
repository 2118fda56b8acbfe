"""`branch`: the first case that is true at the moment the step is reached (semantics 13)."""

from __future__ import annotations

from chalicelib.domain.journeys import Branch
from chalicelib.domain.steps.contract import OTHERWISE, Outcome, Proceed, Standing


class BranchStep:
    """Chooses at once; it never sleeps."""

    def begin(self, step: Branch, at: Standing) -> Outcome:
        """Go on at the first case that holds, else at `otherwise`."""
        for case in step.cases:
            if at.holds(case.when):
                return Proceed(case.next, at.due, case.when)
        return Proceed(step.otherwise, at.due, OTHERWISE)

    def resume(self, step: Branch, at: Standing) -> Outcome:
        """A branch has nothing to resume; reached again, it chooses again."""
        return self.begin(step, at)
