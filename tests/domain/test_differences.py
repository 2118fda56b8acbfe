"""What has changed of a value is kept beside the first, and gives the second again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.differences import applied, difference

FIELDS = st.sampled_from(["id", "lines", "url", "total"])
LEAVES = st.one_of(st.integers(), st.text(max_size=5), st.booleans())
CART = st.dictionaries(FIELDS.filter("lines".__ne__), LEAVES)
CARTS = st.builds(
    lambda cart, lines: cart | ({"lines": lines} if lines is not None else {}),
    CART, st.none() | st.lists(st.dictionaries(FIELDS.filter("lines".__ne__), LEAVES), max_size=4),
)


@pytest.mark.parametrize(("before", "after", "kept"), [
    ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {}),
    ({"a": 1}, {"a": 1, "url": "x"}, {"url": "x"}),
    ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
    ({"lines": [{"id": 1}, {"id": 2}]}, {"lines": [{"id": 1}, {"id": 2, "url": "x"}]}, {"lines": {1: {"url": "x"}}}),
    ({"lines": [1]}, {"lines": [1, 2]}, {"lines": [1, 2]}),
])
def test_only_what_changed_is_kept(before: Any, after: Any, kept: Any) -> None:
    assert difference(before, after) == kept
    assert applied(before, kept) == after


def test_what_is_none_on_both_sides_stays() -> None:
    assert applied({"a": None, "b": 1}, difference({"a": None, "b": 1}, {"a": None, "b": 2})) == {"a": None, "b": 2}


@given(CARTS, CARTS)
def test_the_difference_of_any_two_carts_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    assert applied(before, difference(before, after)) == after
