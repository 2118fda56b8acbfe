"""What one entry leaves behind besides messages: marks, identities, timers, feedback, and what it passes on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from chalicelib.domain.customer import BURST_ENTRIES, RECENT_ENTRIES, RECENT_IDENTITIES, Customer, Sent
from chalicelib.domain.effects import AppendEntry, ArmTimer, AttributeOrder, Effect, RecordFeedback
from chalicelib.domain.events import Event, Feedback, Identity, Merge
from chalicelib.domain.fold import fold, mark_of
from chalicelib.domain.messages import AttributedOrder
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.domain.shop import FrequencyCap
from tests.domain.stories import SHOP, anna, at, in_force, marketing, message_told, ordered, played, said, story, told

NOTHING = in_force()
WAITING = in_force("journey: story\nenter: {on: form.submitted}\nsteps: [wait: 1 hour, send: first]")
BEGUN = said("03-02 10:00", "form.submitted")


def folded_one_by_one(apart: timedelta, count: int) -> Customer:
    """A customer after so many entries, so far apart."""
    customer = anna()
    for number in range(count):
        moment = at("03-02 10:00") + apart * number
        customer = fold(customer, told(moment, Event("page.left", moment), entry_id=f"e{number}"), NOTHING).customer
    return customer


def test_an_entry_is_remembered_by_a_mark_of_its_own() -> None:
    assert len({mark_of("e1"), mark_of("e2"), mark_of("e3")}) == 3
    assert len(mark_of("e1")) == 6
    assert folded_one_by_one(timedelta(hours=1), 2).recent == (mark_of("e0"), mark_of("e1"))


def test_the_marks_of_the_last_entries_are_kept_and_of_a_burst_many_more() -> None:
    """Those recorded within seconds of each other may not be in the order of the stream."""
    slow, quick = folded_one_by_one(timedelta(seconds=6), 140), folded_one_by_one(timedelta(seconds=5), 140)

    assert slow.recent == tuple(mark_of(f"e{number}") for number in range(140 - RECENT_ENTRIES, 140))
    assert quick.recent == tuple(mark_of(f"e{number}") for number in range(140 - BURST_ENTRIES, 140))


def test_identities_are_remembered_once_and_addresses_stand_in_the_profile() -> None:
    def seen(customer: Customer, *identities: tuple[str, str]) -> Customer:
        entry = replace(said("03-02 10:00", "page.left"), identities=tuple(Identity(*known) for known in identities))
        return fold(customer, entry, NOTHING).customer

    once = seen(Customer("anna"), ("email", "a@example.org"), ("phone", "+79161234567"), ("device", "d1"))
    assert once.identities == ("device:d1",)
    assert [address.value for address in once.profile.addresses] == ["a@example.org", "+79161234567"]
    twice = seen(once, ("device", "d1"), ("storefront", "shopify:7"))
    assert twice.identities == ("device:d1", "storefront:shopify:7")
    many = seen(twice, *(("device", f"n{number}") for number in range(RECENT_IDENTITIES)))
    assert many.identities == tuple(f"device:n{number}" for number in range(RECENT_IDENTITIES))


def test_a_timer_is_armed_for_the_customer_once_and_forgotten_when_it_has_fired() -> None:
    begun = fold(anna(), BEGUN, WAITING)
    assert begun.effects == (ArmTimer("anna", at("03-02 11:00")),)
    assert fold(begun.customer, said("03-02 10:30", "page.left"), WAITING).effects == ()

    fired = fold(begun.customer, timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")), WAITING)
    assert fired.customer.timer_at is None


def test_a_timer_that_should_have_fired_by_now_is_not_waited_for() -> None:
    """It was lost; whatever happens next arms another."""
    lost = replace(anna(), timer_at=at("03-02 09:00"))

    assert fold(lost, BEGUN, WAITING).effects == (ArmTimer("anna", at("03-02 11:00")),)


def test_a_timer_of_long_ago_leaves_a_later_one_pending() -> None:
    begun = fold(anna(), BEGUN, WAITING).customer
    late = timer_entry("anna", at("03-02 09:00"), at("03-02 10:30"))

    assert fold(begun, late, WAITING).customer.timer_at == at("03-02 11:00")


def feedback(kind: str, message: Feedback | None) -> tuple[Effect, ...]:
    """What feedback on a message comes to."""
    noon = at("03-02 12:00")
    return fold(anna(), told(noon, Event(f"message.{kind}", noon, message=message)), NOTHING).effects


def test_feedback_is_noted_on_the_customers_message_with_its_kind() -> None:
    noted = RecordFeedback("anna", "m1", "bounced", at("03-02 12:00"), "hard")

    assert feedback("bounced", Feedback("m1", "email", "hard")) == (noted,)
    assert feedback("bounced", Feedback(channel="email", kind="hard")) == ()
    assert feedback("opened", None) == ()


def test_semantics_29_an_order_is_put_down_to_a_click_when_it_is_placed_and_not_again() -> None:
    clicked = message_told("03-02 12:00", "clicked", "m1", channel="email")
    customer = fold(anna(), clicked, NOTHING).customer
    placed = fold(customer, ordered("03-02 13:00", currency="RUB"), NOTHING)

    order = AttributedOrder("o1", Decimal(7990), "RUB", at("03-02 13:00"), clicked=True)
    assert placed.effects == (AttributeOrder("anna", "m1", order),)
    assert fold(placed.customer, ordered("03-02 14:00", fact="delivered"), NOTHING).effects == ()


def test_semantics_18_a_message_that_the_sender_skipped_leaves_its_slot() -> None:
    capped = replace(anna(), sends=(Sent(at("03-02 08:00"), "email", "m0", ("email", "marketing", "news")),))

    assert fold(capped, message_told("03-02 08:01", "skipped", "m0"), NOTHING).customer.sends == ()


def test_semantics_18_a_message_counts_under_the_channel_it_went_out_by() -> None:
    """Pushed first, mailed in the end: the mail of the evening is one too many, the push is not."""
    both, push = marketing("both", "push", "email"), marketing("push-only", "push")
    definitions = in_force(
        "journey: story\nenter: {on: form.submitted}\nsteps: [send: both, wait: 1 hour, send: push-only, send: first]",
        settings=replace(SHOP, caps=(FrequencyCap("email", 1, 86400), FrequencyCap("push", 1, 86400))),
        messages=[both, push],
    )
    state, messages = played(definitions, BEGUN, customer=anna("push", "email"), days=0)
    sent = message_told("03-02 10:01", "sent", messages[0].message_id, channel="email")

    assert story(definitions, sent, customer=state) == [
        "03-02 11:00 push-only by push", "03-02 11:00 first skipped: frequency-cap",
    ]


def test_who_is_told_to_be_themselves_stays_so() -> None:
    entry = told("03-02 12:00", Event("customer.merged", at("03-02 12:00"), merge=Merge("anna")))

    folded = fold(anna(), entry, NOTHING)
    assert (folded.effects, folded.customer.forwarded_to) == ((), "")


def test_the_older_tells_the_younger_that_it_is_absorbed() -> None:
    entry = told("03-02 12:00", Event("customer.merged", at("03-02 12:00"), merge=Merge("bella")), entry_id="e1")
    merged = Event("customer.merged", at("03-02 12:00"), merge=Merge("anna"))

    assert fold(anna(), entry, NOTHING).effects == (
        AppendEntry(replace(entry, customer_id="bella", events=(merged,), identities=())),
    )


def test_who_was_absorbed_passes_on_what_is_news_and_nothing_else() -> None:
    """Neither its timers nor the merge itself: that one would go in a circle."""
    noon = at("03-02 12:00")
    absorbed = Customer("bella", forwarded_to="anna", now=noon)
    order = ordered("03-02 12:00").events[0]
    entry = replace(told(noon, Event("timer.due", noon), Event("customer.merged", noon, merge=Merge("anna")), order),
                    customer_id="bella")

    assert fold(absorbed, entry, NOTHING).effects == (
        AppendEntry(replace(entry, customer_id="anna", events=(order,))),
    )
    silent = replace(entry, events=entry.events[:2])
    assert fold(absorbed, silent, NOTHING).effects == ()


def test_who_asks_to_be_forgotten_is_not_written_to_from_when_it_is_told() -> None:
    asked = said("03-02 10:30", "customer.redaction-requested")
    state = fold(fold(anna(), BEGUN, WAITING).customer, asked, WAITING).customer

    assert state.profile.redaction_requested_at == at("03-02 10:30")
    assert story(WAITING, said("03-02 10:40", "page.left"), customer=state) == ["03-02 11:00 first skipped: suppressed"]
