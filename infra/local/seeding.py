"""What a stack needs before its first event: secrets, a sender SES knows, the shop's files, queues of triggers."""

from __future__ import annotations

import contextlib
import json
import secrets
from pathlib import Path
from typing import Any

import yaml

from infra import secret_parameters, seeds
from infra.aws import Aws
from infra.local.options import REPOSITORY


def ensure_secrets(aws: Aws, stack: str) -> dict[str, str]:
    """Make the secrets that are missing; one valid secret for each storefront and for the API, by its path."""
    secret_parameters.create_missing(aws, stack)
    ssm, found = aws.client("ssm"), {}
    for path in (*secret_parameters.FROM_STOREFRONTS, "api-keys"):
        here = ssm.get_parameters_by_path(Path=f"/{stack}/{path}", WithDecryption=True)["Parameters"]
        if not here:
            ssm.put_parameter(Name=f"/{stack}/{path}/1", Type="SecureString", Value=secrets.token_urlsafe(32))
            here = ssm.get_parameters_by_path(Path=f"/{stack}/{path}", WithDecryption=True)["Parameters"]
        found[path] = str(here[0]["Value"])
    return found


def verify_sender(ses: Any) -> None:
    """Let SES know the shop's sender, out of the sandbox: an account that is ready to send."""
    shop = yaml.safe_load((REPOSITORY / "schedules" / "shop.yaml").read_text())
    ses.put_account_details(
        MailType="MARKETING", WebsiteURL=shop["url"], UseCaseDescription="laptop", ProductionAccessEnabled=True
    )
    with contextlib.suppress(ses.exceptions.AlreadyExistsException):
        ses.create_email_identity(EmailIdentity=shop["sender"]["email"].partition("@")[2])


def create_platform_application(sns: Any, topic: str) -> str:
    """A platform application for mobile push whose dead endpoints are told to a topic; its ARN."""
    answer = sns.create_platform_application(
        Name="selvedge-demo", Platform="GCM", Attributes={"PlatformCredential": "none", "EventDeliveryFailure": topic}
    )
    return str(answer["PlatformApplicationArn"])


class SeedFiles:
    """Keeps the bucket up to date with the working copy: an edited template shows in the next message.

    Seeds go in by the rule of a deployment: never over a file that was edited in the bucket.
    """

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws, self._bucket = aws, bucket
        self._seen: dict[Path, tuple[float, int]] = {}

    def upload(self) -> int:
        """Upload the seeds that are new or newer; the number of files uploaded."""
        self._seen = self._look()
        return seeds.apply(self._aws, self._bucket, seeds.plan(self._aws, self._bucket, REPOSITORY))

    def follow(self) -> int:
        """Upload again when a seed was edited since; the number of files uploaded."""
        return self.upload() if self._look() != self._seen else 0

    def _look(self) -> dict[Path, tuple[float, int]]:
        return {
            path: (found.st_mtime, found.st_size) for path in seeds.seeds(REPOSITORY).values() if (found := path.stat())
        }


def queue_of_topic(aws: Aws, topic: str, name: str) -> str:
    """A queue that gets what is published to a topic; its URL."""
    url, arn = _queue(aws, name, "sns.amazonaws.com", topic)
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def queue_of_uploads(aws: Aws, bucket: str, name: str, declared: dict[str, Any]) -> str:
    """A queue that gets the uploads which on AWS start the publish function; its URL.

    `declared` are the bucket's notifications in the template, which name a function: the queue gets the same filters.
    """
    url, arn = _queue(aws, name, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    configurations = [
        {"QueueArn": arn, "Events": [one["Event"]], "Filter": {"Key": {"FilterRules": one["Filter"]["S3Key"]["Rules"]}}}
        for one in declared["LambdaConfigurations"]
    ]
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configurations}
    )
    return url


def _queue(aws: Aws, name: str, service: str, source: str) -> tuple[str, str]:
    sqs = aws.client("sqs")
    url = str(sqs.create_queue(QueueName=name)["QueueUrl"])
    arn = str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    return url, arn
