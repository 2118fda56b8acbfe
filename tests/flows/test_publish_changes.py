"""What a publishing changes for the customers there are: pauses, segments, experiments, journeys taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Entry, Event
from chalicelib.domain.journeys import Pause, Resume
from chalicelib.flows.definitions_in_force import FRESH, InForce, Past, current, history, read_in_force
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket, jobs, log
from tests.domain.stories import at
from tests.flows.engine_on_aws import Engine, customer, sent_to
from tests.flows.published_files import fill, in_force, problem_of, put
from tests.jobs.crowd import Clock, commit, person, work_to_the_end

NOW = at("03-02 10:00")
HOUR = timedelta(hours=1)
KEY = "journeys/greeting.yaml"
GREETING = """\
journey: greeting
enter: {on: form.submitted}
steps: [{wait: 2 days}, send: hello]
"""
SPLIT = """\
journey: greeting
enter: {on: form.submitted}
steps:
  - split:
      - {name: control, share: 20, control: true}
      - {name: letter, share: 80, steps: [send: hello]}
    experiment: letters
"""


@pytest.fixture(autouse=True)
def engine(moto: str) -> Iterator[Engine]:
    """A bucket with one message and one journey."""
    engine = Engine(moto)
    fill()
    put(KEY, GREETING)
    yield engine
    engine.forget()


def pauses() -> tuple[Pause, ...]:
    """The pauses on record."""
    return read_in_force().in_force.pauses


def known(customer_id: str, **profile: Any) -> None:
    """A customer of yesterday."""
    commit(replace(person(customer_id, **profile), now=NOW - timedelta(days=1)))


def happens(name: str, when: datetime) -> None:
    """Something that Anna's log tells of."""
    log.append(Entry("anna", f"{when.isoformat()}#{name}", when, "shopify", (Event(name, when),)))


def planned() -> list[tuple[str, str]]:
    """The jobs that are not over: their kind and journey."""
    return [(kept.job.kind, kept.job.journey) for kept in jobs.unfinished()]


@pytest.mark.parametrize(("line", "resume"), [
    ("", Resume("late", 6 * 3600)),
    ("max-lateness: 1 hour\n", Resume("late", 3600)),
    ("resume: {at-most: 2 days}\n", Resume("late", 2 * 86400)),
    ("resume: drop\n", Resume("drop", 6 * 3600)),
    ("resume: shift\n", Resume("shift", 6 * 3600)),
])
def test_semantics_26_a_pause_lasts_from_the_status_paused_to_the_status_live(line: str, resume: Resume) -> None:
    """And what becomes of what came due is what the file says when it goes live again."""
    publish(NOW)
    put(KEY, f"status: paused\n{GREETING}")
    publish(NOW + HOUR)
    publish(NOW + 2 * HOUR)
    assert pauses() == (Pause("greeting", NOW + HOUR),)
    assert planned() == []

    put(KEY, f"{line}{GREETING}")
    publish(NOW + 3 * HOUR)
    publish(NOW + 4 * HOUR)
    assert pauses() == (Pause("greeting", NOW + HOUR, NOW + 3 * HOUR, resume),)
    assert planned() == [("resume", "greeting")]


def test_who_waited_in_a_paused_journey_is_woken_when_it_goes_on(engine: Engine) -> None:
    """`shift`: two days of waiting, and three days of pause, are five."""
    publish(NOW)
    known("anna")
    happens("form.submitted", NOW)
    engine.advance(NOW)
    put(KEY, f"status: paused\n{GREETING}")
    publish(NOW + HOUR)
    put(KEY, f"resume: shift\n{GREETING}")
    publish(NOW + HOUR + timedelta(days=3))

    (job,) = (kept.job for kept in jobs.unfinished())
    clock = Clock(NOW + HOUR + timedelta(days=3) + FRESH)
    engine.forget()
    assert work_to_the_end(job.job_id, clock).counts == {"woken": 1}
    engine.advance(clock.at)
    assert customer("anna").timer_at == NOW + timedelta(days=5)
    assert sent_to("anna") == []


def test_a_pause_is_forgotten_after_as_long_as_the_log_is_kept() -> None:
    put(KEY, f"status: paused\n{GREETING}")
    publish(NOW)
    put(KEY, GREETING)
    publish(NOW + HOUR)
    publish(NOW + timedelta(days=400))
    assert len(pauses()) == 1

    publish(NOW + timedelta(days=401))
    assert pauses() == ()


def test_a_wrong_file_leaves_its_journey_paused() -> None:
    put(KEY, f"status: paused\n{GREETING}")
    publish(NOW)
    put(KEY, "journey: [")
    publish(NOW + HOUR)

    assert pauses() == (Pause("greeting", NOW),)


def test_a_new_birthday_journey_reaches_customers_known_already(engine: Engine) -> None:
    """Nothing had armed a timer for their birthday."""
    known("anna", birthday=date(1990, 3, 20))
    known("boris")
    put(KEY, "journey: greeting\nenter: {date: customer.birthday, every: year, at: 10:00}\nsteps: [send: hello]\n")
    publish(NOW)

    (job,) = (kept.job for kept in jobs.unfinished())
    assert (job.kind, job.due_at) == ("review", NOW + FRESH)
    engine.forget()
    assert work_to_the_end(job.job_id, Clock(NOW + FRESH)).counts == {"woken": 1}
    engine.advance(NOW + FRESH)
    assert customer("anna").timer_at == at("03-20 10:00")


@pytest.mark.parametrize(("before", "after", "reviews"), [
    (GREETING, GREETING.replace("2 days", "3 days"), 0),
    (GREETING, "journey: greeting\nenter: {segment: asleep}\nsteps: [send: hello]\n", 1),
    (GREETING, "journey: greeting\nenter: {segment: buyers}\nsteps: [send: hello]\n", 0),
    (GREETING, "journey: greeting\nstatus: draft\nenter: {segment: asleep}\nsteps: [send: hello]\n", 0),
    ("journey: greeting\nenter: {segment: asleep}\nsteps: [send: hello]\n",
     "journey: greeting\nenter: {segment: asleep}\nsteps: [{wait: 1 day}, send: hello]\n", 0),
])
def test_a_review_is_planned_when_time_alone_begins_to_matter(before: str, after: str, reviews: int) -> None:
    put("segments.yaml", "asleep: days_since(customer.last_seen_at) > 30\nbuyers: customer.orders.count > 0\n")
    put(KEY, before)
    publish(NOW)
    planned_before = planned()
    put(KEY, after)
    publish(NOW + HOUR)

    assert planned()[len(planned_before):] == [("review", "")] * reviews


def test_semantics_27_a_changed_rule_enters_nobody(engine: Engine) -> None:
    """Who is in the segment by the new rule was in it before the next thing that happens to them as well."""
    put("segments.yaml", "buyers: customer.orders.count > 5\n")
    put(KEY, "journey: greeting\nenter: {segment: buyers}\nsteps: [send: hello]\n")
    publish(NOW)
    known("anna")
    happens("page.viewed", NOW)
    engine.advance(NOW)

    put("segments.yaml", "buyers: customer.orders.count >= 0\n")
    publish(NOW + HOUR)
    engine.forget()
    happens("page.viewed", NOW + 2 * HOUR)
    engine.advance(NOW + 2 * HOUR)
    assert current(NOW + 2 * HOUR).segments["buyers"].source == "customer.orders.count >= 0"
    assert customer("anna").runs == ()
    assert sent_to("anna") == []


def test_a_segment_taken_away_stays_for_the_people_whose_journey_names_it(engine: Engine) -> None:
    """They finish on the version that they entered."""
    put("segments.yaml", "vip: customer.orders.count > 5\n")
    put(KEY, f"exit: [{{when: in_segment('vip')}}]\n{GREETING}")
    publish(NOW)
    known("anna")
    happens("form.submitted", NOW)
    engine.advance(NOW)

    put("segments.yaml", "")
    put(KEY, GREETING)
    assert publish(NOW + HOUR).problems == {}
    engine.forget()
    happens("page.viewed", NOW + 2 * HOUR)
    assert engine.advance(NOW + 2 * HOUR) == []
    assert [run.step for run in customer("anna").runs] == ["1"]


def test_a_segment_that_a_journey_in_force_needs_cannot_be_taken_away_unseen() -> None:
    put("segments.yaml", "vip: customer.orders.count > 5\n")
    put(KEY, f"for: in_segment('vip')\n{GREETING}")
    publish(NOW)
    good = in_force()
    bucket.delete("segments.yaml")

    assert "vip" in publish(NOW + HOUR).problems[KEY]
    assert in_force() == good
    assert current(NOW + 2 * HOUR).journeys["greeting"].journey.profile_filter == "in_segment('vip')"


def test_wrong_segments_keep_the_last_good_ones() -> None:
    put("segments.yaml", "vip: customer.orders.count > 5\n")
    publish(NOW)
    put("segments.yaml", "vip: customer.orders.cuont > 5\n")

    problem = publish(NOW + HOUR).problems["segments.yaml"]
    assert problem.startswith("segments.yaml:1: vip: ")
    assert "did you mean" in problem
    assert read_in_force().in_force.segments[0].rule == "customer.orders.count > 5"


def test_semantics_13_only_as_many_move_as_must_when_shares_change() -> None:
    """The control group stays as it was; its members would be lost to the comparison."""
    put(KEY, SPLIT)
    publish(NOW)
    before = read_in_force().in_force.experiments["letters"]
    put(KEY, SPLIT.replace("share: 20", "share: 30").replace("share: 80", "share: 70"))
    publish(NOW + HOUR)
    after = read_in_force().in_force.experiments["letters"]

    moved = [place for place in range(10_000) if before.arm_of(place) != after.arm_of(place)]
    assert len(moved) == 1000
    assert {after.arm_of(place) for place in moved} == {"control"}


def test_a_control_group_cannot_shrink() -> None:
    put(KEY, SPLIT)
    publish(NOW)
    good = in_force()
    put(KEY, SPLIT.replace("share: 20", "share: 10").replace("share: 80", "share: 90"))

    problem = publish(NOW + HOUR).problems[KEY]
    assert problem.startswith(f"{KEY}:4: experiment 'letters': the control arm 'control' cannot become smaller")
    assert "give this one a name of its own" in problem
    assert in_force() == good


def test_one_experiment_is_divided_in_one_way() -> None:
    put(KEY, SPLIT)
    put("journeys/second.yaml", SPLIT.replace("greeting", "second").replace("share: 20", "share: 30")
        .replace("share: 80", "share: 70"))

    problem = publish(NOW).problems["journeys/second.yaml"]
    assert "journeys/greeting.yaml divides it otherwise" in problem
    assert list(in_force()) == ["greeting"]


def test_semantics_28_a_journey_taken_away_ends_its_runs_as_withdrawn(engine: Engine) -> None:
    """The answer names it; whoever is in it leaves at the next thing that happens."""
    publish(NOW)
    known("anna")
    happens("form.submitted", NOW)
    engine.advance(NOW)
    bucket.delete(KEY)

    published = publish(NOW + HOUR)
    assert (published.withdrawn, published.journeys) == (("greeting",), 0)
    engine.forget()
    happens("page.viewed", NOW + 2 * HOUR)
    engine.advance(NOW + 2 * HOUR)
    assert customer("anna").runs == ()
    assert sent_to("anna") == []


def test_what_was_in_force_is_kept_with_the_moment_since_when() -> None:
    """So that "why" can fold with it."""
    publish(NOW)
    put(KEY, GREETING.replace("2 days", "3 days"))
    publish(NOW + HOUR)
    publish(NOW + 2 * HOUR)
    bucket.delete(KEY)
    publish(NOW + 3 * HOUR)

    assert [since for since, _ in history()] == [NOW, NOW + HOUR, NOW + 3 * HOUR]
    assert [len(kept.journeys) for _, kept in history()] == [1, 1, 0]
    waits = [
        [program.journey.steps["1"].delay.seconds // 86400  # type: ignore[union-attr]
         for program in Past().at(moment).journeys.values()]
        for moment in (NOW - HOUR, NOW, NOW + HOUR / 2, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR, NOW + 9 * HOUR)
    ]
    assert waits == [[2], [2], [2], [3], [3], [], []]


def test_before_anything_is_published_nothing_is_in_force() -> None:
    assert history() == []
    assert Past().at(NOW).journeys == {}
    assert read_in_force().in_force == InForce()


def test_what_is_doubtful_goes_live_and_is_told_beside_the_file() -> None:
    put(KEY, GREETING.replace("2 days", "400 days"))

    published = publish(NOW)
    assert published.problems == {}
    assert list(published.warnings) == [KEY]
    assert (problem_of(KEY) or "").startswith(f"{KEY}:3: warning: step 1 waits for more than a year")
    assert list(in_force()) == ["greeting"]


def test_a_step_that_nobody_reaches_keeps_a_file_from_going_live() -> None:
    put(KEY, GREETING.replace("send: hello]", "end, send: hello]"))

    assert "step 3 is never reached" in publish(NOW).problems[KEY]
    assert in_force() == {}


def test_a_journey_in_force_stays_so_when_the_shops_own_limits_overtake_its_examples() -> None:
    """A marketer who changes the quiet hours has not made the journeys wrong."""
    example = (
        "examples:\n  - name: in the evening\n    given: [{at: 2026-03-02 21:30, event: form.submitted}]\n"
        "    expect: [{at: 2026-03-04 21:30, send: hello, by: email}]\n"
    )
    put(KEY, GREETING + example)
    assert publish(NOW).problems == {}
    good = in_force()
    put("shop.yaml", "holdout: 0\nquiet-hours: {start: 21:00}\n")

    published = publish(NOW + HOUR)
    assert published.problems == {}
    assert "warning: example 'in the evening' does not hold" in published.warnings[KEY]
    assert in_force() == good
    put(KEY, GREETING.replace("2 days", "1 day") + example)
    assert "does not hold" in publish(NOW + 2 * HOUR).problems[KEY]
