"""The limits on sending, in the order in which they are tested (semantics 16 to 19, 21)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Customer, Profile, Sent
from chalicelib.domain.limits import Defer, Go, Skip, free_at, is_held_out, tags_of, verdict
from chalicelib.domain.messages import Reason
from chalicelib.domain.shop import FrequencyCap, MessageDefinition, QuietHours, ShopSettings
from chalicelib.domain.timing import zone_of
from tests.domain.stories import (
    SHOP,
    agreed,
    anna,
    at,
    in_force,
    marketing,
    message_told,
    played,
    said,
    story,
    transactional,
)

QUIET = replace(SHOP, quiet_hours=QuietHours())
DAY = 86400
ONE_A_DAY = replace(SHOP, caps=(FrequencyCap("email", 1, DAY),))
NIGHT, NOON = at("03-02 23:00"), at("03-02 12:00")
SENT_TODAY = (Sent(at("03-02 08:00"), "email", "m0", ("email", "marketing", "news")),)


def form(name: str = "story", *steps: str, event: str = "form.submitted") -> str:
    rows = "".join(f"\n  - {step}" for step in steps)
    return f"journey: {name}\nenter: {{on: {event}, again: always}}\nsteps:{rows}\n"


def test_semantics_16_of_several_reasons_the_first_in_order_is_told() -> None:
    """16: consent and suppression, then holdout, then quiet hours, then frequency caps."""
    everything = replace(QUIET, holdout_percent=100.0, caps=(FrequencyCap("email", 1, DAY),))
    no_holdout = replace(everything, holdout_percent=0.0)
    news = marketing("news-flash")
    capped = replace(anna(), sends=SENT_TODAY)

    def outcome(customer: Customer, settings: ShopSettings, now: datetime) -> object:
        return verdict(customer, news, news.channels, settings, now)

    refusing = replace(capped, profile=anna(consents=[]).profile)
    assert outcome(refusing, everything, NIGHT) == Skip(Reason.NO_CONSENT, "email: no-consent")
    assert outcome(capped, everything, NIGHT) == Skip(Reason.HOLDOUT)
    assert isinstance(outcome(capped, no_holdout, NIGHT), Defer)
    full = f"full until {SENT_TODAY[0].at + timedelta(days=1):%Y-%m-%d %H:%M} UTC"
    assert outcome(capped, no_holdout, NOON) == Skip(Reason.FREQUENCY_CAP, full)
    assert outcome(anna(), no_holdout, NOON) == Go(("email",))


def test_semantics_16_the_profile_filter_is_tested_before_consent() -> None:
    """16: exit conditions and profile filter come first."""
    definitions = in_force(
        "journey: story\nfor: len(customer.consents) > 0\nenter: {on: form.submitted}\n"
        "steps: [wait: 1 hour, send: first]"
    )

    assert story(definitions, said("03-02 10:00", "form.submitted"), agreed("03-02 10:30", given=False)) == [
        "03-02 11:00 first skipped: filter"
    ]


def test_semantics_16_on_release_from_quiet_hours_everything_is_tested_again() -> None:
    """16: consent withdrawn in the night counts in the morning."""
    definitions = in_force(form("story", "send: first"), settings=QUIET)

    assert story(definitions, said("03-02 23:00", "form.submitted"), agreed("03-03 03:00", given=False)) == [
        "03-02 23:00 first held until 03-03 09:00",
        "03-03 09:00 first skipped: no-consent",
    ]


def test_semantics_17_what_follows_a_held_message_counts_from_its_send() -> None:
    """17: later delays count from the actual send."""
    definitions = in_force(form("story", "send: first", "wait: 1 day", "send: second"), settings=QUIET)

    assert story(definitions, said("03-02 23:00", "form.submitted")) == [
        "03-02 23:00 first held until 03-03 09:00",
        "03-03 09:00 first by email",
        "03-04 09:00 second by email",
    ]


def test_semantics_17_a_message_may_be_dropped_in_quiet_hours_or_not_mind_them() -> None:
    """17: `drop` and `ignore` by message."""
    steps = form("story", "send: news-flash")
    dropping = in_force(steps, settings=QUIET, messages=[marketing("news-flash", quiet_hours="drop")])
    ignoring = in_force(steps, settings=QUIET, messages=[marketing("news-flash", quiet_hours="ignore")])

    night = said("03-02 23:00", "form.submitted")
    assert story(dropping, night) == ["03-02 23:00 news-flash skipped: quiet-hours-drop"]
    assert story(ignoring, night) == ["03-02 23:00 news-flash by email"]


@pytest.mark.parametrize(("profile", "zone"), [
    ({"time_zone": "Asia/Vladivostok", "country": "DE"}, "Asia/Vladivostok"),
    ({"country": "DE"}, "Europe/Berlin"),
    ({"time_zone": "Nowhere/Land", "country": "DE"}, "Europe/Berlin"),
    ({"addresses": (Address("email", "a@example.org"), Address("sms", "+33123456789"))}, "Europe/Paris"),
    ({"country": "US"}, "Europe/Moscow"),
    ({}, "Europe/Moscow"),
])
def test_semantics_17_quiet_hours_are_the_recipients(profile: dict[str, object], zone: str) -> None:
    """17: zone of the profile, else of the country, else of the phone, else the shop's; nobody is left out."""
    assert zone_of(replace(Profile(), **profile), SHOP).key == zone


def test_semantics_17_a_night_elsewhere_is_a_day_here() -> None:
    """17: at 15:00 in Moscow it is 22:00 in Vladivostok."""
    definitions = in_force(form("story", "send: first"), settings=QUIET)

    assert story(
        definitions, said("03-02 15:00", "form.submitted"), customer=anna(time_zone="Asia/Vladivostok"),
        zone=ZoneInfo("Asia/Vladivostok"),
    ) == ["03-02 22:00 first held until 03-03 09:00", "03-03 09:00 first by email"]


def test_semantics_18_a_capped_customer_moves_on_to_the_next_step() -> None:
    """18: `skip` is what a cap does unless told otherwise."""
    definitions = in_force(form("story", "send: first", "wait: 1 hour", "send: second", "wait: 1 day", "send: third"),
                           settings=ONE_A_DAY)

    assert story(definitions, said("03-02 10:00", "form.submitted")) == [
        "03-02 10:00 first by email",
        "03-02 11:00 second skipped: frequency-cap",
        "03-03 11:00 third by email",
    ]


def test_semantics_18_a_cap_is_a_rolling_window() -> None:
    """18: free again when the oldest of the counted sends is as old as the window, not at midnight."""
    definitions = in_force(form("story", "send: first"), settings=ONE_A_DAY)
    early, late = said("03-03 09:59", "form.submitted"), said("03-03 10:00", "form.submitted")

    assert story(definitions, said("03-02 10:00", "form.submitted"), early, late) == [
        "03-02 10:00 first by email",
        "03-03 09:59 first skipped: frequency-cap",
        "03-03 10:00 first by email",
    ]


def test_semantics_18_a_message_may_wait_for_its_slot() -> None:
    """18: `retry-until` sends when the cap is free."""
    patient = marketing("news-flash", on_cap="retry-until")
    definitions = in_force(form("story", "send: first", "wait: 1 hour", "send: news-flash"), settings=ONE_A_DAY,
                           messages=[patient])

    assert story(definitions, said("03-02 10:00", "form.submitted")) == [
        "03-02 10:00 first by email",
        "03-02 11:00 news-flash held until 03-03 10:00",
        "03-03 10:00 news-flash by email",
    ]


def test_semantics_18_a_message_waits_for_its_slot_no_longer_than_it_may() -> None:
    """18: others take the slot again and again; the wait counts from when the message came due."""
    patient = marketing("news-flash", on_cap="retry-until", retry_for=36 * 3600)
    urgent = marketing("urgent", obeys_cap=False)
    definitions = in_force(
        form("story", "send: news-flash"), form("other", "send: urgent", event="club.joined"),
        settings=ONE_A_DAY, messages=[patient, urgent],
    )

    assert story(
        definitions, said("03-02 10:00", "club.joined"), said("03-02 11:00", "form.submitted"),
        said("03-02 20:00", "club.joined"), said("03-03 12:00", "club.joined"),
    ) == [
        "03-02 10:00 urgent by email",
        "03-02 11:00 news-flash held until 03-03 10:00",
        "03-02 20:00 urgent by email",
        "03-03 10:00 news-flash held until 03-03 20:00",
        "03-03 12:00 urgent by email",
        "03-03 20:00 news-flash skipped: frequency-cap",
    ]


@pytest.mark.parametrize("first_in_file", ["low", "high"])
def test_semantics_18_the_higher_priority_takes_the_slot_whichever_came_first(first_in_file: str) -> None:
    """18: both were held for the morning, the less important one longer."""
    low, high = marketing("low", priority=10), marketing("high", priority=90)
    journeys = [form("a" if first_in_file == "low" else "z", "send: low"),
                form("m", "send: high", event="club.joined")]
    definitions = in_force(*journeys, settings=replace(QUIET, caps=ONE_A_DAY.caps), messages=[low, high])

    came = story(definitions, said("03-02 22:30", "form.submitted"), said("03-02 23:30", "club.joined"))
    assert came[2:] == ["03-03 09:00 high by email", "03-03 09:00 low skipped: frequency-cap"]


def test_semantics_18_obeying_a_cap_and_counting_toward_it_are_two_things() -> None:
    """18: `obeys-cap` and `counts-toward-cap`."""
    silent = marketing("silent", counts_toward_cap=False)
    free = marketing("free", obeys_cap=False)
    definitions = in_force(
        form("story", "send: silent", "send: first", "send: silent", "send: free"), settings=ONE_A_DAY,
        messages=[silent, free],
    )

    assert [row[12:] for row in story(definitions, said("03-02 10:00", "form.submitted"))] == [
        "silent by email", "first by email", "silent skipped: frequency-cap", "free by email",
    ]


def test_semantics_18_transactional_messages_are_neither_capped_nor_counted_nor_held_out() -> None:
    """18, 19: nor do they need consent; a suppressed address takes nothing."""
    everything = replace(ONE_A_DAY, holdout_percent=100.0)
    definitions = in_force(form("story", "send: receipt", "send: receipt", "send: first"), settings=everything)
    state, _ = played(definitions, said("03-02 10:00", "form.submitted"), customer=anna(consents=[]))

    assert state.sends == ()
    assert [row[12:] for row in story(definitions, said("03-02 10:00", "form.submitted"))] == [
        "receipt by email", "receipt by email", "first skipped: holdout",
    ]
    complained = message_told("03-02 09:00", "complained", channel="email")
    came = story(definitions, complained, said("03-02 10:00", "form.submitted"))
    assert came[0] == "03-02 10:00 receipt skipped: suppressed"


def test_semantics_18_a_send_that_came_to_nothing_leaves_its_slot() -> None:
    """18: counted on sent; a provider that refused it for good did not send."""
    definitions = in_force(form("story", "send: first", "wait: 1 hour", "send: second"), settings=ONE_A_DAY)
    state, messages = played(definitions, said("03-02 10:00", "form.submitted"), days=0)

    failed = message_told("03-02 10:05", "failed", messages[0].message_id)
    assert story(definitions, failed, customer=state) == ["03-02 11:00 second by email"]


def test_semantics_17_a_cap_counts_from_the_actual_send() -> None:
    """17, 18: sent five hours late, the window ends five hours later."""
    definitions = in_force(form("story", "send: first"), settings=ONE_A_DAY)
    state, messages = played(definitions, said("03-02 10:00", "form.submitted"), days=0)

    late = message_told("03-02 15:00", "sent", messages[0].message_id, sent_at=at("03-02 15:00"))
    assert story(definitions, late, said("03-03 14:59", "form.submitted"), customer=state) == [
        "03-03 14:59 first skipped: frequency-cap"
    ]


def test_semantics_19_the_holdout_walks_the_journey_with_skips() -> None:
    """19: so that they can be compared; each marketing send is skipped, transactional ones go."""
    definitions = in_force(form("story", "send: first", "wait: 1 day", "send: receipt", "send: second"),
                           settings=replace(SHOP, holdout_percent=100.0))

    assert story(definitions, said("03-02 10:00", "form.submitted")) == [
        "03-02 10:00 first skipped: holdout",
        "03-03 10:00 receipt by email",
        "03-03 10:00 second skipped: holdout",
    ]


def test_semantics_19_the_holdout_is_about_its_share_and_only_grows_with_it() -> None:
    """19: a hash of the customer; who is in at 5 % is in at 10 %."""
    people = [f"customer-{number}" for number in range(20_000)]
    held = {percent: {one for one in people if is_held_out(one, percent)} for percent in (0.0, 5.0, 10.0, 100.0)}

    assert held[0.0] == set()
    assert held[100.0] == set(people)
    assert held[5.0] < held[10.0]
    assert 0.045 < len(held[5.0]) / len(people) < 0.055


caps = st.lists(
    st.builds(FrequencyCap, st.sampled_from(["email", "news", "sale"]), st.integers(1, 4), st.integers(1, 40 * DAY)),
    max_size=4,
).map(tuple)
moments = st.integers(0, 60 * DAY).map(lambda seconds: NOON + timedelta(seconds=seconds))
tagged = st.lists(
    st.tuples(moments, st.sets(st.sampled_from(["email", "news", "sale"]))), max_size=12
).map(lambda sends: tuple(Sent(when, "email", "m", tuple(tags)) for when, tags in sends))


def within(sends: tuple[Sent, ...], tags: tuple[str, ...], caps: tuple[FrequencyCap, ...], when: datetime) -> bool:
    """Whether one more send at a moment breaks no cap: the rule as it is written, nothing clever."""
    return all(
        sum(1 for sent in sends if cap.tag in sent.tags and sent.at + timedelta(seconds=cap.window) > when) < cap.count
        for cap in caps if cap.tag in tags
    )


@given(tagged, caps, st.sets(st.sampled_from(["email", "news"])), moments)
def test_a_slot_is_free_at_the_first_moment_that_breaks_no_cap(
    sends: tuple[Sent, ...], caps: tuple[FrequencyCap, ...], tags: set[str], now: datetime
) -> None:
    """18: any number of caps, the strictest wins."""
    free = free_at(sends, tuple(tags), caps, now)

    assert free >= now
    assert within(sends, tuple(tags), caps, free)
    if free > now:
        assert not within(sends, tuple(tags), caps, free - timedelta(microseconds=1))
        assert not within(sends, tuple(tags), caps, now)


def test_semantics_18_a_message_counts_under_its_channel_category_topic_and_tags() -> None:
    """18: what a cap may name."""
    message = MessageDefinition("m", "marketing", ("push",), topic="carts", tags=("sale",))

    assert tags_of(message, "push") == ("push", "marketing", "carts", "sale")


def test_semantics_14_a_channel_that_is_capped_leaves_the_others() -> None:
    """14, 18: email has had its turn today, the push goes."""
    both = marketing("news-flash", "email", "push")
    capped = replace(anna("email", "push"), sends=SENT_TODAY)

    assert verdict(capped, both, both.channels, ONE_A_DAY, NOON) == Go(("push",))


def test_semantics_21_transactional_and_marketing_differ_in_consent_only_by_category() -> None:
    """21: the same address, no consent."""
    silent = anna(consents=[])

    refused = Skip(Reason.NO_CONSENT, "email: no-consent")
    for message, outcome in ((transactional("t"), Go(("email",))), (marketing("m"), refused)):
        assert verdict(silent, message, message.channels, SHOP, datetime(2026, 3, 2, 12, tzinfo=UTC)) == outcome
