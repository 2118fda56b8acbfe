"""Several runs of one customer, several events in one entry: what becomes of one leaves the others as they are."""

from __future__ import annotations

from chalicelib.domain.events import Event, Feedback
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import version_of
from chalicelib.domain.rehearsal import timer_entry
from tests.domain.stories import at, cart, in_force, journey, ordered, played, said, story, told

BEGUN = said("03-02 10:00", "form.submitted")


def form(name: str, *steps: str, rules: str = "") -> str:
    """A journey that the form leads into, with these steps."""
    rows = "".join(f"\n  - {step}" for step in steps)
    return f"journey: {name}\nenter: {{on: form.submitted}}\n{rules}\nsteps:{rows}\n"


ENDS_BY_ORDER = form("a", "wait: 1 hour", "send: first", rules="exit: order.placed")
GOES_ON = form("b", "wait: 1 hour", "send: second")


def test_semantics_28_a_deleted_journey_ends_by_a_timer_too_and_others_go_on() -> None:
    """Nothing has happened since it was deleted; the timer of both runs fires."""
    state, _ = played(in_force(ENDS_BY_ORDER, GOES_ON), BEGUN, days=0)
    gone = in_force(GOES_ON, earlier=[journey(ENDS_BY_ORDER)])
    folded = fold(state, timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")), gone, trace=True)

    told_of = [(each.journey, each.decided, each.because) for each in folded.decisions]
    assert told_of[0] == ("a", "withdrawn", "the journey has been deleted")
    assert ("b", "completed") in [(name, decided) for name, decided, _ in told_of]
    assert folded.customer.runs == ()


def test_semantics_7_a_run_that_time_ends_leaves_the_others_their_turn() -> None:
    over = "hours_since(customer.last_seen_at) >= 1"
    impatient = form("a", "wait: 2 hours", "send: first", rules=f"exit: [{{when: {over}}}]")
    definitions = in_force(impatient, GOES_ON)
    assert story(definitions, BEGUN) == ["03-02 11:00 second by email"]

    state, _ = played(definitions, BEGUN, days=0)
    folded = fold(state, timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")), definitions, trace=True)
    ended = folded.decisions[0]
    assert (ended.journey, ended.decided, ended.because) == ("a", "exited", over)


def test_whatever_comes_in_one_entry_with_the_end_of_a_run_is_folded_as_if_it_were_over() -> None:
    moment = at("03-02 10:30")
    old = journey(ENDS_BY_ORDER)
    events = (
        *ordered("03-02 10:30").events,
        Event("message.sent", moment, message=Feedback("m0", sent_at=moment)),
        Event("journey.moved", moment, data={
            "journey": "a", "from": version_of(old), "to": version_of(old), "steps": {"1": "2"},
        }),
        *cart("03-02 10:30").events,
    )

    assert story(in_force(ENDS_BY_ORDER, GOES_ON), BEGUN, told(moment, *events)) == ["03-02 11:00 second by email"]


def test_semantics_17_a_late_send_moves_the_wait_of_its_own_run_and_of_no_other() -> None:
    """17: later delays count from the actual send, five hours late."""
    definitions = in_force(
        form("a", "wait: 30 days", "send: third"),
        form("b", "send: first", "wait: 1 day", "send: second"),
        form("c", "send: receipt", "wait: 1 day", "send: thanks"),
    )
    state, messages = played(definitions, BEGUN, days=0)
    late = told("03-02 15:00", Event(
        "message.sent", at("03-02 15:00"), message=Feedback(messages[0].message_id, sent_at=at("03-02 15:00"))
    ))

    assert [message.name for message in messages] == ["first", "receipt"]
    assert story(definitions, late, customer=state) == [
        "03-03 10:00 thanks by email", "03-03 15:00 second by email", "04-01 10:00 third by email",
    ]


def test_semantics_17_a_late_send_leaves_what_is_no_wait_as_it_is() -> None:
    definitions = in_force(form(
        "a", "send: first", "{wait-for: [{on: order.placed, steps: [send: thanks]}], limit: 1 day, otherwise: [end]}",
    ))
    state, messages = played(definitions, BEGUN, days=0)
    late = told("03-02 15:00", Event(
        "message.sent", at("03-02 15:00"), message=Feedback(messages[0].message_id, sent_at=at("03-02 15:00"))
    ))

    assert story(definitions, late, ordered("03-03 09:59"), customer=state) == ["03-03 09:59 thanks by email"]
    assert story(definitions, late, ordered("03-03 10:01"), customer=state) == []
