"""Semantics 25: people move to a new version by label, then by place; else somebody says where."""

from __future__ import annotations

import pytest

from chalicelib.domain.journeys import END, Duration, End, EventTrigger, Journey, Send, Step, Wait
from chalicelib.domain.moving import places

DAY = Duration(86400)


def journey(steps: dict[str, Step], **labels: str) -> Journey:
    return Journey("story", EventTrigger(("cart.updated",)), {**steps, END: End()}, "1", labels=labels)


OLD = journey({"1": Wait(DAY, "2"), "2": Send("hello", "3"), "3": Wait(DAY, END)}, pause="3")


def test_a_label_is_the_surest_sign() -> None:
    new = journey({"1": Wait(DAY, "2"), "2": Wait(DAY, "3"), "3": Wait(DAY, END)}, pause="2")
    assert places(OLD, new, ["3"], {}).steps == {"3": "2"}


def test_without_a_label_the_same_place_and_kind_will_do() -> None:
    new = journey({"1": Wait(Duration(60), "2"), "2": Wait(DAY, END)})
    found = places(OLD, new, ["1", "2", "3"], {})
    assert found.steps == {"1": "1"}
    assert found.asked == ("2", "3")


def test_what_is_said_comes_first_and_may_name_labels_or_the_end() -> None:
    new = journey({"1": Wait(DAY, "2"), "2": Send("hello", "3"), "3": Wait(DAY, END)}, last="3")
    found = places(OLD, new, ["1", "2", "3"], {"1": "last", "pause": "end"})
    assert found.steps == {"1": "3", "2": "2", "3": "end"}
    assert found.asked == ()


def test_a_step_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no step '9'; it has 1, 2, 3, end, pause"):
        places(OLD, OLD, ["1"], {"1": "9"})
