"""How many recipients a second a broadcast reaches: the job itself on an emulated AWS, SES taking any number."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse

from chalicelib import clock
from chalicelib.domain.customer import Address, Consent, Customer, Profile
from chalicelib.domain.jobs import Job
from chalicelib.domain.journeys import END, BroadcastTrigger, End, Journey, Send, version_of
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import InForce, put_in_force, read_in_force
from chalicelib.flows.jobs import work
from chalicelib.storage import clients, jobs, tables
from chalicelib.storage.customers import encode
from chalicelib.storage.packing import pack
from infra.local.ministack import MiniStack
from infra.local.options import REPOSITORY

RECIPIENTS = 5_000
BATCH = 25
"""Items that DynamoDB takes in one BatchWriteItem."""


def run() -> dict[str, float]:
    """Recipients a second, of `RECIPIENTS` customers who are all meant; emulator and job share the machine."""
    with tempfile.TemporaryDirectory() as folder:
        emulator = MiniStack(REPOSITORY / ".venv-ministack" / "bin" / "ministack", Path(folder), keep=False)
        emulator.start()
        try:
            return {"recipients_per_second": _measure(emulator.endpoint)}
        finally:
            emulator.stop()


def _measure(endpoint: str) -> float:
    os.environ |= {
        "SELVEDGE_STACK": "bench", "SELVEDGE_BUCKET": "bench-files", "SELVEDGE_STAGE": "production",
        "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled", "AWS_ENDPOINT_URL": endpoint,
    }
    tables.create_all()
    now = clock.now()
    a_minute_ago = (now - timedelta(minutes=1)).replace(tzinfo=None)
    to_all = BroadcastTrigger('"email" in customer.channels', a_minute_ago, "shop")
    sale = Journey("sale", to_all, {"1": Send("sale", END), END: End()}, "1")
    message = MessageDefinition("sale", "marketing", ("email",))
    put_in_force(InForce(ShopSettings(time_zone="UTC"), (message,), (sale,)), read_in_force())
    definitions_in_force.forget()
    _put_customers(now)
    job = Job("broadcast:bench", "broadcast", now, now, journey="sale", version=version_of(sale))
    jobs.put_new(job)
    with _unlimited_quota():
        began = time.perf_counter()
        over = work(job.job_id, clock.now)
        taken = time.perf_counter() - began
    if over is None or over.counts.get("reached") != RECIPIENTS:
        raise RuntimeError(f"the broadcast did not reach everybody: {over}")
    return RECIPIENTS / taken


def _put_customers(now: datetime) -> None:
    connection = tables.Customers.connection()
    for start in range(0, RECIPIENTS, BATCH):
        requests = []
        for number in range(start, start + BATCH):
            profile = Profile(
                addresses=(Address("email", f"c{number}@example.com"),), consents=(Consent("email", "*", True, now),),
            )
            state = pack(encode(Customer(f"customer-{number}", profile=profile)))
            item = {"c": {"S": f"customer-{number}"}, "v": {"N": "1"}, "s": {"B": state}}
            requests.append({"PutRequest": {"Item": item}})
        connection.connection.client.batch_write_item(RequestItems={connection.table_name: requests})


@contextmanager
def _unlimited_quota() -> Iterator[None]:
    """SES that takes any number of mails: what is measured is the job."""
    told = {"SendQuota": {"MaxSendRate": 1e6, "Max24HourSend": -1.0, "SentLast24Hours": 0.0}}

    def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("https://email.example", 200, {}, None), told

    events = clients.client("sesv2").meta.events
    events.register_first("before-call.sesv2.GetAccount", answer)
    try:
        yield
    finally:
        events.unregister("before-call.sesv2.GetAccount", answer)
