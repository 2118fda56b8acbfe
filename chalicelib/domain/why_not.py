"""Why a customer did not get a message on a day: read from the decisions of the fold and the records of messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from chalicelib.domain.decisions import ENDINGS, Decision
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey, Send
from chalicelib.domain.messages import Message

Answer = Literal[
    "decided", "waits", "ended", "went-another-way", "not-entered", "not-live", "nothing-happened",
    "no-journey-sends-it",
]
"""`decided`: the message was queued, put off or skipped that day (see its record). `waits`: the run stood before it.
`ended`: the run was over before. `went-another-way`: it came to its end by steps that do not send it. `not-entered`:
what starts the journey happened, and its rules kept the customer out. `nothing-happened`: it did not happen."""

class Finding(Struct, frozen=True, omit_defaults=True):
    """One answer, by one journey and run: the decision that settles it, and the message's record if there is one."""

    answer: Answer
    journey: str = ""
    run_key: str = ""
    decision: Decision | None = None
    message: Message | None = None


class Known(Struct, frozen=True):
    """What is known of a customer: all decisions in their order, and the messages on record."""

    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]


def why_not(
    name: str, start: datetime, end: datetime, known: Known, definitions: Definitions
) -> tuple[Finding, ...]:
    """What became of message `name` between two moments: for each journey in force that sends it, run by run.

    `definitions` are those in force at `end`.
    """
    journeys = [program.journey for program in definitions.journeys.values() if _sends(program.journey, name)]
    until = [decision for decision in known.decisions if decision.at < end]
    search = _Search(name, start, {message.message_id: message for message in known.messages})
    findings = [finding for journey in journeys for finding in search.journey(journey, until)]
    return tuple(findings) or (Finding("no-journey-sends-it"),)


def _sends(journey: Journey, name: str) -> bool:
    return any(isinstance(step, Send) and step.message == name for step in journey.steps.values())


class _Search(Struct, frozen=True):
    """The question: which message, since when; and the records to answer with."""

    name: str
    start: datetime
    records: dict[str, Message]

    def journey(self, journey: Journey, decisions: list[Decision]) -> Iterator[Finding]:
        mine = [decision for decision in decisions if decision.journey == journey.name]
        runs: dict[tuple[str, int], list[Decision]] = {}
        for decision in mine:
            if decision.entry:
                runs.setdefault((decision.run_key, decision.entry), []).append(decision)
        findings = [
            finding
            for course in runs.values()
            if not (course[-1].decided in ENDINGS and course[-1].at < self.start)
            for finding in self._run(course)
        ]
        findings += [
            Finding("not-entered", journey.name, decision.run_key, decision)
            for decision in mine
            if decision.decided == "not entered" and decision.at >= self.start
        ]
        if not findings:
            answer: Answer = "nothing-happened" if journey.status == "live" else "not-live"
            findings = [Finding(answer, journey.name, decision=mine[-1] if mine else None)]
        yield from findings

    def _run(self, course: list[Decision]) -> Iterator[Finding]:
        decided = [decision for decision in course if decision.message == self.name]
        on_the_day = [decision for decision in decided if decision.at >= self.start]
        for decision in on_the_day or decided[-1:]:
            yield self._found("decided", decision)
        if decided:
            return
        last = course[-1]
        if last.decided == "completed":
            chosen = [decision for decision in course if decision.decided == "chose"]
            yield self._found("went-another-way", (chosen or course)[-1])
        else:
            yield self._found("ended" if last.decided in ENDINGS else "waits", last)

    def _found(self, answer: Answer, decision: Decision) -> Finding:
        return Finding(answer, decision.journey, decision.run_key, decision, self.records.get(decision.message_id))
