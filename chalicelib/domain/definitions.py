"""Definitions in force: the shop's settings, its segments, messages and journeys, compiled for the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chalicelib.domain.conditions import Condition, compile_condition
from chalicelib.domain.customer import Profile
from chalicelib.domain.experiments import Allocation
from chalicelib.domain.journeys import (
    Branch,
    BroadcastTrigger,
    DateTrigger,
    EventTrigger,
    Exit,
    Goal,
    Journey,
    Pause,
    SegmentTrigger,
    UntilDate,
    Wait,
    WaitFor,
    version_of,
)
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import MessageDefinition, ShopSettings

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class UnknownVersionError(LookupError):
    """A run is pinned to a version that is not at hand; whoever holds the store loads it and folds again."""

    def __init__(self, journey: str, version: str) -> None:
        super().__init__(f"journey {journey!r} has no version {version!r} at hand")
        self.journey, self.version = journey, version


@dataclass(frozen=True, slots=True)
class Program:
    """A journey with its conditions compiled and its events indexed.

    `conditions` by their text; `remembered` are the event's fields that later steps read (without `event.`);
    `awaited` are the events that some `wait-for` of it waits for.
    """

    journey: Journey
    version: str
    conditions: Mapping[str, Condition]
    remembered: frozenset[str]
    trigger_paths: frozenset[str]
    exits_on: Mapping[str, tuple[Exit, ...]]
    exits_when: tuple[str, ...]
    restarts_on: frozenset[str]
    awaited: frozenset[str]
    key_paths: tuple[str, ...]

    @classmethod
    def of(cls, journey: Journey, segments: Mapping[str, Condition]) -> Program:
        """Compile a journey; raises ConditionError for a condition that is not one."""
        goal = journey.goal or Goal(on="")
        of_events = {journey.where, goal.where, *(leave.where for leave in journey.exits)}
        of_runs = {journey.profile_filter, *(leave.when for leave in journey.exits)}
        if isinstance(journey.trigger, BroadcastTrigger):
            of_events.add(journey.trigger.to)
        restarts: set[str] = set()
        awaited: set[str] = set()
        remembered: set[str] = set()
        for step in journey.steps.values():
            if isinstance(step, Branch):
                of_runs |= {case.when for case in step.cases}
            elif isinstance(step, WaitFor):
                of_events |= {case.where for case in step.cases}
                of_runs |= {case.when for case in step.cases}
                awaited |= {case.on for case in step.cases if case.on}
            elif isinstance(step, Wait):
                restarts |= set(step.restart_on)
                if isinstance(step.delay, UntilDate) and step.delay.path.startswith("event."):
                    remembered.add(step.delay.path.removeprefix("event."))
        conditions = {text: compile_condition(text, segments) for text in of_events | of_runs if text}
        for text in of_runs:
            if text:
                remembered |= conditions[text].event_paths()
        at_entry = set(remembered)
        if journey.where:
            at_entry |= conditions[journey.where].event_paths()
        exits_on: dict[str, tuple[Exit, ...]] = {}
        for leave in journey.exits:
            if leave.on:
                exits_on[leave.on] = (*exits_on.get(leave.on, ()), leave)
        return cls(
            journey=journey,
            version=version_of(journey),
            conditions=conditions,
            remembered=frozenset(remembered),
            trigger_paths=frozenset(at_entry),
            exits_on=exits_on,
            exits_when=tuple(leave.when for leave in journey.exits if leave.when),
            restarts_on=frozenset(restarts),
            awaited=frozenset(awaited),
            key_paths=tuple(path.removeprefix("event.") for path in journey.key),
        )


@dataclass(frozen=True, slots=True)
class Watched:
    """A segment that journeys are triggered by: its rule, and which of them coming into it, or leaving it, enters.

    `parts` are the fields of `Profile` that the rule reads.
    """

    segment: str
    rule: Condition
    entered: tuple[Program, ...] = ()
    left: tuple[Program, ...] = ()
    parts: tuple[str, ...] = ()

    def is_untouched(self, before: Profile, after: Profile) -> bool:
        """Whether nothing that the rule reads is different: then only time can have changed its answer."""
        for part in self.parts:  # noqa: SIM110 - `all` with a generator takes twice as long
            if getattr(before, part) != getattr(after, part):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Definitions:
    """All that the fold needs to know besides the state and the entry.

    `journeys` are those in force by name; `versions` are all at hand by (name, content hash), for the runs pinned to
    earlier ones. `triggers` are the live ones by the event that enters them, `watched` and `dated` those entered by a
    segment and by a date. `pauses` are spans of time by journey, `experiments` allocations by name.
    """

    settings: ShopSettings
    messages: Mapping[str, MessageDefinition]
    journeys: Mapping[str, Program]
    versions: Mapping[tuple[str, str], Program]
    segments: Mapping[str, Condition] = field(default_factory=dict)
    pauses: Mapping[str, tuple[Pause, ...]] = field(default_factory=dict)
    experiments: Mapping[str, Allocation] = field(default_factory=dict)
    triggers: Mapping[str, tuple[Program, ...]] = field(default_factory=dict)
    watched: tuple[Watched, ...] = ()
    dated: tuple[Program, ...] = ()

    @classmethod
    def of(
        cls,
        settings: ShopSettings,
        messages: Iterable[MessageDefinition],
        journeys: Iterable[Journey],
        earlier: Iterable[Journey] = (),
        *,
        segments: Iterable[Segment] = (),
        pauses: Iterable[Pause] = (),
        experiments: Mapping[str, Allocation] | None = None,
    ) -> Definitions:
        """Compile what is in force, and the `earlier` versions that runs are still pinned to."""
        rules = compile_segments(segments)
        programs = {journey.name: Program.of(journey, rules) for journey in journeys}
        versions = {(old.name, version_of(old)): Program.of(old, rules) for old in earlier}
        versions |= {(name, program.version): program for name, program in programs.items()}
        live = [program for program in programs.values() if program.journey.status == "live"]
        triggers: dict[str, tuple[Program, ...]] = {}
        for program in live:
            if isinstance(program.journey.trigger, EventTrigger):
                for name in program.journey.triggers:
                    triggers[name] = (*triggers.get(name, ()), program)
        return cls(
            settings=settings,
            messages={message.name: message for message in messages},
            journeys=programs,
            versions=versions,
            segments=rules,
            pauses=_pauses(programs, pauses),
            experiments=experiments or {},
            triggers=triggers,
            watched=_watched(live, rules),
            dated=tuple(program for program in live if isinstance(program.journey.trigger, DateTrigger)),
        )

    def program(self, journey: str, version: str) -> Program:
        """The version a run is pinned to, or UnknownVersionError."""
        try:
            return self.versions[journey, version]
        except KeyError:
            raise UnknownVersionError(journey, version) from None

    def message(self, name: str) -> MessageDefinition:
        """A message; one that was deleted while runs still name it has no template, so no channel is usable."""
        return self.messages.get(name) or MessageDefinition(name=name, category="marketing", channels=())

    def with_version(self, journey: Journey) -> Definitions:
        """The same with one more earlier version at hand."""
        program = Program.of(journey, self.segments)
        return replace(self, versions={**self.versions, (journey.name, program.version): program})

    def paused(self, journey: str, at: datetime) -> Pause | None:
        """The pause of a journey that a moment falls in, or None."""
        for pause in self.pauses.get(journey, ()):
            if pause.paused_at <= at and (pause.resumed_at is None or at < pause.resumed_at):
                return pause
        return None


def _pauses(programs: Mapping[str, Program], pauses: Iterable[Pause]) -> dict[str, tuple[Pause, ...]]:
    """The pauses by journey, in their order. A journey that is paused, nobody knows since when, always was."""
    known: dict[str, tuple[Pause, ...]] = {}
    for pause in sorted(pauses, key=lambda pause: pause.paused_at):
        known[pause.journey] = (*known.get(pause.journey, ()), pause)
    for name, program in programs.items():
        if program.journey.status == "paused" and all(pause.resumed_at for pause in known.get(name, ())):
            known[name] = (*known.get(name, ()), Pause(name, _ALWAYS))
    return known


def _watching(segment: str, rule: Condition) -> Watched:
    return Watched(segment, rule, parts=rule.parts_of_profile())


def _watched(live: Iterable[Program], rules: Mapping[str, Condition]) -> tuple[Watched, ...]:
    watched: dict[str, Watched] = {}
    for program in live:
        trigger = program.journey.trigger
        if isinstance(trigger, SegmentTrigger) and trigger.segment in rules:
            known = watched.get(trigger.segment, _watching(trigger.segment, rules[trigger.segment]))
            watched[trigger.segment] = (
                replace(known, left=(*known.left, program))
                if trigger.left
                else replace(known, entered=(*known.entered, program))
            )
    return tuple(watched.values())
