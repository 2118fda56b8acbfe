"""The bodies of the management API: the types that validate requests and describe them in docs/openapi.json."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.domain.tasks import Task

Basis = Annotated[str, Meta(
    pattern=r"^([0-9a-f]{12})?$", description="Of the counts that the act goes by, as their answer named them",
)]


class Act(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An act on a journey: without `confirm` it is only counted; with it, it is done by the counts named by `basis`."""

    confirm: bool = False
    basis: Basis = ""


class AtMost(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What is later than so many seconds when the journey is resumed is skipped."""

    at_most: Annotated[int, Meta(ge=0, le=366 * 86400, description="Seconds")]


class ResumeAct(Act, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Resuming: what becomes of what came due meanwhile; left out, the file's own choice."""

    resume: Annotated[str, Meta(pattern=r"^(drop|shift)$")] | AtMost | None = None


class MoveAct(Act, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Moving: `steps` leads steps of earlier versions (path or label) to those of the version in force, or to `end`."""

    steps: Annotated[dict[str, str], Meta(max_length=200)] = {}


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An act without counts to go by; without `confirm` it is told how things stand."""

    confirm: bool = False


class TaskOutcome(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of a task, in a few words, and how it went, as its script says."""

    outcome: Annotated[str, Meta(min_length=1, max_length=1000)]
    score: Annotated[int, Meta(ge=-1000, le=1000)] | None = None


class OpenTasks(Struct, frozen=True):
    """The tasks still to be done, the oldest due first."""

    tasks: tuple[Task, ...]
