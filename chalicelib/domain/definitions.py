"""Definitions in force: the shop's settings, its messages, its journeys, compiled for the fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.conditions import Condition, compile_condition
from chalicelib.domain.journeys import Branch, Exit, Goal, Journey, UntilDate, Wait, version_of
from chalicelib.domain.shop import MessageDefinition, ShopSettings


class UnknownVersionError(LookupError):
    """A run is pinned to a version that is not at hand; whoever holds the store loads it and folds again."""

    def __init__(self, journey: str, version: str) -> None:
        super().__init__(f"journey {journey!r} has no version {version!r} at hand")
        self.journey, self.version = journey, version


@dataclass(frozen=True, slots=True)
class Program:
    """A journey with its conditions compiled and its events indexed.

    `conditions` by their text; `remembered` are the event's fields that later steps read (without `event.`).
    """

    journey: Journey
    version: str
    conditions: Mapping[str, Condition]
    remembered: frozenset[str]
    trigger_paths: frozenset[str]
    exits_on: Mapping[str, tuple[Exit, ...]]
    exits_when: tuple[str, ...]
    restarts_on: frozenset[str]
    key_paths: tuple[str, ...]

    @classmethod
    def of(cls, journey: Journey) -> Program:
        """Compile a journey; raises ConditionError for a condition that is not one."""
        goal = journey.goal or Goal(on="")
        texts = {journey.where, journey.profile_filter, goal.where}
        texts |= {text for leave in journey.exits for text in (leave.where, leave.when)}
        later = {journey.profile_filter}
        restarts: set[str] = set()
        remembered: set[str] = set()
        for step in journey.steps.values():
            if isinstance(step, Branch):
                later |= {case.when for case in step.cases}
            if isinstance(step, Wait):
                restarts |= set(step.restart_on)
                if isinstance(step.delay, UntilDate) and step.delay.path.startswith("event."):
                    remembered.add(step.delay.path.removeprefix("event."))
        conditions = {text: compile_condition(text) for text in texts | later if text}
        for text in later | {leave.when for leave in journey.exits}:
            if text:
                remembered |= conditions[text].event_paths()
        at_entry = set(remembered) | {path.removeprefix("event.") for path in journey.key}
        for text in (journey.where, journey.profile_filter):
            if text:
                at_entry |= conditions[text].event_paths()
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
            key_paths=tuple(path.removeprefix("event.") for path in journey.key),
        )


@dataclass(frozen=True, slots=True)
class Definitions:
    """All that the fold needs to know besides the state and the entry.

    `journeys` are those in force by name; `versions` are all at hand by (name, content hash), for the runs pinned to
    earlier ones.
    """

    settings: ShopSettings
    messages: Mapping[str, MessageDefinition]
    journeys: Mapping[str, Program]
    versions: Mapping[tuple[str, str], Program]
    triggers: Mapping[str, tuple[Program, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: ShopSettings,
        messages: Iterable[MessageDefinition],
        journeys: Iterable[Journey],
        earlier: Iterable[Journey] = (),
    ) -> Definitions:
        """Compile what is in force, and the `earlier` versions that runs are still pinned to."""
        programs = {journey.name: Program.of(journey) for journey in journeys}
        versions = {(old.name, version_of(old)): Program.of(old) for old in earlier}
        versions |= {(name, program.version): program for name, program in programs.items()}
        triggers: dict[str, tuple[Program, ...]] = {}
        for program in programs.values():
            if program.journey.status == "live":
                for name in program.journey.triggers:
                    triggers[name] = (*triggers.get(name, ()), program)
        return cls(settings, {message.name: message for message in messages}, programs, versions, triggers)

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
        program = Program.of(journey)
        versions = {**self.versions, (journey.name, program.version): program}
        return Definitions(self.settings, self.messages, self.journeys, versions, self.triggers)
