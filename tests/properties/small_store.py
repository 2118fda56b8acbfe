"""A store in memory that takes effects under the conditions that the real one sets, and can die between two writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import AppendEntry, ArmTimer, Effect, IssueCode, PutMessage, PutTask
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import fold
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.storage.customers import decode, encode


class CrashError(Exception):
    """The process died."""


class SmallStore:
    """Log, stream, states, messages, timers, codes and tasks of a few customers."""

    def __init__(self, definitions: Definitions, customers: Iterable[Customer]) -> None:
        self.definitions = definitions
        self.begun = {customer.customer_id: customer for customer in customers}
        self.stream: list[Entry] = []
        self.states: dict[str, tuple[bytes, int]] = {}
        self.messages: dict[tuple[str, str], Message] = {}
        self.queued: list[Message] = []
        self.timers: set[tuple[str, datetime]] = set()
        self.codes: dict[str, IssueCode] = {}
        self.tasks: dict[str, PutTask] = {}
        self.checkpoint = 0
        self._known: set[tuple[str, str]] = set()
        self._writes_left: int | None = None

    def append(self, entry: Entry) -> None:
        """The log: a put on condition that there is no such entry; the stream brings what was put."""
        if (entry.customer_id, entry.entry_id) not in self._known:
            self._known.add((entry.customer_id, entry.entry_id))
            self.stream.append(entry)

    def tick(self, clock: datetime) -> None:
        """Append an entry for every timer that is due. None is deleted: each tick reads them all again."""
        for customer_id, due in sorted(self.timers):
            if due <= clock:
                self.append(timer_entry(customer_id, due, clock))

    def state(self, customer_id: str) -> Customer:
        """The state as it comes back from storage."""
        kept = self.states.get(customer_id)
        return decode(customer_id, kept[0]) if kept else self.begun[customer_id]

    def advance(self, entries: int, dies_after: int | None = None) -> None:
        """The engine takes the next entries of the stream; it may die after so many writes, to begin again there."""
        batch = list(enumerate(self.stream))[self.checkpoint : self.checkpoint + entries]
        self._writes_left = dies_after
        try:
            for customer_id in {entry.customer_id for _, entry in batch}:
                self._advance_customer(customer_id, [one for one in batch if one[1].customer_id == customer_id])
        except CrashError:
            return
        finally:
            self._writes_left = None
        self.checkpoint += len(batch)

    def rewind(self, entries: int) -> None:
        """The stream brings entries again."""
        self.checkpoint = max(0, self.checkpoint - entries)

    def _advance_customer(self, customer_id: str, arrived: list[tuple[int, Entry]]) -> None:
        folded_up_to = self.states.get(customer_id, (b"", -1))[1]
        unseen = [(position, entry) for position, entry in arrived if position > folded_up_to]
        if not unseen:
            return
        customer = self.state(customer_id)
        effects: list[Effect] = []
        for _, entry in unseen:
            folded = fold(customer, entry, self.definitions)
            customer = folded.customer
            effects.extend(folded.effects)
        for effect in effects:
            self._write()
            self._perform(effect)
        self._write()
        self.states[customer_id] = (encode(customer), unseen[-1][0])

    def _write(self) -> None:
        if self._writes_left is not None:
            if self._writes_left == 0:
                raise CrashError
            self._writes_left -= 1

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, PutMessage):
            message = effect.message
            before = self.messages.get((message.customer_id, message.message_id))
            if before is None or before.status is Status.DEFERRED:
                self.messages[message.customer_id, message.message_id] = message
                if message.status is Status.QUEUED:
                    self.queued.append(message)
        elif isinstance(effect, ArmTimer):
            self.timers.add((effect.customer_id, effect.due))
        elif isinstance(effect, AppendEntry):
            self.append(effect.entry)
        elif isinstance(effect, IssueCode):
            self.codes.setdefault(effect.offer.code_id, effect)
        elif isinstance(effect, PutTask):
            self.tasks.setdefault(effect.task.task_id, effect)
