"""The pieces of the story that fail without a statement that only journeys of the shop's own have need of."""

from __future__ import annotations

from itertools import count

from chalicelib import clock
from chalicelib.flows.spending import month_of
from chalicelib.storage import budgets, tables, tasks
from tests.infra.stepped_shop import SteppedShop
from tests.infra.storefront_payloads import Person

_numbers = count(1)


def vip_gets_a_code_and_a_person_a_task(steps: SteppedShop) -> None:
    """A step of a journey issues a code, another asks a person to call."""
    lines = "  - issue: {code: 10 %, valid: 48 hours}\n  - task: {title: Call, within: 2 days}\n"
    name, person = _journey(steps, lines)
    steps.shop.event(f"{name}.asked", {"email": person.email})
    steps.work()
    who = steps.shop.customer_id(person)
    assert len(list(tables.Codes.scan_all(tables.Codes.customer_id == who, ["k"]))) == 1
    assert who in {task.customer_id for task in tasks.open_tasks()}


def owner_is_told_that_a_budget_is_nearly_spent(steps: SteppedShop) -> None:
    """A journey's first SMS takes more than four fifths of what it may cost in a month.

    Where the topic does not take the alert it is left to the next message.
    """
    name, _ = _journey(steps, "  - send: hello\n", budget="0.01")
    steps.shop.event(f"{name}.asked", {"phone": f"+4915113{next(_numbers):06}"})
    steps.work()
    month = budgets.standing(month_of(clock.now(), "Europe/Moscow"))
    assert month.reserved[f"journeys/{name}"] > 0
    assert f"journeys/{name}" in month.told


def _journey(steps: SteppedShop, lines: str, budget: str = "100") -> tuple[str, Person]:
    """Put a journey in force that begins with the event `<its name>.asked`; its name, and somebody to enter it."""
    name = f"probe-{next(_numbers)}"
    steps.shop.upload(f"journeys/{name}.yaml", (
        f'journey: {name}\nbudget: {{month: "{budget}"}}\nenter: {{on: {name}.asked, again: always}}\nsteps:\n{lines}'
    ))
    steps.shop.invoke("Publish", {})
    for function in ("Engine", "Sender"):
        steps.shop.restart(function)
    return name, Person(name)
