"""`segments.yaml`: what it may say, and how a mistake in it is told."""

from __future__ import annotations

import pytest

from chalicelib.definitions.segments_file import read_segments
from chalicelib.domain.segments import Segment
from chalicelib.errors import DefinitionError


def test_a_line_is_a_segment_and_a_rule_may_take_several_lines() -> None:
    """In the order of the file."""
    segments = read_segments(
        "# ours\nvip: customer.orders.average > 10000\nkept: |\n  in_segment(\"vip\")\n"
        "  and customer.orders.count > 3\neverybody: true\n"
    )

    assert segments == (
        Segment("vip", "customer.orders.average > 10000"),
        Segment("kept", 'in_segment("vip") and customer.orders.count > 3'),
        Segment("everybody", "true"),
    )


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n\n  # at all\n"])
def test_a_file_without_segments_is_no_mistake(text: str) -> None:
    """Who takes them all out has none."""
    assert read_segments(text) == ()


@pytest.mark.parametrize(("text", "line", "field", "reason"), [
    ("Vip: true\n", 1, "Vip", "'Vip' should be small letters and digits, joined by hyphens"),
    ("a: true\na: false\n", 2, "a", "is given twice"),
    ("a: true\n\nb: {rule: true}\n", 3, "b", "should be a rule, as in `vip: customer.orders.average > 10000`"),
    ("a:\n", 1, "a", "should be a text"),
    ("- vip\n", 1, "", "should be a mapping"),
    ("a: customer.orders.cuont > 1\n", 1, "a", "unknown field customer.orders.cuont; did you mean 'orders.count'?"),
    ("a: in_segment(\"b\")\nb: customer.orders.count >\n", 2, "b", "is not an expression"),
    ("a: in_segment(\"vipp\")\nvip: true\n", 1, "a", "unknown segment 'vipp'; did you mean 'vip'?"),
    ("a: in_segment(\"b\")\nb: in_segment(\"a\")\n", 2, "b", "leads back to itself: a → b → a"),
    ("a: true\nb: event.order.total > 5\n", 2, "b", "a segment is about the customer alone"),
    ("a: true\nb: customer.tags == 'vip'\n", 2, "b", "customer.tags is a list; write `'vip' in customer.tags`"),
    ("a: days_since(customer.orders.last_at)\n", 1, "a", "should be compared with a number"),
])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, field: str, reason: str) -> None:
    """And with the segment it is in, not the one that names it."""
    with pytest.raises(DefinitionError) as refused:
        read_segments(text)
    assert (refused.value.file, refused.value.line, refused.value.field) == ("segments.yaml", line, field)
    assert reason in refused.value.reason
