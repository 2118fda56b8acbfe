"""The runs of one customer while one entry is folded: walked from step to step until each sleeps or is over.

Mutable for the length of a fold and never outside of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from chalicelib.domain import merging
from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.customer import RECENT_SENDS, Customer, Run, Sent, Visit
from chalicelib.domain.definitions import Definitions, Program
from chalicelib.domain.effects import ArmTimer, Effect, PutMessage
from chalicelib.domain.events import Entry, Event, Merge
from chalicelib.domain.journeys import Send, Wait
from chalicelib.domain.messages import Reason, Status, message_id
from chalicelib.domain.steps import STEP_KINDS
from chalicelib.domain.steps.contract import Contend, Finish, Outcome, Proceed, Sleep, Standing
from chalicelib.domain.steps.send import decide, message_of
from chalicelib.domain.steps.wait import moment_of


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of the fold, for "why": when, in which journey, run and step, what, and because of what."""

    at: datetime
    journey: str
    run_key: str
    decided: str
    because: str = ""
    step: str = ""


class Walk:
    """The customer as folded so far, and the runs on their way."""

    def __init__(self, customer: Customer, definitions: Definitions, now: datetime, trace: bool) -> None:
        """Begin at a state, at a moment; decisions are kept only when `trace` asks for them."""
        self.customer = customer
        self.definitions = definitions
        self.now = now
        self.runs: list[Run | None] = list(customer.runs)
        self.visits: list[Visit] = list(customer.visits)
        self.timer_at = customer.timer_at
        self.effects: list[Effect] = []
        self.decisions: list[Decision] = []
        self._trace = trace
        self._begun: set[int] = set()

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

    def note(self, journey: str, run_key: str, decided: str, because: str = "", step: str = "") -> None:
        """Keep a decision for the trace."""
        if self._trace:
            self.decisions.append(Decision(self.now, journey, run_key, decided, because, step))

    def program(self, run: Run) -> Program | None:
        """The version a run is pinned to; None when its journey has been deleted (semantics 28).

        A version not at hand is asked for first: definitions read before the journey was published lack it, too.
        """
        program = self.definitions.program(run.journey, run.version)
        return program if run.journey in self.definitions.journeys else None

    def begin(self, program: Program, key: str, entry: int, values: dict[str, object], event_ref: str) -> int:
        """Let the customer enter a journey; the answer is the slot of the new run."""
        journey = program.journey
        self.runs.append(
            Run(
                journey=journey.name,
                key=key,
                entry=entry,
                version=program.version,
                step=journey.first,
                entered_at=self.now,
                since=self.now,
                event_ref=event_ref,
                values=values,
            )
        )
        slot = len(self.runs) - 1
        self._begun.add(slot)
        self.note(journey.name, key, "entered", f"version {program.version}")
        return slot

    def end(self, slot: int, outcome: str) -> None:
        """End a run; a message of it that was deferred will not be sent any more."""
        run = self.runs[slot]
        if run is None:
            return
        if run.held:
            self._expire(run)
        self.note(run.journey, run.key, outcome, step=run.step)
        self.runs[slot] = None
        self._begun.discard(slot)

    def end_all(self, outcome: str) -> None:
        """End every run."""
        for slot in range(len(self.runs)):
            self.end(slot, outcome)

    def _expire(self, run: Run) -> None:
        program = self.definitions.program(run.journey, run.version)
        step = program.journey.steps[run.step]
        if isinstance(step, Send):
            message = message_of(step, self._standing(run, program, self.now))
            self.effects.append(PutMessage(replace(message, status=Status.SKIPPED, reason=Reason.EXPIRED)))

    def reach_goal(self, slot: int, program: Program) -> None:
        """The goal is reached: the run is over, or goes on at the step that the goal names."""
        run, goal = self.runs[slot], program.journey.goal
        if run is None or goal is None:
            return
        if not goal.then:
            self.end(slot, "converted")
            return
        if run.held:
            self._expire(run)
        self.note(run.journey, run.key, "converted", f"goes on at {goal.then}", run.step)
        moved = replace(run, step=program.journey.labels[goal.then], converted=True, held=False, wake_at=None)
        self.runs[slot] = replace(moved, since=self.now)
        self._begun.add(slot)

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
            self.note(run.journey, run.key, "wait restarted", event.name, run.step)

    def _rewait(self, slot: int, run: Run, program: Program, step: Wait) -> None:
        moment = moment_of(step, self._standing(run, program, self.now))
        self.runs[slot] = replace(run, wake_at=moment or self.now)

    def uncount(self, sent_id: str) -> None:
        """A message did not go out after all: it no longer counts toward the caps."""
        sends = tuple(sent for sent in self.customer.sends if sent.message_id != sent_id)
        self.customer = replace(self.customer, sends=sends)

    def sent_late(self, sent_id: str, sent_at: datetime) -> None:
        """A message went out later than decided: caps and the next wait count from the actual send."""
        sends = tuple(
            replace(sent, at=sent_at) if sent.message_id == sent_id else sent for sent in self.customer.sends
        )
        self.customer = replace(self.customer, sends=sends)
        for slot, run in enumerate(self.runs):
            if run is None or not run.sent_step or sent_at <= run.since:
                continue
            produced = message_id(self.customer.customer_id, run.journey, run.key, run.entry, run.sent_step)
            program = self.program(run) if produced == sent_id else None
            step = program.journey.steps[run.step] if program is not None else None
            if program is not None and isinstance(step, Wait) and run.wake_at is not None:
                self._rewait(slot, replace(run, since=sent_at), program, step)

    def absorb(self, merge: Merge) -> None:
        """Take in the state of another customer found to be the same person."""
        self.customer = merging.absorb(self.state(), msgspec.msgpack.decode(merge.state, type=Customer))
        self.visits = list(self.customer.visits)

    def forward(self, surviving_id: str, entry: Entry) -> tuple[Effect, ...]:
        """Hand everything over to the customer that absorbs this one; nothing of it stays here."""
        self.customer, effects = merging.forward(self.state(), surviving_id, entry)
        self.runs, self.visits, self.timer_at = [], [], None
        return effects

    def advance(self) -> None:
        """Walk every run that is due; those that want to send take their turns by priority (semantics 18)."""
        contenders: list[tuple[int, str, str, int, datetime]] = []
        for slot, run in enumerate(self.runs):
            if run is None:
                continue
            program = self.program(run)
            if program is None:
                self.end(slot, "withdrawn")
            elif self._exit_holds(run, program):
                self.end(slot, "exited")
            elif slot in self._begun:
                self._walk(slot, program, Proceed(run.step, self.now), contenders)
            elif run.wake_at is not None and run.wake_at <= self.now:
                step = program.journey.steps[run.step]
                at = self._standing(run, program, run.wake_at)
                self._walk(slot, program, STEP_KINDS[type(step)].resume(step, at), contenders, run.wake_at)
        while contenders:
            contenders.sort()
            _, _, _, slot, due = contenders.pop(0)
            self._take_turn(slot, due, contenders)

    def _exit_holds(self, run: Run, program: Program) -> bool:
        if not program.exits_when:
            return False
        at = self._standing(run, program, self.now)
        return any(at.holds(condition) for condition in program.exits_when)

    def _standing(self, run: Run, program: Program, due: datetime) -> Standing:
        return Standing(self.customer, run, program, self.definitions, self.now, due)

    def _walk(
        self,
        slot: int,
        program: Program,
        outcome: Outcome,
        contenders: list[tuple[int, str, str, int, datetime]],
        due: datetime | None = None,
    ) -> None:
        due = due or self.now
        while True:
            run = self.runs[slot]
            if run is None:
                return
            if isinstance(outcome, Proceed):
                due = outcome.due
                self.runs[slot] = run = replace(run, step=outcome.to, since=due, wake_at=None, held=False)
                self.note(run.journey, run.key, "reached", step=run.step)
                step = program.journey.steps[run.step]
                outcome = STEP_KINDS[type(step)].begin(step, self._standing(run, program, due))
            elif isinstance(outcome, Sleep):
                self.runs[slot] = replace(run, wake_at=outcome.until)
                self.note(run.journey, run.key, "waits", f"until {outcome.until.isoformat()}", run.step)
                return
            elif isinstance(outcome, Contend):
                contenders.append((-outcome.priority, run.journey, run.key, slot, due))
                return
            elif isinstance(outcome, Finish):
                self.end(slot, outcome.outcome)
                return

    def _take_turn(self, slot: int, due: datetime, contenders: list[tuple[int, str, str, int, datetime]]) -> None:
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
        self.note(run.journey, run.key, message.status, f"{message.name} {message.reason}".rstrip(), run.step)
        if message.status is Status.DEFERRED:
            self.runs[slot] = replace(run, wake_at=message.deferred_until, held=True)
            return
        if decided.counted_as:
            self._count(Sent(self.now, decided.counted_as[0], message.message_id, decided.counted_as))
        self.runs[slot] = replace(run, sent_step=run.step)
        self._walk(slot, program, Proceed(step.next, self.now), contenders)

    def _count(self, sent: Sent) -> None:
        window = max((cap.window for cap in self.definitions.settings.caps), default=0)
        oldest = self.now - timedelta(seconds=window)
        kept = [known for known in self.customer.sends if known.at > oldest]
        self.customer = replace(self.customer, sends=(*kept, sent)[-RECENT_SENDS:])

    def arm(self) -> None:
        """Arm one timer for the first run to wake, unless an earlier one is pending: that one arms the next.

        One that should have fired by now is not waited for.
        """
        first = min((run.wake_at for run in self.runs if run is not None and run.wake_at is not None), default=None)
        if first is not None and (self.timer_at is None or first < self.timer_at or self.timer_at <= self.now):
            self.timer_at = first
            self.effects.append(ArmTimer(self.customer.customer_id, first))



