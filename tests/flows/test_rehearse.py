"""A rehearsal comes to what the live engine came to, takes a log in any order, and prices what it would send."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib.content.template_files import FolderFiles, GivenFiles
from chalicelib.definitions.price_list import read_prices
from chalicelib.domain.customer import Customer
from chalicelib.domain.effects import PutMessage
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import Folded
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.prices import Prices
from chalicelib.domain.rehearsal import Rehearsal
from chalicelib.errors import UnknownJourneyError
from chalicelib.flows import definitions_in_force
from chalicelib.flows.rehearse import Pricing, all_in, rehearse, with_live
from chalicelib.flows.time_order import in_order_of_recording
from chalicelib.storage import clients, customers, log, messages
from tests.domain.stories import agreed, anna, at, cart, in_force, journey, marketing, ordered, told
from tests.flows.whole_path import WholePath

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PRICES = Prices("2026-01", "a test", Decimal("0.0001"), Decimal("0.000001"), {"RU": Decimal("0.05")}, Decimal("0.1"))
NO_FILES = all_in(GivenFiles({}))
REMINDER = """
journey: reminder
enter: {on: cart.updated, key: event.cart.id, again: always}
steps:
- wait: 1 hour
- send: first
"""


class Sink:
    """Keeps the last word on each message, as the messages table does."""

    def __init__(self) -> None:
        self.decided: dict[str, Message] = {}

    def folded(self, entry: Entry, folded: Folded) -> None:
        for effect in folded.effects:
            if isinstance(effect, PutMessage):
                self.decided[effect.message.message_id] = effect.message

    def set_aside(self, entry: Entry, error: Exception) -> None:
        raise error


def visit(shop: WholePath, person: str, name: str, **part: Any) -> None:
    """Something a visitor does, told over the API."""
    assert shop.event({
        "id": f"{person}-{name}-{shop.now:%d-%H%M}", "name": name, "occurred_at": shop.now.isoformat(),
        "identities": {"device_id": f"device-{person}"}, **part,
    }) == 200


def known(shop: WholePath, person: str, name: str, **part: Any) -> None:
    """Something a visitor does who has said who they are."""
    identities = {"device_id": f"device-{person}", "email": f"{person}@shop.example"}
    visit(shop, person, name, identities=identities, **part)


def held(cart_id: str, total: str = "7990") -> dict[str, str]:
    return {"id": cart_id, "total": total}


@pytest.mark.slow
def test_a_rehearsal_comes_to_what_the_live_engine_came_to(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given three weeks of a live shop: carts, orders, a visitor who signs in, a change of mind, silence
    shop = WholePath(moto, MONDAY, monkeypatch)
    for person in ("anna", "boris", "vera"):
        known(shop, person, "consent.given", consent={"channel": "email"})
    visit(shop, "grisha", "product.viewed", product={"id": "p1", "category": "coats"})
    shop.pass_time(timedelta(days=1, hours=3))
    known(shop, "anna", "cart.updated", cart=held("a1"))
    known(shop, "boris", "cart.updated", cart=held("b1"))
    visit(shop, "grisha", "cart.updated", cart=held("g1"))
    shop.pass_time(timedelta(minutes=30))
    known(shop, "grisha", "consent.given", consent={"channel": "email"})
    shop.pass_time(timedelta(hours=5))
    known(shop, "boris", "order.placed", order={"id": "o1", "total": "7990", "cart_id": "b1"})
    known(shop, "vera", "cart.updated", cart=held("v1"))
    shop.pass_time(timedelta(days=2))
    known(shop, "vera", "consent.withdrawn", consent={"channel": "email"})
    known(shop, "boris", "order.delivered", order={"id": "o1"})
    # Signed in on another's device: a merge of two that were known apart.
    visit(shop, "anna", "customer.identified", identities={"email": "anna@shop.example", "storefront_id": "s:1"},
          customer={"first_name": "Anna"})
    visit(shop, "dina", "cart.updated", identities={"storefront_id": "s:2"}, cart=held("d1"))
    shop.pass_time(timedelta(hours=4))
    visit(shop, "dina", "customer.identified", identities={"storefront_id": "s:2", "email": "anna@shop.example"},
          customer={"city": "Kazan"})
    shop.pass_time(timedelta(days=17))
    assert shop.failures == []
    definitions = definitions_in_force.current(shop.now)
    live = {
        message.message_id: message
        for customer_id in stored_ids(moto)
        for message in messages.of_customer(customer_id)
    }
    assert {message.status for message in live.values()} == {Status.SENT, Status.SKIPPED}
    assert len(live) > 15

    # When the same log is rehearsed from nothing
    sink = Sink()
    rehearsal = Rehearsal(definitions, sink)
    for entry in in_order_of_recording(log.everything()):
        rehearsal.take(entry)
    rehearsal.run_until(shop.now)

    # Then every message was decided the same, and every customer stands where they stand
    assert {key: decided(message) for key, message in sink.decided.items()} == {
        key: decided(message) for key, message in live.items()
    }
    stored = {customer_id: customers.load(customer_id, consistent=True) for customer_id in stored_ids(moto)}
    assert rehearsal.customers.keys() == stored.keys()
    for customer_id, one in stored.items():
        assert one is not None
        assert comparable(rehearsal.customers[customer_id]) == comparable(one.customer)


def stored_ids(stack: str) -> list[str]:
    found = clients.client("dynamodb").scan(TableName=f"{stack}-customers")["Items"]
    return [item["c"]["S"] for item in found]


def decided(message: Message) -> tuple[object, ...]:
    """What was decided of a message: sent is what became of queued."""
    status = Status.QUEUED if message.status is Status.SENT else message.status
    return message.name, message.journey, message.run_key, message.step, status, message.decided_at, message.reason


def comparable(customer: Customer) -> Customer:
    """A state but for what a run read of Decimals, which storage tells from texts by their type."""
    return customers.decode(customer.customer_id, customers.encode(customer))


def test_a_log_in_any_order_is_put_into_the_order_of_recording_each_entry_once() -> None:
    entries = [cart(f"03-0{day} 1{hour}:00") for day in range(1, 8) for hour in range(5)]
    shuffled = [*entries[::3], *entries[1::3], *entries[2::3], *entries[:5]]
    for chunk in (3, 7, 1000):
        assert list(in_order_of_recording(shuffled, chunk)) == entries


def test_memory_holds_a_chunk_and_not_the_log() -> None:
    taken = 0

    def many() -> Iterable[Entry]:
        nonlocal taken
        for number in range(5_000):
            taken += 1
            yield told(at("03-02 10:00") + timedelta(seconds=(number * 7919) % 5_000))

    ordered_entries = in_order_of_recording(many(), 500)
    first = next(iter(ordered_entries))
    assert taken == 5_000
    rest = list(ordered_entries)
    assert [first, *rest] == sorted([first, *rest], key=lambda entry: entry.recorded_at)


def test_nothing_is_written(moto: str) -> None:
    log.append(cart("03-02 10:00"))
    report = rehearse(
        log.everything(), in_force(REMINDER), Pricing(PRICES, in_force(REMINDER), NO_FILES), source="table",
        customers=[anna()], until=at("03-03 00:00"),
    )
    assert report.sends == 1
    assert clients.client("dynamodb").scan(TableName=f"{moto}-messages")["Count"] == 0
    assert clients.client("dynamodb").scan(TableName=f"{moto}-timers")["Count"] == 0
    assert clients.client("dynamodb").scan(TableName=f"{moto}-customers")["Count"] == 0


def test_a_report_says_what_states_it_began_with() -> None:
    definitions = in_force(REMINDER)
    pricing = Pricing(PRICES, definitions, NO_FILES)
    empty = rehearse([cart("03-02 10:00")], definitions, pricing, source="file", name="a.ndjson")
    given = rehearse([cart("03-02 10:00")], definitions, pricing, source="file", customers=[anna()])
    assert (empty.history.began_with, empty.history.name) == (0, "a.ndjson")
    assert given.history.began_with == 1


def test_it_ends_with_the_last_entry_unless_told_how_far_to_go() -> None:
    definitions = in_force(REMINDER)
    pricing = Pricing(PRICES, definitions, NO_FILES)
    log_of_two = [cart("03-02 10:00"), cart("03-05 10:00", "c2")]
    report = rehearse(log_of_two, definitions, pricing, source="file", customers=[anna()])
    assert (report.sends, report.journeys[0].running) == (1, 1)
    report = rehearse(
        log_of_two, definitions, pricing, source="file", customers=[anna()], until=at("03-05 12:00")
    )
    assert (report.sends, report.journeys[0].running) == (2, 0)
    report = rehearse(
        log_of_two, definitions, pricing, source="file", customers=[anna()], until=at("03-04 12:00")
    )
    assert (report.journeys[0].entries, report.sends) == (1, 1)


def test_progress_is_told_on_the_way() -> None:
    definitions = in_force(REMINDER)
    seen: list[int] = []
    entries = [told(at("03-02 10:00") + timedelta(seconds=number)) for number in range(4_100)]
    rehearse(
        entries, definitions, Pricing(PRICES, definitions, NO_FILES), source="file",
        progress=lambda count, _: seen.append(count),
    )
    assert seen == [2_000, 4_000, 4_100]


def test_a_draft_is_rehearsed_with_the_live_ones_when_it_is_named() -> None:
    draft = journey(REMINDER.replace("steps:", "status: draft\nsteps:", 1))
    live = journey(REMINDER.replace("journey: reminder", "journey: live"))
    definitions = in_force(draft, live)
    assert list(with_live(definitions, []).journeys) == ["live"]
    assert sorted(with_live(definitions, ["reminder"]).journeys) == ["live", "reminder"]


def test_a_file_stands_in_for_the_journey_of_its_name() -> None:
    live = journey(REMINDER)
    changed = journey(REMINDER.replace("send: first", "send: second"))
    definitions = with_live(in_force(live), [], [changed])
    assert definitions.journeys["reminder"].journey == changed


def test_an_unknown_journey_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownJourneyError, match="no journey 'remainder' in force; in force are: reminder"):
        with_live(in_force(REMINDER), ["remainder"])


def test_segments_stay_in_force_in_a_rehearsal() -> None:
    by_segment = """
    journey: buyers
    enter: {segment: buyers}
    steps:
    - send: first
    """
    definitions = with_live(in_force(by_segment, segments={"buyers": "customer.orders.count > 0"}), [])
    pricing = Pricing(PRICES, definitions, NO_FILES)
    report = rehearse([ordered("03-02 10:00")], definitions, pricing, source="file", customers=[anna()])
    assert report.journeys[0].entries == 1


def test_costs_are_those_of_the_price_list_and_the_shops_own_prices() -> None:
    definitions = in_force(REMINDER)
    own = definitions.settings.__class__(price_overrides={"email": "0.5"})
    pricing = Pricing(PRICES, in_force(REMINDER, settings=own), NO_FILES)
    assert pricing.prices.email == Decimal("0.5")
    report = rehearse(
        [cart("03-02 10:00")], definitions, Pricing(PRICES, definitions, NO_FILES), source="file", customers=[anna()],
        until=at("03-02 12:00"),
    )
    assert report.costs.total == Decimal("0.0001")
    assert (report.costs.prices_of, report.costs.prices_from) == ("2026-01", "a test")


def test_an_sms_is_priced_by_the_parts_of_its_text_and_the_country_of_the_phone() -> None:
    files = all_in(GivenFiles({
        "first/sms.ru.txt": "Ваша скидка ждёт. " * 5, "first/sms.en.txt": "Your discount waits.",
    }))
    by_sms = marketing("first", "sms", variants=("sms.ru", "sms.en"))
    definitions = in_force(REMINDER, messages=[by_sms])
    pricing = Pricing(PRICES, definitions, files)

    def cost(**profile: Any) -> Decimal:
        person = anna("sms", **profile)
        log_of_one = [agreed("03-02 09:00", "sms"), cart("03-02 10:00")]
        report = rehearse(
            log_of_one, definitions, pricing, source="file", customers=[person], until=at("03-02 12:00")
        )
        return report.costs.total

    assert cost(locale="ru") == 2 * Decimal("0.05")
    assert cost(locale="en") == Decimal("0.05")


def test_the_shipped_price_list_prices_the_shipped_messages() -> None:
    root = Path(__file__).parent.parent.parent
    prices = read_prices((root / "schedules" / "prices.yaml").read_text("utf-8"))
    assert prices.email > 0
    assert FolderFiles(root / "templates").read("order-shipped/sms.ru.txt") is not None
