"""Every trigger and every step of the language, as it is written and as it is read."""

from __future__ import annotations

from datetime import datetime, time
from textwrap import dedent

import msgspec
import pytest

from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.conditions import compile_condition
from chalicelib.domain.journeys import (
    DAY,
    HOUR,
    Again,
    Arm,
    AssignTask,
    Award,
    BroadcastTrigger,
    CallWebhook,
    DateTrigger,
    EventTrigger,
    GotoGoal,
    Issue,
    Journey,
    Resume,
    SegmentTrigger,
    SetFields,
    Split,
    Step,
    Tag,
    Trigger,
    WaitFor,
    WaitForCase,
    version_of,
)
from chalicelib.domain.messages import CodeOffer
from chalicelib.errors import DefinitionError
from tests.domain.stories import MESSAGES

FILE = "journeys/story.yaml"
ELEVEN = datetime.fromisoformat("2026-12-01 11:00")
SEGMENTS = {"vip": compile_condition("customer.orders.count > 9")}


TRIGGERS: list[tuple[str, Trigger, tuple[str, ...], Again]] = [
    ("{on: cart.updated}", EventTrigger(("cart.updated",)), (), Again()),
    ("{on: [order.paid, order.packed], key: event.order.id}", EventTrigger(("order.paid", "order.packed")),
     ("event.order.id",), Again()),
    ("{on: message.clicked, where: event.message.channel == 'sms'}",
     EventTrigger(("message.clicked",), "event.message.channel == 'sms'"), (), Again()),
    ("{segment: vip}", SegmentTrigger("vip"), (), Again()),
    ("{segment-left: vip, again: {after: 30 days}}", SegmentTrigger("vip", left=True), (), Again("after", 30 * DAY)),
    ("{date: customer.orders.first_at}", DateTrigger("customer.orders.first_at"), (), Again()),
    ("{date: customer.birthday, every: year, at: 10:00, offset: -3 days}",
     DateTrigger("customer.birthday", yearly=True, offset=-3 * DAY, at=time(10)), (), Again("after", 300 * DAY)),
    ("{product: price-dropped, where: event.product.stock > 0}",
     EventTrigger(("product.price-dropped",), "event.product.stock > 0"), ("event.product.id",), Again()),
    ("{product: low-stock, key: event.product.variant_id, again: always}", EventTrigger(("product.low-stock",)),
     ("event.product.variant_id",), Again("always")),
    ("{broadcast: {to: customer.city == 'Omsk', at: 2026-12-01 11:00}}",
     BroadcastTrigger("customer.city == 'Omsk'", ELEVEN), ("event.data.broadcast",),
     Again("always")),
    ("{broadcast: {to: 'true', at: 2026-12-01 11:00, clock: shop}, again: never}",
     BroadcastTrigger("true", ELEVEN, "shop"), ("event.data.broadcast",), Again()),
]
"""Each way of starting a journey, and the trigger, key and rule of re-entry it is read as."""
STEPS: list[tuple[str, Step]] = [
    ("""
        - wait-for:
            - {on: order.delivered, where: event.order.total > 5, steps: [send: first]}
            - {when: customer.orders.count > 1}
          limit: 7 days
          otherwise: [send: second]
        - send: third
     """, WaitFor(
        (WaitForCase("1.1.1", on="order.delivered", where="event.order.total > 5"),
         WaitForCase("2", when="customer.orders.count > 1")),
        7 * DAY, "1.otherwise.1",
     )),
    ("""
        - wait-for: {on: order.delivered}
          limit: 1 hour
     """, WaitFor((WaitForCase("end", on="order.delivered"),), HOUR, "end")),
    ("""
        - split:
            - {name: control, share: 33.34, control: true}
            - {name: ten, share: 66.66, steps: [send: first]}
        - send: third
     """, Split("story/1", (Arm("control", 3334, "2", control=True), Arm("ten", 6666, "1.2.1")))),
    ("""
        - split: [{name: a, share: 0, steps: []}, {name: b, share: 100}]
          experiment: cart-offer-size
     """, Split("cart-offer-size", (Arm("a", 0, "end"), Arm("b", 10000, "end")))),
    ("- award: {points: 200, because: review}", Award(200, "end", "review")),
    ("- issue: {code: 10 %, valid: 48 hours}", Issue(CodeOffer("10 %", 48 * HOUR), "end")),
    ("- tag: loves-discounts", Tag("end", ("loves-discounts",))),
    ("- tag: [a, b]", Tag("end", ("a", "b"))),
    ("- tag: {add: [a], remove: b}", Tag("end", ("a",), ("b",))),
    ("- set: {stage: cold, tries: 3, asleep: true, note: null}",
     SetFields({"stage": "cold", "tries": 3, "asleep": True, "note": None}, "end")),
    ("- task: {title: Call her, script: Ask how the coat fits., within: 1 day}",
     AssignTask("Call her", "end", "Ask how the coat fits.", DAY)),
    ("- task: {title: Call her}", AssignTask("Call her", "end", "", 2 * DAY)),
    ("- call-webhook: {url: https://crm.example/hooks/1}", CallWebhook("https://crm.example/hooks/1", "end")),
    ("- goto-goal", GotoGoal()),
    ("- {goto-goal: , label: there}", GotoGoal()),
]
"""Each kind of step, and what it is read as."""


def read(text: str) -> Journey:
    """A journey of this text; there is one segment, vip."""
    return read_journey(dedent(text), FILE, MESSAGES, SEGMENTS)


def entered(enter: str) -> Journey:
    """A journey that this starts."""
    return read(f"journey: story\nenter: {enter}\nsteps: [send: first]\n")


def step(text: str, goal: str = "order.placed") -> Step:
    """The first step of a journey with this list of steps."""
    head = f"journey: story\nenter: {{on: cart.updated}}\ngoal: {goal}\nsteps:\n"
    return read(head + dedent(text)).steps["1"]


@pytest.mark.parametrize(("enter", "trigger", "key", "again"), TRIGGERS)
def test_semantics_1_a_journey_has_exactly_one_trigger(
    enter: str, trigger: Trigger, key: tuple[str, ...], again: Again
) -> None:
    journey = entered(enter)

    assert (journey.trigger, journey.key, journey.again) == (trigger, key, again)


@pytest.mark.parametrize(("enter", "reason"), [
    ("{}", "exactly one of on, segment, segment-left, date, product, broadcast; this lacks one"),
    ("{on: cart.updated, date: customer.birthday}", "this has `on` and `date`"),
    ("{segment: vop}", "no segment 'vop' in segments.yaml; did you mean 'vip'?"),
    ("{segment: coats}", "no segment 'coats' in segments.yaml; there are vip"),
    ("{segment: vip, where: event.data.segment == 'vip'}", "unknown field 'where'; known here: segment, again"),
    ("{date: customer.orders.count}", "is not a date of the profile; dates: customer.birthday,"),
    ("{date: order.delivery_date}", "is not a date of the profile"),
    ("{date: customer.birthday, every: month}", "can only be `year`, not 'month'"),
    ("{date: customer.birthday, every: year, offset: -366 days}", "is longer than the year"),
    ("{product: sold}", "is one of back-in-stock, low-stock, price-dropped, not 'sold'"),
    ("{product: low-stock, key: event.cart.id}", "event.cart.id is not a field of product.low-stock"),
    ("{broadcast: {at: 2026-12-01 11:00}}", "lacks `to`"),
    ("{broadcast: {to: 'true'}}", "lacks `at`"),
    ("{broadcast: {to: 'true', at: tomorrow}}", "should be a local time such as `2026-12-01 11:00`"),
    ("{broadcast: {to: event.name == 'x', at: 2026-12-01 11:00}}", "there is no event here, only the customer"),
    ("{broadcast: {to: 'true', at: 2026-12-01 11:00, clock: sun}}", "is `customer` or `shop`, not 'sun'"),
])
def test_a_wrong_trigger_is_told_with_its_line(enter: str, reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        entered(enter)
    assert refused.value.line == 2
    assert reason in str(refused.value)


@pytest.mark.parametrize(("text", "read_as"), STEPS)
def test_every_step_is_read_as_it_is_written(text: str, read_as: Step) -> None:
    assert step(text) == read_as


@pytest.mark.parametrize(("text", "reason"), [
    ("- wait-for: [{on: order.delivered}]", "lacks `limit`"),
    ("- {wait-for: [{on: order.delivered}], limit: 0 days}", "is longer than nothing"),
    ("- {wait-for: [], limit: 1 day}", "lists nothing"),
    ("- {wait-for: [{on: order.delivered, when: 1 < 2}], limit: 1 day}", "either `on: <event>` or `when:"),
    ("- {wait-for: [{when: 1 < 2, where: 1 < 2}], limit: 1 day}", "unknown field 'where'; did you mean 'when'?"),
    ("- {wait-for: [{on: order.delivered, where: event.cart.total > 1}], limit: 1 day}", "not a field of order.del"),
    ("- split: [{name: a, share: 50}, {name: b, share: 49.99}]", "make 99.99 per cent, not 100"),
    ("- split: [{name: a, share: 50.001}, {name: b, share: 49.999}]", "with at most two decimals"),
    ("- split: [{name: a, share: -1}, {name: b, share: 101}]", "is from 0 to 100 per cent"),
    ("- split: [{name: a, share: half}, {name: b, share: 50}]", "should be per cent, as 50 or 33.34"),
    ("- split: [{name: a, share: 50}, {name: a, share: 50}]", "two arms are named 'a'"),
    ("- split: [{name: a, share: 50, control: true}, {name: b, share: 50, control: true}]", "has one control arm"),
    ("- award: 200", "should be a mapping"),
    ("- award: {points: 0}", "is from 1 to 1000000 points"),
    ("- award: {points: 1.5}", "should be a whole number"),
    ("- tag: {}", "lacks `add` or `remove`"),
    ("- tag: {add: a, remove: [a, b]}", "adds and removes a"),
    ("- tag: []", "lists nothing"),
    ("- set: {}", "sets no field"),
    ("- set: {Stage: cold}", "a field of the shop's own is named by small letters"),
    ("- set: {stage: 1.5}", "write other numbers in quotes"),
    ("- task: {script: Hello}", "lacks `title`"),
    ("- call-webhook: {url: http://crm.example}", "should be a URL such as https://"),
    ("- call-webhook: {url: 'https://'}", "should be a URL such as https://"),
    ("- call-webhook: {url: 'https://a:b@crm.example'}", "should be a URL such as https://"),
    ("- call-webhook: {url: 'https://[crm'}", "should be a URL such as https://"),
    ("- end: now", "takes no value"),
    ("- wait", "should say more, as `wait: …`"),
    ("- sned: first", "a step has one of wait, wait-for, send,"),
])
def test_a_wrong_step_is_told_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        step(text)
    assert refused.value.line == 5
    assert reason in str(refused.value)


def test_semantics_12_a_wait_for_without_a_limit_is_refused() -> None:
    """Waiting for ever is a trap, and never what was meant."""
    with pytest.raises(DefinitionError, match=r"journeys/story.yaml:5: steps\[1\]: lacks `limit`"):
        step("- wait-for: [{on: order.delivered}]")


def test_a_condition_may_name_a_segment() -> None:
    journey = read("journey: story\nenter: {on: cart.updated}\nfor: in_segment('vip')\nsteps: [end]\n")
    assert journey.profile_filter == "in_segment('vip')"

    with pytest.raises(DefinitionError, match=r"journeys/story.yaml:3: for: .*did you mean 'vip'"):
        read("journey: story\nenter: {on: cart.updated}\nfor: in_segment('vap')\nsteps: [end]\n")


def test_going_to_the_goal_needs_one() -> None:
    with pytest.raises(DefinitionError, match="the journey has no `goal` to go to"):
        read("journey: story\nenter: {on: cart.updated}\nsteps: [goto-goal]\n")


@pytest.mark.parametrize(("line", "resume", "budget"), [
    ("resume: drop", Resume("drop"), ""),
    ("resume: shift", Resume("shift"), ""),
    ("resume: {at-most: 12 hours}", Resume("late", 12 * HOUR), ""),
    ('budget: {month: "10.00"}', Resume(), "10.00"),
    ("status: paused", Resume(), ""),
])
def test_how_it_resumes_and_what_it_may_spend_do_not_make_another_version(
    line: str, resume: Resume, budget: str
) -> None:
    """People on their way stay where they are."""
    plain = entered("{on: cart.updated}")
    told = read(f"journey: story\n{line}\nenter: {{on: cart.updated}}\nsteps: [send: first]\n")

    assert (told.resume, told.budget) == (resume, budget)
    assert version_of(told) == version_of(plain)


@pytest.mark.parametrize(("line", "reason"), [
    ("resume: later", "is `drop`, `shift` or `{at-most: 12 hours}`"),
    ("resume: {atmost: 1 hour}", "did you mean 'at-most'?"),
    ("budget: {month: much}", "US dollars"),
    ("budget: {year: 1}", "unknown field 'year'"),
])
def test_a_wrong_way_to_resume_or_spend_is_told(line: str, reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read(f"journey: story\n{line}\nenter: {{on: cart.updated}}\nsteps: [send: first]\n")
    assert refused.value.line == 2
    assert reason in str(refused.value)


def test_semantics_25_a_journey_is_known_by_its_content() -> None:
    """Stored and read again it is the same version; a step more, and it is another."""
    journey = read("""
        journey: story
        enter: {date: customer.birthday, every: year, at: 10:00}
        goal: {on: order.placed, then: thank}
        resume: {at-most: 1 day}
        budget: {month: "5"}
        steps:
          - {wait-for: [{on: message.clicked, steps: [goto-goal]}, {when: customer.orders.count > 1}], limit: 2 days}
          - split:
              - {name: a, share: 50, control: true}
              - {name: b, share: 50, steps: [award: {points: 5}, issue: {code: 5 %, valid: 1 day}]}
          - tag: {add: [a], remove: [b]}
          - set: {stage: cold, tries: 2, asleep: false, note: null}
          - task: {title: Call}
          - {call-webhook: {url: https://crm.example/1}, label: thank}
    """)
    again = msgspec.json.decode(msgspec.json.encode(journey), type=Journey)

    assert (again, version_of(again)) == (journey, version_of(journey))
    shorter = {path: kept for path, kept in journey.steps.items() if path != "6"}
    assert version_of(msgspec.structs.replace(journey, steps=shorter)) != version_of(journey)
