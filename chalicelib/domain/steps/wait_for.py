"""`wait-for`: the first of several things to become true, within a limit (semantics 12)."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.journeys import WaitFor, WaitForCase
from chalicelib.domain.steps.contract import OTHERWISE, Outcome, Proceed, Sleep, Standing


class WaitForStep:
    """Sleeps until the limit; the fold asks `fulfilled` meanwhile."""

    def begin(self, step: WaitFor, at: Standing) -> Outcome:
        """Go on at once where a condition is true already, else wait."""
        found = fulfilled(step, at)
        if found is not None:
            return Proceed(found.next, at.now, found.when)
        return Sleep(at.run.since + timedelta(seconds=step.limit))

    def resume(self, step: WaitFor, at: Standing) -> Outcome:
        """The limit has passed."""
        return Proceed(step.otherwise, at.due, OTHERWISE)


def fulfilled(step: WaitFor, at: Standing) -> WaitForCase | None:
    """The first case whose condition is true here and now; None while none is."""
    return next((case for case in step.cases if case.when and at.holds(case.when)), None)
