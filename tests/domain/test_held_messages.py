"""What becomes of a message that is held back when its run goes elsewhere: it expires, once, and the run goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import AppendEntry, PutMessage
from chalicelib.domain.events import Entry, Event, Merge
from chalicelib.domain.fold import fold
from chalicelib.domain.journeys import Pause, version_of
from chalicelib.domain.messages import Message
from chalicelib.domain.shop import ShopSettings
from tests.domain.stories import anna, at, emptied, in_force, journey, line, ordered, played, said, story, told

NIGHT = ShopSettings(holdout_percent=0.0)
"""A shop that is quiet from 22:00 to 9:00."""
BEGUN = said("03-02 23:00", "form.submitted")
HELD = "03-02 23:00 first held until 03-03 09:00"

THANKING = """
    journey: story
    enter: {on: form.submitted}
    exit: cart.emptied
    goal: {on: order.placed, then: thank}
    steps:
      - send: first
      - end
      - wait: 10 hours
        label: thank
      - send: thanks
"""


def test_semantics_8_a_held_message_expires_when_the_goal_leads_elsewhere() -> None:
    definitions = in_force(THANKING, settings=NIGHT)

    assert story(definitions, BEGUN, ordered("03-03 08:00")) == [
        HELD, "03-03 08:00 first skipped: expired", "03-03 18:00 thanks by email",
    ]


def test_semantics_8_the_goal_that_leads_elsewhere_is_told_as_converted() -> None:
    definitions = in_force(THANKING, settings=NIGHT)
    state, _ = played(definitions, BEGUN, days=0)
    folded = fold(state, ordered("03-03 08:00"), definitions, trace=True)

    told_of = [(each.decided, each.because, each.step) for each in folded.decisions if each.journey]
    assert told_of[0] == ("converted", "order.placed", "1")


def test_semantics_8_a_message_expires_once_though_the_run_ends_in_the_same_entry() -> None:
    definitions = in_force(THANKING, settings=NIGHT)
    both = told("03-03 08:00", *ordered("03-03 08:00").events, *emptied("03-03 08:00").events)

    assert story(definitions, BEGUN, both) == [HELD, "03-03 08:00 first skipped: expired"]


OLD = "journey: story\nenter: {on: form.submitted}\nsteps: [send: first]"
NEW = "journey: story\nenter: {on: form.submitted}\nsteps: [wait: 20 hours, send: second]"


def moved(when: str) -> Entry:
    """Whoever stands at the message goes on at the wait of the new version."""
    data = {"journey": "story", "from": version_of(journey(OLD)), "to": version_of(journey(NEW)), "steps": {"1": "1"}}
    return told(when, Event("journey.moved", at(when), data=data))


def test_semantics_25_a_held_message_expires_when_its_run_is_moved() -> None:
    state, _ = played(in_force(OLD, settings=NIGHT), BEGUN, days=0)
    both = in_force(NEW, earlier=[journey(OLD)], settings=NIGHT)

    assert story(both, moved("03-03 08:00"), customer=state) == [
        "03-03 08:00 first skipped: expired", "03-03 19:00 second by email",
    ]


@dataclass
class Household:
    """Two customers found to be one: what was decided for each, in order."""

    definitions: Definitions
    messages: list[Message] = field(default_factory=list)

    def merged(self, survivor: Customer, absorbed: Customer, when: str) -> Customer:
        """The survivor, once the other has been handed over."""
        event = Event("customer.merged", at(when), merge=Merge(survivor.customer_id))
        folded = fold(absorbed, replace(told(when, event), customer_id=absorbed.customer_id), self.definitions)
        self.messages += [effect.message for effect in folded.effects if isinstance(effect, PutMessage)]
        for effect in folded.effects:
            if isinstance(effect, AppendEntry):
                survivor = fold(survivor, effect.entry, self.definitions).customer
        return survivor


def test_a_held_message_handed_over_is_nobodys_until_it_is_decided_again() -> None:
    """The survivor's run ends before the morning: there is no message of its own that could expire."""
    definitions = in_force(THANKING, settings=NIGHT)
    visitor, _ = played(definitions, BEGUN, customer=anna(customer_id="b"), days=0)
    home = Household(definitions)
    survivor = home.merged(anna(customer_id="a"), visitor, "03-02 23:30")

    assert [line(message) for message in home.messages] == ["03-02 23:30 first skipped: expired"]
    assert len(survivor.runs) == 1
    assert story(definitions, emptied("03-03 08:00"), customer=survivor) == []


AWAITING = """
    journey: story
    enter: {on: form.submitted}
    exit: cart.emptied
    steps:
      - send: first
      - {wait-for: [{on: order.placed, steps: [send: thanks]}], limit: 7 days}
"""


def kept_back(customer_id: str) -> tuple[Definitions, Customer]:
    """The journey paused, and a customer whose second message came due in the pause: it is not decided yet."""
    sent, messages = played(in_force(AWAITING, settings=NIGHT), BEGUN, said("03-03 09:30", "page.left"),
                            customer=anna(customer_id=customer_id), days=0)
    assert [line(message) for message in messages] == [HELD, "03-03 09:00 first by email"]
    paused = in_force(
        replace(journey(AWAITING), status="paused"), pauses=[Pause("story", at("03-03 09:45"), None)], settings=NIGHT
    )
    return paused, played(paused, ordered("03-03 10:00"), customer=sent, days=0)[0]


def test_semantics_26_what_a_pause_keeps_back_is_no_held_message() -> None:
    """Nothing was decided, so nothing is recorded when the run ends."""
    paused, customer = kept_back("anna")

    assert story(paused, emptied("03-03 10:30"), customer=customer) == []


def test_semantics_26_what_a_pause_keeps_back_is_handed_over_without_a_record() -> None:
    paused, visitor = kept_back("b")
    home = Household(paused)
    survivor = home.merged(anna(customer_id="a"), visitor, "03-03 10:30")

    assert home.messages == []
    assert [(run.journey, run.held) for run in survivor.runs] == [("story", False)]
