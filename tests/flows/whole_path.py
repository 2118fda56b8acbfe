"""A shop on an emulated AWS for stories of the whole path: real requests in, streams pumped, the clock set by hand."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

import app as functions
from chalicelib.domain.customer import Customer
from chalicelib.domain.messages import Message
from chalicelib.flows import definitions_in_force, means
from chalicelib.flows import tick as ticking
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket, clients, customers, jobs, messages, shop
from infra.local.functions import Context, scheduled_event
from infra.local.http_event import HttpApi
from infra.local.stream_pump import Delivery, EventSource, StreamPump
from tests.sources.signing import shopify_headers, woocommerce_headers

ROOT = Path(__file__).parent.parent.parent
API_KEY = "api-key-of-the-shop"
SENDER = "shop@shop.example"


class WholePath:
    """Posts to the API, lets the engine and the sender work what came, and moves the clock."""

    def __init__(self, stack: str, now: datetime, environment: pytest.MonkeyPatch) -> None:
        self.stack, self._environment = stack, environment
        self._fired: set[datetime] = set()
        self.failures: list[dict[str, Any]] = []
        environment.setenv("SELVEDGE_URL", "https://api.shop.example")
        environment.setenv("SELVEDGE_STAGE", "production")
        definitions_in_force.forget()
        means.forget()
        ticking.forget()
        self._set_secrets()
        self._seed(now - timedelta(minutes=5))
        self.set_clock(now)
        self._work_jobs()
        api = HttpApi(functions.app.routes, functions.app)
        self.http = Client(lambda environ, start: api.answer(Request(environ))(environ, start), Response)
        self._pumps = [
            self._pump("events", functions.engine),
            self._pump("messages", functions.sender, {"dynamodb": {"NewImage": {"st": {"S": ["queued"]}}}}),
        ]
        for pump in self._pumps:
            pump.attach()

    def _pump(self, table: str, function: Any, *patterns: dict[str, Any]) -> StreamPump:
        source = EventSource(batch_size=25, partial_failures=True, retries=3, bisect=True, patterns=patterns)
        delivery = Delivery(source, function, self.failures.append, context=Context(table, 60))
        return StreamPump(clients.client("dynamodbstreams"), _stream_of(f"{self.stack}-{table}"), delivery)

    def _set_secrets(self) -> None:
        ssm = clients.client("ssm")
        for path, value in (
            ("hooks/shopify/1", "shop-secret"), ("hooks/woocommerce/1", "woo-secret"),
            ("api-keys/1", API_KEY), ("link-keys/1", "a-key-that-signs-links"),
        ):
            ssm.put_parameter(Name=f"/{self.stack}/{path}", Value=value, Type="SecureString")
        ses = clients.client("sesv2")
        for configuration_set in (f"{self.stack}-mail", f"{self.stack}-transactional"):
            ses.create_configuration_set(ConfigurationSetName=configuration_set)
        ses.create_email_identity(EmailIdentity=SENDER)

    def _seed(self, now: datetime) -> None:
        for folder, prefix in (("templates", "templates/"), ("schedules", "")):
            for path in (ROOT / folder).rglob("*.*"):
                body = path.read_bytes()
                if path.name == "shop.yaml":
                    # The stories are of customers who are not held out.
                    body = body.replace(b"holdout: 5", b"holdout: 0")
                bucket.put(f"{prefix}{path.relative_to(ROOT / folder).as_posix()}", body)
        assert publish(now).problems == {}

    def set_clock(self, now: datetime) -> None:
        """Stop the product's clock at a moment."""
        self.now = now
        self._environment.setenv("SELVEDGE_CLOCK", f"{time.time()},0,{now.timestamp()}")

    def shopify(self, topic: str, payload: dict[str, Any] | bytes, delivery: str = "") -> int:
        """Deliver a signed Shopify webhook; the status of the answer."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = shopify_headers(topic, body, X_Shopify_Webhook_Id=delivery or f"{topic} {self.now.isoformat()}")
        return self._post("/hooks/shopify", data=body, headers=headers)

    def woocommerce(self, topic: str, payload: dict[str, Any] | bytes, delivery: str = "") -> int:
        """Deliver a signed WooCommerce webhook; the status of the answer."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        delivery = delivery or f"{topic} {self.now.isoformat()}"
        headers = woocommerce_headers(topic, body, X_WC_Webhook_Delivery_ID=delivery)
        return self._post("/hooks/woocommerce", data=body, headers=headers)

    def event(self, payload: dict[str, Any]) -> int:
        """Post to the JSON API; the status of the answer."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        return self._post("/v1/events", json=payload, headers=headers)

    def _post(self, path: str, **request: Any) -> int:
        status: int = self.http.post(path, **request).status_code
        return status

    def work(self) -> None:
        """Let the streams be worked until nothing more comes."""
        while sum(pump.poll() for pump in self._pumps):
            pass

    def _work_jobs(self) -> None:
        """Let the jobs over many customers be worked: on AWS the tick starts a function for each."""
        for kept in jobs.unfinished():
            functions.audience({"job": kept.job.job_id}, Context("audience", 60))

    def pass_time(self, span: timedelta) -> None:
        """Let time pass: the clock stops at each timer that falls due, a tick fires it, and what comes of it is worked.

        Ticks that would find nothing are not run; their cursor is written in their stead.
        """
        until = self.now + span
        self.work()
        while (due := self._next_timer()) and due <= until:
            self.set_clock(max(self.now, due))
            shop.put("cursor", "tick", (self.now - timedelta(minutes=1)).isoformat().encode())
            ticking.forget()
            functions.tick(scheduled_event(), Context("tick", 60))
            self._fired.add(due)
            self.work()
        self.set_clock(until)

    def _next_timer(self) -> datetime | None:
        timers = {datetime.fromisoformat(item["t"]["S"].partition("#")[0]) for item in _scan(f"{self.stack}-timers")}
        return min(timers - self._fired, default=None)

    def feedback(self, notification: dict[str, Any], message: str = "m1") -> None:
        """Let SES tell something over its topic."""
        record = {
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:feedback:1",
            "Sns": {
                "Type": "Notification", "MessageId": message, "TopicArn": "arn:aws:sns:eu-west-1:123456789012:feedback",
                "Subject": "Amazon SES", "Message": json.dumps(notification), "Timestamp": self.now.isoformat(),
                "SignatureVersion": "1", "Signature": "", "SigningCertUrl": "", "UnsubscribeUrl": "",
                "MessageAttributes": {},
            },
        }
        functions.feedback({"Records": [record]}, Context("feedback", 30))
        self.work()

    def customer(self) -> Customer:
        """The only customer there is."""
        ids = sorted({item["c"]["S"] for item in _scan(f"{self.stack}-customers")})
        found = [customers.load(customer_id, consistent=True) for customer_id in ids]
        (known,) = [stored.customer for stored in found if stored and not stored.customer.forwarded_to]
        return known

    def messages(self) -> list[Message]:
        """The messages of the only customer, in the order of their decision."""
        return messages.of_customer(self.customer().customer_id)


def _stream_of(table: str) -> str:
    described = clients.client("dynamodb").describe_table(TableName=table)
    arn: str = described["Table"]["LatestStreamArn"]
    return arn


def _scan(table: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = clients.client("dynamodb").scan(TableName=table)["Items"]
    return items

