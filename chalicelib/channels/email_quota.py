"""What SES lets an account send: a second, and in 24 hours."""

from __future__ import annotations

from typing import Any

from chalicelib.channels.aws_calls import provider_call
from chalicelib.domain.broadcasts import Quota


def quota(client: Any) -> Quota:
    """The quota of the account in its region, and what is used of it (SES API v2, GetAccount).

    Raises ProviderRefusedError and ProviderOutcomeUnknownError; asking again changes nothing.
    """
    with provider_call():
        sending = client.get_account()["SendQuota"]
    return Quota(
        per_second=float(sending["MaxSendRate"]),
        per_day=float(sending["Max24HourSend"]),
        sent_last_day=float(sending.get("SentLast24Hours", 0)),
    )
