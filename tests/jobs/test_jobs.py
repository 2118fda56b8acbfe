"""Jobs over many customers: nobody is left out and nobody comes twice, wherever a job is cut short."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.fold import TIMER_DUE
from chalicelib.domain.jobs import LEASE, Job
from chalicelib.flows import definitions_in_force
from chalicelib.flows import jobs as flow
from chalicelib.storage import customers, jobs
from tests.flows.engine_on_aws import DiedError, dying_at_write, requests_seen
from tests.jobs.crowd import NOON, Clock, commit, person, run, told, work_to_the_end

CROWD = [f"customer-{number}" for number in range(12)]
STANDING = CROWD[::2]
RESUME = Job("resume:welcome", "resume", NOON, NOON, journey="welcome")


@pytest.fixture(autouse=True)
def crowd(moto: str) -> None:
    """Twelve customers, every other one of whom stands in the journey `welcome`."""
    definitions_in_force.forget()
    commit(*(person(name, run("welcome" if name in STANDING else "other")) for name in CROWD))
    assert jobs.put_new(RESUME)


def woken() -> dict[str, int]:
    return {name: count for name, count in told(CROWD, TIMER_DUE).items() if count}


def test_a_job_reaches_everyone_it_is_for_and_nobody_else() -> None:
    over = work_to_the_end(RESUME.job_id, Clock())

    assert woken() == dict.fromkeys(STANDING, 1)
    assert (over.status, over.counts) == ("done", {"woken": len(STANDING)})
    assert jobs.unfinished() == []


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", range(1, 12))
def test_a_job_that_dies_at_any_write_is_finished_by_the_next(write: int, answered: bool) -> None:
    clock = Clock(step=timedelta(seconds=2))
    died = False
    try:
        with dying_at_write(write, answered=answered):
            flow.work(RESUME.job_id, clock)
    except DiedError:
        died = True

    over = work_to_the_end(RESUME.job_id, clock)
    assert died or write > len(STANDING) + 3
    assert woken() == dict.fromkeys(STANDING, 1)
    assert over.counts == {"woken": len(STANDING)}
    assert jobs.unfinished() == []


def test_a_job_is_worked_by_one_at_a_time_until_it_gives_no_sign_of_life() -> None:
    clock = Clock()
    with pytest.raises(DiedError), dying_at_write(3, answered=True):
        flow.work(RESUME.job_id, clock)

    assert flow.work(RESUME.job_id, clock) is None
    clock.at += LEASE
    done = flow.work(RESUME.job_id, clock)
    assert done is not None
    assert done.status == "done"


def test_a_job_whose_time_is_up_goes_on_where_it_stopped() -> None:
    """It gives its lease back, so that the next invocation need not wait for it."""
    stopped = flow.work(RESUME.job_id, Clock(), remaining=lambda: flow.RESERVE - 1)

    assert stopped is not None
    assert stopped.cursor
    assert stopped.is_free(NOON)
    with requests_seen() as requests:
        flow.work(RESUME.job_id, Clock())
    (scan,) = [params for name, params in requests if name == "Scan"]
    assert scan["ExclusiveStartKey"] == {"c": {"S": stopped.cursor}}


def test_a_job_cancelled_in_flight_stops_at_the_next_sign_of_life() -> None:
    """What was appended by then stays: it cannot be called back."""
    clock = Clock(step=flow.KEEP_EVERY)
    cancelled: list[bool] = []

    def cancel_once(job: Job) -> None:
        if not cancelled:
            cancelled.append(flow.cancel(RESUME.job_id, clock()))

    seen = flow.work(RESUME.job_id, clock, told=cancel_once)
    assert cancelled == [True]
    assert seen is not None
    assert seen.status == "cancelled"
    assert jobs.find(RESUME.job_id) is None


def test_one_job_of_a_kind_and_journey_at_a_time() -> None:
    assert not jobs.put_new(replace(RESUME, created_at=NOON + timedelta(hours=1)))
    work_to_the_end(RESUME.job_id, Clock())
    assert jobs.put_new(replace(RESUME, created_at=NOON + timedelta(hours=1)))


def test_customers_absorbed_by_others_are_left_out() -> None:
    commit(replace(person("customer-0", run("welcome")), forwarded_to="customer-1"))
    work_to_the_end(RESUME.job_id, Clock())
    assert "customer-0" not in woken()


def test_a_page_ends_where_the_next_begins() -> None:
    """The place is the id of the last customer seen: whoever was added or has gone meanwhile does not move it."""
    first = customers.page("", limit=5)
    second = customers.page(first.customers[-1].customer_id, limit=100)
    assert (len(first.customers), first.is_last, second.is_last) == (5, False, True)
    assert sorted(one.customer_id for one in (*first.customers, *second.customers)) == sorted(CROWD)
