"""Two customers found to be one person: the older absorbs the younger, both through their logs."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from msgspec.structs import replace

from chalicelib.domain.consent import has_consent, with_consent, with_suppression
from chalicelib.domain.customer import (
    Address,
    Customer,
    Engagement,
    OrderProgress,
    OrderTotals,
    Profile,
    Sent,
    Visit,
)
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import AppendEntry, PutMessage, RecordFeedback, RepointIdentities
from chalicelib.domain.events import Entry, Event, Feedback, Identity, Merge
from chalicelib.domain.fold import fold
from chalicelib.domain.merging import absorb
from chalicelib.domain.shop import ShopSettings
from tests.domain.stories import anna, at, cart, in_force, message_told, ordered, played, story, told

NOON = at("03-02 12:00")
CARTS = in_force("journey: story\nenter: {on: cart.updated, key: event.cart.id, again: {after: 7 days}}\n"
                 "steps: [wait: 1 hour, send: first]")


def known(customer_id: str, number: int, **changes: object) -> Customer:
    """A customer of whom something is known, different for each number."""
    profile = Profile(
        orders=OrderTotals(number, Decimal(1000 * number), "RUB", NOON - timedelta(days=number), NOON, number, 1, 2),
        progress=(OrderProgress(f"o{number}", ("placed",)), OrderProgress("shared", ("placed", f"fact-{number}"))),
        engagement=(Engagement("email", NOON + timedelta(number), None, number, number),),
        addresses=(Address("email", f"{customer_id}@example.org"),),
        first_seen_at=NOON - timedelta(days=number), last_seen_at=NOON + timedelta(days=number),
    )
    profile = with_consent(profile, "email", "news", given=number != 3, at=NOON + timedelta(number), source="test")
    return Customer(
        customer_id, profile=replace(profile, **changes),
        visits=(Visit("story", number, NOON + timedelta(days=number)),),
        sends=(Sent(NOON + timedelta(number), "email", f"m{number}", ("email",)),),
    )


def test_absorbing_the_same_customer_twice_changes_nothing() -> None:
    """The entry may be told again, by another delivery."""
    once = absorb(known("a", 1), known("b", 2))

    assert absorb(once, known("b", 2)) == once
    assert once.absorbed == ("b",)


def test_absorbing_in_any_order_gives_the_same_counts() -> None:
    """Counts add up, the newest word on consent holds, gaps between entries count from the newest."""
    others = [known("b", 2), known("c", 3), known("d", 0)]
    outcomes = []
    for order in permutations(others):
        customer = known("a", 1)
        for other in order:
            customer = absorb(customer, other)
        outcomes.append(customer)
    inner = absorb(known("a", 1), absorb(absorb(known("b", 2), known("c", 3)), known("d", 0)))

    for customer in [*outcomes, inner]:
        profile = customer.profile
        assert profile.orders == OrderTotals(
            6, Decimal(6000), "RUB", NOON - timedelta(days=3), NOON, in_store=6, cancelled=4, returned=8
        )
        assert profile.engagement == (Engagement("email", NOON + timedelta(3), None, 6, 6),)
        assert not has_consent(profile, "email", "news")
        assert customer.visits == (Visit("story", 3, NOON + timedelta(days=3)),)
        assert {sent.message_id for sent in customer.sends} == {"m0", "m1", "m2", "m3"}
        assert (profile.first_seen_at, profile.last_seen_at) == (NOON - timedelta(days=3), NOON + timedelta(days=3))
        assert set(customer.absorbed) == {"b", "c", "d"}


def test_the_newest_checkout_stays_open_unless_an_order_came_after_it() -> None:
    """Whichever of the two had which."""
    open_since = NOON + timedelta(hours=1)
    merged = absorb(known("a", 1, checkout_at=NOON - timedelta(hours=1)), known("b", 2, checkout_at=open_since))
    assert merged.profile.checkout_at == open_since

    merged = absorb(known("a", 1), known("b", 2, checkout_at=NOON - timedelta(hours=1)))
    assert merged.profile.checkout_at is None


def test_a_fact_that_both_know_stays_told() -> None:
    """An order of which each had heard something is one order."""
    merged = absorb(known("a", 1), known("b", 2)).profile

    assert [progress.order_id for progress in merged.progress].count("shared") == 1
    shared = next(progress for progress in merged.progress if progress.order_id == "shared")
    assert set(shared.facts) == {"placed", "fact-1", "fact-2"}


def test_cancellations_without_an_order_are_not_lost() -> None:
    """The order itself may be older than the profile."""
    cancelled = OrderTotals(cancelled=1, spent=Decimal(-100), currency="RUB")

    merged = absorb(known("a", 1), known("b", 0, orders=cancelled)).profile.orders
    assert (merged.count, merged.cancelled, merged.spent) == (1, 2, Decimal(900))


@pytest.mark.parametrize("suppressed", ["a", "b"])
def test_a_suppression_survives_the_merge(suppressed: str) -> None:
    """Whichever of the two knew of it."""
    both = {name: known(name, 1, addresses=(Address("email", "x@example.org"),)) for name in ("a", "b")}
    both[suppressed] = replace(
        both[suppressed], profile=with_suppression(both[suppressed].profile, "email", "", "complaint")
    )

    merged = absorb(both["a"], both["b"])
    assert [address.suppressed for address in merged.profile.addresses] == ["complaint"]


def merged_with(customer_id: str, other: str, when: str = "03-02 12:00", entry_id: str = "") -> Entry:
    entry = told(when, Event("customer.merged", at(when), merge=Merge(other)), entry_id=entry_id)
    return replace(entry, customer_id=customer_id)


class Household:
    """Logs of several customers, folded until nothing more comes: appended entries go to their logs once."""

    def __init__(self, definitions: Definitions, *customers: Customer) -> None:
        self.definitions = definitions
        self.states = {customer.customer_id: customer for customer in customers}
        self.log: set[tuple[str, str]] = set()
        self.messages: list[PutMessage] = []
        self.feedback: list[RecordFeedback] = []
        self.repointed: list[RepointIdentities] = []

    def tell(self, *entries: Entry) -> None:
        waiting = deque(entries)
        while waiting:
            entry = waiting.popleft()
            if (entry.customer_id, entry.entry_id) in self.log:
                continue
            self.log.add((entry.customer_id, entry.entry_id))
            assert len(self.log) < 200
            folded = fold(self.states[entry.customer_id], entry, self.definitions)
            self.states[entry.customer_id] = folded.customer
            for effect in folded.effects:
                if isinstance(effect, AppendEntry):
                    waiting.append(effect.entry)
                elif isinstance(effect, PutMessage):
                    self.messages.append(effect)
                elif isinstance(effect, RecordFeedback):
                    self.feedback.append(effect)
                elif isinstance(effect, RepointIdentities):
                    self.repointed.append(effect)


def test_the_younger_hands_itself_over_and_keeps_nothing() -> None:
    """Its identities lead to the older, it remembers only whom it has become."""
    younger = replace(known("b", 2), identities=("device:d1", "storefront:shopify:7"))
    home = Household(CARTS, known("a", 1), younger)
    home.tell(replace(cart("03-02 10:00"), customer_id="b"), merged_with("b", "a"))

    left = home.states["b"]
    assert (left.forwarded_to, left.runs, left.visits, left.sends, left.timer_at) == ("a", (), (), (), None)
    assert left.profile == Profile()
    assert home.states["a"].profile.orders.count == 3
    assert home.repointed[0].keys == ("device:d1", "storefront:shopify:7", "email:b@example.org")
    assert home.messages == []


def test_what_still_reaches_the_absorbed_customer_is_passed_on() -> None:
    """An order told to it is the survivor's; a timer of it is void."""
    home = Household(CARTS, known("a", 1), known("b", 2))
    home.tell(merged_with("b", "a"))
    late = replace(ordered("03-02 13:00", "o9"), customer_id="b", identities=(Identity("phone", "+79161234567"),))
    home.tell(late, replace(told("03-02 14:00", Event("timer.due", at("03-02 14:00"))), customer_id="b"))

    assert home.states["a"].profile.orders.count == 4
    assert home.states["a"].profile.phone == "+79161234567"
    assert len(home.log) == 5


def test_feedback_for_a_message_of_the_absorbed_customer_is_noted_on_that_message() -> None:
    """The message stands under its own customer's id."""
    home = Household(CARTS, known("a", 1), known("b", 2))
    clicked = replace(message_told("03-02 13:00", "clicked", "m7", channel="email"), customer_id="b")
    home.tell(merged_with("b", "a"), clicked)

    assert RecordFeedback("b", "m7", "clicked", at("03-02 13:00")) in home.feedback
    assert home.states["a"].profile.engagement[0].clicks == 4


def test_two_deliveries_that_tell_the_same_merge_are_one() -> None:
    """Webhooks come in pairs; the survivor is not merged with itself."""
    home = Household(CARTS, known("a", 1), known("b", 2))
    home.tell(merged_with("b", "a", entry_id="first"), merged_with("b", "a", entry_id="second"))

    assert home.states["a"].forwarded_to == ""
    assert home.states["a"].profile.orders.count == 3
    assert home.states["a"].absorbed == ("b",)


@pytest.mark.parametrize("order", list(permutations([("a", "b"), ("b", "a"), ("c", "b"), ("c", "a"), ("b", "c")])))
def test_whoever_is_told_to_merge_with_whom_all_end_at_the_oldest(order: list[tuple[str, str]]) -> None:
    """Told at the same time in opposite directions, nobody goes in a circle and nothing is lost."""
    home = Household(CARTS, known("a", 1), known("b", 2), known("c", 3))
    home.tell(*(merged_with(one, other, entry_id=f"{one}{other}") for one, other in order))

    assert home.states["a"].forwarded_to == ""
    assert {home.states["b"].forwarded_to, home.states["c"].forwarded_to} <= {"a", "b"}
    assert home.states["a"].profile.orders.count == 6
    assert set(home.states["a"].absorbed) == {"b", "c"}


STORE_VISIT = told("03-02 10:31", Event("page.left", at("03-02 10:31")))


def visitor(*entries: Entry, definitions: Definitions = CARTS, **changes: object) -> Customer:
    """A visitor nobody knows yet, `b`, after these entries; without an address of their own."""
    state = Customer("b")
    for entry in entries or (cart("03-02 10:00"),):
        state = fold(state, replace(entry, customer_id="b"), definitions).customer
    return replace(state, **changes)


def merged(survivor: Customer, absorbed: Customer, definitions: Definitions = CARTS) -> Household:
    """The household after the sign-in that tells who the visitor is."""
    home = Household(definitions, survivor, absorbed)
    home.tell(merged_with("b", "a", "03-02 10:30"))
    return home


def test_the_cart_filled_before_signing_in_is_reminded_of_after_it() -> None:
    """The visitor's run goes on with the customer they turn out to be."""
    home = merged(anna(customer_id="a"), visitor())
    assert story(CARTS, STORE_VISIT, customer=home.states["a"]) == ["03-02 11:00 first by email"]
    assert home.states["b"].runs == ()


def test_the_same_run_on_both_sides_goes_on_once() -> None:
    survivor, _ = played(CARTS, cart("03-02 10:10"), customer=anna(customer_id="a"), days=0)
    home = merged(survivor, visitor())
    assert story(CARTS, STORE_VISIT, customer=home.states["a"]) == ["03-02 11:10 first by email"]


def test_a_journey_that_may_not_be_entered_again_is_not_entered_by_a_merge() -> None:
    survivor = replace(anna(customer_id="a"), visits=(Visit("story", 1, at("03-01 10:00")),))
    assert merged(survivor, visitor()).states["a"].runs == ()
    long_ago = replace(survivor, visits=(Visit("story", 1, at("02-01 10:00")),))
    assert [run.entry for run in merged(long_ago, visitor()).states["a"].runs] == [2]


def test_an_order_folded_before_the_absorbed_state_ends_the_run_all_the_same() -> None:
    """The order tells who the visitor is: it may reach the survivor's log first."""
    bought = in_force("journey: story\nenter: {on: cart.updated, key: event.cart.id}\ngoal: order.placed\n"
                      "steps: [wait: 1 hour, send: first]")
    survivor, _ = played(bought, ordered("03-02 10:20"), customer=anna(customer_id="a"), days=0)
    assert merged(survivor, visitor(definitions=bought), bought).states["a"].runs == ()
    earlier, _ = played(bought, ordered("03-02 09:20"), customer=anna(customer_id="a"), days=0)
    assert len(merged(earlier, visitor(definitions=bought), bought).states["a"].runs) == 1


def test_what_was_held_back_for_the_absorbed_is_decided_anew_for_the_survivor() -> None:
    """Under a new id, since an id holds the customer's; the old one is recorded as expired."""
    night = in_force("journey: story\nenter: {on: form.submitted}\nsteps: [send: first]", settings=ShopSettings())
    held, _ = played(night, told("03-01 23:00", Event("form.submitted", at("03-01 23:00"))),
                     customer=anna(customer_id="b"), days=0)
    home = Household(night, anna(customer_id="a"), held)
    home.tell(merged_with("b", "a", "03-01 23:30"))
    assert [effect.message.reason for effect in home.messages] == ["expired"]
    morning = told("03-02 09:00", Event("page.left", at("03-02 09:00")))
    assert story(night, morning, customer=home.states["a"]) == ["03-02 09:00 first by email"]


def test_semantics_22_an_entry_number_is_never_used_twice_after_a_merge() -> None:
    """22: else a message of a new run would have the id of an old one."""
    survivor = replace(anna(customer_id="a"), visits=(Visit("story", 1, at("02-01 00:00")),))
    merged = absorb(survivor, known("b", 5))

    assert merged.visits[0].count == 5
    state, _ = played(CARTS, cart("04-20 10:00"), customer=merged, days=0)
    assert [run.entry for run in state.runs] == [6]


def test_feedback_of_machines_is_not_noted() -> None:
    """An open by a scanner is no open."""
    event = Event("message.opened", NOON, message=Feedback("m1", "email", automated=True))

    assert fold(known("a", 1), told("03-02 12:00", event), CARTS).effects == ()
