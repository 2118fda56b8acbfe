"""Experiments: which arm of a split a customer belongs to (semantics 13).

A hash of (experiment, customer) gives one of `BUCKETS` places on a line, and an allocation tells whose place each is.
When the shares change, an allocation is made from the earlier one, so that only as many move as must.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

from msgspec import Struct

from chalicelib.domain.journeys import Arm, Journey, Split

BUCKETS = 10_000
"""Places on the line: a share is told in hundredths of a per cent."""


class Span(Struct, frozen=True, array_like=True):
    """The places from the end of the span before this one up to `end` (not included) belong to an arm."""

    end: int
    arm: str


class Allocation(Struct, frozen=True):
    """Whose each place is: spans in the order of the line, the last one ending at `BUCKETS`; which arms are control."""

    spans: tuple[Span, ...]
    control: tuple[str, ...] = ()

    def arm_of(self, place: int) -> str:
        """The arm that a place belongs to."""
        return next(span.arm for span in self.spans if place < span.end)


class ShrunkenControlError(ValueError):
    """A control arm would lose customers: what was to be compared would be mixed with what it is compared to."""


def place_of(experiment: str, customer_id: str) -> int:
    """The customer's place on the line of an experiment: always the same, and independent of other experiments."""
    source = f"{experiment}\x1f{customer_id}".encode()
    number = int.from_bytes(blake2b(source, digest_size=8, person=b"experiment").digest())
    return number * BUCKETS >> 64


def reallocate(before: Allocation | None, arms: Sequence[Arm]) -> Allocation:
    """An allocation with the shares of these arms (which add up to `BUCKETS`), as like the earlier one as can be.

    An arm that grows takes places of those that shrink, and of nobody else. Raises ShrunkenControlError where a control
    arm would shrink or be gone: nobody moves out of it; a new experiment has a name of its own.
    """
    wanted = {arm.name: arm.share for arm in arms}
    control = tuple(arm.name for arm in arms if arm.control)
    if before is None:
        return _joined([(arm.share, arm.name) for arm in sorted(arms, key=lambda arm: not arm.control)], control)
    lengths = _lengths(before)
    for name in before.control:
        held = sum(length for length, arm in lengths if arm == name)
        if name not in control or wanted[name] < held:
            raise ShrunkenControlError(f"the control arm {name!r} cannot become smaller than it is ({held / 100} %)")
    left = dict(wanted)
    kept: list[tuple[int, str]] = []
    for length, arm in lengths:
        stays = min(length, left.get(arm, 0))
        left[arm] = left.get(arm, 0) - stays
        kept += [(stays, arm), (length - stays, "")]
    lacking = [(name, left[name]) for name in wanted if left[name]]
    spans: list[tuple[int, str]] = []
    for length, arm in kept:
        if arm:
            spans.append((length, arm))
            continue
        free = length
        while free:
            name, lacks = lacking[0]
            taken = min(free, lacks)
            spans.append((taken, name))
            free -= taken
            lacking[0] = (name, lacks - taken)
            if taken == lacks:
                lacking.pop(0)
    return _joined(spans, control)


def variant_of(journey: Journey, path: str) -> str:
    """The arm that a step stands in; empty for none. Of the path `2.1.3` the arm is the first one of step 2.

    Where experiments stand inside others their arms are joined by dots, the outermost first.
    """
    parts = path.split(".")
    above = [(journey.steps.get(".".join(parts[:end])), parts[end]) for end in range(1, len(parts) - 1)]
    return ".".join(step.arms[int(number) - 1].name for step, number in above if isinstance(step, Split))


@lru_cache(maxsize=64)
def fresh(arms: tuple[Arm, ...]) -> Allocation:
    """The allocation of an experiment that nobody has taken part in yet."""
    return reallocate(None, arms)


def _lengths(allocation: Allocation) -> list[tuple[int, str]]:
    starts = (0, *(span.end for span in allocation.spans))
    return [(span.end - start, span.arm) for start, span in zip(starts, allocation.spans, strict=False)]


def _joined(lengths: Sequence[tuple[int, str]], control: tuple[str, ...]) -> Allocation:
    spans: list[Span] = []
    end = 0
    for length, arm in lengths:
        if not length:
            continue
        end += length
        if spans and spans[-1].arm == arm:
            spans.pop()
        spans.append(Span(end, arm))
    return Allocation(tuple(spans), control)
