"""What a step puts down, whole: under which key, for whom, of which run and moment; the sender reads all of it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TypeVar

from msgspec.structs import replace

from chalicelib.domain.effects import AppendEntry, Effect, IssueCode, PutMessage, PutTask
from chalicelib.domain.events import Entry, Event
from chalicelib.domain.experiments import Allocation, Span, fresh, place_of
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Arm, Split, version_of
from chalicelib.domain.messages import CodeOffer, Message, Status, message_id
from chalicelib.domain.tasks import Task
from tests.domain.stories import anna, at, in_force, journey, marketing, played, said, story

TEN = at("03-02 10:00")
BEGUN = replace(said("03-02 10:00", "form.submitted", city="Tver"), entry_id="e1")
Kind = TypeVar("Kind", bound=Effect)


def form(*steps: str) -> str:
    """A journey of these steps, with a key, begun by a form."""
    rows = "".join(f"\n  - {step}" for step in steps)
    return f"journey: story\nenter: {{on: form.submitted, key: event.data.city}}\nsteps:{rows}\n"


def put(text: str, kind: type[Kind]) -> Kind:
    """The one effect of a kind that the form comes to."""
    (effect,) = [effect for effect in fold(anna(), BEGUN, in_force(text)).effects if isinstance(effect, kind)]
    return effect


def key(step: str, customer_id: str = "anna", entry: int = 1) -> str:
    """Under which key a step of the run puts down what it does."""
    return message_id(customer_id, "story", "Tver", entry, step)


def test_semantics_22_a_message_is_of_its_customer_run_entry_and_step() -> None:
    text = form("wait: 1 hour", "send: first")
    _, (message,) = played(in_force(text, messages=[marketing("first", topic="coats")]), BEGUN)

    assert message == Message(
        customer_id="anna", message_id=key("2"), name="first", category="marketing", topic="coats", journey="story",
        version=version_of(journey(text)), run_key="Tver", entry=1, step="2", decided_at=at("03-02 11:00"),
        status=Status.QUEUED, channels=("email",), event_ref="e1|0",
    )


def test_a_call_of_another_system_is_a_message_without_consent() -> None:
    text = form("call-webhook: {url: https://erp.example/hook}")

    assert put(text, PutMessage).message == Message(
        customer_id="anna", message_id=key("1"), name="call-webhook", category="transactional", topic="call-webhook",
        journey="story", version=version_of(journey(text)), run_key="Tver", entry=1, step="1", decided_at=TEN,
        status=Status.QUEUED, channels=("webhook",), event_ref="e1|0", url="https://erp.example/hook",
    )


def test_a_task_says_for_whom_and_until_when() -> None:
    text = form("task: {title: Call her, script: Ask how the coat fits, within: 1 day}")

    assert put(text, PutTask).task == Task(
        task_id=key("1"), customer_id="anna", journey="story", run_key="Tver", step="1", title="Call her",
        script="Ask how the coat fits", created_at=TEN, due_at=TEN + timedelta(days=1),
    )


def test_an_award_is_an_entry_of_the_journey_in_the_customers_own_log() -> None:
    event = Event(
        "loyalty.points-awarded", TEN, data={"points": 200, "because": "review", "journey": "story"}
    )

    assert put(form("award: {points: 200, because: review}"), AppendEntry).entry == Entry(
        "anna", f"2026-03-02T07:00:00.000000Z#journey#{key('1')}", TEN, "journey", (event,)
    )


def test_a_code_is_on_record_for_the_customer_and_goes_with_the_run() -> None:
    text = form("issue: {code: 10 %, valid: 48 hours}", "send: first")
    end = TEN + timedelta(hours=48)

    assert put(text, IssueCode) == IssueCode("anna", "story", CodeOffer("10 %", 48 * 3600, key("1"), end))
    assert put(text, PutMessage).message.code == CodeOffer("10 %", 0, key("1"), end)


def test_what_is_put_down_on_another_entry_has_another_key() -> None:
    text = form("task: {title: Call}").replace("city}", "city, again: always}")
    again = replace(said("03-02 11:00", "form.submitted", city="Tver"), entry_id="e2")
    once = fold(anna(), BEGUN, in_force(text)).customer

    (effect,) = fold(once, again, in_force(text)).effects
    assert isinstance(effect, PutTask)
    assert effect.task.task_id == key("1", entry=2) != key("1")


def test_own_fields_are_set_beside_those_there_are() -> None:
    keeper = anna(data={"size": "L", "stage": "warm", "shoe": 41})
    text = form("set: {stage: cold, shoe: null}")

    assert fold(keeper, BEGUN, in_force(text)).customer.profile.data == {"size": "L", "stage": "cold"}


SPLIT = form("""split:
      - {name: control, share: 20, control: true, steps: [send: first]}
      - {name: ten, share: 80, steps: [send: second]}
    experiment: offer""")


def arm_taken(customer_id: str, allocation: Allocation | None = None) -> str:
    """The message that a customer gets by the split, with an allocation in force or without."""
    definitions = dataclasses.replace(in_force(SPLIT), experiments={"offer": allocation} if allocation else {})
    return story(definitions, replace(BEGUN, customer_id=customer_id), customer=anna(customer_id=customer_id))[0][12:]


def test_semantics_13_the_arm_is_that_of_the_allocation_in_force() -> None:
    """Shares that have changed since: the allocation says who moves, not the step."""
    split = journey(SPLIT).steps["1"]
    assert isinstance(split, Split)
    dealt = {name: fresh(split.arms).arm_of(place_of("offer", name)) for name in (f"c{n}" for n in range(30))}
    messages = {"control": "first by email", "ten": "second by email"}

    assert set(dealt.values()) == {"control", "ten"}
    assert {name: arm_taken(name) for name in dealt} == {name: messages[arm] for name, arm in dealt.items()}
    everyone = Allocation((Span(10_000, "control"),), ("control",))
    assert {arm_taken(name, everyone) for name in dealt} == {"first by email"}


def test_semantics_13_an_allocation_that_knows_no_such_arm_leaves_the_steps_own_shares() -> None:
    """A run on an earlier version, whose arm is gone."""
    gone = fresh((Arm("twenty", 10_000, "end"),))

    assert [arm_taken(f"c{number}", gone) for number in range(9)] == [arm_taken(f"c{number}") for number in range(9)]


def test_semantics_13_where_places_meet_the_arm_changes() -> None:
    place = place_of("offer", "anna")
    last_of_it = Allocation((Span(place + 1, "control"), Span(10_000, "ten")), ("control",))
    first_of_the_next = Allocation((Span(place, "control"), Span(10_000, "ten")), ("control",))

    assert arm_taken("anna", last_of_it) == "first by email"
    assert arm_taken("anna", first_of_the_next) == "second by email"
