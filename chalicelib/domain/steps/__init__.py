"""The kinds of steps. A new kind is its data in `journeys.py`, its behaviour here, and its line below."""

from __future__ import annotations

from typing import Final

from chalicelib.domain.journeys import (
    AssignTask,
    Award,
    Branch,
    CallWebhook,
    End,
    GotoGoal,
    Issue,
    Send,
    SetFields,
    Split,
    Tag,
    Wait,
    WaitFor,
)
from chalicelib.domain.steps.actions import (
    AssignTaskStep,
    AwardStep,
    CallWebhookStep,
    IssueStep,
    SetStep,
    TagStep,
)
from chalicelib.domain.steps.branch import BranchStep
from chalicelib.domain.steps.contract import StepKind
from chalicelib.domain.steps.end import EndStep
from chalicelib.domain.steps.goto_goal import GotoGoalStep
from chalicelib.domain.steps.send import SendStep
from chalicelib.domain.steps.split import SplitStep
from chalicelib.domain.steps.wait import WaitStep
from chalicelib.domain.steps.wait_for import WaitForStep

STEP_KINDS: Final[dict[type, StepKind]] = {
    Wait: WaitStep(),
    WaitFor: WaitForStep(),
    Send: SendStep(),
    Branch: BranchStep(),
    Split: SplitStep(),
    Award: AwardStep(),
    Issue: IssueStep(),
    Tag: TagStep(),
    SetFields: SetStep(),
    AssignTask: AssignTaskStep(),
    CallWebhook: CallWebhookStep(),
    GotoGoal: GotoGoalStep(),
    End: EndStep(),
}
"""The behaviour of each kind of step."""
