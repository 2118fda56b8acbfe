"""The product's functions in this process, with their triggers: streams, the tick, the queue of feedback, uploads.

Each function is called as Lambda calls it, one invocation at a time: what one environment of it would see.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date
from typing import Any
from uuid import uuid4

from chalicelib import clock
from infra.local.ministack import ACCOUNT, REGION
from infra.local.stream_pump import Delivery, EventSource, StreamPump

log = logging.getLogger(__name__)

IDLE = 0.2
"""Seconds between two looks at a stream or queue that was empty (Lambda looks at a stream four times a second)."""
TICK_AT_MOST_EVERY = 0.25
"""Real seconds between two ticks, however fast the clock runs: the tick makes good the minutes in between."""
DAY_LOOKED_AT_EVERY = 1.0
"""Real seconds between two looks whether a day is over."""
ASYNC_ATTEMPTS = 3
"""How often Lambda tries an asynchronous call in all."""


def function_arn(function: str) -> str:
    """The ARN that a function would have, were it deployed here."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:selvedge-laptop-{function}"


class Context:
    """The part of Lambda's context object that handlers use."""

    def __init__(self, function: str, seconds: int) -> None:
        self.function_name = function
        self.function_version = "$LATEST"
        self.invoked_function_arn = function_arn(function)
        self.memory_limit_in_mb = 512
        self.aws_request_id = str(uuid4())
        self.log_group_name = f"/aws/lambda/{function}"
        self.log_stream_name = "laptop"
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would stop the invocation."""
        return max(0, int((self._ends - time.monotonic()) * 1000))


class Function:
    """One function of `app.py`. `seconds` is its time-out."""

    def __init__(self, name: str, handler: Callable[[dict[str, Any], Any], Any], seconds: int = 60) -> None:
        self.name, self._handler, self._seconds = name, handler, seconds
        self._one_at_a_time = threading.Lock()

    def __call__(self, event: dict[str, Any], _context: Any = None) -> Any:
        """Invoke it; raises what it raises."""
        with self._one_at_a_time:
            return self._handler(event, Context(self.name, self._seconds))

    def invoke_asynchronously(self, event: dict[str, Any], on_failure: Callable[[dict[str, Any]], object]) -> None:
        """Invoke it as Lambda does for SNS, S3 and schedules: tried again when it fails, then set aside."""
        for attempt in range(1, ASYNC_ATTEMPTS + 1):
            try:
                self(event)
            except Exception as error:  # whatever a function raises, Lambda retries
                log.exception("%s failed, attempt %d", self.name, attempt)
                if attempt == ASYNC_ATTEMPTS:
                    on_failure(
                        {
                            "version": "1.0",
                            "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": attempt},
                            "requestPayload": event,
                            "responsePayload": {"errorType": type(error).__name__},
                        }
                    )
            else:
                return


def in_background(
    function: Function, on_failure: Callable[[dict[str, Any]], object]
) -> Callable[[dict[str, Any]], None]:
    """Starts a function that is to be called asynchronously, one call after another."""

    def start(event: dict[str, Any]) -> None:
        threading.Thread(
            target=function.invoke_asynchronously, args=(event, on_failure), name=function.name, daemon=True
        ).start()

    return start


class Loop(threading.Thread):
    """Calls `work` until stopped: again at once when it did something, else after a rest. Failures are logged.

    `rest` gives the seconds; `worked` and `idled` count the times it had something to do, and nothing.
    """

    def __init__(self, name: str, work: Callable[[], int], rest: Callable[[], float] = lambda: IDLE) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._rest = work, rest
        self._stopping = False
        self._wake = threading.Event()
        self.worked = self.idled = 0

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            if not self.step():
                self._wake.wait(self._rest())
                self._wake.clear()

    def step(self) -> int:
        """Work once; how much there was to do."""
        try:
            done = self._work()
        except Exception:
            log.exception("%s failed", self.name)
            done = 0
        if done:
            self.worked += 1
        else:
            self.idled += 1
        return done

    def wake(self) -> None:
        """Let it look again now instead of after its rest."""
        self._wake.set()

    def stop(self) -> None:
        """Stop after the work under way."""
        self._stopping = True
        self._wake.set()
        if self.is_alive():
            self.join()


def stream_loop(
    streams: Any, arn: str, function: Function, source: EventSource, set_aside: Callable[..., object],
    *, rest: Callable[[], float] = lambda: IDLE,
) -> Loop:
    """The loop of a function that a table's stream starts; `rest` is how long it lets records gather, in seconds."""
    pump = StreamPump(streams, arn, Delivery(source, function, set_aside, function_arn=function_arn(function.name)))
    pump.attach()
    return Loop(function.name, pump.poll, rest)


def queue_loop(sqs: Any, queue_url: str, name: str, deliver: Callable[[str], object]) -> Loop:
    """The loop that hands each message of a queue to `deliver`, and then deletes it."""

    def work() -> int:
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages", []
        )
        for message in messages:
            deliver(message["Body"])
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    return Loop(name, work)


def tick_loop(function: Function, speed: Callable[[], float]) -> Loop:
    """The loop of the tick: each minute of the product's clock, but at most a few times a second."""

    def work() -> int:
        function(scheduled_event(function.name))
        return 0

    return Loop(function.name, work, rest=lambda: max(60 / speed(), TICK_AT_MOST_EVERY))


def daily_loop(function: Function) -> Loop:
    """The loop of what is done each day: at the start, and whenever the product's clock has come to another day."""
    done: list[date] = []

    def work() -> int:
        today = clock.now().astimezone(UTC).date()
        if today not in done[-1:]:
            function(scheduled_event(function.name))
            done.append(today)
        return 0

    return Loop(function.name, work, rest=lambda: DAY_LOOKED_AT_EVERY)


def scheduled_event(function: str = "tick") -> dict[str, Any]:
    """What EventBridge hands to a function on a schedule, at the product's time."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "region": REGION,
        "time": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "detail": {},
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{function}"],
    }


def sns_event(envelope: str) -> dict[str, Any]:
    """What SNS hands to a function, from the envelope that it puts into a queue.

    A function reads `SigningCertUrl` and `UnsubscribeUrl` where others read `SigningCertURL` and `UnsubscribeURL`.
    """
    fields = json.loads(envelope)
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    sns = {"Subject": None, "MessageAttributes": {}} | {
        renamed.get(name, name): value for name, value in fields.items()
    }
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"{fields['TopicArn']}:laptop",
                "Sns": sns,
            }
        ]
    }
