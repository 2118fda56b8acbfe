"""`split`: the arm of an experiment that the customer belongs to (semantics 13)."""

from __future__ import annotations

from chalicelib.domain.experiments import fresh, place_of
from chalicelib.domain.journeys import Arm, Split
from chalicelib.domain.steps.contract import Outcome, Proceed, Standing


class SplitStep:
    """Chooses at once; it never sleeps."""

    def begin(self, step: Split, at: Standing) -> Outcome:
        """Go on at the customer's arm."""
        arm = arm_of(step, at)
        return Proceed(arm.next, at.due, f"arm {arm.name} of {step.experiment}")

    def resume(self, step: Split, at: Standing) -> Outcome:
        """A split has nothing to resume; reached again, it is the same arm."""
        return self.begin(step, at)


def arm_of(step: Split, at: Standing) -> Arm:
    """The arm by the allocation in force; by the step's own shares where that one knows no such arm.

    The latter are runs on an earlier version, and experiments that have only begun.
    """
    arms = {arm.name: arm for arm in step.arms}
    place = place_of(step.experiment, at.customer.customer_id)
    in_force = at.definitions.experiments.get(step.experiment)
    named = in_force.arm_of(place) if in_force is not None else ""
    return arms[named if named in arms else fresh(step.arms).arm_of(place)]
