"""Several runs of one customer, several events in one entry: what becomes of one leaves the others as they are."""

from __future__ import annotations

from chalicelib.domain.events import Entry, Event, Feedback
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import version_of
from chalicelib.domain.rehearsal import timer_entry
from tests.domain.stories import at, cart, emptied, in_force, journey, ordered, played, said, story, told

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
    assert folded.customer.runs == ()


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


def test_two_events_of_one_entry_end_a_run_each() -> None:
    definitions = in_force(
        ENDS_BY_ORDER, form("b", "wait: 1 hour", "send: second", rules="exit: cart.emptied"),
        form("c", "wait: 1 hour", "send: third"),
    )
    both = told("03-02 10:30", *ordered("03-02 10:30").events, *emptied("03-02 10:30").events)

    assert story(definitions, BEGUN, both) == ["03-02 11:00 third by email"]


def test_semantics_25_moving_the_runs_of_one_journey_leaves_those_of_others() -> None:
    old, other = journey(GOES_ON), journey(form("c", "wait: 1 hour", "send: third"))
    new = journey(form("b", "wait: 3 hours", "send: thanks"))
    moved = told("03-02 10:30", Event("journey.moved", at("03-02 10:30"), data={
        "journey": "b", "from": version_of(old), "to": version_of(new), "steps": {"1": "1"},
    }))
    state, _ = played(in_force(old, other), BEGUN, days=0)

    assert story(in_force(new, other, earlier=[old]), moved, customer=state) == [
        "03-02 11:00 third by email", "03-02 13:00 thanks by email",
    ]


def test_what_ends_a_run_or_leads_it_on_is_told() -> None:
    """In the timeline people read by what a run ended, or why it went on."""
    text = """
        journey: story
        enter: {on: form.submitted}
        exit: cart.emptied
        goal: {on: order.delivered, then: thank}
        steps:
          - {wait-for: [{on: order.placed, steps: [wait: 1 hour, goto-goal]}], limit: 7 days}
          - end
          - wait: 1 day
            label: thank
          - send: thanks
    """
    definitions = in_force(text)
    state, _ = played(definitions, BEGUN, days=0)

    def first_told(*entries: Entry) -> tuple[str, str]:
        customer, decisions = state, []
        for entry in entries:
            folded = fold(customer, entry, definitions, trace=True)
            customer, decisions = folded.customer, [each for each in folded.decisions if each.journey]
        return decisions[0].decided, decisions[0].because

    placed = ordered("03-02 10:30")
    assert first_told(emptied("03-02 10:30")) == ("exited", "cart.emptied")
    assert first_told(placed) == ("came true", "order.placed")
    assert first_told(placed, timer_entry("anna", at("03-02 11:30"), at("03-02 11:30")))[0] == "reached"
    assert first_told(ordered("03-02 10:30", fact="delivered")) == ("converted", "order.delivered")
    told_of = fold(
        fold(state, placed, definitions).customer, timer_entry("anna", at("03-02 11:30"), at("03-02 11:30")),
        definitions, trace=True,
    ).decisions
    assert ("converted", "goto-goal") in [(each.decided, each.because) for each in told_of]
