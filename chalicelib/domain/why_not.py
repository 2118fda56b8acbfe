"""Why a customer did not get a message on a day: read from the decisions of the fold and the records of messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from chalicelib.domain.decisions import Decision
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey, Send
from chalicelib.domain.messages import Message

Answer = Literal[
    "decided", "waits", "ended", "went-another-way", "not-entered", "not-live", "nothing-happened", "no-journey-sends-it"
]
"""`decided`: the message was queued, put off or skipped that day (see its record). `waits`: the run stood before it.
`ended`: the run was over before. `went-another-way`: it came to its end by steps that do not send it. `not-entered`: what
starts the journey happened, and its rules kept the customer out. `nothing-happened`: it did not happen."""

ENDINGS = frozenset({"completed", "converted", "exited", "withdrawn"})
"""Decisions that end a run, where no other follows."""


class Finding(Struct, frozen=True, omit_defaults=True):
    """One answer, by one journey and run: the decision that settles it, and the record of the message if there is one."""

    answer: Answer
    journey: str = ""
    run_key: str = ""
    decision: Decision | None = None
    message: Message | None = None


def why_not(
    name: str, start: datetime, end: datetime, decisions: Sequence[Decision], messages: Sequence[Message],
    definitions: Definitions,
) -> tuple[Finding, ...]:
    """What became of message `name` between two moments: for each journey in force that sends it, run by run.

    `decisions` are all of the customer's, in order, `messages` their records; `definitions` those in force at `end`.
    """
    journeys = [
        program.journey for program in definitions.journeys.values() if _steps_that_send(program.journey, name)
    ]
    records = {message.message_id: message for message in messages}
    known = [decision for decision in decisions if decision.at < end]
    findings = [finding for journey in journeys for finding in _of_journey(journey, name, start, known, records)]
    return tuple(findings) or (Finding("no-journey-sends-it"),)


def _steps_that_send(journey: Journey, name: str) -> list[str]:
    return [path for path, step in journey.steps.items() if isinstance(step, Send) and step.message == name]


def _of_journey(
    journey: Journey, name: str, start: datetime, decisions: Iterable[Decision], records: dict[str, Message]
) -> Iterator[Finding]:
    mine = [decision for decision in decisions if decision.journey == journey.name]
    runs: dict[tuple[str, int], list[Decision]] = {}
    for decision in mine:
        if decision.entry:
            runs.setdefault((decision.run_key, decision.entry), []).append(decision)
    found = False
    for (run_key, _), course in runs.items():
        last = course[-1]
        if last.decided in ENDINGS and last.at < start:
            continue
        found = True
        yield from _of_run(journey.name, run_key, name, start, course, records)
    kept_out = [decision for decision in mine if decision.decided == "not entered" and decision.at >= start]
    for decision in kept_out:
        found = True
        yield Finding("not-entered", journey.name, decision.run_key, decision)
    if not found:
        last_known = mine[-1] if mine else None
        yield Finding("nothing-happened" if journey.status == "live" else "not-live", journey.name, "", last_known)


def _of_run(
    journey: str, run_key: str, name: str, start: datetime, course: list[Decision], records: dict[str, Message]
) -> Iterator[Finding]:
    decided = [decision for decision in course if decision.message_id and _is_about(decision, name)]
    on_the_day = [decision for decision in decided if decision.at >= start]
    if on_the_day:
        for decision in on_the_day:
            yield Finding("decided", journey, run_key, decision, records.get(decision.message_id))
        return
    last = course[-1]
    if decided:
        before = decided[-1]
        yield Finding("decided", journey, run_key, before, records.get(before.message_id))
    elif last.decided == "completed":
        chosen = [decision for decision in course if decision.decided == "chose"]
        yield Finding("went-another-way", journey, run_key, chosen[-1] if chosen else last)
    else:
        yield Finding("ended" if last.decided in ENDINGS else "waits", journey, run_key, last)


def _is_about(decision: Decision, name: str) -> bool:
    return decision.because.partition(" ")[0] == name
