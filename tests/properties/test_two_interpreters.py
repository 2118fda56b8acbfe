"""The engine and the naive interpreter, which share no code, do the same with whatever journey a marketer can write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.events import ConsentChange, Entry, Event
from chalicelib.domain.journeys import Pause, Resume
from chalicelib.domain.messages import Status
from chalicelib.domain.shop import ShopSettings
from tests.domain.playing import play
from tests.domain.stories import anna, at
from tests.properties.naive_interpreter import Naive, Person
from tests.properties.small_journeys import event_of
from tests.properties.whole_language import MESSAGES, cart_journeys, definitions_of, segment_journeys, shops

START = at("03-02 08:00")
END = START + timedelta(days=9)
PAUSED, RESUMED = START + timedelta(hours=20), START + timedelta(hours=47)

happenings = st.lists(
    st.tuples(
        st.integers(0, 5 * 24 * 12).map(lambda fives: START + timedelta(minutes=5 * fives)),
        st.one_of(
            st.tuples(st.just("cart.updated"), st.sampled_from(["c1", "c2"]), st.sampled_from([0, 900])),
            st.tuples(st.just("cart.emptied"), st.sampled_from(["c1", "c2"]), st.just(0)),
            st.tuples(st.just("order.placed"), st.sampled_from(["o1", "o2", "o3"]), st.just(900)),
            st.just(("store.visited", "", 0)),
            st.just(("consent.withdrawn", "", 0)),
        ),
    ),
    min_size=1, max_size=8, unique_by=lambda told: told[0],
).map(sorted)
journeys = st.tuples(cart_journeys(), segment_journeys).map(list)
resumes = st.sampled_from([None, Resume("drop"), Resume("late"), Resume("shift")])


def by_the_engine(
    written: list[dict[str, Any]], shop: ShopSettings, told: list[Any], resume: Resume | None, who: str
) -> list[tuple[datetime, str, str]]:
    """What the engine makes of it: when, which message, by what channel or why not."""
    pauses = [Pause("carts", PAUSED, RESUMED, resume)] if resume else []
    entries = [
        Entry(who, f"{moment.isoformat()}#test#", moment, "test", (event(happening, moment),))
        for moment, happening in told
    ]
    if resume and entries[0].recorded_at <= RESUMED:
        # The job that resumes a journey wakes everybody in it; `play` takes timers from its own clock only.
        woken = Event("message.known", RESUMED)
        entries.append(Entry(who, f"{RESUMED.isoformat()}#resume#", RESUMED, "resume", (woken,)))
    entries.sort(key=lambda entry: entry.recorded_at)
    played = play(
        anna("email", "push", consents=("email", "push"), customer_id=who), entries,
        definitions_of(written, shop, pauses), until=END,
    )
    return [
        (message.decided_at, message.name, message.channels[0] if message.status is Status.QUEUED else message.reason)
        for message in played.messages
        if message.status in {Status.QUEUED, Status.SKIPPED} and message.reason != "expired"
    ]


def event(happening: tuple[str, str, int], moment: datetime) -> Event:
    """The event of a happening."""
    if happening[0] == "consent.withdrawn":
        return Event("consent.withdrawn", moment, consent=ConsentChange("email"))
    return event_of(happening, moment)


def naively(
    written: list[dict[str, Any]], shop: ShopSettings, told: list[Any], resume: Resume | None, who: str
) -> list[tuple[datetime, str, str]]:
    """What the other makes of it."""
    world = Naive(written, MESSAGES, shop, Person(who, ("email", "push"), {"email", "push"}))
    if resume:
        world.pause = ("carts", PAUSED, RESUMED, resume.choice)
    world.live(START, END, {moment: [happening] for moment, happening in told})
    return world.came


def to_the_minute(came: list[tuple[datetime, str, str]]) -> list[tuple[str, str, str]]:
    """Sorted, by minutes: what comes within one has no order between journeys that do not contend."""
    return sorted((f"{moment:%Y-%m-%d %H:%M}", name, outcome) for moment, name, outcome in came)


def same(written: Any, shop: Any, told: Any, resume: Any, who: str) -> None:
    """Both do the same."""
    assert to_the_minute(by_the_engine(written, shop, told, resume, who)) == to_the_minute(
        naively(written, shop, told, resume, who)
    )


def test_limits_that_passed_one_after_another_in_a_pause_are_over_together() -> None:
    """Semantics 26: whoever resumes stands where the last of them left them."""
    waits: dict[str, Any] = {"wait-for": [{"on": "cart.emptied"}], "limit": "20 minutes"}
    carts = {
        "journey": "carts", "enter": {"on": "cart.updated", "key": "event.cart.id"},
        "steps": [{"wait": "1 day"}, waits, waits, {**waits, "otherwise": [{"send": "dropped"}]}],
    }
    same([carts], ShopSettings(), [(START, ("cart.updated", "c1", 900))], Resume("drop"), "anna")


everything = given(journeys, shops, happenings, resumes, st.sampled_from(["anna", "vera", "olga"]))


@everything
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_engine_does_what_the_naive_interpreter_does(
    written: Any, shop: Any, told: Any, resume: Any, who: str
) -> None:
    same(written, shop, told, resume, who)


@pytest.mark.slow
@everything
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_engine_does_what_the_naive_interpreter_does_at_length(
    written: Any, shop: Any, told: Any, resume: Any, who: str
) -> None:
    same(written, shop, told, resume, who)
