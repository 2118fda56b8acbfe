"""The queue `<stack>-stream-failures`: log entries that the fold could not bear, and batches that Lambda gave up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from msgspec import Struct

from chalicelib.storage import clients


class SetAside(Struct, frozen=True):
    """A message of the queue: its `receipt` to delete it by, and its body (ours, or Lambda's on-failure record)."""

    receipt: str
    body: dict[str, object]


def set_aside(customer_id: str, entry_id: str, reason: str) -> None:
    """Put a log entry aside by its key; the entry itself stays in the log. 0.40 $ per million."""
    body = json.dumps({"customer_id": customer_id, "entry_id": entry_id, "reason": reason})
    clients.client("sqs").send_message(QueueUrl=_url(), MessageBody=body)


def take() -> Iterator[SetAside]:
    """What lies in the queue, each hidden from others for five minutes; ends when nothing more is there."""
    client = clients.client("sqs")
    while True:
        answer = client.receive_message(QueueUrl=_url(), MaxNumberOfMessages=10, VisibilityTimeout=300)
        received = answer.get("Messages", [])
        if not received:
            return
        for message in received:
            yield SetAside(message["ReceiptHandle"], json.loads(message["Body"]))


def delete(receipt: str) -> None:
    """Take a message off the queue for good."""
    clients.client("sqs").delete_message(QueueUrl=_url(), ReceiptHandle=receipt)


def _url() -> str:
    # Asked for each time: nothing is set aside often enough to keep the answer.
    name = f"{os.environ['SELVEDGE_STACK']}-stream-failures"
    url: str = clients.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    return url
