"""What jobs on journeys come to, once the engine has folded their entries: waking, letting in, moving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.customer import OrderTotals
from chalicelib.domain.jobs import Job
from chalicelib.domain.journeys import Pause, Resume, version_of
from chalicelib.domain.messages import Status
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import ActRefusedError
from chalicelib.flows import definitions_in_force, journey_control
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.storage import jobs
from tests.flows.engine_on_aws import Engine, customer, sent_to
from tests.jobs.broadcast_shop import AWAKE, MESSAGE
from tests.jobs.crowd import NOON, Clock, commit, person, run, work_to_the_end

STORY = """\
journey: story
status: live
enter: {on: cart.updated, key: event.cart.id}
steps:
  - wait: 3 days
    label: pause
  - send: sale
"""
VIPS = """\
journey: vips
status: live
enter: {segment: vip}
for: customer.city != "Omsk"
steps:
  - send: sale
"""
SLEEPERS = VIPS.replace("vips", "sleepers").replace("segment: vip", "segment: asleep")
SEGMENTS = (
    Segment("vip", "customer.orders.count > 3"), Segment("asleep", "days_since(customer.orders.last_at) > 90"),
)
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    """The engine of a shop without quiet hours and holdout."""
    engine = Engine(moto)
    yield engine
    engine.forget()


def put(*texts: str, pauses: tuple[Pause, ...] = ()) -> None:
    """Put these journeys in force, with the two segments."""
    rules = compile_segments(SEGMENTS)
    read = tuple(read_journey(text, "journeys/story.yaml", {"sale": MESSAGE}, rules) for text in texts)
    settings = ShopSettings(quiet_hours=AWAKE, holdout_percent=0.0)
    in_force = InForce(settings, (MESSAGE,), read, segments=SEGMENTS, pauses=pauses)
    assert put_in_force(in_force, read_in_force())
    definitions_in_force.forget()


def version_in_force(journey: str = "story") -> str:
    return version_of(definitions_in_force.current(NOON).journeys[journey].journey)


@pytest.mark.parametrize(("choice", "sent"), [
    (Resume("drop"), False), (Resume("late", 3600), False), (Resume("late", 6 * 3600), True),
])
def test_resuming_wakes_those_for_whom_something_came_due_meanwhile(
    engine: Engine, choice: Resume, sent: bool
) -> None:
    """Semantics 26: dropped, done if not too late. Two hours have passed since it came due."""
    put(STORY, pauses=(Pause("story", NOON - 5 * HOUR, NOON, choice),))
    commit(person("anna", run("story", version=version_in_force(), wake_at=NOON - 2 * HOUR)), person("boris"))
    assert jobs.put_new(Job("resume:story", "resume", NOON, NOON, journey="story", version=version_in_force()))
    over = work_to_the_end("resume:story", Clock())
    assert over.counts == {"woken": 1}
    assert engine.advance(NOON) == []
    assert [message.status is Status.QUEUED for message in sent_to("anna")] == [sent]
    assert customer("anna").runs == ()


def test_members_of_a_segment_are_counted_and_let_in(engine: Engine) -> None:
    """Semantics 5: `current-and-future`, with the number of customers shown first."""
    put(VIPS)
    loyal = OrderTotals(count=5)
    commit(
        person("anna", orders=loyal), person("boris"), person("vera", orders=loyal, city="Omsk"),
        person("zoya", run("vips", version=version_in_force("vips")), orders=loyal),
    )
    clock = Clock(NOON)
    counted = journey_control.enrol("vips", clock)
    assert counted.told == (
        "3 customers are members; 1 are in the journey already, 1 may not enter (`for`, `again`), 1 enter",
    )
    assert counted.counts["send email sale"] == 1

    journey_control.enrol("vips", clock, basis=counted.basis)
    work_to_the_end("enrol:vips", clock)
    assert engine.advance(NOON) == []
    assert [len(sent_to(name)) for name in ("anna", "boris", "vera", "zoya")] == [1, 0, 0, 0]


def test_a_journey_without_a_segment_has_no_members(engine: Engine) -> None:
    put(STORY)
    with pytest.raises(ActRefusedError, match="no members"):
        journey_control.enrol("story", Clock())


def test_people_in_an_earlier_version_are_moved_to_where_they_were_told(engine: Engine) -> None:
    """Semantics 25: the wait has a label, so it is found although it stands elsewhere now."""
    put(STORY)
    old = version_in_force()
    put(STORY.replace("steps:\n", "steps:\n  - send: sale\n"))
    commit(
        person("anna", run("story", version=old, wake_at=NOON + 5 * HOUR)),
        person("boris", run("story", version=version_in_force(), step="2", wake_at=NOON + HOUR)),
    )
    clock = Clock(NOON)
    counted = journey_control.move("story", clock)
    assert set(counted.told) == {
        f"1 stand at 1 of {old}: they go on at 2", "1 stand at 2 of the version in force, and stay",
    }
    journey_control.move("story", clock, basis=counted.basis)
    assert work_to_the_end("move:story", clock).counts == {"moved": 1}
    assert engine.advance(NOON) == []
    (moved,) = customer("anna").runs
    assert (moved.version, moved.step) == (version_in_force(), "2")


def test_a_move_stops_when_the_journey_changes_meanwhile(engine: Engine) -> None:
    """Where people go was told for another version."""
    put(STORY)
    job = Job("move:story", "move", NOON, NOON, journey="story", version="another", steps={"v1": {"1": "1"}})
    commit(person("anna", run("story")))
    assert jobs.put_new(job)
    assert work_to_the_end("move:story", Clock()).status == "cancelled"


def test_known_customers_get_a_timer_for_a_rule_that_is_new(engine: Engine) -> None:
    """Nothing has looked at them since; a review does, and only at those for whom time alone will change something."""
    put(SLEEPERS)
    commit(
        person("anna", orders=OrderTotals(count=1, last_at=NOON - timedelta(days=80))), person("boris"),
    )
    assert jobs.put_new(Job("review:1", "review", NOON, NOON))
    assert work_to_the_end("review:1", Clock()).counts == {"woken": 1}
    assert engine.advance(NOON) == []
    woken = customer("anna").timer_at
    assert woken is not None
    assert timedelta(days=10) <= woken - NOON <= timedelta(days=10, minutes=1)
    assert jobs.put_new(Job("review:2", "review", NOON, NOON))
    assert work_to_the_end("review:2", Clock()).counts == {}
