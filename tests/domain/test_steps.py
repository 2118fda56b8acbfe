"""What each step does (semantics 10, 11, 13 to 15)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.customer import OrderTotals
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Entry, Event, Order
from chalicelib.domain.fold import fold
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.storage.customers import decode, encode
from tests.domain.stories import (
    agreed,
    anna,
    at,
    cart,
    in_force,
    line,
    marketing,
    message_told,
    ordered,
    played,
    said,
    story,
    told,
)


def after_form(steps: str, extra: str = "") -> str:
    return f"{{journey: story, enter: {{on: form.submitted}}, {extra} steps: [{steps}]}}"


def form(when: str = "03-02 10:00") -> Entry:
    return said(when, "form.submitted")


def listed(*steps: str) -> str:
    rows = "".join(f"\n  - {step}" for step in steps)
    return f"journey: story\nenter: {{on: form.submitted}}\nsteps:{rows}\n"


def test_semantics_10_a_wait_is_so_many_seconds_after_the_step_before_it() -> None:
    """10: 24 hours are 24 x 3,600 s, also over a change of clocks."""
    berlin = ZoneInfo("Europe/Berlin")
    definitions = in_force(after_form("wait: 24 hours, send: first"))

    came = story(definitions, told(at("03-28 12:00", berlin), Event("form.submitted", at("03-28 12:00", berlin))),
                 customer=anna(time_zone="Europe/Berlin"), zone=berlin)
    assert came == ["03-29 13:00 first by email"]


def test_semantics_10_a_wait_counts_from_when_the_message_was_decided_late() -> None:
    """10: the timer came three hours late, so the day counts from then."""
    definitions = in_force(after_form("wait: 1 hour, send: first, wait: 1 day, send: second"))
    state, _ = played(definitions, form(), days=0)

    late = fold(state, timer_entry("anna", at("03-02 11:00"), at("03-02 14:00")), definitions).customer
    assert [run.wake_at for run in late.runs] == [at("03-03 14:00")]


def test_semantics_10_a_wait_counts_from_the_actual_send() -> None:
    """10, 17: the provider was away for five hours; what follows keeps its distance."""
    definitions = in_force(after_form("send: first, wait: 1 day, send: second"))
    state, messages = played(definitions, form(), days=0)

    sent = message_told("03-02 15:00", "sent", messages[0].message_id, sent_at=at("03-02 15:00"))
    assert story(definitions, sent, customer=state) == ["03-03 15:00 second by email"]


def test_semantics_10_a_late_send_told_late_does_not_move_a_wait_that_is_over() -> None:
    """10: what has happened has happened."""
    definitions = in_force(after_form("send: first, wait: 1 hour, send: second, wait: 1 hour, send: third"))
    state, messages = played(definitions, form(), said("03-02 11:30", "a.b"), days=0)

    sent = message_told("03-02 11:40", "sent", messages[0].message_id, sent_at=at("03-02 10:40"))
    assert story(definitions, sent, customer=state) == ["03-02 12:00 third by email"]


def test_semantics_10_days_are_calendar_days_in_the_customers_time_zone() -> None:
    """10: the third day at 15:00, whatever the hour of the first."""
    definitions = in_force(after_form("wait: {days: 3, at: 15:00}, send: first"))
    vladivostok = anna(time_zone="Asia/Vladivostok")

    assert story(definitions, form("03-02 00:01")) == ["03-05 15:00 first by email"]
    assert story(definitions, form("03-02 23:59")) == ["03-05 15:00 first by email"]
    # In Moscow it is the 2nd, in Vladivostok the 3rd: the third day after is the 6th there.
    assert story(definitions, form("03-02 18:00"), customer=vladivostok, zone=ZoneInfo("Asia/Vladivostok")) == [
        "03-06 15:00 first by email"
    ]


def test_semantics_10_until_a_local_time_is_the_next_one() -> None:
    """10: today if it is still to come, else tomorrow."""
    definitions = in_force(after_form("wait: {at: 15:00}, send: first"))

    assert story(definitions, form("03-02 14:59")) == ["03-02 15:00 first by email"]
    assert story(definitions, form("03-02 15:00")) == ["03-02 15:00 first by email"]
    assert story(definitions, form("03-02 15:01")) == ["03-03 15:00 first by email"]


UNTIL = """
    journey: story
    enter: {on: order.shipped, key: event.order.id, again: always}
    steps:
      - wait: {until: order.delivery_date, offset: -1 day, at: 18:00}
        otherwise: [send: second, end]
      - send: first
"""


@pytest.mark.parametrize(("delivery", "came"), [
    (date(2026, 3, 6), ["03-05 18:00 first by email"]),
    # The moment passed at 18:00 the day before: 4 hours ago the step happens now, later it is too late.
    (date(2026, 3, 3), ["03-02 22:00 first by email"]),
    (date(2026, 3, 2), ["03-02 22:00 first skipped: too-late"]),
])
def test_semantics_10_until_a_date_with_an_offset(delivery: date, came: list[str]) -> None:
    """10: missed by at most max-lateness the step happens now, by more it is skipped as too-late."""
    shipped = ordered("03-02 22:00", "o1", "shipped", delivery_date=delivery)

    assert story(in_force(UNTIL), shipped) == came


def test_semantics_10_a_missing_date_takes_the_otherwise_of_the_step() -> None:
    """10: no delivery date, another way."""
    assert story(in_force(UNTIL), ordered("03-02 10:00", "o1", "shipped")) == ["03-02 10:00 second by email"]


@pytest.mark.parametrize("nonsense", ["0001-01-01", "9999-12-31"])
def test_semantics_10_a_date_at_the_end_of_the_calendar_is_a_missing_date(nonsense: str) -> None:
    """10: some storefronts write such dates for none; the fold bears them."""
    after = UNTIL.replace("-1 day", "2 days") if nonsense.startswith("9") else UNTIL
    shipped = ordered("03-02 10:00", "o1", "shipped", delivery_date=date.fromisoformat(nonsense))

    assert story(in_force(after), shipped) == ["03-02 10:00 second by email"]


def test_semantics_10_a_date_of_the_profile_can_be_waited_for() -> None:
    """10: here the last order's, a moment and not a day."""
    definitions = in_force(after_form("wait: {until: customer.orders.last_at, offset: 10 days}, send: first"))

    assert story(definitions, ordered("03-01 08:30"), form()) == ["03-11 08:30 first by email"]


@pytest.mark.parametrize(("hours_late", "came"), [
    (6, "03-02 17:00 first by email"),
    (7, "03-02 18:00 first skipped: too-late"),
])
def test_semantics_10_a_moment_missed_by_more_than_max_lateness_is_skipped(hours_late: int, came: str) -> None:
    """10: six hours by default; the tick was down."""
    definitions = in_force(after_form("wait: 1 hour, send: first"))
    state, _ = played(definitions, form(), days=0)

    due = at("03-02 11:00")
    folded = fold(state, timer_entry("anna", due, due + timedelta(hours=hours_late)), definitions)
    assert [line(effect.message) for effect in folded.effects if isinstance(effect, PutMessage)] == [came]
    assert folded.customer.runs == ()


def test_semantics_10_a_journey_may_say_how_late_is_too_late() -> None:
    """10: max-lateness is the journey's own."""
    definitions = in_force(after_form("wait: 1 hour, send: first", "max-lateness: 10 minutes,"))
    state, _ = played(definitions, form(), days=0)

    due = at("03-02 11:00")
    folded = fold(state, timer_entry("anna", due, due + timedelta(minutes=11)), definitions)
    assert [line(effect.message) for effect in folded.effects if isinstance(effect, PutMessage)] == [
        "03-02 11:11 first skipped: too-late"
    ]


@pytest.mark.parametrize(("zone", "day", "hour", "utc"), [
    ("Europe/Berlin", "03-28", "02:30", "03-29 01:00"),
    ("America/New_York", "03-07", "02:30", "03-08 07:00"),
    ("Europe/Berlin", "10-24", "02:30", "10-25 00:30"),
    ("America/New_York", "10-31", "01:30", "11-01 05:30"),
])
def test_semantics_11_local_times_on_the_days_when_clocks_change(zone: str, day: str, hour: str, utc: str) -> None:
    """11: 2:30 that does not exist is 3:00; 2:30 (1:30) that exists twice is the first."""
    where = ZoneInfo(zone)
    definitions = in_force(after_form(f"wait: {{days: 1, at: {hour}}}, send: first"))
    moment = at(f"{day} 12:00", where)

    submitted = told(moment, Event("form.submitted", moment))
    _, messages = played(definitions, submitted, customer=anna(time_zone=zone))
    assert [message.decided_at for message in messages] == [at(utc, ZoneInfo("UTC"))]


def test_semantics_13_a_branch_is_tested_at_the_moment_it_is_reached() -> None:
    """13: the first case that is true; without one, what follows."""
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - wait: 1 hour
          - branch:
              - {when: customer.orders.count > 1, steps: [send: first]}
              - {when: customer.orders.count > 0, steps: [send: second]}
          - send: thanks
    """)
    twice = anna(orders=OrderTotals(count=2))

    assert story(definitions, form()) == ["03-02 11:00 thanks by email"]
    assert story(definitions, form(), ordered("03-02 10:30"))[0] == "03-02 11:00 second by email"
    assert story(definitions, form(), ordered("03-02 11:30"))[0] == "03-02 11:00 thanks by email"
    assert story(definitions, form(), customer=twice)[0] == "03-02 11:00 first by email"


def test_semantics_13_a_branch_reads_the_event_that_began_the_run() -> None:
    """13: also days later, when the state has been to storage and back."""
    definitions = in_force("""
        journey: story
        enter: {on: order.placed, key: event.order.id}
        steps:
          - wait: 3 days
          - branch: [{when: event.order.total >= 7990.50 and event.order.currency == "RUB", steps: [send: first]}]
            otherwise: [send: second]
    """)
    big = told("03-02 10:00", Event("order.placed", at("03-02 10:00"), order=Order("o1", total=Decimal("7990.50"))))

    state, _ = played(definitions, big, days=0)
    kept = decode("anna", encode(state))
    assert story(definitions, said("03-02 10:01", "a.b"), customer=kept) == ["03-05 10:00 first by email"]


def test_end_is_the_end() -> None:
    """A branch may end the run."""
    definitions = in_force("""
        journey: story
        enter: {on: form.submitted}
        steps:
          - branch: [{when: customer.orders.count == 0, steps: [send: first, end]}]
          - send: second
    """)

    assert story(definitions, form()) == ["03-02 10:00 first by email"]


FALLBACK = [marketing("news-flash", "push", "email", "sms")]


@pytest.mark.parametrize(("channels", "consents", "came"), [
    (("email", "push"), None, "news-flash by push, email"),
    (("email",), None, "news-flash by email"),
    (("email", "push"), ["email"], "news-flash by email"),
    (("web-push",), None, "news-flash skipped: no-channel"),
    (("email", "sms"), [], "news-flash skipped: no-consent"),
])
def test_a_message_goes_by_the_first_usable_of_its_channels(
    channels: tuple[str, ...], consents: list[str] | None, came: str
) -> None:
    """14: usable is what has an address, consent, no suppression and a template."""
    definitions = in_force(after_form("send: news-flash"), messages=FALLBACK)

    assert story(definitions, form(), customer=anna(*channels, consents=consents)) == [f"03-02 10:00 {came}"]


def test_semantics_14_a_step_may_choose_the_channels_itself() -> None:
    """14: `by` stands above the message's own order."""
    definitions = in_force(after_form("{send: news-flash, by: [sms, email]}"), messages=FALLBACK)

    assert story(definitions, form(), customer=anna("push", "email", "sms")) == [
        "03-02 10:00 news-flash by sms, email"
    ]


def test_semantics_14_a_message_without_a_template_for_the_channel_has_no_channel() -> None:
    """14: and the run goes on."""
    untranslated = marketing("news-flash", "sms", variants=())
    definitions = in_force(listed("send: news-flash", "send: first"), messages=[untranslated])

    assert story(definitions, form(), customer=anna("sms", "email")) == [
        "03-02 10:00 news-flash skipped: no-channel",
        "03-02 10:00 first by email",
    ]


def test_semantics_14_a_message_deleted_while_runs_still_name_it_has_no_channel() -> None:
    """14, 24: the run goes on, and the customer's log is not held up."""
    complete = in_force(listed("wait: 1 hour", "send: news-flash", "send: first"), messages=FALLBACK)
    state, _ = played(complete, form(), days=0)

    without = in_force(complete.journeys["story"].journey)
    assert story(without, said("03-02 10:30", "a.b"), customer=state) == [
        "03-02 11:00 news-flash skipped: no-channel",
        "03-02 11:00 first by email",
    ]


def test_semantics_15_every_skip_has_its_reason_and_the_run_goes_on() -> None:
    """15: consent withdrawn between the first and the second."""
    definitions = in_force(listed("send: first", "wait: 1 day", "send: second", "wait: 1 day", "send: third"))

    assert story(
        definitions, form(), agreed("03-02 12:00", given=False), agreed("03-03 12:00", given=True)
    ) == [
        "03-02 10:00 first by email",
        "03-03 10:00 second skipped: no-consent",
        "03-04 10:00 third by email",
    ]


def test_a_cart_is_not_a_form() -> None:
    """The journeys above are entered by a form only."""
    assert story(in_force(listed("send: first")), cart("03-02 10:00")) == []
