"""What is wrong or doubtful in a journey that can be read is told with its line and the way out."""

from __future__ import annotations

from textwrap import dedent

import pytest

from chalicelib.definitions.journey_checks import check_journey, check_overlaps
from chalicelib.definitions.journey_files import JourneyFile, read_journey_file
from chalicelib.domain.messages import CHANNELS
from chalicelib.domain.problems import Problem
from chalicelib.domain.segments import Segment, compile_segments
from chalicelib.domain.shop import FrequencyCap, MessageDefinition, ShopSettings
from tests.definitions.shipped import SHIPPED, journey_texts

SEGMENTS = compile_segments([Segment("buyers", "customer.orders.count > 0")])
MESSAGES = {
    name: MessageDefinition(name, "marketing", ("email",), tags=tags, variants=("email.ru", "sms.ru"))
    for name, tags in (("first", ()), ("second", ()), ("sale", ("broadcast",)))
} | {"receipt": MessageDefinition("receipt", "transactional", CHANNELS, obeys_cap=False, variants=("email.ru",))}
ONE_A_DAY = ShopSettings(caps=(FrequencyCap("email", 1, 86400),))


def read(text: str, name: str = "story") -> JourneyFile:
    """A journey of this text, in the file of its name."""
    return read_journey_file(f"journey: {name}\n{dedent(text)}", f"journeys/{name}.yaml", MESSAGES, SEGMENTS)


def told(text: str) -> list[tuple[int, str, str]]:
    """The line, severity and text of each problem."""
    problems = check_journey(read(text), MESSAGES, SEGMENTS)
    assert all(problem.file == "journeys/story.yaml" for problem in problems)
    return [(problem.line, problem.severity, problem.text) for problem in problems]


@pytest.mark.parametrize(("steps", "line"), [
    ("[send: first, end, send: second]", 3),
    ("[send: first, goto-goal, {wait: 1 day}, send: second]", 3),
    ("\n- branch: [{when: 1 > 2, steps: [send: first]}]", 4),
    ("\n- branch:\n  - {when: customer.orders.count > 1, steps: [end]}\n"
     "  - when: customer.orders.count > 1\n    steps: [send: first]", 7),
    ("\n- branch: [{when: 'true', steps: [send: first]}]\n  otherwise:\n    - send: second", 6),
    ("\n- branch: [{when: customer.orders.count > 1, steps: [end]}]\n  otherwise: [end]\n- send: first\n- send: second",
     6),
])
def test_a_step_that_nobody_reaches_is_an_error(steps: str, line: int) -> None:
    """Told once, where it begins."""
    (problem,) = told(f"enter: {{on: form.submitted}}\ngoal: order.placed\nsteps: {steps}\n")
    assert problem[:2] == (line + 1, "error")
    assert "is never reached" in problem[2]
    assert "take it out, or move it" in problem[2]


def test_what_a_goal_or_another_way_leads_to_is_reached() -> None:
    assert told("""\
        enter: {on: form.submitted}
        goal: {on: order.placed, then: thank}
        steps:
          - wait: {until: customer.birthday}
            otherwise: [send: first]
          - split: [{name: a, share: 0, steps: [send: first]}, {name: b, share: 100}]
          - wait-for: [{when: customer.orders.count > 2, steps: [send: first]}]
            limit: 1 day
            otherwise: [end]
          - end
          - {send: second, label: thank}
    """) == []


def test_points_for_points_would_never_end() -> None:
    (problem,) = told("enter: {on: loyalty.points-awarded}\nsteps:\n  - award: {points: 5}\n")
    assert problem[:2] == (4, "error")
    assert "it would start itself; let another event start it" in problem[2]


@pytest.mark.parametrize(("step", "days"), [
    ("wait: 367 days", 367), ("wait: {days: 400, at: 10:00}", 400),
    ("{wait-for: [{on: form.submitted}], limit: 500 days}", 500),
])
def test_a_wait_of_more_than_a_year_is_doubtful(step: str, days: int) -> None:
    (problem,) = told(f"enter: {{on: form.submitted}}\nsteps:\n  - {step}\n  - wait: 366 days\n")
    assert problem[:2] == (4, "warning")
    assert f"more than a year ({days} days)" in problem[2]


def test_a_channel_without_a_template_is_told() -> None:
    (problem,) = told("enter: {on: form.submitted}\nsteps:\n  - {send: first, by: [push, sms]}\n")
    assert problem[:2] == (4, "warning")
    assert "sends 'first' by push, for which it has no template: add templates/first/push.<language>.txt" in problem[2]


@pytest.mark.parametrize("text", [
    "enter: {on: cart.updated}\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {product: price-dropped}\nsteps:\n  - {wait-for: [{on: page.viewed}], limit: 1 day}\n  - send: first\n",
    "enter: {on: form.submitted}\nsteps:\n  - wait: 1 hour\n  - {send: first, issue: {code: 5 %, valid: 1 day}}\n",
    "enter: {on: form.submitted}\nsteps:\n  - wait: 1 day\n  - {issue: {code: 5 %, valid: 1 day}}\n  - send: first\n",
])
def test_selling_to_who_may_have_bought_meanwhile_is_doubtful(text: str) -> None:
    (problem,) = told(text)
    assert problem[1] == "warning"
    assert "also to who has bought meanwhile: add `goal: order.placed` or `exit: [order.placed]`" in problem[2]


@pytest.mark.parametrize("text", [
    "enter: {on: cart.updated}\ngoal: order.placed\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {on: cart.updated}\nexit: [checkout.completed]\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {on: cart.updated}\nexit: [{when: in_segment('buyers')}]\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {on: cart.updated}\nfor: customer.orders.count == 0\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {on: cart.updated}\nsteps:\n  - send: first\n",
    "enter: {on: form.submitted}\nsteps:\n  - {issue: {code: 5 %, valid: 1 day}}\n  - wait: 1 day\n  - send: first\n",
    "enter: {on: cart.updated}\nsteps:\n  - wait: 1 hour\n  - send: receipt\n",
    "enter: {on: form.submitted}\nsteps:\n  - wait: 1 hour\n  - send: first\n",
    "enter: {on: cart.updated}\nsteps:\n  - wait: 1 hour\n"
    "  - branch: [{when: customer.orders.count > 0, steps: [end]}]\n  - send: first\n",
    "enter: {on: cart.updated}\nsteps:\n"
    "  - {wait-for: [{on: order.placed, steps: [end]}], limit: 1 day}\n  - send: first\n",
])
def test_who_looks_at_the_orders_first_may_sell(text: str) -> None:
    assert told(text) == []


def overlaps(one: str, other: str, settings: ShopSettings = ONE_A_DAY) -> list[Problem]:
    """What is told of two journeys."""
    return check_overlaps([read(one, "one"), read(other, "other")], MESSAGES, settings)


def test_two_journeys_for_one_slot_are_told_beside_both() -> None:
    first, second = overlaps(
        "enter: {on: form.submitted}\nsteps: [{wait: 1 hour}, send: first]\n",
        "enter: {on: [form.submitted, page.viewed]}\nsteps: [send: second]\n",
    )

    assert (first.file, first.line, first.severity) == ("journeys/one.yaml", 3, "warning")
    assert first.text.startswith("journeys/other.yaml is started by form.submitted too, and both send `email` of which "
                                 "1 in 1 day may go")
    assert (second.file, second.text[:17]) == ("journeys/other.yaml", "journeys/one.yaml")


@pytest.mark.parametrize(("one", "other"), [
    ("enter: {segment: buyers}\nsteps: [send: first]\n", "enter: {segment: buyers}\nsteps: [send: second]\n"),
    ("enter: {broadcast: {to: 'true', at: 2026-12-01 11:00}}\nsteps: [send: first]\n",
     "enter: {broadcast: {to: 'true', at: 2026-12-01 18:00}}\nsteps: [send: second]\n"),
])
def test_a_segment_or_a_day_brings_two_journeys_together_too(one: str, other: str) -> None:
    assert len(overlaps(one, other)) == 2


@pytest.mark.parametrize(("one", "other"), [
    ("enter: {on: form.submitted}\nsteps: [send: first]\n", "enter: {on: page.viewed}\nsteps: [send: second]\n"),
    ("enter: {on: form.submitted}\nsteps: [send: first]\n", "enter: {on: form.submitted}\nsteps: [send: receipt]\n"),
    ("enter: {on: form.submitted}\nsteps: [send: first]\n",
     "enter: {on: form.submitted}\nsteps: [{wait: 1 day}, send: second]\n"),
    ("enter: {on: form.submitted}\nsteps: [send: first]\n",
     "enter: {on: form.submitted}\nsteps: [{send: second, by: sms}]\n"),
    ("enter: {on: form.submitted}\nsteps: [send: first]\n",
     "enter: {on: form.submitted}\nstatus: draft\nsteps: [send: second]\n"),
    ("enter: {segment: buyers}\nsteps: [send: first]\n", "enter: {segment-left: buyers}\nsteps: [send: second]\n"),
])
def test_journeys_that_do_not_meet_are_left_in_peace(one: str, other: str) -> None:
    assert overlaps(one, other) == []


def test_a_cap_that_bears_both_is_no_news() -> None:
    """Two a week are two."""
    two_a_week = ShopSettings(caps=(FrequencyCap("broadcast", 2, 7 * 86400),))
    one = "enter: {on: form.submitted}\nsteps: [send: sale]\n"

    assert overlaps(one, one, two_a_week) == []
    twice = "enter: {on: form.submitted}\nsteps: [send: sale, {wait: 1 day}, send: sale]\n"
    assert len(overlaps(one, twice, two_a_week)) == 2


@pytest.mark.parametrize("name", sorted(journey_texts()))
def test_no_shipped_journey_has_an_error_or_a_doubt_of_its_own(name: str) -> None:
    read_again = read_journey_file(
        journey_texts()[name], f"journeys/{name}.yaml", SHIPPED.messages, SHIPPED.segments
    )
    assert check_journey(read_again, SHIPPED.messages, SHIPPED.segments) == []
