"""A shop whose stack is deployed: what its storefronts, its marketer and its customers do to it, and what they see."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from uuid import uuid4

import pytest

from chalicelib import clock
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event, Identity
from chalicelib.domain.messages import Message
from chalicelib.storage import customers, identities, log, messages
from infra.package import PROJECT
from tests.channels.silent_server import SilentServer, closed_port, http_answer, silent_server
from tests.infra.deployed_api import served_api
from tests.infra.deployed_stack import Deployed, deployed_stack
from tests.infra.storefront_payloads import Person
from tests.sources.signing import shopify_headers, woocommerce_headers

FUNCTIONS = {
    "APIHandler": "api", "Engine": "engine", "Sender": "sender", "Tick": "tick", "Feedback": "feedback",
    "Publish": "publish", "Audience": "audience", "Archive": "archive", "Compact": "compact",
}
"""The functions by their logical ids, with their names within the stack."""
MOBILE_APPLICATION = "arn:aws:sns:eu-west-1:123456789012:app/GCM/shop"
CLOSED_PUSH_SERVICE = closed_port()
"""A push service that cannot be reached."""
HELLO = {
    "templates/hello/message.yaml": "message: hello\ncategory: transactional\nchannels: [web-push, push, sms]\n",
    "templates/hello/web-push.ru.txt": "Title: Привет\nLink: https://shop.example/\nImage:\n\nЭто мы\n",
    "templates/hello/push.ru.txt": "Title: Привет\nLink: https://shop.example/\nImage:\n\nЭто мы\n",
    "templates/hello/sms.ru.txt": "Привет!\n",
    "journeys/hello.yaml": "journey: hello\nenter: {on: hello.asked, again: always}\nsteps:\n  - send: hello\n",
    "templates/led/message.yaml": "message: led\ncategory: transactional\nchannels: [sms]\n",
    "templates/led/sms.ru.txt": "{{ shop.url|short_link }} {{ links.stop }}\n",
    "journeys/led.yaml": "journey: led\nenter: {on: led.asked, again: always}\nsteps:\n  - send: led\n",
}
"""Messages of the shop's own, for the channels that no shipped journey begins with, and one with short links."""
PATIENCE = 90
"""Seconds that any one request may take, with a function that begins in a new process on a busy machine."""

Found = TypeVar("Found")


class DeployedShop:
    """The shop; `url` is where its API answers, `push_service` what browsers' pushes are posted to.

    `environment` is that of this process, which looks at the stack through the product's own storage.
    """

    def __init__(
        self, deployed: Deployed, url: str, push_service: SilentServer, environment: pytest.MonkeyPatch
    ) -> None:
        self.deployed, self.url, self.push_service, self._environment = deployed, url, push_service, environment
        self.closed_push_service = CLOSED_PUSH_SERVICE
        parameter = self.client("ssm").get_parameter(Name=f"/{deployed.name}/api-keys/1", WithDecryption=True)
        self._api_key: str = parameter["Parameter"]["Value"]

    def client(self, service: str) -> Any:
        """A client of the account's owner, whom no policy binds."""
        return self.deployed.aws.client(service)

    def shopify(self, topic: str, payload: dict[str, Any] | bytes) -> int:
        """Deliver a signed Shopify webhook; the status of the answer."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.post("/hooks/shopify", body, shopify_headers(topic, body, X_Shopify_Webhook_Id=uuid4().hex))

    def woocommerce(self, topic: str, payload: dict[str, Any]) -> int:
        """Deliver a signed WooCommerce webhook; the status of the answer."""
        body = json.dumps(payload).encode()
        headers = woocommerce_headers(topic, body, X_WC_Webhook_Delivery_ID=uuid4().hex)
        return self.post("/hooks/woocommerce", body, headers)

    def event(self, name: str, who: dict[str, str], **parts: Any) -> int:
        """Post an event to the JSON API; the status of the answer."""
        event = {"id": uuid4().hex, "name": name, "occurred_at": clock.now().isoformat(), "identities": who, **parts}
        return self.with_key("/v1/events", event)

    def with_key(self, path: str, body: dict[str, Any]) -> int:
        """Post JSON as the shop's own server does; the status of the answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._api_key}"}
        return self.post(path, json.dumps(body).encode(), headers)

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Post; the status of the answer."""
        return _status(urllib.request.Request(self.url + path, body, headers, method="POST"))

    def get(self, path: str) -> int:
        """Get; the status of the answer."""
        return _status(urllib.request.Request(self.url + path))

    def upload(self, key: str, text: str) -> None:
        """Put a file into the bucket, as the marketer does."""
        self.client("s3").put_object(Bucket=self.deployed.outputs["Bucket"], Key=key, Body=text.encode())

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke a function (by its logical id) and return what it does; raises AssertionError when it fails."""
        name = f"{self.deployed.name}-{FUNCTIONS[function]}"
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        body = answer["Payload"].read()
        assert not answer.get("FunctionError"), f"{function} failed: {body.decode()[:500]}"
        return json.loads(body) if body else None

    def restart(self, function: str, ahead: timedelta = timedelta()) -> None:
        """Let a function begin in a new process, its clock `ahead` of the others'."""
        functions, name = self.client("lambda"), f"{self.deployed.name}-{FUNCTIONS[function]}"
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["SELVEDGE_CLOCK"] = clock_setting(clock.now() + ahead)
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def move_on(self, span: timedelta) -> None:
        """Let time pass for all functions and for who looks at them."""
        self._environment.setenv("SELVEDGE_CLOCK", clock_setting(clock.now() + span))
        for function in FUNCTIONS:
            self.restart(function)

    def customer_id(self, person: Person) -> str:
        """Whom a person's address leads to, or empty."""
        identity = Identity("email", person.email)
        return identities.find([identity]).get(identity, "")

    def customer(self, person: Person) -> Customer | None:
        """A person's state, or None while there is none."""
        stored = customers.load(self.customer_id(person) or "-", consistent=True)
        return stored.customer if stored else None

    def events(self, person: Person) -> list[Event]:
        """What a person's log holds."""
        return [event for entry in log.history(self.customer_id(person) or "-") for event in entry.events]

    def messages(self, person: Person) -> dict[str, Message]:
        """A person's messages by name."""
        return {message.name: message for message in messages.of_customer(self.customer_id(person) or "-")}

    def mails(self, person: Person) -> list[dict[str, Any]]:
        """The mails to a person in MiniStack's outbox, the first first."""
        with urllib.request.urlopen(f"{self.deployed.endpoint}/_ministack/ses/messages", timeout=PATIENCE) as answer:
            by_account: dict[str, list[dict[str, Any]]] = json.loads(answer.read())["messages"]
        return [mail for mails in by_account.values() for mail in mails if person.email in str(mail["To"])]


@contextmanager
def deployed_shop(folder: Path) -> Iterator[DeployedShop]:
    """A shop whose functions run under their own roles; all is stopped at the end.

    Its clock begins at the next noon in Moscow, so that no quiet hours fall into the tests; it holds out no customers
    and caps no mails.
    """
    with pytest.MonkeyPatch.context() as environment, silent_server(http_answer(201)) as push_service:
        noon = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
        same_clock = clock_setting(noon)
        environment.setenv("SELVEDGE_CLOCK", same_clock)

        def change(template: dict[str, Any]) -> None:
            template["Parameters"]["MailIdentity"]["Default"] = "shop@shop.example"
            template["Parameters"]["PushApplications"]["Default"] = f"GCM={MOBILE_APPLICATION}"
            for function in FUNCTIONS:
                variables = template["Resources"][function]["Properties"]["Environment"]["Variables"]
                variables["SELVEDGE_CLOCK"] = same_clock
                variables["SELVEDGE_TRUSTED_PUSH"] = f"{push_service.url} {CLOSED_PUSH_SERVICE}"

        with deployed_stack(folder, authorised=True, change=change) as deployed, served_api(deployed) as url:
            environment.setenv("AWS_ENDPOINT_URL", deployed.endpoint)
            environment.setenv("SELVEDGE_STACK", deployed.name)
            environment.setenv("SELVEDGE_BUCKET", deployed.outputs["Bucket"])
            ssm = deployed.aws.client("ssm")
            for path, secret in (("hooks/shopify/1", "shop-secret"), ("hooks/woocommerce/1", "woo-secret")):
                ssm.put_parameter(Name=f"/{deployed.name}/{path}", Value=secret, Type="SecureString")
            deployed.aws.client("sns").create_platform_application(
                Name="shop", Platform="GCM", Attributes={"PlatformCredential": "key"},
            )
            yield DeployedShop(deployed, url, push_service, environment)


def clock_setting(shown: datetime) -> str:
    """`SELVEDGE_CLOCK` for a clock that shows this moment now."""
    return f"{time.time()},1,{shown.timestamp()}"


def shop_file() -> str:
    """The seed's shop.yaml without a holdout and with the whole week's mails allowed on one day."""
    text = (PROJECT / "schedules" / "shop.yaml").read_text()
    changed = text.replace("holdout: 5", "holdout: 0").replace("{tag: email, count: 1,", "{tag: email, count: 4,")
    assert changed.count("holdout: 0") == changed.count("{tag: email, count: 4, window: 1 day}") == 1
    return changed


def eventually(look: Callable[[], Found | None], seconds: float = 30) -> Found:
    """What `look` finds, once it is something; raises AssertionError when it is nothing for too long."""
    until = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.2)
    return found


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            status: int = answer.status
            return status
    except HTTPError as error:
        return error.code
