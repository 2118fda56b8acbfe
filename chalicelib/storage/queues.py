"""The queue `<stack>-stream-failures`: log entries that the fold could not bear, and batches that Lambda gave up.

SQS throttled or away is StorageUnavailableError, whatever is asked of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from chalicelib.errors import StorageUnavailableError
from chalicelib.storage import clients

THROTTLED = frozenset({"OverLimit", "RequestThrottled", "ThrottlingException"})
"""Error codes after which the same request may succeed later (SQS API Reference, "Common errors")."""


class SetAside(Struct, frozen=True):
    """A message of the queue: its `receipt` to delete it by, and its body (ours, or Lambda's on-failure record)."""

    receipt: str
    body: dict[str, object]


def set_aside(customer_id: str, entry_id: str, reason: str) -> None:
    """Put a log entry aside by its key; the entry itself stays in the log. 0.40 $ per million."""
    body = json.dumps({"customer_id": customer_id, "entry_id": entry_id, "reason": reason})
    with _queue() as (sqs, url):
        sqs.send_message(QueueUrl=url, MessageBody=body)


def take() -> Iterator[SetAside]:
    """What lies in the queue, each hidden from others for five minutes; ends when nothing more is there."""
    while True:
        with _queue() as (sqs, url):
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=300)
        received = answer.get("Messages", [])
        if not received:
            return
        for message in received:
            yield SetAside(message["ReceiptHandle"], json.loads(message["Body"]))


def delete(receipt: str) -> None:
    """Take a message off the queue for good."""
    with _queue() as (sqs, url):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)


@contextmanager
def _queue() -> Iterator[tuple[Any, str]]:
    """SQS and the queue's URL, which is asked for each time: nothing is set aside often enough to keep the answer."""
    try:
        sqs = clients.client("sqs")
        yield sqs, sqs.get_queue_url(QueueName=f"{os.environ['SELVEDGE_STACK']}-stream-failures")["QueueUrl"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in THROTTLED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise StorageUnavailableError(f"SQS answers {error.operation_name} with {code}") from error
        raise
    except BotoCoreError as error:
        raise StorageUnavailableError("SQS cannot be reached") from error
