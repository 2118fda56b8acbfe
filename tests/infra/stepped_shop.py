"""A deployed shop taken step by step: its streams are worked when the test says so, statements are taken away.

Here Lambda's own part is played under each function's role, as Lambda plays it: reading the streams, and setting aside
what fails. MiniStack does both in its own name, and its triggers know neither partial failures nor retries that end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import boto3

from chalicelib import clock
from chalicelib.storage import shop as shop_table
from infra.local.stream_pump import Delivery, EventSource, StreamPump
from tests.infra.deployed_shop import FUNCTIONS, DeployedShop

PATIENCE = 180
"""Seconds within which the streams must come to rest."""
READERS = {"Engine": "EventsTable", "Sender": "MessagesTable", "Archive": "EventsTable"}
"""The functions that a table's stream starts."""


class SteppedShop:
    """The shop, with nothing that starts by itself. Lambda's own calls are made with the clients of `role`."""

    def __init__(self, shop: DeployedShop) -> None:
        self.shop = shop
        self.role = cache(self._client_of)
        self._stop_what_starts_by_itself()
        self._pumps = {function: self._pump(mapping) for function, mapping in self._mappings().items()}

    def work(self, *functions: str) -> None:
        """Let the streams be worked until nothing more comes: all, or only those of these functions.

        Raises AssertionError when something always comes.
        """
        pumps = [pump for function, pump in self._pumps.items() if not functions or function in functions]
        until = time.monotonic() + PATIENCE
        while sum(pump.poll() for pump in pumps):
            assert time.monotonic() < until, "the streams do not come to rest"

    def tick(self, ahead: timedelta) -> None:
        """Let the tick run, its clock `ahead` of the others', as if it had run a few minutes before."""
        now = clock.now() + ahead
        shop_table.put("cursor", "tick", (now - timedelta(minutes=3)).isoformat().encode())
        self.shop.restart("Tick", ahead)
        self.shop.invoke("Tick", {
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
            "region": "eu-west-1", "time": now.isoformat(), "resources": [], "detail": {},
        })

    @contextmanager
    def without(self, function: str, sid: str, *instead: dict[str, Any]) -> Iterator[None]:
        """Take a statement out of a function's policy for a while, or put others in its place.

        The function begins in a new process: what one has read before, secrets above all, it would not miss.
        """
        iam, role = self.shop.client("iam"), self.shop.deployed.resources[f"{function}Role"]
        whole = iam.get_role_policy(RoleName=role, PolicyName="function")["PolicyDocument"]
        left = [statement for statement in whole["Statement"] if statement["Sid"] != sid]
        assert len(left) == len(whole["Statement"]) - 1
        iam.put_role_policy(
            RoleName=role, PolicyName="function", PolicyDocument=json.dumps({**whole, "Statement": [*left, *instead]}),
        )
        try:
            self.shop.restart(function)
            yield
        finally:
            iam.put_role_policy(RoleName=role, PolicyName="function", PolicyDocument=json.dumps(whole))

    def queued(self, queue: str) -> list[str]:
        """What lies in a queue (by its logical id), which is empty then."""
        sqs, url, bodies = self.shop.client("sqs"), self.shop.deployed.resources[queue], []
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                bodies.append(str(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def _stop_what_starts_by_itself(self) -> None:
        functions, events = self.shop.client("lambda"), self.shop.client("events")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        for rule in events.list_rules()["Rules"]:
            events.disable_rule(Name=rule["Name"])
        self.shop.client("s3").put_bucket_notification_configuration(
            Bucket=self.shop.deployed.outputs["Bucket"], NotificationConfiguration={},
        )

    def _mappings(self) -> dict[str, dict[str, Any]]:
        found = self.shop.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        by_function = {mapping["FunctionArn"].rpartition("-")[2]: mapping for mapping in found}
        return {function: by_function[FUNCTIONS[function]] for function in READERS}

    def _pump(self, mapping: dict[str, Any]) -> StreamPump:
        function = next(name for name in READERS if mapping["FunctionArn"].endswith(f"-{FUNCTIONS[name]}"))
        queue = mapping["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
        url = self.shop.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]

        def set_aside(record: dict[str, Any]) -> None:
            self.role(function, "sqs").send_message(QueueUrl=url, MessageBody=json.dumps(record))

        # Once, not five times: MiniStack starts a new process after each failure.
        source = replace(EventSource.declared(mapping), retries=1)
        delivery = Delivery(
            source, lambda event, _: self.shop.invoke(function, event), set_aside,
            pause=lambda seconds: None,
        )
        pump = StreamPump(self.role(function, "dynamodbstreams"), mapping["EventSourceArn"], delivery)
        pump.attach("LATEST")
        return pump

    def _client_of(self, function: str, service: str) -> Any:
        """A client under a function's role. The account may take it for that; in the template only Lambda may."""
        role = self.shop.deployed.resources[f"{function}Role"]
        iam, account = self.shop.client("iam"), self.shop.deployed.aws.account
        trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        trust["Statement"].append(
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"},
        )
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
        taken = self.shop.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="lambda",
        )["Credentials"]
        session = boto3.Session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        return session.client(service, endpoint_url=self.shop.deployed.endpoint, region_name="eu-west-1")


Probe = Callable[[SteppedShop], None]
"""Does something to the shop and looks at what comes of it; raises when it does not come."""
