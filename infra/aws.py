"""The AWS account that a command works on: clients of one session, and what went wrong in words a shop can use."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config


class DeploymentError(Exception):
    """A deployment cannot go on; says what stands in the way and what to do."""


class Aws:
    """An account in a region. `endpoint` leads to an emulator instead; credentials come from the usual places."""

    def __init__(self, region: str = "", endpoint: str = "") -> None:
        self._session = boto3.Session(region_name=region or None)
        if not self._session.region_name:
            raise DeploymentError("no region is set: say AWS_DEFAULT_REGION=eu-central-1 or the region of your choice")
        self.region: str = self._session.region_name
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        if service not in self._clients:
            addressing = {"addressing_style": "path" if self._endpoint else "auto"}
            self._clients[service] = self._session.client(
                service, endpoint_url=self._endpoint or None, config=Config(s3=addressing)
            )
        return self._clients[service]

    @cached_property
    def account(self) -> str:
        """The account's twelve digits."""
        return str(self.client("sts").get_caller_identity()["Account"])


def stack_name(stage: str) -> str:
    """The name of a stage's stack, which is also the prefix of all its names."""
    return f"selvedge-{stage}"


def bucket_name(aws: Aws, stack: str) -> str:
    """The bucket of the files that the shop edits; the template names it likewise."""
    return f"{stack}-{aws.account}-{aws.region}"
