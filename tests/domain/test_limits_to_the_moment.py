"""The limits on sending at their very edge: who is held out, which channel is left, how long a message waits."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Sent
from chalicelib.domain.experiments import place_of
from chalicelib.domain.limits import Defer, Go, Skip, is_held_out, verdict
from chalicelib.domain.messages import Reason
from chalicelib.domain.shop import FrequencyCap, QuietHours
from tests.domain.stories import SHOP, anna, at, in_force, marketing, said, story

DAY = 86400
ONE_A_DAY = replace(SHOP, caps=(FrequencyCap("email", 1, DAY),))
QUIET = replace(SHOP, quiet_hours=QuietHours())


def test_semantics_19_who_is_held_out_is_the_same_in_every_version() -> None:
    """Were the hash another, the group that is compared with would be mixed with those who were written to."""
    people = [f"customer-{number}" for number in range(40)]

    assert [person for person in people if is_held_out(person, 10.0)] == [
        "customer-7", "customer-20", "customer-29", "customer-36", "customer-38", "customer-39",
    ]


def test_semantics_13_the_place_in_an_experiment_is_the_same_in_every_version() -> None:
    """Were the hash another, everybody would be dealt anew."""
    assert [place_of("cart-offer-size", f"customer-{number}") for number in range(4)] == [4045, 1209, 6720, 1970]


def test_semantics_14_a_channel_without_a_template_leaves_those_after_it() -> None:
    message = marketing("news-flash", "push", "email", variants=("email.ru",))

    assert verdict(anna("push", "email"), message, message.channels, SHOP, at("03-02 12:00")) == Go(("email",))


def test_semantics_14_a_channel_without_a_template_is_told_as_no_channel() -> None:
    message = marketing("news-flash", "push", "email", variants=("email.ru",))
    refused = verdict(anna("push", "email", consents=[]), message, message.channels, SHOP, at("03-02 12:00"))

    assert refused == Skip(Reason.NO_CONSENT, "push: no-channel, email: no-consent")


@pytest.mark.parametrize(("quiet_hours", "expected"), [
    ("hold", Defer(at("03-03 09:00"), Reason.QUIET_HOURS_DROP, "22:00 to 09:00 Europe/Moscow")),
    ("drop", Skip(Reason.QUIET_HOURS_DROP, "22:00 to 09:00 Europe/Moscow")),
])
def test_semantics_17_quiet_hours_are_told_with_whose_they_are(quiet_hours: str, expected: object) -> None:
    message = marketing("news-flash", quiet_hours=quiet_hours)

    assert verdict(anna(), message, message.channels, QUIET, at("03-02 23:00")) == expected


def test_semantics_18_a_slot_that_is_free_just_in_time_is_waited_for() -> None:
    """`retry-until` of 23 hours: from 11:00 it reaches the slot of 10:00 to the second, and a second less does not."""
    def came(seconds: int) -> list[str]:
        patient = marketing("news-flash", on_cap="retry-until", retry_for=seconds)
        definitions = in_force(
            "journey: story\nenter: {on: form.submitted}\nsteps: [send: first, wait: 1 hour, send: news-flash]",
            settings=ONE_A_DAY, messages=[patient],
        )
        return story(definitions, said("03-02 10:00", "form.submitted"))[1:]

    assert came(23 * 3600) == ["03-02 11:00 news-flash held until 03-03 10:00", "03-03 10:00 news-flash by email"]
    assert came(23 * 3600 - 1) == ["03-02 11:00 news-flash skipped: frequency-cap"]


def test_semantics_18_a_full_cap_is_told_with_the_moment_it_is_free() -> None:
    patient = marketing("news-flash", on_cap="retry-until")
    capped = replace(anna(), sends=(Sent(at("03-02 08:00"), "email", "m0", ("email", "marketing", "news")),))
    free = at("03-03 08:00")

    assert verdict(capped, patient, patient.channels, ONE_A_DAY, at("03-02 12:00")) == Defer(
        free, Reason.FREQUENCY_CAP, f"full until {free:%Y-%m-%d %H:%M} UTC"
    )
