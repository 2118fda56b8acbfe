"""The engine: a pure fold of the log into the state. `fold(state, entry, definitions) -> (state, effects)`.

"Now" is the recorded time of the entry. Effects come before the state is committed, each under a deterministic key, so
that a crash between the two replays to the same keys.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain import attribution, merging, profile, sends
from chalicelib.domain.customer import (
    BURST_ENTRIES,
    DISORDER,
    RECENT_ENTRIES,
    RECENT_IDENTITIES,
    Customer,
)
from chalicelib.domain.decisions import Decision, Trace
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import AppendEntry, Effect, RecordFeedback
from chalicelib.domain.endings import key_of, leaves, reaches_goal, waited_for
from chalicelib.domain.entering import ROUNDS, Before, enrol, enter, enter_by_change, reached_by_broadcast
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import BROADCAST_REACHED, JOURNEY_ENROLLED, JOURNEY_MOVED
from chalicelib.domain.vocabulary import is_activity
from chalicelib.domain.walk import Walk

TIMER_DUE = "timer.due"
"""The event of a timer's entry; its `occurred_at` is when the timer was due."""

_FEEDBACK = ("delivered", "opened", "clicked", "bounced", "complained")


class Folded(Struct, frozen=True):
    """What folding one entry came to: the new state, the effects in order, and (when asked for) each decision."""

    customer: Customer
    effects: tuple[Effect, ...]
    decisions: tuple[Decision, ...] = ()


def mark_of(entry_id: str) -> bytes:
    """The short mark by which a state remembers an entry it has folded."""
    return blake2b(entry_id.encode(), digest_size=6).digest()


def fold(
    customer: Customer, entry: Entry, definitions: Definitions, *, trace: bool = False, outline: bool = False
) -> Folded:
    """Fold one log entry into the customer's state. With `trace` each decision is told, with `outline` how runs began
    and ended.

    Raises UnknownVersionError when a run is pinned to a version that `definitions` lacks: load it and fold again.
    """
    now = max(customer.now or entry.recorded_at, entry.recorded_at)
    before = Before(customer, customer.now)
    customer = replace(customer, now=now, recent=_recent(customer, entry))
    if customer.forwarded_to:
        return Folded(customer, _forwarded(customer, entry))
    customer = _recognised(customer, entry)
    walk = Walk(customer, definitions, now, Trace(now, asked=trace, outline=outline))
    for index, event in enumerate(entry.events):
        _take(walk, event, entry, index)
        if walk.customer.forwarded_to:
            return Folded(walk.state(), tuple(walk.effects), tuple(walk.trace.decisions))
    for _ in range(ROUNDS):
        enter_by_change(walk, before)
        before = Before(walk.customer, now)
        walk.advance()
        if walk.customer.profile is before.customer.profile:
            break
    walk.arm()
    return Folded(walk.state(), tuple(walk.effects), tuple(walk.trace.decisions))


def _recent(customer: Customer, entry: Entry) -> tuple[bytes, ...]:
    """The marks of the last entries; while they come within seconds of each other, of all of them: their recorded times
    do not tell which were folded already."""
    burst = customer.now is not None and entry.recorded_at - customer.now <= DISORDER
    return (*customer.recent, mark_of(entry.entry_id))[-(BURST_ENTRIES if burst else RECENT_ENTRIES) :]


def _forwarded(customer: Customer, entry: Entry) -> tuple[Effect, ...]:
    """What an absorbed customer does with an entry: its own messages' feedback is noted on them, all is passed on."""
    effects: list[Effect] = []
    events: list[Event] = []
    for event in entry.events:
        known = {customer.customer_id, customer.forwarded_to}
        if event.name == TIMER_DUE or (event.merge is not None and event.merge.customer_id in known):
            continue
        events.append(event)
        effects.extend(_recorded(customer.customer_id, event))
    if events:
        effects.append(AppendEntry(replace(entry, customer_id=customer.forwarded_to, events=tuple(events))))
    return tuple(effects)


def _recorded(customer_id: str, event: Event) -> tuple[Effect, ...]:
    told, kind = event.message, event.name.removeprefix("message.")
    if told is None or not told.message_id or told.automated or kind not in _FEEDBACK:
        return ()
    return (RecordFeedback(customer_id, told.message_id, kind, event.occurred_at, told.kind),)


def _recognised(customer: Customer, entry: Entry) -> Customer:
    if not entry.identities:
        return customer
    others = tuple(known.key for known in entry.identities if known.kind not in {"email", "phone"})
    fresh = tuple(key for key in others if key not in customer.identities)
    return replace(
        customer,
        profile=profile.with_identities(customer.profile, entry.identities),
        identities=(*customer.identities, *fresh)[-RECENT_IDENTITIES:] if fresh else customer.identities,
    )


def _take(walk: Walk, event: Event, entry: Entry, index: int) -> None:
    if event.name == TIMER_DUE:
        if walk.timer_at is not None and event.occurred_at >= walk.timer_at:
            walk.timer_at = None
        return
    if event.name == "customer.merged" and event.merge is not None:
        _merge(walk, event, event.merge.customer_id, entry)
        return
    if event.name == "customer.absorbed" and event.merge is not None:
        walk.absorb(event.merge)
        return
    by_name = _OF_JOBS.get(event.name)
    if by_name is not None:
        by_name(walk, event)
        return
    changed = profile.apply(walk.customer.profile, event, walk.now)
    if changed is None:
        walk.trace.note("", "known already", event.name)
        return
    if event.name.startswith("message."):
        _feedback(walk, event)
    if event.name == "order.placed" and event.order is not None:
        walk.effects.extend(attribution.attribute(walk.customer.touches, event.order, event.occurred_at))
    if is_activity(event.name):
        changed = profile.seen(changed, event, entry.source)
    if changed is not walk.customer.profile:
        walk.customer = replace(walk.customer, profile=changed)
    _end_runs(walk, event, index, entry)
    for program in walk.definitions.triggers.get(event.name, ()):
        enter(walk, program, event, f"{entry.entry_id}|{index}")


def _merge(walk: Walk, event: Event, other_id: str, entry: Entry) -> None:
    """Two customers are one: the older (its id is smaller) absorbs the younger, whichever of them was told."""
    own_id = walk.customer.customer_id
    if other_id > own_id:
        walk.effects.append(merging.turned(event, entry, own_id, other_id))
    elif other_id < own_id:
        walk.trace.note("", "merged", f"into {other_id}")
        walk.effects.extend(walk.forward(other_id, entry))


def _feedback(walk: Walk, event: Event) -> None:
    told = event.message
    if told is None or not told.message_id:
        return
    walk.effects.extend(_recorded(walk.customer.customer_id, event))
    touches = attribution.touched(walk.customer.touches, event, walk.customer.customer_id)
    if touches is not walk.customer.touches:
        walk.customer = replace(walk.customer, touches=touches)
    kind = event.name.removeprefix("message.")
    if kind in {"skipped", "failed"}:
        walk.customer = sends.uncounted(walk.customer, told.message_id)
    elif kind == "sent":
        if told.channel:
            walk.customer = sends.sent_by(walk.customer, told.message_id, told.channel)
        if told.sent_at is not None:
            walk.customer = sends.sent_at(walk.customer, told.message_id, told.sent_at)
            walk.sent_late(told.message_id, told.sent_at)


def _move(walk: Walk, event: Event) -> None:
    """Move the runs of a journey from one version to another (semantics 25)."""
    data = event.data
    for slot, run in enumerate(walk.runs):
        if run is not None and (run.journey, run.version) == (data.get("journey"), data.get("from")):
            walk.move(slot, str(data.get("to")), dict(data.get("steps", {})))


_OF_JOBS: Final[dict[str, Callable[[Walk, Event], None]]] = {
    BROADCAST_REACHED: reached_by_broadcast,
    JOURNEY_ENROLLED: enrol,
    JOURNEY_MOVED: _move,
}
"""What is told to many customers at once."""


def _end_runs(walk: Walk, event: Event, index: int, entry: Entry) -> None:
    """Exits, goals, restarts and what was waited for: what an event does to the runs there are."""
    for slot, run in enumerate(walk.runs):
        if run is None:
            continue
        program = walk.program(run)
        if program is None:
            walk.end(slot, "withdrawn", "the journey has been deleted")
        elif not run.converted and reaches_goal(program, event, walk.seen()):
            walk.reach_goal(slot, program, event.name)
        elif leaves(program, run.key, event, walk.seen()):
            walk.end(slot, "exited", event.name)
        elif event.name in program.awaited and (found := waited_for(program, run, event, walk.seen())):
            walk.jump(slot, found, "came true", event.name)
        elif event.name in program.restarts_on and key_of(program, event) == run.key:
            walk.restart(slot, program, event, f"{entry.entry_id}|{index}")
