"""The page that says why: rules with the values they saw, in both languages, whatever stands in the data."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from chalicelib.console.pages import Frame
from chalicelib.console.why import render_why
from chalicelib.console.why_wording import ANSWERS, DECISIONS, TEXTS
from chalicelib.console.wording import LANGUAGES, Wording
from chalicelib.domain.customer import Customer, Profile
from chalicelib.domain.decisions import Decision
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.why_not import Finding
from chalicelib.flows.why import Explained, NotGot

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REFUSED = Decision(
    NOON, "carts", "not entered", "where", rule="event.cart.total > 5000", values={"event.cart.total": 300, "x": None}
)
ENTERED = Decision(NOON, "welcome", "entered", run_key="", entry=1, version="0123456789ab", step="1")
EXPLAINED = Explained(Customer("c1", Profile(first_name="<Анна>")), (REFUSED, ENTERED), ())


def page(explained: Explained = EXPLAINED, language: str = "en", not_got: NotGot | None = None) -> str:
    """The page as HTML."""
    frame = Frame(Wording(language))
    return render_why(explained, frame, ShopSettings(), messages=("cart-offer", "first"), not_got=not_got)


def test_a_rule_is_shown_with_what_it_saw() -> None:
    shown = page()
    assert "event.cart.total &gt; 5000" in shown
    assert "<dd>300</dd>" in shown
    assert "<dd>nothing</dd>" in shown


def test_an_answer_tells_the_decision_that_settles_it() -> None:
    answer = NotGot("c1", "first", date(2026, 3, 2), (Finding("not-entered", "carts", decision=REFUSED),))
    shown = page(not_got=answer)
    assert "The journey was not entered" in shown
    assert 'value="2026-03-02"' in shown
    assert "<option selected>first</option>" in shown


def test_what_a_customer_is_called_cannot_become_markup() -> None:
    assert "<Анна>" not in page()
    assert "&lt;Анна&gt;" in page()


def test_a_customer_without_decisions_is_told_what_begins_them() -> None:
    assert "No decisions yet" in page(Explained(Customer("c1"), (), ()))


def test_messages_older_than_the_log_are_told_of() -> None:
    assert "2 messages on record are older" in page(Explained(Customer("c1"), (), (), ("m1", "m2")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_known_in_both_languages(language: str) -> None:
    for table in (TEXTS, ANSWERS, DECISIONS):
        assert all(texts[LANGUAGES.index(language)] for texts in table.values())
    assert "{" not in page(language=language)
