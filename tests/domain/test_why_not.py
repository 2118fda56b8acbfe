"""Why a message did not come: one answer for each thing that can have kept it."""

from __future__ import annotations

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Entry
from chalicelib.domain.why_not import Finding, Known, why_not
from tests.domain.playing import play
from tests.domain.stories import anna, at, cart, in_force, journey, ordered, said

CARTS = """
    journey: carts
    enter: {on: cart.updated, where: event.cart.total > 5000, key: event.cart.id}
    for: customer.city != "Perm"
    goal: order.placed
    steps:
      - wait: 1 day
      - branch: [{when: customer.orders.count == 0, steps: [send: first, end]}]
      - send: second
"""


def asked(
    message: str, day: str, *entries: Entry, definitions: Definitions | None = None, customer: Customer | None = None
) -> tuple[Finding, ...]:
    """What is found about a message on a day (of 2026)."""
    definitions = definitions or in_force(CARTS)
    until = at(f"{day} 23:59")
    played = play(customer or anna(), entries, definitions, until=until, trace=True)
    known = Known(played.decisions, played.messages)
    return why_not(message, at(f"{day} 00:00"), until, known, definitions)


def only(findings: tuple[Finding, ...]) -> Finding:
    """The one finding there is."""
    (finding,) = findings
    return finding


def test_the_rule_that_kept_the_customer_out_is_told_with_what_it_saw() -> None:
    finding = only(asked("first", "03-02", cart("03-02 10:00", total="300")))
    assert finding.decision is not None
    assert (finding.answer, finding.decision.because) == ("not-entered", "where")
    assert finding.decision.rule == "event.cart.total > 5000"
    assert str(finding.decision.values["event.cart.total"]) == "300"


def test_who_stands_at_an_earlier_step_is_told_so() -> None:
    finding = only(asked("first", "03-02", cart("03-02 10:00")))
    assert finding.answer == "waits"
    assert finding.decision is not None
    assert finding.decision.until == at("03-03 10:00")


def test_a_run_that_was_over_before_is_told_with_what_ended_it() -> None:
    finding = only(asked("first", "03-03", cart("03-02 10:00"), ordered("03-03 09:00")))
    assert finding.decision is not None
    assert (finding.answer, finding.decision.decided, finding.decision.because) == (
        "ended", "converted", "order.placed",
    )


def test_a_message_that_was_skipped_is_told_with_its_reason_and_record() -> None:
    finding = only(asked("first", "03-03", cart("03-02 10:00"), customer=anna(consents=())))
    assert finding.message is not None
    assert (finding.answer, finding.message.reason) == ("decided", "no-consent")


def test_the_filter_that_was_no_longer_true_is_told_with_what_it_saw() -> None:
    moved = said("03-02 11:00", "store.visited")
    definitions = in_force(CARTS)
    begun = play(anna(), [cart("03-02 10:00")], definitions, until=at("03-02 10:30")).customer
    elsewhere = replace(begun, profile=replace(begun.profile, city="Perm"))
    finding = only(asked("first", "03-03", moved, definitions=definitions, customer=elsewhere)[-1:])
    assert finding.decision is not None
    assert (finding.decision.rule, finding.decision.values) == ('customer.city != "Perm"', {"customer.city": "Perm"})


def test_a_run_that_took_another_branch_is_told_which() -> None:
    before = ordered("03-01 10:00")
    finding = only(asked("first", "03-03", before, cart("03-02 10:00")))
    assert finding.decision is not None
    assert (finding.answer, finding.decision.because) == ("went-another-way", "otherwise")


def test_nothing_happened_and_not_live_and_no_such_journey_are_three_answers() -> None:
    assert only(asked("first", "03-02", said("03-02 10:00", "store.visited"))).answer == "nothing-happened"
    draft = in_force(replace(journey(CARTS), status="draft"))
    assert only(asked("first", "03-02", cart("03-02 10:00"), definitions=draft)).answer == "not-live"
    assert only(asked("third", "03-02", cart("03-02 10:00"))).answer == "no-journey-sends-it"


def test_a_message_decided_on_an_earlier_day_is_told_with_that_day() -> None:
    finding = only(asked("first", "03-03", cart("03-02 10:00")))
    assert finding.decision is not None
    assert (finding.answer, finding.decision.at) == ("decided", at("03-03 10:00"))
