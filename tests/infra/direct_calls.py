"""Calls that nothing makes under a function's role in MiniStack, as something does on AWS: made here, with its role.

Each ends with AccessDenied when the role may not.
"""

from __future__ import annotations

from uuid import uuid4

from tests.infra.deployed_shop import FUNCTIONS
from tests.infra.stepped_shop import Probe, SteppedShop


def streams_are_listed(function: str) -> Probe:
    """Lambda asks for it when it makes a mapping."""

    def probe(steps: SteppedShop) -> None:
        steps.role(function, "dynamodbstreams").list_streams()

    return probe


def logs_are_written(function: str) -> Probe:
    """Lambda writes what a function says."""

    def probe(steps: SteppedShop) -> None:
        logs, stream = steps.role(function, "logs"), uuid4().hex
        group = f"/aws/lambda/{steps.shop.deployed.name}-{FUNCTIONS[function]}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": 0, "message": "a line"}],
        )

    return probe


def failed_call_is_set_aside(function: str, queue: str = "AsyncFailures") -> Probe:
    """Lambda sends to the queue what its retries could not get through."""

    def probe(steps: SteppedShop) -> None:
        url = steps.shop.deployed.resources[queue]
        steps.role(function, "sqs").send_message(QueueUrl=url, MessageBody="{}")

    return probe


def bucket_is_listed(function: str) -> Probe:
    """On AWS a file that is not there is missing only for who may list the bucket, and forbidden for others."""

    def probe(steps: SteppedShop) -> None:
        steps.role(function, "s3").list_objects_v2(Bucket=steps.shop.deployed.outputs["Bucket"])

    return probe


CALLED_DIRECTLY: dict[tuple[str, str], Probe] = {
    # What Lambda does under a function's role, MiniStack does in its own name.
    **{(function, "WriteItsLogs"): logs_are_written(function) for function in FUNCTIONS},
    **{(function, "ListStreams"): streams_are_listed(function) for function in ("Engine", "Sender", "Archive")},
    **{
        (name, "SetAsideWhatFails"): failed_call_is_set_aside(name)
        for name in ("Tick", "Feedback", "Publish", "Audience", "Compact")
    },
    # Only after half a day in which S3 was away is a piece of the log given up.
    ("Archive", "SetAsideWhatFails"): failed_call_is_set_aside("Archive", "StreamFailures"),
    # MiniStack answers 404 for a file that is not there, whoever asks.
    **{(name, "KnowWhichFilesAreMissing"): bucket_is_listed(name) for name in ("APIHandler", "Sender")},
}
"""The statements that nothing in MiniStack misses, with the reasons."""
