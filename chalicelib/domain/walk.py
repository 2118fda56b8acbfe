"""The runs of one customer while one entry is folded: walked from step to step until each sleeps or is over.

Mutable for the length of a fold and never outside of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from chalicelib.domain import merging, sends
from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.customer import Customer, Run, Sent, Visit
from chalicelib.domain.decisions import Trace
from chalicelib.domain.definitions import Definitions, Program
from chalicelib.domain.effects import ArmTimer, Effect, PutMessage
from chalicelib.domain.events import Entry, Event, Merge
from chalicelib.domain.journeys import Branch, Send, Wait, WaitFor
from chalicelib.domain.messages import Reason, Status, message_id
from chalicelib.domain.steps import STEP_KINDS
from chalicelib.domain.steps.contract import (
    OTHERWISE,
    Contend,
    Finish,
    Outcome,
    Perform,
    Proceed,
    ReachGoal,
    Sleep,
    Standing,
    skip_reason,
)
from chalicelib.domain.steps.send import decide, message_of
from chalicelib.domain.steps.wait import moment_of
from chalicelib.domain.steps.wait_for import fulfilled
from chalicelib.domain.waking import due_of, next_wake


@dataclass(frozen=True, order=True, slots=True)
class _Contender:
    """A run that wants to send, in the order of the turns: the higher priority first, then by name (semantics 18)."""

    rank: int
    journey: str
    run_key: str
    slot: int
    due: datetime


class Walk:
    """The customer as folded so far, and the runs on their way."""

    def __init__(self, customer: Customer, definitions: Definitions, now: datetime, trace: Trace) -> None:
        """Begin at a state, at a moment; `trace` keeps the decisions that it asks for."""
        self.customer = customer
        self.definitions = definitions
        self.now = now
        self.runs: list[Run | None] = list(customer.runs)
        self.visits: list[Visit] = list(customer.visits)
        self.timer_at = customer.timer_at
        self.effects: list[Effect] = []
        self.trace = trace
        self._begun: dict[int, datetime] = {}

    def state(self) -> Customer:
        """The customer with everything that has happened so far."""
        return replace(
            self.customer,
            runs=tuple(run for run in self.runs if run is not None),
            visits=tuple(self.visits),
            timer_at=self.timer_at,
        )

    def seen(self) -> Scope:
        """What a condition on the customer alone can see."""
        return Scope(self.customer, {}, self.now)

    def program(self, run: Run) -> Program | None:
        """The version a run is pinned to; None when its journey has been deleted (semantics 28).

        A version not at hand is asked for first: definitions read before the journey was published lack it, too.
        """
        program = self.definitions.program(run.journey, run.version)
        return program if run.journey in self.definitions.journeys else None

    def begin(self, run: Run, due: datetime) -> int:
        """Let the customer enter a journey; `due` is when the first step came due. The answer is the run's slot."""
        self.runs.append(run)
        slot = len(self.runs) - 1
        self._begun[slot] = due
        self.trace.note(run.journey, "entered", run=run)
        return slot

    def end(self, slot: int, outcome: str, because: str = "") -> None:
        """End a run; a message of it that was deferred will not be sent any more."""
        run = self.runs[slot]
        if run is None:
            return
        if run.held:
            self._expire(run)
        self.trace.note(run.journey, outcome, because, run=run)
        self.runs[slot] = None
        self._begun.pop(slot, None)

    def _expire(self, run: Run) -> None:
        program = self.definitions.program(run.journey, run.version)
        step = program.journey.steps[run.step]
        if isinstance(step, Send):
            message = message_of(step, self._standing(run, program, self.now))
            self.effects.append(PutMessage(replace(message, status=Status.SKIPPED, reason=Reason.EXPIRED)))

    def jump(self, slot: int, to: str, decided: str, because: str = "") -> None:
        """Let a run go on at another step, now; a message that it held back will not be sent."""
        run = self.runs[slot]
        if run is None:
            return
        if run.held:
            self._expire(run)
        self.trace.note(run.journey, decided, because, run=run)
        self.runs[slot] = replace(run, step=to, held=False, wake_at=None, since=self.now)
        self._begun[slot] = self.now

    def reach_goal(self, slot: int, program: Program, because: str) -> None:
        """The goal is reached: the run is over, or goes on at the step that the goal names, the first time."""
        run = self.runs[slot]
        if run is None:
            return
        goal = program.journey.goal
        if goal is None or not goal.then or run.converted:
            self.end(slot, "converted", because)
            return
        self.runs[slot] = replace(run, converted=True)
        self.jump(slot, program.journey.labels[goal.then], "converted", because)

    def move(self, slot: int, version: str, steps: dict[str, str]) -> None:
        """Let a run finish on another version: at the step that takes the place of its own (semantics 25).

        Where there is none it stays. A wait there counts from when the step before it happened, as it did.
        """
        run = self.runs[slot]
        program = self.definitions.program(run.journey, version) if run is not None else None
        target = steps.get(run.step, "") if run is not None else ""
        if run is None or program is None or target not in program.journey.steps:
            return
        if run.held:
            self._expire(run)
        moved = replace(run, version=version, step=target, held=False, wake_at=None)
        self.trace.note(run.journey, "moved", f"from version {run.version}, step {run.step}", run=moved)
        self.runs[slot] = moved
        step = program.journey.steps[target]
        outcome = STEP_KINDS[type(step)].begin(step, self._standing(moved, program, run.since))
        if isinstance(step, Wait | WaitFor) and isinstance(outcome, Sleep):
            self.runs[slot] = replace(moved, wake_at=outcome.until)
        elif isinstance(step, Wait | WaitFor) and isinstance(outcome, Proceed):
            # Over already: it is not waited for once more.
            self.runs[slot] = replace(moved, step=outcome.to)
            self._begun[slot] = outcome.due
        else:
            self._begun[slot] = self.now

    def point(self, slot: int, event: Event, event_ref: str) -> None:
        """The same key has arrived again: it is the same run, which now shows the newest cart or order."""
        run = self.runs[slot]
        program = self.program(run) if run is not None else None
        if run is not None and program is not None:
            values = event_values(event, program.remembered)
            self.runs[slot] = replace(run, event_ref=event_ref, values=values)

    def restart(self, slot: int, program: Program, event: Event, event_ref: str) -> None:
        """`restart-on`: move the start of the wait that the run stands in to this event.

        The messages show what the event tells only where it is one that the journey is entered by.
        """
        if event.name in program.journey.triggers:
            self.point(slot, event, event_ref)
        run = self.runs[slot]
        step = program.journey.steps[run.step] if run is not None else None
        if run is not None and isinstance(step, Wait) and event.name in step.restart_on and run.wake_at is not None:
            self._rewait(slot, replace(run, since=self.now), program, step)
            self.trace.note(run.journey, "wait restarted", event.name, run=run)

    def _rewait(self, slot: int, run: Run, program: Program, step: Wait) -> None:
        moment = moment_of(step, self._standing(run, program, self.now))
        self.runs[slot] = replace(run, wake_at=moment or self.now)

    def sent_late(self, sent_id: str, sent_at: datetime) -> None:
        """A message went out later than decided: the next wait counts from the actual send."""
        for slot, run in enumerate(self.runs):
            if run is None or not run.sent_step or sent_at <= run.since:
                continue
            produced = message_id(self.customer.customer_id, run.journey, run.key, run.entry, run.sent_step)
            program = self.program(run) if produced == sent_id else None
            step = program.journey.steps[run.step] if program is not None else None
            if program is not None and isinstance(step, Wait) and run.wake_at is not None:
                self._rewait(slot, replace(run, since=sent_at), program, step)

    def absorb(self, merge: Merge) -> None:
        """Take in the state of another customer found to be the same person, with the runs that go on here."""
        other = msgspec.msgpack.decode(merge.state, type=Customer)
        runs = merging.runs_carried_over(self.state(), other, self.definitions)
        self.customer = merging.absorb(self.state(), other)
        self.visits = list(self.customer.visits)
        for run in runs:
            visit = self.visit(run.journey, run.entered_at)
            carried = replace(run, entry=visit.count)
            self.runs.append(carried)
            self.trace.note(run.journey, "carried over", merge.customer_id, run=carried)

    def visit(self, journey: str, at: datetime) -> Visit:
        """Count one more entry into a journey."""
        known = Visit.of(journey, self.visits)
        visit = Visit(journey, 1, at)
        if known is not None:
            self.visits.remove(known)
            visit = Visit(journey, known.count + 1, max(known.last_at, at))
        self.visits.append(visit)
        return visit

    def forward(self, surviving_id: str, entry: Entry) -> tuple[Effect, ...]:
        """Hand everything over to the customer that absorbs this one; nothing of it stays here."""
        for slot, run in enumerate(self.runs):
            if run is not None and run.held:
                self._expire(run)  # what was deferred here is decided anew where the run goes on
                self.runs[slot] = replace(run, held=False)
        self.customer, effects = merging.forward(self.state(), surviving_id, entry)
        self.runs, self.visits, self.timer_at = [], [], None
        return effects

    def advance(self) -> None:
        """Walk every run that is due; those that want to send take their turns by priority (semantics 18)."""
        contenders: list[_Contender] = []
        for slot, run in enumerate(self.runs):
            if run is None:
                continue
            program = self.program(run)
            if program is None:
                self.end(slot, "withdrawn", "the journey has been deleted")
                continue
            leaving = self._exit_that_holds(run, program)
            if leaving:
                self.end(slot, "exited", leaving)
                continue
            self._go_on(slot, run, program, contenders)
        while contenders:
            contenders.sort()
            turn = contenders.pop(0)
            self._take_turn(turn.slot, turn.due, contenders)

    def _go_on(self, slot: int, run: Run, program: Program, contenders: list[_Contender]) -> None:
        begun = self._begun.pop(slot, None)
        if begun is not None:
            self._walk(slot, program, Proceed(run.step, begun), contenders)
            return
        step = program.journey.steps[run.step]
        due = due_of(run, self.definitions)
        if isinstance(step, WaitFor) and run.wake_at is not None:
            found = fulfilled(step, self._standing(run, program, self.now))
            if found is not None:
                self._walk(slot, program, Proceed(found.next, self.now, found.when), contenders)
                return
        if due is not None and due <= self.now and not self.definitions.paused(run.journey, self.now):
            outcome = STEP_KINDS[type(step)].resume(step, self._standing(run, program, due))
            self._walk(slot, program, outcome, contenders, due)

    def _exit_that_holds(self, run: Run, program: Program) -> str:
        if not program.exits_when:
            return ""
        scope = Scope(self.customer, run.values, self.now)
        for text in program.exits_when:
            if self.trace.holds(program.conditions[text], scope, run.journey, run.key):
                return text
        return ""

    def _standing(self, run: Run, program: Program, due: datetime) -> Standing:
        return Standing(self.customer, run, program, self.definitions, self.now, due)

    def _walk(
        self, slot: int, program: Program, outcome: Outcome, contenders: list[_Contender], due: datetime | None = None
    ) -> None:
        due = due or self.now
        while True:
            run = self.runs[slot]
            if run is None:
                return
            if isinstance(outcome, Proceed):
                if outcome.because and self.trace.asked:
                    self._note_choice(run, program, outcome.because)
                due = outcome.due
                self.runs[slot] = run = replace(run, step=outcome.to, since=due, wake_at=None, held=False)
                self.trace.note(run.journey, "reached", run=run)
                step = program.journey.steps[run.step]
                outcome = STEP_KINDS[type(step)].begin(step, self._standing(run, program, due))
            elif isinstance(outcome, Sleep):
                self.runs[slot] = replace(run, wake_at=outcome.until)
                self.trace.note(run.journey, "waits", run=run, until=outcome.until)
                return
            elif isinstance(outcome, Contend):
                if self.definitions.paused(run.journey, self.now):
                    self.runs[slot] = replace(run, wake_at=due)
                    self.trace.note(run.journey, "paused", run=run)
                    return
                contenders.append(_Contender(-outcome.priority, run.journey, run.key, slot, due))
                return
            elif isinstance(outcome, Perform):
                self._perform(slot, run, program, outcome, due)
                outcome = Proceed(outcome.to, due)
            elif isinstance(outcome, ReachGoal):
                self.reach_goal(slot, program, "goto-goal")
                self._begun.pop(slot, None)
                reached = self.runs[slot]
                if reached is None:
                    return
                outcome = Proceed(reached.step, self.now)
            elif isinstance(outcome, Finish):
                self.end(slot, outcome.outcome)
                return

    def _note_choice(self, run: Run, program: Program, because: str) -> None:
        """Which condition was true; where none was, each that was not."""
        scope = Scope(self.customer, run.values, self.now)
        step = program.journey.steps[run.step]
        if because == OTHERWISE and isinstance(step, Branch | WaitFor):
            for case in step.cases:
                if case.when:
                    self.trace.note(run.journey, "not true", run=run, rule=program.conditions[case.when], scope=scope)
        self.trace.note(
            run.journey, "chose", because, run=run, rule=program.conditions.get(because), scope=scope
        )

    def _perform(self, slot: int, run: Run, program: Program, action: Perform, due: datetime) -> None:
        refused = skip_reason(self._standing(run, program, due))
        if refused is not None:
            self.trace.note(run.journey, "skipped", refused, run=run)
            return
        self.effects.extend(action.effects)
        if action.profile is not None:
            self.customer = replace(self.customer, profile=action.profile)
        if action.issued is not None:
            self.runs[slot] = replace(run, code=action.issued)
        self.trace.note(run.journey, "done", action.told, run=run)

    def _take_turn(self, slot: int, due: datetime, contenders: list[_Contender]) -> None:
        run = self.runs[slot]
        program = self.program(run) if run is not None else None
        if run is None or program is None:
            return
        step = program.journey.steps[run.step]
        if not isinstance(step, Send):
            return
        decided = decide(step, self._standing(run, program, due))
        message = decided.message
        self.effects.append(PutMessage(message))
        rule = program.conditions[program.journey.profile_filter] if message.reason == Reason.FILTER else None
        self.trace.note(
            run.journey, message.status, f"{message.reason} {decided.detail}".strip(), run=run, rule=rule,
            scope=Scope(self.customer, run.values, self.now), until=message.deferred_until, message=message,
        )
        if message.status is Status.DEFERRED:
            self.runs[slot] = replace(run, wake_at=message.deferred_until, held=True)
            return
        if decided.counted_as:
            sent = Sent(self.now, decided.counted_as[0], message.message_id, decided.counted_as)
            self.customer = sends.counted(self.customer, sent, self.definitions.settings.caps)
        self.runs[slot] = replace(run, sent_step=run.step)
        self._walk(slot, program, Proceed(step.next, self.now), contenders)

    def arm(self) -> None:
        """Arm one timer for the next moment that matters, unless an earlier one is pending: that one arms the next.

        One that should have fired by now is not waited for.
        """
        pending = self.timer_at if self.timer_at is not None and self.timer_at > self.now else None
        first = next_wake(self.state(), self.definitions, self.now, pending)
        if first is not None and (pending is None or first < pending):
            self.timer_at = first
            self.effects.append(ArmTimer(self.customer.customer_id, first))
