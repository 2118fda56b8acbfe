"""Many recipients on a server, the process killed in the middle: nobody lost, nobody twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock
from chalicelib.domain.jobs import LEASE
from chalicelib.flows import broadcasts, definitions_in_force
from chalicelib.storage import jobs
from tests.emulators import ROOT
from tests.jobs.broadcast_shop import SALE, put
from tests.jobs.many_customers import entries_by_customer, put_customers

RECIPIENTS = int(os.environ.get("SELVEDGE_RECIPIENTS", "20000"))
"""Forty pages of the table. More may be said: 100,000 take five minutes."""
PATIENCE = 900
"""Seconds after which a worker has failed; on an idle machine it takes a fifth of that."""


def worker(job_id: str, ahead: timedelta = timedelta()) -> subprocess.Popen[str]:
    """A process that works on a job, its clock ahead of ours."""
    begins, shows = time.time(), (datetime.now(UTC) + ahead).timestamp()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.broadcast_worker", job_id], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"SELVEDGE_CLOCK": f"{begins},1,{shows}"},
    )


@pytest.mark.slow
@pytest.mark.ministack
def test_a_broadcast_to_very_many_is_killed_in_the_middle_and_resumed(ministack_aws: str) -> None:
    put(SALE.replace("2026-12-01 15:00", f"{clock.now() - timedelta(minutes=5):%Y-%m-%d %H:%M}"), time_zone="UTC")
    put_customers(RECIPIENTS)
    plan = broadcasts.plan("flash-sale", clock.now)
    assert plan.recipients == RECIPIENTS
    job_id = f"broadcast:{broadcasts.start('flash-sale', plan.basis, clock.now).broadcast}"

    first = worker(job_id)
    assert first.stdout is not None
    for line in first.stdout:
        if line.strip().isdigit() and int(line) >= RECIPIENTS // 3:
            break
    first.send_signal(signal.SIGKILL)
    assert first.wait(10) == -signal.SIGKILL
    reached = len(entries_by_customer())
    assert 0 < reached < RECIPIENTS

    second = worker(job_id, ahead=LEASE)
    told, _ = second.communicate(timeout=PATIENCE)
    assert told.splitlines()[-1] == "done"
    over = jobs.find_over(job_id)
    assert over is not None
    assert over.counts == {"reached": RECIPIENTS}
    entries = entries_by_customer()
    assert len(entries) == RECIPIENTS
    assert set(entries.values()) == {1}
    definitions_in_force.forget()
