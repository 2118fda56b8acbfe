"""What is told of each decision, for "why": which way was chosen, what was done, which limit kept a message back."""

from __future__ import annotations

from datetime import time

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Customer, Sent
from chalicelib.domain.fold import fold
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.domain.shop import FrequencyCap, QuietHours, ShopSettings
from tests.domain.stories import SHOP, anna, at, in_force, said

BEGUN = said("03-02 10:00", "form.submitted")


def form(step: str) -> str:
    """A journey of this step, which the form leads into."""
    return f"journey: story\nenter: {{on: form.submitted}}\nsteps:\n  - {step}\n"


def told(text: str, decided: str, customer: Customer | None = None, settings: ShopSettings = SHOP) -> list[str]:
    """Because of what something was decided after the form."""
    decisions = fold(customer or anna(), BEGUN, in_force(text, settings=settings), trace=True).decisions
    return [each.because for each in decisions if each.decided == decided]


@pytest.mark.parametrize(("step", "done"), [
    ("award: {points: 200, because: review}", "200 points"),
    ("issue: {code: 10 %, valid: 48 hours}", "10 %"),
    ("tag: {add: [keen, warm], remove: [new]}", "+keen +warm -new"),
    ("set: {stage: cold, visits: 3}", "stage=cold, visits=3"),
    ("task: {title: Call her}", "Call her"),
    ("call-webhook: {url: https://erp.example/hook}", "https://erp.example/hook"),
])
def test_what_a_step_did_is_told(step: str, done: str) -> None:
    assert told(form(step), "done") == [done]


@pytest.mark.parametrize(("step", "chosen"), [
    ("branch: [{when: customer.orders.count == 0, steps: [send: first]}]", "customer.orders.count == 0"),
    ("branch: [{when: customer.orders.count > 0, steps: [send: first]}]", "otherwise"),
    ("{wait-for: [{when: customer.orders.count == 0, steps: [end]}], limit: 1 day}", "customer.orders.count == 0"),
    ("{split: [{name: all, share: 100, steps: [end]}], experiment: offer}", "arm all of offer"),
])
def test_which_way_was_chosen_is_told(step: str, chosen: str) -> None:
    assert told(form(step), "chose") == [chosen]


@pytest.mark.parametrize(("wait", "chosen"), [
    ("{wait-for: [{on: order.placed, steps: [end]}], limit: 1 hour}", "otherwise"),
    ("{wait-for: [{when: hours_since(customer.last_seen_at) >= 1, steps: [end]}], limit: 1 day}",
     "hours_since(customer.last_seen_at) >= 1"),
])
def test_what_a_wait_came_to_is_told(wait: str, chosen: str) -> None:
    definitions = in_force(form(wait))
    begun = fold(anna(), BEGUN, definitions).customer
    woken = timer_entry("anna", at("03-02 11:00"), at("03-02 11:00"))
    decisions = fold(begun, woken, definitions, trace=True).decisions

    assert [each.because for each in decisions if each.decided == "chose"] == [chosen]


def test_which_limit_kept_a_message_back_is_told() -> None:
    capped = replace(anna(), sends=(Sent(at("03-02 08:00"), "email", "m0", ("email", "marketing", "news")),))
    one_a_day = replace(SHOP, caps=(FrequencyCap("email", 1, 86400),))
    quiet = replace(SHOP, quiet_hours=QuietHours(time(8), time(12)))

    assert told(form("send: first"), "skipped", capped, one_a_day) == ["frequency-cap full until 2026-03-03 05:00 UTC"]
    assert told(form("send: first"), "deferred", settings=quiet) == [
        "quiet-hours-drop 08:00 to 12:00 Europe/Moscow"
    ]
