"""docs/semantics.md: each of its numbers has tests that are called after it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
WRITTEN = [int(number) for number in re.findall(
    r"^(\d+)\. ", (ROOT / "docs" / "semantics.md").read_text("utf-8"), re.MULTILINE
)]
TESTS = {
    int(number)
    for file in (ROOT / "tests").rglob("test_*.py")
    for number in re.findall(r"^\s*def test_semantics_(\d+)_", file.read_text("utf-8"), re.MULTILINE)
}


def test_the_numbers_are_counted_through() -> None:
    assert [*range(1, 30)] == WRITTEN


@pytest.mark.parametrize("number", WRITTEN)
def test_each_number_has_a_test_called_after_it(number: int) -> None:
    assert number in TESTS


def test_no_test_is_called_after_a_number_that_there_is_not() -> None:
    assert set(WRITTEN) >= TESTS


def test_the_code_names_no_other_number() -> None:
    named = {
        int(number)
        for file in (ROOT / "chalicelib").rglob("*.py")
        for number in re.findall(r"\(semantics (\d+)", file.read_text("utf-8"))
    }
    assert set(WRITTEN) >= named
