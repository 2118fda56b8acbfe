"""A command changes the status line of a journey's file and nothing else that a marketer wrote there."""

from __future__ import annotations

import pytest

from chalicelib.definitions.status_edit import with_status
from chalicelib.errors import DefinitionError

FILE = "journeys/story.yaml"
COMMENTED = """\
# Carts that were left.
journey: story   # as in the file's name

status: live     # since March
enter: {on: cart.updated}
resume: {at-most: 6 hours}
steps:
  - send: "hello"  # status: live
"""


def test_only_the_value_changes() -> None:
    edited = with_status(COMMENTED, FILE, "paused")
    assert edited == COMMENTED.replace("status: live     # since", "status: paused     # since")


def test_a_file_without_the_line_gets_one_below_its_name() -> None:
    text = COMMENTED.replace("status: live     # since March\n", "")
    assert with_status(text, FILE, "paused").splitlines()[1:3] == [
        "journey: story   # as in the file's name", "status: paused",
    ]


@pytest.mark.parametrize(("before", "after"), [
    ("resume: {at-most: 6 hours}", "resume: shift"),
    ("resume:\n  at-most: 6 hours  # our night", "resume:\n  shift  # our night"),
    ("resume: drop", "resume: shift"),
])
def test_what_becomes_of_late_things_is_changed_with_it(before: str, after: str) -> None:
    edited = with_status(COMMENTED.replace("resume: {at-most: 6 hours}", before), FILE, "live", "shift")
    assert edited == COMMENTED.replace("resume: {at-most: 6 hours}", after)


def test_both_lines_are_added_where_there_is_neither() -> None:
    edited = with_status("journey: story", FILE, "live", "{at-most: 2 days}")
    assert edited == "journey: story\nstatus: live\nresume: {at-most: 2 days}\n"


@pytest.mark.parametrize("text", ["", "- a list", "journey: [", "status: live\n"])
def test_what_is_no_journey_is_left_alone(text: str) -> None:
    with pytest.raises(DefinitionError):
        with_status(text, FILE, "paused")


def test_a_layout_that_a_command_cannot_keep_is_left_to_a_person() -> None:
    with pytest.raises(DefinitionError, match="by hand"):
        with_status("{journey: story, enter: {on: cart.updated}}", FILE, "paused")


def test_a_flow_style_status_is_changed_in_place() -> None:
    assert with_status("{journey: story, status: live}", FILE, "paused") == "{journey: story, status: paused}"
