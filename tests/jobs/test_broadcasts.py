"""Broadcasts: told before, started by hand, each recipient once, at their own moment, as fast as the provider bears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from botocore.exceptions import ReadTimeoutError
from msgspec.structs import replace

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.customer import Address, Sent
from chalicelib.domain.shop import FrequencyCap, QuietHours
from chalicelib.errors import ActRefusedError
from chalicelib.flows import broadcasts, definitions_in_force, means
from chalicelib.flows import jobs as flow
from chalicelib.flows.tick import start_jobs
from chalicelib.storage import jobs, log
from tests.flows.engine_on_aws import DiedError, dying_at_write
from tests.jobs.broadcast_shop import MESSAGE, SALE, put
from tests.jobs.crowd import NOON, Clock, answering_get_account, commit, person, ses_quota, told, work_to_the_end

CROWD = [f"customer-{number:02}" for number in range(10)]
LOCAL = SALE.replace("clock: shop", "clock: customer")
JOB = "broadcast:flash-sale@2026-12-01T15:00"
EVENING_BEFORE = NOON - timedelta(hours=18)
STEP = timedelta(milliseconds=200)
"""How much time passes between two looks at the clock."""


@pytest.fixture(autouse=True)
def shop(moto: str) -> Iterator[None]:
    """Ten customers in Moscow, where it is 15:00 at 12:00 UTC; SES takes 14 mails a second."""
    means.forget()
    put(SALE)
    commit(*(person(name, city="Moscow") for name in CROWD))
    with ses_quota():
        yield
    definitions_in_force.forget()


def start(clock: Clock) -> broadcasts.Progress:
    return broadcasts.start("flash-sale", broadcasts.plan("flash-sale", clock).basis, clock)


def reached() -> dict[str, int]:
    return told(CROWD, "broadcast.reached")


def moments() -> dict[str, datetime]:
    return {name: entry.recorded_at for name in CROWD for entry in log.history(name)}


def test_the_plan_tells_recipients_sends_cost_duration_and_moment() -> None:
    commit(person("customer-00", city="Omsk"))
    plan = broadcasts.plan("flash-sale", Clock(EVENING_BEFORE, STEP))

    assert (plan.state, plan.recipients, plan.sends, plan.skips) == ("counted", 9, {"email": 9}, {})
    assert plan.cost == Decimal("0.0009")
    assert plan.moments == (NOON,)
    assert plan.per_second == pytest.approx(14 * 0.8)
    assert plan.seconds == 0


def test_the_plan_tells_who_will_be_skipped_and_why() -> None:
    """Each recipient's state is folded with the broadcast's entry, so what is told is what will be decided."""
    put(
        SALE, quiet_hours=QuietHours(), caps=(FrequencyCap("email", 1, 86400),), holdout_percent=0.0,
        time_zone="Europe/Moscow",
    )
    commit(
        person("customer-00", consents=()),
        person("customer-01", addresses=()),
        person("customer-02", addresses=(Address("email", "x@example.org", suppressed="bounced"),)),
        replace(person("customer-03"), sends=(Sent(NOON - timedelta(hours=2), "email", "m", ("email",)),)),
        person("customer-04", time_zone="Asia/Vladivostok"),
    )
    plan = broadcasts.plan("flash-sale", Clock(EVENING_BEFORE, STEP))
    assert plan.recipients == 10
    assert plan.skips == {"no-consent": 1, "no-channel": 1, "suppressed": 1, "frequency-cap": 1}
    assert plan.later == 1
    assert plan.sends == {"email": 5}


def test_nothing_starts_by_being_uploaded() -> None:
    clock = Clock(NOON + timedelta(minutes=1), STEP)
    assert start_jobs(clock()) == 0
    assert broadcasts.status("flash-sale", clock).state == "not-started"


def test_a_started_broadcast_waits_for_its_moment() -> None:
    clock = Clock(EVENING_BEFORE, STEP)
    progress = start(clock)
    assert (progress.state, progress.waiting) == ("planned", NOON)

    assert flow.work(JOB, clock) is None
    clock.at = NOON
    over = work_to_the_end(JOB, Clock(NOON, STEP))
    assert over.counts == {"reached": 10}
    assert reached() == dict.fromkeys(CROWD, 1)


def test_each_recipient_is_reached_at_their_own_local_time() -> None:
    put(LOCAL)
    commit(
        person("customer-00", time_zone="Asia/Vladivostok"), person("customer-01", time_zone="Asia/Yekaterinburg"),
        person("customer-02", time_zone="Europe/London"),
    )
    clock = Clock(EVENING_BEFORE, STEP)
    plan = broadcasts.plan("flash-sale", clock)
    assert [f"{moment:%H:%M}" for moment in plan.moments] == ["05:00", "10:00", "12:00", "15:00"]
    start(clock)
    work_to_the_end(JOB, clock)

    assert reached() == dict.fromkeys(CROWD, 1)
    late = {name: at - datetime(2026, 12, 1, tzinfo=UTC) for name, at in moments().items()}
    for name, hour in (("customer-00", 5), ("customer-01", 10), ("customer-05", 12), ("customer-02", 15)):
        assert timedelta(hours=hour) <= late[name] < timedelta(hours=hour, minutes=5)


def test_whoever_signs_up_between_two_moments_is_reached_at_theirs() -> None:
    put(LOCAL)
    clock = Clock(EVENING_BEFORE, STEP)
    start(clock)
    commit(person("customer-00", time_zone="Europe/London"))
    work_to_the_end(JOB, clock)
    assert f"{moments()['customer-00']:%H}" == "15"
    assert reached() == dict.fromkeys(CROWD, 1)


def test_moments_that_have_passed_are_too_late_and_told_in_the_plan() -> None:
    """Within the journey's max-lateness (6 hours) it happens at once, as any step does (semantics 10)."""
    put(LOCAL)
    commit(
        person("customer-00", time_zone="Asia/Vladivostok"), person("customer-01", time_zone="Asia/Yekaterinburg"),
    )
    clock = Clock(NOON, STEP)
    plan = broadcasts.plan("flash-sale", clock)
    assert (plan.recipients, plan.too_late) == (9, 1)
    start(clock)
    over = work_to_the_end(JOB, clock)
    assert over.counts == {"reached": 9, "too-late": 1}
    assert reached() == {name: int(name != "customer-00") for name in CROWD}


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", range(1, 16))
def test_a_broadcast_killed_at_any_write_loses_nobody_and_reaches_nobody_twice(write: int, answered: bool) -> None:
    clock = Clock(NOON, STEP)
    start(clock)
    try:
        with dying_at_write(write, answered=answered):
            flow.work(JOB, clock)
    except DiedError:
        pass
    over = work_to_the_end(JOB, clock)
    assert reached() == dict.fromkeys(CROWD, 1)
    assert over.counts == {"reached": 10}


def test_recipients_are_reached_no_faster_than_the_provider_takes_mail() -> None:
    """Two a second, less the fifth that stays free for other mail: 1.6; a file may slow it further."""
    commit(*(person(f"customer-{number:02}") for number in range(40)))
    clock = Clock(NOON, timedelta(milliseconds=100))
    with ses_quota(per_second=2):
        start(clock)
        work_to_the_end(JOB, clock)
    entries = sorted(
        entry.recorded_at for number in range(40) for entry in log.history(f"customer-{number:02}")
    )
    assert len(entries) == 40
    busiest = max(Counter(entry.replace(microsecond=0) for entry in entries).values())
    assert busiest <= 3
    assert (entries[-1] - entries[0]).total_seconds() >= 39 / 1.6 - 1


def test_the_days_quota_is_kept_to_and_the_rest_goes_on_when_there_is_more() -> None:
    clock = Clock(NOON, STEP)
    with ses_quota(per_day=10, sent=3):
        start(clock)
        job = flow.work(JOB, clock)
    assert job is not None
    assert "quota" in job.told
    assert sum(reached().values()) == 5
    assert job.due_at > clock()

    with ses_quota(per_day=10, sent=8):
        clock.at = job.due_at
        flow.work(JOB, clock)
    assert sum(reached().values()) == 5
    clock.at += timedelta(hours=24)
    with ses_quota(per_day=10, sent=0):
        work_to_the_end(JOB, clock)
    assert reached() == dict.fromkeys(CROWD, 1)


def test_a_quota_that_is_not_told_puts_the_broadcast_off_a_minute() -> None:
    def away(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://email.example")

    clock = Clock(NOON, STEP)
    start(clock)
    with answering_get_account(away):
        job = flow.work(JOB, clock)
    assert job is not None
    assert clock() < job.due_at < NOON + 2 * flow.PUT_OFF
    assert sum(reached().values()) == 0


def test_a_plan_made_before_the_file_was_changed_starts_nothing() -> None:
    clock = Clock(EVENING_BEFORE, STEP)
    basis = broadcasts.plan("flash-sale", clock).basis
    put(SALE.replace("Omsk", "Tomsk"))
    with pytest.raises(ActRefusedError, match="has changed since"):
        broadcasts.start("flash-sale", basis, clock)


def test_a_file_changed_in_flight_stops_the_broadcast() -> None:
    """Whoever was reached by then stays in it; a new plan and start reaches the rest, and nobody twice."""
    clock = Clock(NOON, STEP)
    start(clock)
    with pytest.raises(DiedError), dying_at_write(5, answered=True):
        flow.work(JOB, clock)
    put(SALE.replace("Omsk", "Tomsk"))
    stopped = work_to_the_end(JOB, clock)
    assert (stopped.status, stopped.told) == ("cancelled", "the journey was changed or taken away meanwhile")
    assert 0 < sum(reached().values()) < 10

    start(clock)
    work_to_the_end(JOB, clock)
    assert reached() == dict.fromkeys(CROWD, 1)


def test_a_process_that_has_not_seen_the_newest_file_looks_before_it_gives_up() -> None:
    """It goes by what it has read for a minute; a broadcast may start within that."""
    clock = Clock(NOON, STEP)
    newest = SALE.replace("Omsk", "Tomsk")
    put(newest)
    start(clock)
    put(SALE)
    definitions_in_force.current(clock())
    in_force = definitions_in_force.read_in_force()
    journey = read_journey(newest, "journeys/flash-sale.yaml", {"sale": MESSAGE})
    assert definitions_in_force.put_in_force(replace(in_force.in_force, journeys=(journey,)), in_force)
    assert work_to_the_end(JOB, clock).counts == {"reached": 10}


def test_a_broadcast_goes_out_once() -> None:
    clock = Clock(NOON, STEP)
    start(clock)
    with pytest.raises(ActRefusedError, match="started already"):
        start(clock)
    work_to_the_end(JOB, clock)
    with pytest.raises(ActRefusedError, match="gone out already"):
        start(clock)


def test_a_broadcast_is_cancelled_while_it_waits_and_in_flight() -> None:
    clock = Clock(EVENING_BEFORE, STEP)
    with pytest.raises(ActRefusedError, match="not-started"):
        broadcasts.cancel("flash-sale", clock, confirmed=True)
    start(clock)
    assert broadcasts.cancel("flash-sale", clock, confirmed=False).state == "planned"
    assert broadcasts.cancel("flash-sale", clock, confirmed=True).state == "cancelled"
    clock.at = NOON
    assert flow.work(JOB, clock) is None
    assert sum(reached().values()) == 0


def test_a_paused_journey_holds_its_broadcast() -> None:
    """Whom it reached while it takes no entries would be lost to it."""
    clock = Clock(NOON, STEP)
    start(clock)
    put(SALE.replace("status: live", "status: paused"))
    job = flow.work(JOB, clock)
    assert job is not None
    assert (job.status, job.told) == ("running", "the journey is not live")
    put(SALE)
    work_to_the_end(JOB, clock)
    assert reached() == dict.fromkeys(CROWD, 1)


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
def test_only_a_live_broadcast_is_planned(status: str) -> None:
    put(SALE.replace("status: live", f"status: {status}"))
    with pytest.raises(ActRefusedError, match=f"is {status}"):
        broadcasts.plan("flash-sale", Clock(NOON))
    assert jobs.unfinished() == []
