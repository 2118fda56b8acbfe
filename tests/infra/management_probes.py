"""The pieces of the story that fail without a statement of those who manage journeys and work on jobs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from chalicelib import clock
from chalicelib.flows import broadcasts, definitions_in_force, timeline
from chalicelib.storage import bucket, jobs, shop
from tests.infra import storefront_payloads as payloads
from tests.infra.deployed_shop import eventually
from tests.infra.stepped_shop import Probe, SteppedShop
from tests.infra.storefront_payloads import Person

_numbers = count(1)
MOSCOW_IS_AHEAD = timedelta(hours=3)


def manage(steps: SteppedShop, path: str, body: dict[str, Any] | None = None) -> Any:
    """The management API's answer; raises AssertionError when it is not 200."""
    name = f"/{steps.shop.deployed.name}/management-keys/1"
    key = steps.shop.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(steps.shop.url + path, data, headers)) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path} answers {error.code}: {error.read().decode()[:300]}") from error


def _sale(steps: SteppedShop, person: Person) -> str:
    """A broadcast to one person, due now, in force."""
    assert steps.shop.event("customer.updated", {"email": person.email}, customer={"first_name": "Eva"}) == 200
    steps.work("Engine")
    name = f"sale-{next(_numbers)}-{uuid4().hex[:6]}"
    at = clock.now() + MOSCOW_IS_AHEAD
    steps.shop.upload(f"journeys/{name}.yaml", "\n".join((
        f"journey: {name}",
        "status: live",
        "enter:",
        f"  broadcast: {{to: 'customer.email == \"{person.email}\"', at: {at:%Y-%m-%d %H:%M}, clock: shop}}",
        "steps:",
        "  - send: hello",
    )))
    steps.shop.invoke("Publish", {})
    definitions_in_force.forget()
    # What it has read is good for a minute, and the journey is new.
    steps.shop.restart("APIHandler")
    return name


def runs_are_counted(steps: SteppedShop) -> None:
    """How many people stand in each journey takes a look at every customer."""
    # Counts are good for minutes, and whoever died while counting is waited for.
    for kind in ("job", "job-over"):
        shop.delete(kind, "plan:list:")
    assert all("runs" in listed for listed in manage(steps, "/v1/journeys?count=true")["journeys"])


def journey_is_paused(steps: SteppedShop) -> None:
    """A journey is paused by its file."""
    name = _sale(steps, Person("eva"))
    counted = manage(steps, f"/v1/journeys/{name}/pause", {})
    manage(steps, f"/v1/journeys/{name}/pause", {"confirm": True, "basis": counted["basis"]})
    file = bucket.read(f"journeys/{name}.yaml")
    assert file is not None
    assert b"status: paused" in file.body


def broadcast_is_planned(steps: SteppedShop) -> None:
    """A plan knows the cost by the price list, and the duration by the provider's quota."""
    plan = manage(steps, f"/v1/broadcasts/{_sale(steps, Person('faina'))}/plan", {})
    assert plan["recipients"] == 1
    assert "cost" in plan
    assert plan.get("per_second")


def broadcast_goes_out(steps: SteppedShop) -> None:
    """A broadcast that was started reaches whom it is for."""
    person = Person(f"guest-{next(_numbers)}")
    name = _sale(steps, person)
    job_id = _started(name)
    told = steps.shop.invoke("Audience", {"job": job_id})
    assert told.get("status") == "done"
    assert "broadcast.reached" in {event.name for event in steps.shop.events(person)}


def why_is_told(steps: SteppedShop) -> None:
    """Why somebody got something takes their log and their messages."""
    person = Person(f"guest-{next(_numbers)}")
    assert steps.shop.event("customer.updated", {"email": person.email}, customer={"first_name": "Eva"}) == 200
    steps.work("Engine")
    (customer,) = timeline.search(person.email)
    told = manage(steps, f"/v1/customers/{customer.customer_id}/why")
    assert told["customer_id"] == customer.customer_id


def sent_mail_is_shown_again(steps: SteppedShop) -> None:
    """A mail is rendered again from its versions, by what is on record of it."""
    person = Person(f"guest-{next(_numbers)}")
    assert steps.shop.shopify("orders/create", payloads.order(person, clock.now())) == 200
    steps.work()
    sent = steps.shop.messages(person)["order-confirmation"]
    # What it has read once it keeps.
    steps.shop.restart("APIHandler")
    shown = manage(steps, f"/v1/customers/{sent.customer_id}/messages/{sent.message_id}")
    assert "Linen coat" in shown["rendered"]["text"]


def tick_starts_the_audience(steps: SteppedShop) -> None:
    """The tick finds a job that can go on and starts the function for it."""

    job_id = _started(_sale(steps, Person(f"guest-{next(_numbers)}")))
    steps.tick(timedelta(minutes=1))
    assert eventually(lambda: jobs.find_over(job_id), 20).status == "done"


def _started(name: str) -> str:
    """Start a broadcast as the account's owner; its job's id."""
    progress = broadcasts.start(name, broadcasts.plan(name, clock.now).basis, clock.now)
    return f"broadcast:{progress.broadcast}"


MANAGEMENT_PROBES: dict[tuple[str, str], Probe] = {
    ("APIHandler", "CountCustomers"): runs_are_counted,
    ("APIHandler", "KeepJobs"): runs_are_counted,
    ("APIHandler", "EditJourneys"): journey_is_paused,
    ("APIHandler", "ReadPrices"): broadcast_is_planned,
    ("APIHandler", "ReadTheQuota"): broadcast_is_planned,
    ("APIHandler", "ReadMessagesToSayWhy"): why_is_told,
    ("APIHandler", "ReadWhatWasSent"): sent_mail_is_shown_again,
    ("APIHandler", "ReadTemplatesAsTheyWere"): sent_mail_is_shown_again,
    ("Tick", "FindJobs"): tick_starts_the_audience,
    ("Tick", "StartTheAudience"): tick_starts_the_audience,
    ("Audience", "LookAtEveryCustomer"): broadcast_goes_out,
    ("Audience", "WriteToLogs"): broadcast_goes_out,
    ("Audience", "KeepJobsAndReadDefinitions"): broadcast_goes_out,
    ("Audience", "ReadTheQuota"): broadcast_goes_out,
}
"""The probe of each statement that is for managing."""
