"""The management API: keys of its own, counts before acts, and no act by counts that no longer hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

import app as functions
from chalicelib import clock
from chalicelib.domain.events import Cart, Entry, Event
from chalicelib.domain.tasks import Task
from chalicelib.flows import definitions_in_force, means
from chalicelib.storage import bucket, jobs, log, tasks
from infra.local.functions import Function
from infra.local.http_event import HttpApi
from tests.api.application import client, set_secrets
from tests.domain.stories import at
from tests.jobs.broadcast_shop import SALE, put
from tests.jobs.crowd import commit, person, run, ses_quota

KEY = "the-manager"
STORY = """\
# Written by hand.
journey: story
status: live     # since March
enter: {on: cart.updated, key: event.cart.id}
steps:
  - wait: 1 day
  - send: sale
"""
FAR_AHEAD = SALE.replace("2026-12-01", "2099-12-01")


@pytest.fixture(autouse=True)
def shop(moto: str) -> Iterator[None]:
    """Two journeys; three people stand in `story`, of five customers."""
    set_secrets(moto, "management-keys", KEY)
    set_secrets(moto, "api-keys", "a-till")
    means.forget()
    put(STORY, FAR_AHEAD)
    version = definitions_in_force.current(clock.now()).journeys["story"].version
    standing = run("story", version=version)
    commit(*(person(f"customer-{number}", *([standing] if number < 3 else [])) for number in range(5)))
    with ses_quota():
        yield
    definitions_in_force.forget()


def ask(path: str, body: dict[str, Any] | None = None, key: str = KEY, web: Client | None = None) -> tuple[int, Any]:
    """The status and the answer of a request; without a body it is a GET."""
    web, headers = web or client(), {"X-Api-Key": key}
    answer = web.get(path, headers=headers) if body is None else web.post(path, json=body, headers=headers)
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("key", ["", "a-till", "the-manager-not"])
def test_the_key_is_another_than_that_of_events(key: str) -> None:
    assert ask("/v1/journeys", key=key)[0] == 401
    assert ask("/v1/journeys/story/pause", {}, key=key)[0] == 401


def test_journeys_are_listed_with_their_runs_when_asked_for() -> None:
    status, listed = ask("/v1/journeys")
    assert (status, [one["journey"] for one in listed["journeys"]]) == (200, ["flash-sale", "story"])
    assert "runs" not in listed["journeys"][1]
    assert ask("/v1/journeys?count=true")[1]["journeys"][1]["runs"] == 3


def test_pausing_is_counted_first_and_done_by_its_counts() -> None:
    """The file is the truth: its line changes, its comments stay, and publishing does the rest."""
    status, counted = ask("/v1/journeys/story/pause", {})
    assert (status, counted["state"], counted["counts"]["runs"]) == (200, "counted", 3)
    assert bucket.read("journeys/story.yaml").body.decode() == STORY  # type: ignore[union-attr]

    status, done = ask("/v1/journeys/story/pause", {"confirm": True, "basis": counted["basis"]})
    assert (status, done["state"]) == (200, "done")
    file = bucket.read("journeys/story.yaml")
    assert file is not None
    assert file.body.decode() == STORY.replace("live     #", "paused     #")


@pytest.mark.parametrize(("body", "reason"), [
    ({"confirm": True}, "name the `basis`"),
    ({"confirm": True, "basis": "0123456789ab"}, "does not name the last counts"),
])
def test_nothing_is_done_without_the_counts_that_were_seen(body: dict[str, Any], reason: str) -> None:
    ask("/v1/journeys/story/pause", {})
    status, problem = ask("/v1/journeys/story/pause", body)
    assert status == 409
    assert reason in problem["message"]


def test_counts_of_another_version_do_not_hold() -> None:
    _, counted = ask("/v1/journeys/story/pause", {})
    put(STORY.replace("1 day", "2 days"), FAR_AHEAD)
    status, problem = ask("/v1/journeys/story/pause", {"confirm": True, "basis": counted["basis"]})
    assert status == 409
    assert "has changed since" in problem["message"]


def test_resuming_asks_what_becomes_of_what_came_due() -> None:
    put(STORY.replace("live", "paused"), FAR_AHEAD)
    late = clock.now().replace(year=2026, month=1)
    commit(person("customer-0", run("story", wake_at=late)))
    _, counted = ask("/v1/journeys/story/resume", {"resume": {"at-most": 3600}})
    assert counted["counts"]["due too late"] == 1
    wanted = {"resume": "shift", "confirm": True, "basis": counted["basis"]}
    assert ask("/v1/journeys/story/resume", wanted)[0] == 409

    _, counted = ask("/v1/journeys/story/resume", {"resume": "shift"})
    assert ask("/v1/journeys/story/resume", wanted | {"basis": counted["basis"]})[0] == 200
    file = bucket.read("journeys/story.yaml")
    assert file is not None
    assert "status: live     # since March\nresume: shift\n" in file.body.decode()


def test_a_file_that_is_not_the_one_in_force_is_left_alone() -> None:
    """Its marketer is just about to change it, or it was refused."""
    _, counted = ask("/v1/journeys/story/pause", {})
    bucket.put("journeys/story.yaml", STORY.replace("1 day", "9 days").encode())
    status, problem = ask("/v1/journeys/story/pause", {"confirm": True, "basis": counted["basis"]})
    assert status == 409
    assert "not the version in force" in problem["message"]


def test_moving_tells_where_people_would_go_and_asks_where_it_cannot_know() -> None:
    old = definitions_in_force.current(clock.now()).journeys["story"].version
    put(STORY.replace("  - wait: 1 day\n", "  - send: sale\n"), FAR_AHEAD)
    commit(*(person(f"customer-{number}", run("story", version=old)) for number in range(3)))
    _, counted = ask("/v1/journeys/story/move", {})
    assert counted["told"] == [f"3 stand at 1 of {old}: say where they go on"]
    assert ask("/v1/journeys/story/move", {"confirm": True, "basis": counted["basis"]})[0] == 409

    _, counted = ask("/v1/journeys/story/move", {"steps": {"1": "2"}})
    assert counted["told"] == [f"3 stand at 1 of {old}: they go on at 2"]
    confirmed = {"steps": {"1": "2"}, "confirm": True, "basis": counted["basis"]}
    status, done = ask("/v1/journeys/story/move", confirmed)
    assert (status, done["job"]) == (200, "move:story")
    assert jobs.find("move:story").job.steps == {old: {"1": "2"}}  # type: ignore[union-attr]
    assert ask("/v1/journeys/story/move", confirmed)[0] == 409


def test_a_broadcast_is_planned_started_looked_at_and_cancelled() -> None:
    _, plan = ask("/v1/broadcasts/flash-sale/plan", {})
    assert (plan["recipients"], plan["sends"], plan["cost"]) == (5, {"email": 5}, "0.0005")
    assert ask("/v1/broadcasts/flash-sale/start", {})[1]["basis"] == plan["basis"]
    status, started = ask("/v1/broadcasts/flash-sale/start", {"confirm": True, "basis": plan["basis"]})
    assert (status, started["state"], started["waiting"][:10]) == (200, "planned", "2099-12-01")
    assert ask("/v1/broadcasts/flash-sale/cancel", {})[1]["state"] == "planned"
    assert ask("/v1/broadcasts/flash-sale/cancel", {"confirm": True})[1]["state"] == "cancelled"
    assert ask("/v1/broadcasts/flash-sale/status")[1]["state"] == "cancelled"


def test_a_count_that_takes_longer_than_an_answer_may_goes_on_without_it() -> None:
    """202 with how far it is; the function `audience`, which the tick starts, finishes it."""
    hurried = HttpApi(functions.app.routes, Function("api", functions.app, 4))

    def wsgi(environ: Any, start: Any) -> Any:
        return hurried.answer(Request(environ))(environ, start)

    status, counting = ask("/v1/journeys/story/pause", {}, web=Client(wsgi, Response))
    assert (status, counting["state"], counting["looked_at"]) == (202, "counting", 5)
    functions.audience({"job": "plan:pause:story"}, _Context())
    assert ask("/v1/journeys/story/pause", {}, web=Client(wsgi, Response))[1]["counts"]["runs"] == 3


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.mark.parametrize(("path", "status"), [
    ("/v1/journeys/nothing/pause", 404), ("/v1/broadcasts/story/plan", 409), ("/v1/journeys/story/enrol", 409),
    ("/v1/journeys/story/resume", 409), ("/v1/broadcasts/flash-sale/cancel", 409),
])
def test_what_cannot_be_done_says_why(path: str, status: int) -> None:
    answered, problem = ask(path, {})
    assert answered == status
    assert problem["message"]


def test_a_body_that_is_not_as_described_is_refused() -> None:
    assert ask("/v1/journeys/story/pause", {"confrim": True})[0] == 400
    web = client()
    assert web.post("/v1/journeys/story/pause", data=b"{" * 10, headers={"X-Api-Key": KEY}).status_code == 400
    assert web.post("/v1/journeys/story/pause", data=b" " * 70_000, headers={"X-Api-Key": KEY}).status_code == 413


def test_why_is_told_of_a_customer_and_of_nobody_else() -> None:
    log.append(Entry("customer-1", "2026-11-20T10:00:00#test#1", at("2026-11-20 10:00"), "test", (
        Event("cart.updated", at("2026-11-20 10:00"), cart=Cart("c1")),
    )))

    status, told = ask("/v1/customers/customer-1/why")
    assert (status, told["customer_id"]) == (200, "customer-1")
    assert [decision["decided"] for decision in told["decisions"]][:1] == ["entered"]
    status, told = ask("/v1/customers/customer-1/why?message=sale&day=2026-11-20")
    assert (status, {finding["answer"] for finding in told["findings"]} >= {"waits"}) == (200, True)
    assert ask("/v1/customers/nobody/why")[0] == 404
    assert ask("/v1/customers/customer-1/why?message=sale")[0] == 400
    assert ask("/v1/customers/customer-1/why?message=sale&day=yesterday")[0] == 400
    assert ask("/v1/customers/customer-1/why", key="a-till")[0] == 401


def test_a_task_is_listed_until_somebody_says_what_came_of_it() -> None:
    task = Task("t1", "customer-1", "story", "c1", "2", "Call her", "Ask about the coat", at("2026-11-20 10:00"),
                at("2026-11-22 10:00"))
    tasks.put(task)

    status, told = ask("/v1/tasks")
    assert (status, [listed["task_id"] for listed in told["tasks"]]) == (200, ["t1"])
    status, told = ask("/v1/tasks/t1/complete", {"outcome": "comes on Friday", "score": 8})
    assert (status, told["outcome"], told["score"]) == (200, "comes on Friday", 8)
    assert ask("/v1/tasks/t1/complete", {"outcome": "somebody else's answer"})[1]["outcome"] == "comes on Friday"
    assert ask("/v1/tasks")[1] == {"tasks": []}
    assert [event.name for entry in log.history("customer-1") for event in entry.events] == ["task.completed"]
    assert ask("/v1/tasks/t2/complete", {"outcome": "x"})[0] == 404
    assert ask("/v1/tasks/t1/complete", {})[0] == 400
