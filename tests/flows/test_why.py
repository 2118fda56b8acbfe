"""Why, from the log: the engine's own decisions, folded again under the definitions that were in force."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import ConsentChange, Entry, Event, Identity
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.errors import UnknownCustomerError
from chalicelib.flows import why
from chalicelib.storage import log
from tests.domain.stories import SHOP, at, cart, marketing, ordered
from tests.flows.engine_on_aws import REMINDER, Engine, customer, sent_to

NOW = at("03-02 10:00")


def logged(*entries: Entry) -> None:
    """Entries of a customer who can be written to by mail."""
    for number, entry in enumerate(entries):
        agreed = Event("consent.given", at("01-01 00:00"), consent=ConsentChange("email"))
        log.append(replace(
            entry, identities=(Identity("email", "anna@example.org"),),
            events=entry.events if number else (agreed, *entry.events),
        ))


def test_the_decisions_told_are_those_that_the_engine_took(engine: Engine) -> None:
    logged(cart("03-02 10:00"))
    engine.advance(NOW)
    log.append(timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")))
    engine.advance(at("03-02 11:00"))

    explained = why.explain("anna")

    assert explained.customer.runs == customer("anna").runs == ()
    (message,) = sent_to("anna")
    told = [(decision.decided, decision.message_id) for decision in explained.decisions if decision.journey == "carts"]
    assert told == [
        ("entered", ""), ("reached", ""), ("waits", ""), ("reached", ""), ("queued", message.message_id),
        ("reached", ""), ("completed", ""),
    ]
    assert {decision.version for decision in explained.decisions if decision.entry} == {message.version}
    assert explained.unexplained == ()


def test_each_entry_is_folded_under_what_was_in_force_when_it_came(engine: Engine) -> None:
    """A rule changed later explains nothing of what happened before it."""
    logged(cart("03-02 10:00"), ordered("03-02 10:20"))
    engine.advance(NOW)
    stricter = REMINDER.replace("key: event.cart.id", "where: event.cart.total > 9000, key: event.cart.id")
    engine.put_in_force(stricter, messages=[marketing("first")], settings=SHOP, since=at("03-03 10:00"))
    logged(cart("03-04 10:00", "c2"))

    explained = why.explain("anna")

    told = [(decision.at, decision.decided, decision.rule) for decision in explained.decisions if decision.journey]
    assert (at("03-02 10:00"), "entered", "") in told
    assert (at("03-04 10:00"), "not entered", "event.cart.total > 9000") in told


def test_an_absence_is_asked_about_by_the_customers_own_day(engine: Engine) -> None:
    logged(cart("03-02 23:30"))
    engine.advance(at("03-02 23:30"))

    _, answer = why.explain_absence("anna", "first", date(2026, 3, 2))

    (finding,) = answer.findings
    assert finding.answer == "waits"
    assert finding.decision is not None
    assert finding.decision.until == at("03-02 23:30") + timedelta(hours=1)


def test_of_nobody_nothing_can_be_told(engine: Engine) -> None:
    with pytest.raises(UnknownCustomerError):
        why.explain("nobody")
    with pytest.raises(UnknownCustomerError):
        why.explain_absence("nobody", "first", date(2026, 3, 2))
