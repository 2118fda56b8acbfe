"""Steps that do something other than sending: points, codes, tags, own fields, tasks, calls, and the goal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.effects import AppendEntry, Effect, IssueCode, PutTask
from chalicelib.domain.fold import fold
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import FrequencyCap
from tests.domain.stories import SHOP, anna, at, in_force, marketing, message_told, ordered, played, said, story

BEGUN = said("03-02 10:00", "form.submitted")


def form(*steps: str, more: str = "") -> str:
    """A journey of these steps, begun by a form."""
    listed = "".join(f"\n      - {step}" for step in steps)
    return f"""
    journey: story
    enter: {{on: form.submitted}}
    {more}
    steps:{listed}
    """


def done(text: str, customer: Customer | None = None) -> tuple[Customer, tuple[Effect, ...]]:
    """The state and the effects after the form."""
    folded = fold(customer or anna(), BEGUN, in_force(text))
    return folded.customer, folded.effects


def test_an_award_is_told_to_the_customers_own_log_once() -> None:
    text = form("award: {points: 200, because: review}", "end")
    (effect,) = [effect for effect in done(text)[1] if isinstance(effect, AppendEntry)]
    (event,) = effect.entry.events
    assert (event.name, event.data["points"], event.data["because"]) == ("loyalty.points-awarded", 200, "review")
    assert done(text)[1] == done(text)[1]

    awarded = fold(done(text)[0], effect.entry, in_force(text)).customer
    assert awarded.profile.loyalty.points == 200


def test_a_code_issued_goes_with_every_later_message_of_the_run() -> None:
    text = form("issue: {code: 10 %, valid: 48 hours}", "send: first", "wait: 1 hour", "send: second")
    _, effects = done(text)
    (issued,) = [effect for effect in effects if isinstance(effect, IssueCode)]
    assert issued.offer.expires_at == at("03-04 10:00")
    _, messages = played(in_force(text), BEGUN)
    assert [message.code.code_id for message in messages if message.code] == [issued.offer.code_id] * 2


def test_a_code_that_has_expired_is_not_shown_any_more() -> None:
    text = form("issue: {code: 10 %, valid: 48 hours}", "send: first", "wait: 48 hours", "send: second")
    _, messages = played(in_force(text), BEGUN)
    assert [(message.name, message.code is not None) for message in messages] == [("first", True), ("second", False)]


def test_tags_and_own_fields_are_set_without_an_entry() -> None:
    text = form("tag: {add: [keen], remove: [new]}", "set: {stage: cold, visits: 3}", "end")
    state, effects = done(text, anna(tags=("new", "vip")))
    assert (state.profile.tags, state.profile.data, effects) == (("vip", "keen"), {"stage": "cold", "visits": 3}, ())


def test_own_fields_are_read_by_later_conditions() -> None:
    text = form("set: {stage: cold}", "branch: [{when: customer.data.stage == 'cold', steps: [send: first]}]")
    assert story(in_force(text), BEGUN) == ["03-02 10:00 first by email"]


def test_a_task_is_put_on_the_list_once_under_a_key_of_its_own() -> None:
    text = form("task: {title: Call her, script: Ask how the coat fits, within: 1 day}", "end")
    (effect,) = [effect for effect in done(text)[1] if isinstance(effect, PutTask)]
    assert (effect.task.title, effect.task.due_at) == ("Call her", at("03-02 10:00") + timedelta(days=1))
    assert done(text)[1] == done(text)[1]


def test_another_system_is_told_by_the_sender() -> None:
    text = form("call-webhook: {url: https://erp.example/hook}", "send: first")
    _, messages = played(in_force(text), BEGUN, customer=anna(consents=()))
    call = messages[0]
    assert isinstance(call, Message)
    assert (call.name, call.channels, call.url) == ("call-webhook", ("webhook",), "https://erp.example/hook")


@pytest.mark.parametrize("step", ["award: {points: 9}", "issue: {code: 5 %, valid: 1 day}", "tag: keen", "set: {a: 1}",
                                  "task: {title: Call}", "call-webhook: {url: https://erp.example/hook}"])
def test_semantics_2_an_action_is_not_done_for_whom_it_is_not_meant_any_more(step: str) -> None:
    text = form("wait: 1 hour", step, "wait: 1 hour", "send: first", more="for: customer.orders.count == 0")
    definitions = in_force(text)
    state, _ = played(definitions, BEGUN, ordered("03-02 10:30"), days=0)
    folded = fold(state, said("03-02 11:00", "store.visited"), definitions, trace=True)
    assert [effect for effect in folded.effects if not hasattr(effect, "due")] == []
    assert folded.customer.profile.tags == ()
    assert folded.customer.profile.data == {}
    assert ("skipped", "filter") in [(decision.decided, decision.because) for decision in folded.decisions]


def test_semantics_8_goto_goal_goes_on_where_the_goal_leads() -> None:
    more = "goal: {on: order.placed, then: thanked}"
    text = form("send: first", "branch: [{when: customer.city == 'Moscow', steps: [goto-goal]}]", "send: second",
                "end", "{send: thanks, label: thanked}", more=more)
    assert story(in_force(text), BEGUN, customer=anna(city="Moscow")) == [
        "03-02 10:00 first by email", "03-02 10:00 thanks by email",
    ]
    assert story(in_force(text), BEGUN) == ["03-02 10:00 first by email", "03-02 10:00 second by email"]


def test_semantics_8_goto_goal_without_a_step_to_go_to_ends_the_run() -> None:
    text = form("send: first", "goto-goal", more="goal: order.placed")
    state, _ = played(in_force(text), BEGUN)
    assert state.runs == ()


def test_semantics_8_a_goal_that_leads_to_itself_comes_to_an_end() -> None:
    more = "goal: {on: order.placed, then: again}"
    text = form("{send: first, label: again}", "goto-goal", more=more)
    assert story(in_force(text), BEGUN) == ["03-02 10:00 first by email", "03-02 10:00 first by email"]


def test_a_send_counts_toward_the_channel_it_really_went_by() -> None:
    """The first channel failed and the next was taken: the sender tells which."""
    settings = replace(SHOP, caps=(FrequencyCap("email", 1, 86400), FrequencyCap("sms", 1, 86400)))
    both = marketing("both", "email", "sms")
    definitions = in_force(
        form("send: both", "wait: 1 hour", "send: first"), settings=settings, messages=[both]
    )
    state, messages = played(definitions, BEGUN, customer=anna("email", "sms"), days=0)
    fallen = message_told("03-02 10:05", "sent", messages[0].message_id, channel="sms")
    assert story(definitions, fallen, customer=state) == ["03-02 11:00 first by email"]
