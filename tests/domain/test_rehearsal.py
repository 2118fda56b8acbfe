"""Rehearsal: the logs of all customers under one clock, as the engine would have folded them, and what it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Endpoint, Entry, Event, Feedback, Merge
from chalicelib.domain.messages import Message, message_id
from chalicelib.domain.rehearsal import Rehearsal, timer_entry
from chalicelib.domain.rehearsal_report import Report
from chalicelib.domain.rehearsal_tally import Tally, Told
from chalicelib.domain.shop import FrequencyCap
from tests.domain.playing import play
from tests.domain.stories import SHOP, agreed, anna, at, cart, in_force, marketing, ordered, said, told

REMINDER = """
journey: reminder
enter: {on: cart.updated, key: event.cart.id, again: always}
exit: [order.placed]
steps:
- wait: 1 hour
- send: first
- wait: 2 days
- send: second
"""
ANOTHER = """
journey: another
enter: {on: cart.updated, key: event.cart.id, again: always}
steps:
- wait: 2 hours
- send: third
"""
DAY = FrequencyCap("email", 1, 86400)


def price(_message: Message, _customer: Customer) -> Decimal:
    return Decimal("0.25")


def of(customer_id: str, *entries: Entry) -> list[Entry]:
    """Anna's entries, as another customer's."""
    return [replace(entry, customer_id=customer_id) for entry in entries]


def rehearsed(
    definitions: Definitions,
    entries: Iterable[Entry],
    customers: Iterable[Customer] = (anna(),),
    until: str = "",
    names: Iterable[str] = (),
) -> tuple[Rehearsal, Report]:
    """The rehearsal at its end, and its report."""
    tally = Tally(definitions, price, names)
    rehearsal = Rehearsal(definitions, tally, customers)
    for entry in sorted(entries, key=lambda one: one.recorded_at):
        rehearsal.take(entry)
    if until:
        rehearsal.run_until(at(until))
    return rehearsal, tally.report(rehearsal.customers.values(), Told("file", "", 0, "2026-01", "a test", ""))


def sends(report: Report) -> dict[str, int]:
    return {figures.journey: figures.sends for figures in report.journeys}


def test_each_customer_fares_as_when_played_alone() -> None:
    definitions = in_force(REMINDER)
    people = [anna(customer_id=name) for name in ("anna", "boris", "vera")]
    logs = {
        "anna": of("anna", cart("03-02 10:00"), cart("03-02 10:30")),
        "boris": of("boris", cart("03-02 10:15"), ordered("03-02 15:00")),
        "vera": of("vera", cart("03-02 09:00"), agreed("03-03 09:00", given=False)),
    }
    together, _ = rehearsed(definitions, [entry for log in logs.values() for entry in log], people, "04-01 00:00")
    for person in people:
        alone = play(person, logs[person.customer_id], definitions, until=at("04-01 00:00"))
        assert together.customers[person.customer_id] == alone.customer


def test_timers_of_all_customers_fire_between_the_entries_in_their_order() -> None:
    seen: list[tuple[datetime, str]] = []

    class Watching(Tally):
        def folded(self, entry: Entry, folded: object) -> None:
            seen.append((entry.recorded_at, entry.customer_id))

    definitions = in_force(REMINDER)
    rehearsal = Rehearsal(definitions, Watching(definitions, price), [anna(), anna(customer_id="boris")])
    for entry in (*of("anna", cart("03-02 10:00")), *of("boris", cart("03-02 10:30")), told("03-02 20:00")):
        rehearsal.take(entry)
    rehearsal.take(told("03-02 21:00", Event("page.viewed", at("03-02 21:00"))))
    assert seen == [
        (at("03-02 10:00"), "anna"), (at("03-02 10:30"), "boris"), (at("03-02 11:00"), "anna"),
        (at("03-02 11:30"), "boris"), (at("03-02 21:00"), "anna"),
    ]


def test_entries_people_sends_and_skips_are_counted_by_journey() -> None:
    log = [
        *of("anna", cart("03-02 10:00"), ordered("03-02 10:30"), cart("03-05 10:00", "c2")),
        *of("boris", cart("03-02 12:00"), agreed("03-02 12:30", given=False)),
    ]
    _, report = rehearsed(in_force(REMINDER), log, [anna(), anna(customer_id="boris")], "03-05 12:00")
    (figures,) = report.journeys
    assert (figures.entries, figures.people, figures.running) == (3, 2, 1)
    assert figures.ended == {"completed": 1, "exited": 1}
    assert figures.sends == report.sends == report.marketing_sends == 1
    assert figures.skips == report.skips == {"no-consent": 2}
    assert [(one.day, one.sends, one.by_journey) for one in report.days] == [(date(2026, 3, 5), 1, {"reminder": 1})]
    assert {one.message: (one.sends, one.skips) for one in figures.messages} == {
        "first": ({"email": 1}, {"no-consent": 1}), "second": ({}, {"no-consent": 1}),
    }


def test_the_log_of_the_shop_itself_is_no_customer() -> None:
    _, report = rehearsed(in_force(REMINDER), [cart("03-02 10:00"), *of("shop", said("03-02 11:00", "shop.moved"))])
    assert (report.history.entries, report.history.customers) == (2, 1)


def test_costs_add_up_by_channel_month_and_journey() -> None:
    _, report = rehearsed(in_force(REMINDER), [cart("03-30 10:00")], until="04-02 00:00")
    assert report.costs.total == Decimal("0.50")
    assert report.costs.by_channel == {"email": Decimal("0.50")}
    assert [(one.month, one.by_journey["reminder"]) for one in report.costs.months] == [
        ("2026-03", Decimal("0.25")), ("2026-04", Decimal("0.25")),
    ]


def test_a_send_beyond_the_months_budget_is_a_skip() -> None:
    budget = REMINDER.replace("steps:", 'budget: {month: "0.30"}\nsteps:', 1)
    _, report = rehearsed(in_force(budget), [cart("03-02 10:00"), cart("03-30 12:00", "c2")], until="04-20 00:00")
    # March pays for one of three, April (two days after the second cart's reminder) for its own.
    assert report.skips == {"budget": 2}
    assert [(one.month, one.cost) for one in report.costs.months] == [
        ("2026-03", Decimal("0.25")), ("2026-04", Decimal("0.25")),
    ]


def test_of_two_journeys_that_want_one_person_it_is_told_which_gave_way() -> None:
    definitions = in_force(REMINDER, ANOTHER, settings=replace(SHOP, caps=(DAY,)))
    _, report = rehearsed(definitions, [cart("03-02 10:00")], until="03-03 00:00")
    (collision,) = report.collisions
    assert (collision.lost, collision.message, collision.won, collision.cap) == ("another", "third", "reminder", DAY)
    assert (collision.times, collision.people, collision.put_off) == (1, 1, 0)
    assert (collision.customer_id, collision.at) == ("anna", at("03-02 12:00"))


def test_what_is_tried_again_later_is_a_collision_too() -> None:
    patient = marketing("third", on_cap="retry-until", retry_for=2 * 86400)
    definitions = in_force(REMINDER, ANOTHER, settings=replace(SHOP, caps=(DAY,)), messages=[patient])
    _, report = rehearsed(definitions, [cart("03-02 10:00")], until="03-03 20:00")
    (collision,) = report.collisions
    assert (collision.times, collision.put_off) == (1, 1)
    assert sends(report) == {"reminder": 1, "another": 1}


def test_the_most_that_one_person_gets_is_by_rolling_windows() -> None:
    often = """
    journey: often
    enter: {on: cart.updated, key: event.cart.id, again: always}
    steps:
    - send: first
    """
    log = [cart(f"03-0{day} 10:00", f"c{day}") for day in (2, 3, 4)] + of(
        "boris", cart("03-02 20:00"), cart("03-03 08:00", "c2")
    )
    _, report = rehearsed(in_force(often), log, [anna(), anna(customer_id="boris")])
    busiest = report.busiest
    assert (busiest.day.sends, busiest.day.customer_id, busiest.day.until) == (2, "boris", at("03-03 08:00"))
    assert (busiest.week.sends, busiest.week.customer_id) == (3, "anna")
    assert (busiest.in_all.sends, busiest.in_all.customer_id) == (3, "anna")
    assert report.people_by_sends == {2: 1, 3: 1}


def test_timers_that_the_engine_wrote_are_not_played_twice() -> None:
    log = [cart("03-02 10:00"), timer_entry("anna", at("03-02 10:20"), at("03-02 10:20"))]
    rehearsal, report = rehearsed(in_force(REMINDER), log, until="03-02 12:00")
    assert report.history.entries == 1
    assert report.history.timers == 1
    assert rehearsal.customers["anna"].now == at("03-02 11:00")


def test_points_that_journeys_awarded_are_awarded_by_the_rehearsal_alone() -> None:
    thanks = """
    journey: thanks
    enter: {on: order.placed, key: event.order.id}
    steps:
    - award: {points: 50, because: review}
    """
    awarded = Event("loyalty.points-awarded", at("03-02 10:00"), data={"points": 50})
    recorded = told("03-02 10:00", awarded, source="journey")
    by_hand = told("03-02 11:00", replace(awarded, occurred_at=at("03-02 11:00")), source="api")
    rehearsal, _ = rehearsed(in_force(thanks), [ordered("03-02 10:00"), recorded, by_hand])
    assert rehearsal.customers["anna"].profile.loyalty.points == 100


def test_two_found_to_be_one_are_merged_as_the_engine_merges_them() -> None:
    definitions = in_force(REMINDER)
    merged = Event("customer.merged", at("03-02 11:30"), merge=Merge("anna"))
    log = [
        cart("03-01 10:00", "old"),
        *of("boris", cart("03-02 11:00")),
        *of("boris", told("03-02 11:30", merged, entry_id="m1")),
        # What the engine had written then: the absorbed state, with the runs of other definitions in it.
        told("03-02 11:30", Event("customer.absorbed", at("03-02 11:30"), merge=Merge("boris", b"\x80"))),
        *of("boris", ordered("03-02 11:45")),
    ]
    rehearsal, report = rehearsed(definitions, log, [anna(), anna(customer_id="boris")], "03-10 00:00")
    assert rehearsal.customers["boris"].forwarded_to == "anna"
    assert rehearsal.customers["anna"].profile.orders.count == 1
    assert rehearsal.customers["anna"].absorbed == ("boris",)
    assert report.history.customers == 1


def test_a_forwarded_entry_that_was_recorded_counts_once() -> None:
    merged = Event("customer.merged", at("03-02 10:00"), merge=Merge("anna"))
    order = ordered("03-02 11:00")
    log = [*of("boris", told("03-02 10:00", merged)), order, *of("boris", order)]
    for recorded in (log, [log[0], log[2], log[1]]):
        rehearsal, _ = rehearsed(in_force(REMINDER), recorded, [anna(), anna(customer_id="boris")])
        assert rehearsal.customers["anna"].profile.orders.count == 1


def test_a_bounce_of_a_message_really_sent_is_still_a_bounce() -> None:
    bounced = Feedback(message_id("anna", "other", "k", 1, "1"), "email", "hard")
    log = [told("03-02 09:00", Event("message.bounced", at("03-02 09:00"), message=bounced)), cart("03-02 10:00")]
    _, report = rehearsed(in_force(REMINDER), log, until="03-02 12:00")
    assert report.skips == {"suppressed": 1}


def test_a_broadcast_reaches_those_it_is_for_at_its_moment_on_each_ones_clock() -> None:
    letter = """
    journey: letter
    enter:
      broadcast: {to: customer.orders.count > 0, at: 2026-03-03 11:00}
    steps:
    - send: first
    """
    people = [anna(), anna(customer_id="boris", time_zone="Asia/Vladivostok"), anna(customer_id="vera")]
    log = [*of("anna", ordered("03-02 10:00")), *of("boris", ordered("03-02 10:00")), *of("vera", cart("03-02 10:00"))]
    recorded = told("03-03 11:00", Event("broadcast.reached", at("03-03 11:00"), data={"journey": "letter"}))
    rehearsal, report = rehearsed(in_force(letter), [*log, recorded], people, "03-04 00:00")
    assert sends(report) == {"letter": 2}
    assert rehearsal.customers["anna"].visits[0].last_at == at("03-03 11:00")
    assert rehearsal.customers["boris"].visits[0].last_at == at("03-03 04:00")
    assert not rehearsal.customers["vera"].visits


def test_an_entry_that_the_fold_cannot_bear_is_left_out_and_counted() -> None:
    broken = told("03-02 10:10", Event("customer.absorbed", at("03-02 10:10"), merge=Merge("x", b"")))
    mixed = replace(broken, events=(Event("order.placed", at("03-02 10:10"), order="no order"),))  # type: ignore[arg-type]
    rehearsal, report = rehearsed(in_force(REMINDER), [cart("03-02 10:00"), mixed], until="03-02 12:00")
    assert report.history.left_out == {"AttributeError in an entry of shopify": 1}
    assert report.sends == 1
    assert rehearsal.customers["anna"].profile.orders.count == 0


def test_samples_show_different_outcomes_and_are_the_same_each_time() -> None:
    people = [anna(customer_id=f"c{number}") for number in range(40)]
    log = []
    for number in range(40):
        log += of(f"c{number}", cart("03-02 10:00"))
        if number == 7:
            log += of("c7", ordered("03-02 10:30"))
        if number == 9:
            log += of("c9", agreed("03-02 10:30", given=False))
    _, report = rehearsed(in_force(REMINDER), log, people, "03-10 00:00")
    _, again = rehearsed(in_force(REMINDER), log, people, "03-10 00:00")
    assert report.samples == again.samples
    assert len(report.samples) == 10
    outcomes = [outcome for sample in report.samples[:3] for outcome in sample.outcomes]
    assert sorted(outcomes) == [
        "reminder: completed", "reminder: exited", "reminder: sent first", "reminder: sent second",
        "reminder: skipped no-consent",
    ]
    first = next(sample for sample in report.samples if "reminder: sent second" in sample.outcomes)
    assert [(row.kind, row.name) for row in first.rows] == [
        ("event", "cart.updated"), ("entered", "reminder"), ("sent", "first"), ("sent", "second"),
        ("ended", "completed"),
    ]


def test_samples_show_what_was_asked_about() -> None:
    definitions = in_force(REMINDER, ANOTHER)
    _, report = rehearsed(definitions, [cart("03-02 10:00")], until="03-10 00:00", names=["another"])
    (sample,) = report.samples
    assert all(outcome.startswith("another: ") for outcome in sample.outcomes)
    assert [(one.journey, one.rehearsed) for one in report.journeys] == [("reminder", False), ("another", True)]


def test_nobody_who_only_looked_makes_a_sample() -> None:
    _, report = rehearsed(in_force(REMINDER), [said("03-02 10:00", "shop.smiled-at")])
    assert report.samples == ()
    assert report.journeys[0].entries == 0


def test_a_state_with_a_pending_timer_goes_on_from_there() -> None:
    definitions = in_force(REMINDER)
    half_way = play(anna(), [cart("03-02 10:00")], definitions, until=at("03-02 10:00")).customer
    _, report = rehearsed(definitions, [], [half_way], "03-02 12:00")
    assert sends(report) == {"reminder": 1}


def test_endpoints_told_by_the_log_are_used() -> None:
    by_push = REMINDER.replace("send: first", "send: first\n  by: [push]")
    registered = Event("endpoint.registered", at("03-02 09:00"), endpoint=Endpoint("push", "device-1"))
    consent = agreed("03-02 09:30", "push")
    definitions = in_force(by_push, messages=[marketing("first", "push")])
    log = [told("03-02 09:00", registered), consent, cart("03-02 10:00")]
    _, report = rehearsed(definitions, log, [Customer("anna")], "03-02 12:00")
    assert report.days[0].by_channel == {"push": 1}
