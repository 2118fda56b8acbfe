"""A process that works on one job, as the function `audience` does: `python -m tests.jobs.broadcast_worker <job>`.

SES is one that takes any number of mails, so that what is measured and killed is the job.
"""

from __future__ import annotations

import sys

from chalicelib import clock
from chalicelib.flows.jobs import work
from tests.jobs.crowd import ses_quota

UNLIMITED = -1.0


def main(job_id: str) -> None:
    """Work on the job; each sign of life is a line."""
    with ses_quota(per_second=1_000_000.0, per_day=UNLIMITED):
        job = work(job_id, clock.now, told=lambda job: _tell(str(job.looked_at)))
    _tell(job.status if job else "not ours")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
