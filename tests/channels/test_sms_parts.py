"""An SMS is billed by parts, so the parts are counted before it is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import sms_parts


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("ß¡¿Ñ£\n", "GSM-7", 6, 1),
        ("ы" * 70, "UCS-2", 70, 1),
        ("ы" * 71, "UCS-2", 71, 2),
        ("ы" * 134, "UCS-2", 134, 2),
        ("ы" * 135, "UCS-2", 135, 3),
        ("a" * 69 + "ы", "UCS-2", 70, 1),
        ("👗" * 35, "UCS-2", 70, 1),
        ("👗" * 36, "UCS-2", 72, 2),
        ("ç", "UCS-2", 1, 1),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_the_alphabet_and_the_length_decide_the_parts(text: str, alphabet: str, units: int, count: int) -> None:
    parts = sms_parts.split(text)

    assert (parts.alphabet, parts.units, parts.count) == (alphabet, units, count)


def test_a_surrogate_pair_at_the_edge_moves_to_the_next_part_whole() -> None:
    parts = sms_parts.split("ы" * 66 + "👗" + "ы" * 10)

    assert parts.parts == ("ы" * 66, "👗" + "ы" * 10)


def test_an_escaped_character_at_the_edge_moves_to_the_next_part_whole() -> None:
    parts = sms_parts.split("a" * 152 + "€" + "a" * 20)

    assert parts.parts == ("a" * 152, "€" + "a" * 20)


def test_pairs_that_do_not_fit_cost_a_part_more_than_their_length_says() -> None:
    text = "👗" * 67  # 134 units would be two parts of 67, but 33 pairs are all that fit in one

    assert sms_parts.split(text).count == 3


@given(st.text(alphabet=st.sampled_from("aZ €ы{👗\n"), max_size=400))
def test_parts_put_together_are_the_text_and_none_is_over_its_capacity(text: str) -> None:
    parts = sms_parts.split(text)

    assert "".join(parts.parts) == text
    limit = {"GSM-7": (160, 153), "UCS-2": (70, 67)}[parts.alphabet][0 if parts.count == 1 else 1]
    for part in parts.parts:
        if parts.alphabet == "UCS-2":
            assert len(part.encode("utf-16-be")) // 2 <= limit
        else:
            assert sum(2 if character in "€{" else 1 for character in part) <= limit
