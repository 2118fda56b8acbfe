"""The whole of Selvedge in one process tree: MiniStack as a child, everything else in this process."""

from __future__ import annotations

import importlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from chalicelib import clock
from infra.aws import Aws
from infra.local import demo_history, resources, seeding
from infra.local.demo_session import Sessions
from infra.local.demo_shop import DemoShop
from infra.local.functions import (
    IDLE,
    Function,
    Loop,
    daily_loop,
    in_background,
    queue_loop,
    sns_event,
    stream_loop,
    tick_loop,
)
from infra.local.http_event import HttpApi
from infra.local.hurry import Hurry
from infra.local.laptop_clock import LaptopClock
from infra.local.mailbox_provider import MailboxProvider
from infra.local.ministack import REGION, MiniStack
from infra.local.options import Options
from infra.local.outbox import Outbox, Outgoing
from infra.local.outbox_pages import OutboxPages
from infra.local.pages import Pages
from infra.local.provider_tap import ProviderTap
from infra.local.push_service import PushService
from infra.local.server import Server, free_server
from infra.local.stream_pump import EventSource

STACK = "selvedge-laptop"
DRAIN_SECONDS = 10
"""How long a stop waits for what is under way."""
ARCHIVED_AT_MOST_EVERY = 2.0
"""Real seconds between two files of the archive, however fast the clock runs."""

log = logging.getLogger(__name__)


class Laptop:
    """One run. `tell` is called with each step of the start."""

    def __init__(self, options: Options, tell: Callable[[str], object]) -> None:
        self._options, self._tell = options, tell
        self._folder = options.data or Path(tempfile.mkdtemp(prefix="selvedge-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        keep = options.data is not None
        self.ministack = MiniStack(options.ministack, self._folder, keep=keep)
        self.clock = LaptopClock(options.speed, self._folder / "clock.json" if keep else None)
        self.outbox = Outbox(self._folder / "outbox.jsonl" if keep else None)
        self.sessions = Sessions(self._folder / "demo-shop.json" if keep else None)
        self.url = f"http://127.0.0.1:{options.port}"
        self.secrets: dict[str, str] = {}
        self._loops: list[Loop] = []
        self._pumps: list[Loop] = []
        self._archive: Loop | None = None
        self._tap: Server | None = None
        self._web: Server | None = None
        self._hurry: Hurry | None = None

    def start(self) -> None:
        """Start everything; raises `OptionError` or `MiniStackError` when something stands in the way."""
        self._web = Server(self._answer, self._options.port)
        started = time.monotonic()
        self._tell("Starting MiniStack, an AWS on this machine")
        self.ministack.start()
        self._point_to_ministack()
        aws = Aws(REGION, self.ministack.endpoint)
        declared = resources.declarations()
        made = resources.deploy(aws, STACK, resources.without_functions(declared))
        self._tell(f"Tables, bucket, topics and queues are there: {len(made)} resources")
        self.secrets = seeding.ensure_secrets(aws, STACK)
        seeding.verify_sender(aws.client("sesv2"))
        application = seeding.create_platform_application(aws.client("sns"), made["FeedbackTopic"])
        os.environ["SELVEDGE_PUSH_APPLICATIONS"] = f"GCM={application}"
        self.mailbox = MailboxProvider(aws.client("sesv2"), aws.client("sns"), clock.now)
        self._start_tap()
        os.environ["SELVEDGE_BUCKET"] = made["Bucket"]
        product = importlib.import_module("app")  # reads the environment, so it comes after it
        files = seeding.SeedFiles(aws, made["Bucket"])
        uploaded = files.upload()
        published = product.publish({"Records": []}, None)
        self._tell(
            f"{uploaded} files uploaded, {published['journeys']} journeys and {published['messages']} messages in force"
        )
        for file, problem in published["problems"].items():
            self._tell(f"  {file}: {problem}")
        self._start_triggers(aws, product, declared, made, files)
        self._shop = DemoShop(self.url, self.secrets, clock.now)
        self._pages = self._make_pages(product)
        self._web.start()
        self._start_nights(product)
        self._tell(f"Ready after {time.monotonic() - started:.1f} s")

    def stop(self) -> None:
        """Finish what is under way, then stop everything; nothing is left but the folder of DATA."""
        deadline = time.monotonic() + DRAIN_SECONDS
        try:
            if self._web is not None:
                self._web.stop()
            if self._hurry is not None:
                self._hurry.stop()
            for loop in self._loops:
                loop.stop()
            while sum(pump.step() for pump in self._pumps) and time.monotonic() < deadline:
                pass
            if self._archive is not None:
                self._archive.step()
        finally:
            if self._tap is not None:
                self._tap.stop()
            self.clock.stop()
            self.sessions.save()
            self.ministack.stop()
            if self._options.data is None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, request: Request) -> Response:
        return self._pages.answer(request)

    def _make_pages(self, product: Any) -> Pages:
        assert self._hurry is not None
        routes = {path: list(methods) for path, methods in product.app.routes.items()}
        return Pages(
            api=HttpApi(routes, Function("api", product.app, 15)),
            url=self.url,
            hurry=self._hurry,
            speed=self.clock.speed,
            sessions=self.sessions,
            shop=self._shop,
            outbox=OutboxPages(self.outbox, self.mailbox),
            push=PushService(self.sessions, self.outbox, clock.now),
        )

    def _point_to_ministack(self) -> None:
        """The environment of the product's functions, and where they find AWS."""
        os.environ.update(
            {
                "AWS_ACCESS_KEY_ID": "laptop",
                "AWS_SECRET_ACCESS_KEY": "laptop",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
                "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_ENDPOINT_URL_DYNAMODB": self.ministack.endpoint,
                "SELVEDGE_STACK": STACK,
                "SELVEDGE_STAGE": "laptop",
                "SELVEDGE_ALLOW": "*",
                "SELVEDGE_URL": self.url,
                "SELVEDGE_SEND": "on",
                "SELVEDGE_TRUSTED_PUSH": self.url,
                "POWERTOOLS_SERVICE_NAME": STACK,
                "POWERTOOLS_METRICS_NAMESPACE": "Selvedge",
                "POWERTOOLS_LOG_LEVEL": "WARNING",
            }
        )
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
            os.environ.pop(name, None)

    def _start_tap(self) -> None:
        self._provider = ProviderTap(self.ministack.endpoint, self.outbox, clock.now, self._sent)
        self._tap = free_server(self._provider.answer)
        self._tap.start()
        os.environ["AWS_ENDPOINT_URL"] = self._tap.url

    def _sent(self, message: Outgoing) -> None:
        if message.channel == "email":
            self.mailbox.receive(message)

    def _start_triggers(
        self, aws: Aws, product: Any, declared: dict[str, Any], made: dict[str, str], files: seeding.SeedFiles
    ) -> None:
        sqs, streams = aws.client("sqs"), aws.client("dynamodbstreams")

        def set_aside(queue: str) -> Callable[[dict[str, Any]], object]:
            url = sqs.get_queue_url(QueueName=f"{STACK}-{queue}")["QueueUrl"]
            return lambda record: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))

        def worked(name: str, table: str, rest: Callable[[float], float] = lambda _: IDLE) -> Loop:
            described = aws.client("dynamodb").describe_table(TableName=made[table])["Table"]
            trigger = resources.stream_trigger(declared, name.capitalize(), batch_size(product.app, name))
            source = EventSource.declared(trigger)
            return stream_loop(
                streams,
                described["LatestStreamArn"],
                Function(name, getattr(product, name)),
                source,
                set_aside("stream-failures"),
                rest=lambda: rest(source.window),
            )

        self._pumps += [worked("engine", "EventsTable"), worked("sender", "MessagesTable")]
        # Nothing waits for the archive, and each look at the stream that finds something is a file: it takes its time.
        self._archive = worked(
            "archive", "EventsTable", lambda window: max(window / self.clock.speed, ARCHIVED_AT_MOST_EVERY)
        )
        failed = set_aside("async-failures")
        feedback, publish = Function("feedback", product.feedback), Function("publish", product.publish)
        self._pumps.append(
            queue_loop(
                sqs,
                seeding.queue_of_topic(aws, made["FeedbackTopic"], f"{STACK}-local-feedback"),
                "feedback",
                lambda body: feedback.invoke_asynchronously(sns_event(body), failed),
            )
        )
        notifications = declared["Resources"]["Bucket"]["Properties"]["NotificationConfiguration"]
        self._pumps.append(
            queue_loop(
                sqs,
                seeding.queue_of_uploads(aws, made["Bucket"], f"{STACK}-local-uploads", notifications),
                "publish",
                lambda body: publish.invoke_asynchronously(json.loads(body), failed),
            )
        )
        # A short time-out: what a job has come to when everything stops is a few seconds old.
        audience = Function("audience", product.audience, 60)
        self._provider.functions[f"{STACK}-audience"] = in_background(audience, failed)
        tick = tick_loop(Function("tick", product.tick), lambda: self.clock.speed)
        self._loops = [
            tick,
            Loop("seed files", files.follow, lambda: 1.0),
            Loop("clock", self.clock.remember),
            self._archive,
            *self._pumps,
        ]
        for loop in self._loops:
            loop.start()
        self._hurry = Hurry(self.clock, tick.step, self._pumps)
        self._hurry.start()

    def _start_nights(self, product: Any) -> None:
        """Begin with what is done each night: by then the shop has a past, and its products are listed."""
        demo_history.write(clock.now())
        self._shop.open("shopify")
        nights = daily_loop(Function("compact", product.compact, 900))
        self._loops.append(nights)
        nights.start()


def batch_size(app: Any, function: str) -> int:
    """The batch size in the decorator of a function that a stream starts."""
    return int(next(one.batch_size for one in app.event_sources if one.name == function))
