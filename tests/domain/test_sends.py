"""The sends a customer's state remembers for the frequency caps: as many as can matter, each as it went out."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from chalicelib.domain.customer import RECENT_SENDS, Customer, Sent
from chalicelib.domain.sends import counted, sent_at, sent_by, uncounted
from chalicelib.domain.shop import FrequencyCap
from tests.domain.stories import SHOP, at, in_force, said, story

NOON = at("03-02 12:00")
DAY = timedelta(days=1)
CAPS = (FrequencyCap("email", 2, 86400), FrequencyCap("sale", 1, 3 * 86400))


def sent(message: str, days_ago: float) -> Sent:
    """A mail of so many days ago."""
    return Sent(NOON - DAY * days_ago, "email", message, ("email", "marketing", "news"))


def test_sends_are_forgotten_when_no_cap_looks_back_so_far() -> None:
    customer = Customer("anna", sends=(sent("m1", 3.1), sent("m2", 2.9), sent("m3", 1)))

    assert [each.message_id for each in counted(customer, sent("m4", 0), CAPS).sends] == ["m2", "m3", "m4"]
    assert [each.message_id for each in counted(customer, sent("m4", 0), ()).sends] == ["m4"]


def test_no_more_sends_are_remembered_than_fit_a_state() -> None:
    customer = Customer("anna", sends=tuple(sent(f"m{number}", 1) for number in range(RECENT_SENDS)))

    remembered = counted(customer, sent("new", 0), CAPS).sends
    assert (len(remembered), remembered[0].message_id, remembered[-1].message_id) == (RECENT_SENDS, "m1", "new")


def test_what_became_of_one_send_leaves_the_others() -> None:
    one, two = sent("m1", 1), sent("m2", 0)
    customer = Customer("anna", sends=(one, two))

    assert uncounted(customer, "m1").sends == (two,)
    assert sent_at(customer, "m1", NOON).sends == (replace(one, at=NOON), two)
    assert sent_by(customer, "m1", "sms").sends == (
        replace(one, channel="sms", tags=("sms", "marketing", "news")), two,
    )


def test_semantics_18_two_a_day_are_two_a_day() -> None:
    definitions = in_force(
        "journey: story\nenter: {on: form.submitted}\n"
        "steps: [send: first, wait: 1 hour, send: second, wait: 1 hour, send: third, wait: 22 hours, send: thanks]",
        settings=replace(SHOP, caps=CAPS[:1]),
    )

    assert story(definitions, said("03-02 10:00", "form.submitted")) == [
        "03-02 10:00 first by email", "03-02 11:00 second by email", "03-02 12:00 third skipped: frequency-cap",
        "03-03 10:00 thanks by email",
    ]
