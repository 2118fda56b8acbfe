"""The examples that a journey file carries: they hold, or it is told what was expected and what came."""

from __future__ import annotations

from textwrap import dedent

import msgspec
import pytest
from msgspec.structs import replace

from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_files import read_journey
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey, version_of
from chalicelib.domain.shop import FrequencyCap, QuietHours
from chalicelib.errors import DefinitionError
from chalicelib.flows.definitions_in_force import InForce
from tests.definitions.shipped import SHIPPED, journey_texts
from tests.domain.stories import MESSAGES, SHOP

FILE = """\
journey: story
enter: {on: cart.updated, key: event.cart.id, where: event.cart.total > 100}
goal: order.placed
steps:
  - wait: 1 hour
  - send: first
  - branch: [{when: customer.orders.count > 2, steps: [send: second]}]
examples:
  - name: left alone
    CUSTOMER
    given:
      - GIVEN
    expect:
      - EXPECT
"""
CART = "{at: 2026-03-02 10:00, event: cart.updated, cart: {id: c1, total: 7990}}"
CAME = "{at: 2026-03-02 11:00, send: first, by: email}"


def problems(given: str = CART, expect: str = CAME, customer: str = "", **settings: object) -> list[str]:
    text = FILE.replace("GIVEN", given).replace("EXPECT", expect)
    text = text.replace("CUSTOMER", customer or "customer: {}")
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)
    definitions = Definitions.of(replace(SHOP, **settings), MESSAGES.values(), ())
    return [str(mismatch) for mismatch in check_examples(text, "journeys/story.yaml", journey, definitions)]


def test_an_example_that_holds_is_no_news() -> None:
    assert problems() == []


@pytest.mark.parametrize(("expect", "told"), [
    ("{at: 2026-03-02 11:01, send: first, by: email}", ["expected but did not come", "came but was not expected"]),
    ("{at: 2026-03-02 11:00, send: second, by: email}", ["send: second, by: email}", "send: first, by: email}"]),
    ("{at: 2026-03-02 11:00, send: first, by: sms}", ["by: sms", "by: email"]),
    ("{at: 2026-03-02 11:00, skip: first, because: no-consent}", ["skip: first, because: no-consent"]),
    (f"{CAME}\n      - {CAME}", ["does not hold"]),
])
def test_an_example_that_does_not_hold_says_what_came_instead(expect: str, told: list[str]) -> None:
    (problem,) = problems(expect=expect)

    assert problem.startswith("journeys/story.yaml:9: example 'left alone' does not hold")
    assert all(part in problem for part in told)


def test_a_message_that_nobody_expected_is_told() -> None:
    """An empty list is a promise, too."""
    silent = FILE.replace("GIVEN", CART).replace("CUSTOMER", "customer: {}").replace("\n      - EXPECT", " []")
    journey = read_journey(silent, "journeys/story.yaml", MESSAGES)

    (mismatch,) = check_examples(silent, "journeys/story.yaml", journey, Definitions.of(SHOP, MESSAGES.values(), ()))
    assert f"came but was not expected: {CAME}" in str(mismatch)


def test_the_profile_of_an_example_is_the_one_the_conditions_read() -> None:
    """Fields within fields too: an example that silently drops them would prove nothing."""
    both = f"{CAME}\n      - {{at: 2026-03-02 11:00, send: second, by: email}}"

    assert problems(customer="customer: {orders: {count: 3}}", expect=both) == []
    assert len(problems(customer="customer: {orders: {count: 2}}", expect=both)) == 1


def test_an_example_knows_the_shops_limits_but_not_the_holdout() -> None:
    """Its customer would be held out in one shop and not in another."""
    assert problems(holdout_percent=100.0) == []
    assert len(problems(quiet_hours=QuietHours(), given=CART.replace("10:00", "21:30"))) == 1
    assert problems(caps=(FrequencyCap("email", 1, 60),)) == []


@pytest.mark.parametrize(("given", "expect", "customer", "line", "reason"), [
    ("{event: cart.updated, cart: {id: c1}}", CAME, "", 12, "lacks `at`"),
    ("{at: 2026-03-02 10:00, cart: {id: c1}}", CAME, "", 12, "lacks `event`"),
    ("{at: Monday, event: cart.updated}", CAME, "", 12, "should be a local time such as `2026-03-02 10:00`"),
    ("{at: 2026-03-02 10:00, event: cart.updated, card: {id: c1}}", CAME, "", 12, "unknown field 'card'"),
    ("{at: 2026-03-02 10:00, event: cart.updated, cart: {id: c1, totl: 5}}", CAME, "", 12, "unknown field 'totl'"),
    ("{at: 2026-03-02 10:00, event: cart.updated, cart: {total: 5}}", CAME, "", 12, "missing required field `id`"),
    ("{at: 2026-03-02 10:00, event: cart.updated, cart: {id: c1, total: much}}", CAME, "", 12, "cart.total"),
    (f"{CART}\n      - {CART.replace('10:00', '09:00')}", CAME, "", 13, "is earlier than what stands before it"),
    (CART, "{at: 2026-03-02 11:00, send: first}", "", 14, "lacks `by`"),
    (CART, "{at: 2026-03-02 11:00, skip: first}", "", 14, "lacks `because`"),
    (CART, "{at: 2026-03-02 11:00, send: first, by: email, to: anna}", "", 14, "unknown field 'to'"),
    (CART, "{at: 2026-03-02 11:00}", "", 14, "lacks `send`, `skip`, `award`, `task` or `call`"),
    (CART, "{at: 2026-03-02 11:00, send: first, skip: first}", "", 14, "exactly one of them"),
    (CART, CAME, "customer: {name: Anna}", 10, "unknown field 'name'"),
    (CART, CAME, "customer: {orders: {number: 3}}", 10, "unknown field 'number'"),
    (CART, CAME, "customer: {birthday: soon}", 10, "Invalid"),
    (CART, CAME, "customer: {orders: {last_at: soon}}", 10, "should be a local time such as `2026-03-02 10:00`"),
    (CART, CAME, "from: 2026-03-02 10:01", 10, "is later than the first thing given"),
    (CART, CAME, "until: tomorrow", 10, "should be a local time such as `2026-03-02 10:00`"),
])
def test_an_example_that_cannot_be_read_is_told_with_its_line(
    given: str, expect: str, customer: str, line: int, reason: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        problems(given, expect, customer)
    assert refused.value.line == line
    assert reason in str(refused.value)


@pytest.mark.parametrize(("fields", "reason"), [
    ("given: [], expect: []", "lacks `name`"),
    ("name: a, given: []", "lacks `expect`"),
    ("name: a, expect: []", "lacks what is `given`, or `from` when time alone is to pass"),
    ("name: a, given: [], expect: []", "lacks what is `given`, or `from` when time alone is to pass"),
])
def test_an_example_has_a_name_a_beginning_and_what_is_expected(fields: str, reason: str) -> None:
    text = f"{FILE.partition('examples:')[0]}examples:\n  - {{{fields}}}\n"
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)

    with pytest.raises(DefinitionError) as refused:
        list(check_examples(text, "journeys/story.yaml", journey, Definitions.of(SHOP, MESSAGES.values(), ())))
    assert str(refused.value) == f"journeys/story.yaml:9: examples[1]: {reason}"


def test_an_example_may_end_before_everything_has_come() -> None:
    silent = FILE.replace("GIVEN", CART).replace("CUSTOMER", "until: 2026-03-02 10:59")
    silent = silent.replace("\n      - EXPECT", " []")
    journey = read_journey(silent, "journeys/story.yaml", MESSAGES)

    assert not list(check_examples(silent, "journeys/story.yaml", journey, Definitions.of(SHOP, MESSAGES.values(), ())))


def test_moments_of_a_customer_are_on_the_customers_own_clock() -> None:
    """Omsk is three hours ahead of Moscow: at 10:00 in Omsk, 09:30 in Omsk was half an hour ago."""
    text = FILE.replace("customer.orders.count > 2", "hours_since(customer.orders.last_at) < 2")
    text = text.replace("GIVEN", CART).replace("CUSTOMER", "customer: CUSTOMER").replace("EXPECT", CAME)
    both = f"{text}      - {{at: 2026-03-02 11:00, send: second, by: email}}\n"
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)
    shop = Definitions.of(SHOP, MESSAGES.values(), ())

    for last_at, expectation in (("2026-03-02 09:30", both), ("2026-03-02 08:30", text)):
        told = expectation.replace("CUSTOMER", f"{{time_zone: Asia/Omsk, orders: {{last_at: {last_at}}}}}")
        assert [str(each) for each in check_examples(told, "journeys/story.yaml", journey, shop)] == []


@pytest.mark.parametrize(("code", "holds"), [("", True), (", code: 10 %", True), (", code: 15 %", False)])
def test_an_example_may_tell_the_code_that_a_message_shows(code: str, holds: bool) -> None:
    text = FILE.replace("send: first\n", "send: first\n    issue: {code: 10 %, valid: 2 days}\n", 1)
    text = text.replace("GIVEN", CART).replace("CUSTOMER", "customer: {}")
    text = text.replace("EXPECT", CAME.replace("}", f"{code}}}"))
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)

    found = list(check_examples(text, "journeys/story.yaml", journey, Definitions.of(SHOP, MESSAGES.values(), ())))
    assert (found == []) is holds
    assert all("by: email, code: 10 %}" in str(mismatch) for mismatch in found)


@pytest.mark.parametrize("name", sorted(journey_texts()))
def test_the_examples_of_each_shipped_journey_hold(name: str) -> None:
    """And each ships with some."""
    text = journey_texts()[name]
    journey = SHIPPED.journeys[name].journey

    assert text.count("- name:") >= 4
    assert [str(mismatch) for mismatch in check_examples(text, f"journeys/{name}.yaml", journey, SHIPPED)] == []


def test_what_is_published_comes_back_as_it_was() -> None:
    """As JSON in the shop table; a version by its content hash too."""
    journeys = tuple(program.journey for program in SHIPPED.journeys.values())
    in_force = InForce(SHIPPED.settings, tuple(SHIPPED.messages.values()), journeys)

    assert msgspec.json.decode(msgspec.json.encode(in_force), type=InForce) == in_force
    for journey in journeys:
        again = msgspec.json.decode(msgspec.json.encode(journey), type=Journey)
        assert again == journey
        assert version_of(again) == version_of(journey)


def test_every_form_of_step_comes_back_as_it_was() -> None:
    """The shipped journeys do not use all of them."""
    text = dedent("""
        journey: story
        enter: {on: order.shipped, key: [event.order.id, event.name], again: {after: 1 day}}
        exit: [{on: order.delivered, same-key: true}, {when: customer.orders.count > 9}]
        goal: {on: review.submitted, then: done}
        for: customer.city != "Omsk"
        max-lateness: 1 hour
        steps:
          - {wait: {at: 15:00}, restart-on: [order.shipped, order.delayed]}
          - wait: {until: order.delivery_date, offset: -1 day}
            otherwise: [end]
          - {send: first, by: [email, sms], issue: {code: 5 %, valid: 1 day}}
          - {wait: 1 hour, label: done}
    """)
    journey = read_journey(text, "journeys/story.yaml", MESSAGES)

    again = msgspec.json.decode(msgspec.json.encode(journey), type=Journey)
    assert (again, version_of(again)) == (journey, version_of(journey))
