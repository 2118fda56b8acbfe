"""A message's id is a function of exactly its five parts (semantics 22)."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.messages import code_value, message_id
from tests.domain.stories import anna, cart, in_force, played

names = st.text(min_size=0, max_size=12)
steps = st.sampled_from(["1", "2", "12", "1.2", "1.otherwise.2"])
parts = st.tuples(
    st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True), names,
    st.integers(1, 200), steps,
)


@given(parts, parts)
def test_equal_parts_give_the_same_id_and_others_another(one: tuple, other: tuple) -> None:  # type: ignore[type-arg]
    """22: producing it twice produces one message; two runs, entries or steps never share one."""
    assert (message_id(*one) == message_id(*other)) == (one == other)
    assert re.fullmatch("[0-9a-f]{24}", message_id(*one))


@given(names, names)
def test_semantics_22_a_key_cannot_imitate_another_run(key: str, tail: str) -> None:
    """22: keys come from outside; one that contains the separator is still itself."""
    assert message_id("a", "story", f"{key}\x1f1\x1f2", 1, "2") != message_id("a", "story", key, 1, "2")
    assert message_id("a", "story", key, 1, "2") != message_id("a", "story", f"{key}{tail}x", 1, "2")


def test_semantics_22_the_id_does_not_depend_on_the_time_the_text_or_the_version() -> None:
    """22, 25: a definition changed between a crash and its replay cannot send twice."""
    text = "journey: story\nenter: {on: cart.updated, key: event.cart.id}\nsteps:\n  - wait: 1 hour\n  - send: first\n"
    (first,) = played(in_force(text), cart("03-02 10:00"))[1]
    (later,) = played(in_force(text.replace("first", "second").replace("1 hour", "2 hours")), cart("03-05 10:00"))[1]
    (somebody_else,) = played(in_force(text), cart("03-02 10:00"), customer=anna(customer_id="vera"))[1]

    assert first.message_id == later.message_id == message_id("anna", "story", "c1", 1, "2")
    assert (first.version, first.name) != (later.version, later.name)
    assert somebody_else.message_id != first.message_id


@given(names, names)
def test_a_promo_code_is_made_once_for_a_message(one: str, other: str) -> None:
    """The same however often it is made; readable over the phone."""
    assert code_value(one) == code_value(one)
    assert (code_value(one) == code_value(other)) == (one == other)
    assert re.fullmatch("[2-9A-HJKMNP-Z]{8}", code_value(one))


def test_semantics_22_ids_and_codes_are_the_same_in_every_version() -> None:
    """22: were they others, what was decided before an update would be sent, or made out, once more after it."""
    assert message_id("anna", "story", "c1", 1, "2") == "5f2851290ca7526747d86152"
    assert code_value("m1") == "ZSGN56PD"
