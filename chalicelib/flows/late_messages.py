"""What came between the decision of a message that waited and its sending: is it still wanted?

The fold tested all of this when it decided. A message that its provider refused for a while, or that was held, is asked
again: what it would say may have been overtaken.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.domain.conditions import Scope, event_values
from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions, Program
from chalicelib.domain.endings import leaves, reaches_goal
from chalicelib.domain.events import Event
from chalicelib.domain.messages import Message, Reason
from chalicelib.flows.definitions_in_force import with_version
from chalicelib.storage import log


def reason_not_to_send(
    message: Message, customer: Customer, event: Event | None, definitions: Definitions, now: datetime,
) -> Reason | None:
    """Why a message that waited is not sent any more, or None: its run has ended by an exit or the goal (semantics 7),
    the customer is no longer meant (2), or its journey was paused and lets nothing through so late (26).

    `event` is the one that the run began with. Reads the customer's log where the run is over.
    """
    pinned = (message.journey, message.version)
    at_hand = definitions if pinned in definitions.versions else with_version(*pinned)
    if at_hand is None or message.journey not in at_hand.journeys:
        return Reason.EXPIRED
    program = at_hand.program(*pinned)
    seen = Scope(customer, event_values(event, program.remembered) if event is not None else {}, now)
    if _run_has_ended(message, program, seen):
        return Reason.EXPIRED
    profile_filter = program.journey.profile_filter
    if profile_filter and not program.conditions[profile_filter].holds(seen):
        return Reason.FILTER
    return _refused_by_a_pause(message, program, definitions, now)


def _run_has_ended(message: Message, program: Program, seen: Scope) -> bool:
    """Whether an exit or the goal came while the message waited.

    A run that is over by its last step alone is gone from the state too, so the log is asked what ended it. What was
    recorded in the moment of the decision led to it: it did not end it.
    """
    if any(program.conditions[leave].holds(seen) for leave in program.exits_when):
        return True
    run = (message.journey, message.run_key, message.entry)
    if any((known.journey, known.key, known.entry) == run for known in seen.customer.runs):
        return False
    return any(
        leaves(program, message.run_key, event, seen) or reaches_goal(program, event, seen)
        for entry in log.history(seen.customer.customer_id)
        if entry.recorded_at > message.decided_at
        for event in entry.events
    )


def _refused_by_a_pause(
    message: Message, program: Program, definitions: Definitions, now: datetime,
) -> Reason | None:
    """What a pause that began or lasted while the message waited, and is over, lets become of it."""
    for pause in definitions.pauses.get(message.journey, ()):
        if pause.resumed_at is None or pause.resumed_at <= message.decided_at:
            continue
        if pause.resume.choice == "drop":
            return Reason.JOURNEY_PAUSED
        latest = program.journey.max_lateness if pause.resume.at_most is None else pause.resume.at_most
        if pause.resume.choice == "late" and now - message.decided_at > timedelta(seconds=latest):
            return Reason.TOO_LATE
    return None
