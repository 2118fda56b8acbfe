"""The queues of failures: what the engine set aside, and what Lambda gave up after its retries.

`<stack>-stream-failures` holds log entries and batches of a stream, `<stack>-async-failures` calls by SNS and S3.
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


STREAM, ASYNC = "stream-failures", "async-failures"


class SetAside(Struct, frozen=True):
    """A message of a queue: its `receipt` to delete it by, and its body (ours, or Lambda's on-failure record)."""

    queue: str
    receipt: str
    body: dict[str, object]


def set_aside(customer_id: str, entry_id: str, reason: str) -> None:
    """Put a log entry aside by its key; the entry itself stays in the log. 0.40 $ per million."""
    body = json.dumps({"customer_id": customer_id, "entry_id": entry_id, "reason": reason})
    with _queue(STREAM) as (sqs, url):
        sqs.send_message(QueueUrl=url, MessageBody=body)


def take(queue: str) -> Iterator[SetAside]:
    """What lies in a queue, each hidden from others for five minutes; ends when nothing more is there."""
    while True:
        with _queue(queue) as (sqs, url):
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=300)
        received = answer.get("Messages", [])
        if not received:
            return
        for message in received:
            yield SetAside(queue, message["ReceiptHandle"], json.loads(message["Body"]))


def delete(aside: SetAside) -> None:
    """Take a message off its queue for good."""
    with _queue(aside.queue) as (sqs, url):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=aside.receipt)


@contextmanager
def _queue(name: str) -> Iterator[tuple[Any, str]]:
    """SQS and the queue's URL, which is asked for each time: nothing is set aside often enough to keep the answer."""
    try:
        sqs = clients.client("sqs")
        yield sqs, sqs.get_queue_url(QueueName=f"{os.environ['SELVEDGE_STACK']}-{name}")["QueueUrl"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in THROTTLED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise StorageUnavailableError(f"SQS answers {error.operation_name} with {code}") from error
        raise
    except BotoCoreError as error:
        raise StorageUnavailableError("SQS cannot be reached") from error
