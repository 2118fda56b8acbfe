"""Whose an arrival is: customers made, recognised, joined and told apart, and the same again after any crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.awsrequest import AWSResponse

from chalicelib.domain.customer import Address, Customer, Profile
from chalicelib.domain.events import Arrival, Event, Identity, Order, Product
from chalicelib.domain.vocabulary import SHOP_LOG
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows import accept
from chalicelib.storage import catalogue, customers, identities, log
from chalicelib.storage.tables import Events

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

EMAIL = Identity("email", "anna@wool.example")
STOREFRONT = Identity("storefront", "shopify:7")
PHONE = Identity("phone", "+79123456789")
DEVICE = Identity("device", "d1")
CART = Identity("cart", "shopify:c1")
ORDER = Identity("order", "shopify:5")

pytestmark = pytest.mark.usefixtures("moto")


def arrival(delivery_id: str, *known_by: Identity, name: str = "store.visited") -> Arrival:
    return Arrival(delivery_id, NOW - timedelta(minutes=1), known_by, (Event(name, NOW - timedelta(minutes=1)),))


def receive(*arrivals: Arrival, at: datetime = NOW) -> tuple[bool, ...]:
    return accept.receive(arrivals, "shopify", at)


def holder(identity: Identity) -> str:
    return identities.find([identity])[identity]


def heard(customer_id: str) -> list[str]:
    """The deliveries and merges in a customer's log, sorted."""
    return sorted(
        f"merged into {event.merge.customer_id}" if event.merge else entry.entry_id.split("#")[2]
        for entry in log.history(customer_id) for event in entry.events
    )


def test_a_stranger_becomes_a_customer_known_by_all_that_was_told() -> None:
    assert receive(arrival("a", STOREFRONT, EMAIL, DEVICE)) == (True,)

    assert holder(STOREFRONT) == holder(EMAIL) == holder(DEVICE)
    assert heard(holder(EMAIL)) == ["a"]


def test_a_known_customer_is_recognised_and_learns_new_identities() -> None:
    receive(arrival("a", EMAIL))
    receive(arrival("b", EMAIL, PHONE))
    receive(arrival("c", PHONE))

    assert heard(holder(EMAIL)) == ["a", "b", "c"]


def test_a_redelivery_changes_nothing() -> None:
    receive(arrival("a", EMAIL, DEVICE))
    before = sorted(map(str, Events.scan_all(None, ["c", "e", "b", "r"])))
    customer_id = holder(EMAIL)

    assert receive(arrival("a", EMAIL, DEVICE), at=NOW + timedelta(hours=4)) == (False,)

    assert sorted(map(str, Events.scan_all(None, ["c", "e", "b", "r"]))) == before
    assert holder(EMAIL) == customer_id


def test_an_anonymous_visitor_who_signs_up_stays_the_same_customer() -> None:
    receive(arrival("viewed", DEVICE))
    visitor = holder(DEVICE)

    receive(arrival("signed-up", DEVICE, EMAIL))

    assert holder(EMAIL) == visitor
    assert heard(visitor) == ["signed-up", "viewed"]


def test_an_anonymous_cart_joins_its_customer_at_the_checkout_and_the_older_survives() -> None:
    receive(arrival("bought", EMAIL))
    known = holder(EMAIL)
    receive(arrival("filled", CART), at=NOW + timedelta(seconds=1))
    anonymous = holder(CART)

    receive(arrival("checkout", EMAIL, CART), at=NOW + timedelta(seconds=2))

    assert known < anonymous
    assert holder(CART) == known
    assert heard(anonymous) == ["filled", f"merged into {known}"]
    assert heard(known) == ["bought", "checkout"]


def test_two_strong_identities_of_different_customers_merge_them_into_the_older() -> None:
    receive(arrival("by-mail", EMAIL))
    receive(arrival("by-phone", PHONE), at=NOW + timedelta(seconds=1))
    older, younger = holder(EMAIL), holder(PHONE)

    receive(arrival("both", PHONE, EMAIL), at=NOW + timedelta(seconds=2))

    assert older < younger
    assert heard(younger) == ["by-phone", f"merged into {older}"]
    assert heard(older) == ["both", "by-mail"]
    assert holder(PHONE) == older


def test_a_merge_delivered_again_is_told_once() -> None:
    receive(arrival("by-mail", EMAIL))
    receive(arrival("by-phone", PHONE), at=NOW + timedelta(seconds=1))
    younger = holder(PHONE)
    receive(arrival("both", PHONE, EMAIL))
    before = heard(younger), heard(holder(EMAIL))

    receive(arrival("both", PHONE, EMAIL), at=NOW + timedelta(hours=1))

    assert (heard(younger), heard(holder(EMAIL))) == before


def test_a_shared_device_follows_whoever_was_last_seen_and_merges_nobody() -> None:
    receive(arrival("anna", EMAIL, DEVICE))
    anna = holder(EMAIL)
    other = Identity("email", "boris@wool.example")

    receive(arrival("boris", other, DEVICE))

    assert holder(DEVICE) == holder(other) != anna
    assert heard(anna) == ["anna"]
    assert heard(holder(other)) == ["boris"]


def test_a_device_of_a_customer_known_by_the_state_alone_moves_too() -> None:
    receive(arrival("viewed", DEVICE))
    visitor = holder(DEVICE)
    profile = Profile(addresses=(Address("email", "anna@wool.example"),))
    customers.commit(customers.Stored(Customer(visitor)), Customer(visitor, profile=profile), None)

    receive(arrival("boris", PHONE, DEVICE))

    assert holder(PHONE) == holder(DEVICE) != visitor


def test_news_of_an_order_reach_its_customer_even_when_they_come_first() -> None:
    receive(arrival("refund", ORDER, name="order.returned"))
    receive(arrival("order", EMAIL, ORDER, name="order.placed"))
    receive(arrival("parcel", ORDER, name="order.shipped"))

    assert sorted(heard(holder(EMAIL))) == ["order", "parcel", "refund"]


def test_an_identity_still_leading_to_an_absorbed_customer_is_led_on() -> None:
    receive(arrival("by-mail", EMAIL))
    receive(arrival("by-phone", PHONE), at=NOW + timedelta(seconds=1))
    older, younger = holder(EMAIL), holder(PHONE)
    customers.commit(customers.Stored(Customer(younger)), Customer(younger, forwarded_to=older), None)

    receive(arrival("both", PHONE, EMAIL))

    assert heard(younger) == ["by-phone"], "nobody is told twice of a merge that is done"
    assert holder(PHONE) == older


def test_what_concerns_nobody_is_kept_in_the_shops_log() -> None:
    receive(arrival("gone", name="shop.redaction-requested"))

    assert heard(SHOP_LOG) == ["gone"]


def test_products_go_to_the_catalogue_and_older_news_do_not_undo_newer() -> None:
    def told(price: int, minute: int, name: str = "product.updated") -> Arrival:
        at = NOW + timedelta(minutes=minute - 60)
        return Arrival(f"p{minute}", at, (), (Event(name, at, product=Product(id="22", title="Coat", stock=price)),))

    receive(told(5, 10))
    receive(told(9, 5))
    assert catalogue.find([("22", "")])[("22", "")].stock == 5

    receive(told(5, 20, "product.deleted"))
    assert catalogue.find([("22", "")])[("22", "")].stock == 0
    assert catalogue.find([("22", "")])[("22", "")].title == "Coat"


def test_no_event_lies_in_the_future() -> None:
    ahead = Arrival("a", NOW + timedelta(days=9000), (EMAIL,), (Event("store.visited", NOW + timedelta(days=9000)),))

    receive(ahead)

    entry, = log.history(holder(EMAIL))
    assert entry.events[0].occurred_at == entry.recorded_at == NOW
    assert receive(ahead, at=NOW + timedelta(hours=1)) == (False,)


def test_a_batch_of_many_people_gives_each_their_own() -> None:
    people = [Identity("email", f"p{number}@wool.example") for number in range(40)]

    new = receive(*(arrival(f"{person.value}-{turn}", person, DEVICE if person == people[0] else person)
                    for turn in range(3) for person in people))

    assert new == (True,) * 120
    found = identities.find(people)
    assert len(set(found.values())) == 40
    assert heard(found[people[0]]) == [f"p0@wool.example-{turn}" for turn in range(3)]


def test_ids_are_ordered_by_time_and_do_not_repeat() -> None:
    moments = [NOW + timedelta(milliseconds=step) for step in (0, 1, 1000, 10**9)]
    ids = [accept.new_customer_id(moment) for moment in moments]

    assert ids == sorted(ids)
    assert {len(each) for each in ids} == {16}
    assert len({accept.new_customer_id(NOW) for _ in range(1000)}) == 1000


@pytest.fixture
def crash_after(moto: str) -> Iterator[list[int]]:
    """Lets only so many writes through to the database, as many as the list's one number says; the rest fail."""
    from chalicelib.storage.tables import Identities

    writes_left = [10**9]
    client = Identities.connection().connection.client

    def before(request: object, **_: object) -> AWSResponse | None:
        if b"ConditionExpression" not in request.body:  # type: ignore[attr-defined]
            return None
        writes_left[0] -= 1
        if writes_left[0] < 0:
            return AWSResponse("https://dynamodb.test", 400, {"x-amz-crc32": "0"}, _Refusal())
        return None

    client.meta.events.register_first("before-send.dynamodb", before)
    yield writes_left
    client.meta.events.unregister("before-send.dynamodb", before)


class _Refusal:
    """Answered with status 400, so that botocore does not wait and try again."""

    def stream(self) -> Iterator[bytes]:
        yield b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "away"}'


STORIES = {
    "a stranger": ([], arrival("z", STOREFRONT, EMAIL, DEVICE)),
    "a sign-up": ([arrival("a", DEVICE)], arrival("z", STOREFRONT, EMAIL, DEVICE)),
    "a merge": ([arrival("a", EMAIL), arrival("b", PHONE, DEVICE)], arrival("z", PHONE, EMAIL, CART)),
    "three made one": (
        [arrival("a", EMAIL), arrival("b", PHONE), arrival("c", CART)], arrival("z", STOREFRONT, PHONE, EMAIL, CART),
    ),
    "a shared device": ([arrival("a", EMAIL, DEVICE)], arrival("z", PHONE, DEVICE)),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("writes", range(7))
def test_a_crash_after_any_write_and_a_redelivery_end_the_same(
    story: str, writes: int, crash_after: list[int],
) -> None:
    before, last = STORIES[story]
    for place, earlier in enumerate(before):
        receive(earlier, at=NOW + timedelta(seconds=place))

    crash_after[0] = writes
    try:
        receive(last, at=NOW + timedelta(minutes=1))
    except StorageUnavailableError:
        crash_after[0] = 10**9
        receive(last, at=NOW + timedelta(minutes=2))
    crash_after[0] = 10**9

    found = identities.find(last.identities)
    assert set(found) == set(last.identities)
    survivor, = set(found.values())
    assert heard(survivor).count("z") == 1
    everyone = {entry_of["c"]["S"] for entry_of in Events.scan_all(None, ["c"])}
    assert sum(heard(customer).count("z") for customer in everyone) == 1
    told = {customer: [line for line in heard(customer) if line.startswith("merged")] for customer in everyone}
    merged = {"a stranger": 0, "a sign-up": 0, "a merge": 1, "three made one": 2, "a shared device": 0}[story]
    assert sorted(len(lines) for lines in told.values() if lines) == [1] * merged
    assert all(lines == [f"merged into {survivor}"] for lines in told.values() if lines)
    merges = [entry.entry_id for customer in everyone for entry in log.history(customer) if entry.events[0].merge]
    assert len(set(merges)) == merged, "each merge has an id of its own, or the survivor would hear of one alone"


def test_an_order_event_is_read_back_as_it_was_told() -> None:
    order = Order(id="9007199254740993")
    told = Arrival("o", NOW, (EMAIL,), (Event("order.placed", NOW, order=order),))

    receive(told)

    entry, = log.history(holder(EMAIL))
    assert entry.events == told.events
    assert entry.identities == told.identities
