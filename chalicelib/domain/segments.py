"""Segments: named rules over the profile. Who is in one is never stored: it is the rule's answer at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from chalicelib.domain.conditions import Condition, ConditionError, compile_condition


class Segment(Struct, frozen=True):
    """A segment: its name and its rule, a condition on the customer that may name other segments."""

    name: str
    rule: str


class SegmentError(ConditionError):
    """A segment whose rule cannot be compiled; `segment` names it."""

    def __init__(self, segment: str, reason: str) -> None:
        super().__init__(reason)
        self.segment = segment


def compile_segments(segments: Iterable[Segment]) -> dict[str, Condition]:
    """The compiled rules by name, each after those that it names, whatever their order in the file.

    Raises SegmentError for a rule that is no condition, that reads an event, or that leads back to itself.
    """
    compiled = _Compiled({segment.name: segment.rule for segment in segments})
    for name in compiled:
        compiled[name]
    return compiled.done


class _Compiled(Mapping[str, Condition]):
    """Rules compiled when they are first asked for, which is how those that are named come first."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self.rules = rules
        self.done: dict[str, Condition] = {}
        self.under_way: list[str] = []

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[str]:
        return iter(self.rules)

    def __contains__(self, name: object) -> bool:
        return name in self.rules

    def __getitem__(self, name: str) -> Condition:
        if name not in self.done:
            if name in self.under_way:
                circle = [*self.under_way[self.under_way.index(name) :], name]
                raise SegmentError(self.under_way[-1], f"leads back to itself: {' → '.join(circle)}")
            self.under_way.append(name)
            self.done[name] = self._compile(name)
            self.under_way.pop()
        return self.done[name]

    def _compile(self, name: str) -> Condition:
        try:
            condition = compile_condition(self.rules[name], self)
        except SegmentError:
            raise
        except ConditionError as error:
            raise SegmentError(name, str(error)) from error
        if condition.event_paths():
            event = min(condition.event_paths())
            raise SegmentError(name, f"event.{event} cannot be read: a segment is about the customer alone")
        return condition
