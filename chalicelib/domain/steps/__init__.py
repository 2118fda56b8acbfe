"""The kinds of steps, one module each. A new kind is its data in `journeys.py`, its module here, and its line below."""

from __future__ import annotations

from typing import Final

from chalicelib.domain.journeys import Branch, End, Send, Wait
from chalicelib.domain.steps.branch import BranchStep
from chalicelib.domain.steps.contract import StepKind
from chalicelib.domain.steps.end import EndStep
from chalicelib.domain.steps.send import SendStep
from chalicelib.domain.steps.wait import WaitStep

STEP_KINDS: Final[dict[type, StepKind]] = {
    Wait: WaitStep(),
    Send: SendStep(),
    Branch: BranchStep(),
    End: EndStep(),
}
"""The behaviour of each kind of step."""
