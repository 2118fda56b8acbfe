"""Telling the shop by mail that a file it put into the bucket was refused, and how to put it right."""

from __future__ import annotations

import os
from collections.abc import Mapping

from chalicelib.channels.aws_calls import provider_call
from chalicelib.domain.problems import Problem
from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError
from chalicelib.flows.means import StageRule
from chalicelib.flows.sending_clients import sending_client
from chalicelib.observability import logger


def mail_problems(told: Mapping[str, list[Problem]], settings: ShopSettings) -> None:
    """Mail the problems of files that were refused (warnings beside them) to the shop's `problems-to`, else to support.

    A mail that cannot be sent is logged: the problems stand beside the files all the same.
    """
    refused = {
        file: problems for file, problems in sorted(told.items())
        if any(problem.severity == "error" for problem in problems)
    }
    stage = StageRule.of(os.environ)
    wanted = settings.problems_to or tuple(filter(None, (settings.brand.support_email,)))
    addresses = [address for address in wanted if not stage.withheld(address)]
    if not refused or not addresses:
        return
    files = ", ".join(refused)
    subject = f"Not in force: {files}" if len(refused) < 3 else f"Not in force: {len(refused)} files"
    text = "\n\n".join(
        f"{file} was refused; the version before it, if there is one, stays in force.\n\n"
        + "\n".join(str(problem) for problem in problems)
        for file, problems in refused.items()
    )
    try:
        with provider_call():
            sending_client("sesv2").send_email(
                FromEmailAddress=settings.sender_email,
                Destination={"ToAddresses": addresses},
                Content={"Simple": {
                    "Subject": {"Data": subject[:200], "Charset": "UTF-8"},
                    "Body": {"Text": {"Data": f"{text}\n\nPut it right and upload it again.\n", "Charset": "UTF-8"}},
                }},
                ConfigurationSetName=f"{os.environ['SELVEDGE_STACK']}-transactional",
            )
    except (ProviderRefusedError, ProviderOutcomeUnknownError) as error:
        logger.warning("problems of files could not be mailed", extra={"files": list(refused), "cause": str(error)})
