"""Whether the archive may be trusted to hold the whole log since a moment: what AWS knows of its function.

The archive misses something only where Lambda could not run the function for so long that records left the stream. Then
it failed, was throttled, or its stream mapping was off; where none of that was, nothing is missing.
"""

from __future__ import annotations

from datetime import datetime

from infra.aws import Aws

HOUR = 3600
"""Seconds to a figure: CloudWatch answers at most 1,440 of them, which are two months."""


def why_not_whole(aws: Aws, function: str, since: datetime, now: datetime) -> str:
    """Why the archive may have a gap since a moment; empty when it has none. `function` is the one that writes it."""
    mappings = aws.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    if not mappings:
        return f"no stream is mapped to {function}"
    for mapping in mappings:
        if mapping["State"] != "Enabled":
            return f"the stream mapping of {function} is {mapping['State'].lower()}"
        if mapping["LastModified"] > since:
            return f"the stream mapping of {function} was changed at {mapping['LastModified']:%Y-%m-%d %H:%M %Z}"
    for metric, what in (("Errors", "failed"), ("Throttles", "was throttled")):
        times = _sum(aws, function, metric, since, now)
        if times:
            return f"{function} {what} {times:,} times since {since:%Y-%m-%d %H:%M %Z}"
    return ""


def _sum(aws: Aws, function: str, metric: str, since: datetime, now: datetime) -> int:
    told = aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since,
        EndTime=now,
        Period=HOUR,
        Statistics=["Sum"],
    )
    return int(sum(point["Sum"] for point in told["Datapoints"]))
