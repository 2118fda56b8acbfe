"""Many customers at once, a clock that a test moves, and a provider that tells its quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib.domain.customer import Address, Consent, Customer, Profile, Run
from chalicelib.domain.jobs import Job
from chalicelib.flows import jobs as flow
from chalicelib.storage import clients, customers, jobs, log
from chalicelib.storage.customers import Stored

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that moves on by `step` whenever it is read, and otherwise when told to."""

    def __init__(self, start: datetime = NOON, step: timedelta = timedelta(0)) -> None:
        self.at, self.step = start, step

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


def person(customer_id: str, *runs: Run, **profile: Any) -> Customer:
    """A customer who agreed to mail, with these runs."""
    fields: dict[str, Any] = {
        "addresses": (Address("email", f"{customer_id}@example.org"),),
        "consents": (Consent("email", "*", True, NOON),),
    }
    return Customer(customer_id, profile=Profile(**(fields | profile)), runs=runs, now=NOON - timedelta(days=1))


def run(journey: str, step: str = "1", version: str = "v1", wake_at: datetime | None = None, key: str = "") -> Run:
    """A run that stands at a step."""
    began = NOON - timedelta(days=2)
    return Run(journey, key, 1, version, step, began, began, wake_at=wake_at)


def commit(*crowd: Customer) -> None:
    """Let these customers be on record, over earlier states of theirs."""
    for customer in crowd:
        stored = customers.load(customer.customer_id, consistent=True) or Stored(Customer(customer.customer_id))
        customers.commit(stored, customer, None)


def told(customer_ids: Iterable[str], name: str) -> dict[str, int]:
    """How often each of these customers' logs tells of an event."""
    return {
        customer_id: sum(event.name == name for entry in log.history(customer_id) for event in entry.events)
        for customer_id in customer_ids
    }


def work_to_the_end(job_id: str, clock: Clock, invocations: int = 50) -> Job:
    """Go on with a job as the ticks would, a few minutes apart, until it is over."""
    for _ in range(invocations):
        flow.work(job_id, clock)
        over, kept = jobs.find_over(job_id), jobs.find(job_id)
        if kept is None and over is not None:
            return over
        assert kept is not None
        clock.at = max(clock.at + timedelta(minutes=3), kept.job.due_at)
    raise AssertionError(f"{job_id} does not come to an end")


@contextmanager
def ses_quota(per_second: float = 14.0, per_day: float = 50_000.0, sent: float = 0.0) -> Iterator[None]:
    """SES that tells this quota: an answer to GetAccount, which moto does not know."""
    told = {"SendQuota": {"MaxSendRate": per_second, "Max24HourSend": per_day, "SentLast24Hours": sent}}

    def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("https://email.example", 200, {}, None), told

    with answering_get_account(answer):
        yield


_answers: list[Any] = []


@contextmanager
def answering_get_account(answer: Any) -> Iterator[None]:
    """Let SES's GetAccount be answered by this; the innermost of several holds."""
    events = clients.client("sesv2").meta.events
    _answers.append(answer)
    if len(_answers) == 1:
        events.register_first("before-call.sesv2.GetAccount", _newest_answer)
    try:
        yield
    finally:
        _answers.pop()
        if not _answers:
            events.unregister("before-call.sesv2.GetAccount", _newest_answer)


def _newest_answer(**call: Any) -> Any:
    return _answers[-1](**call)
