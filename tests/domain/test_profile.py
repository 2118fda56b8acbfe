"""What events make of a profile: facts told twice or out of order happen once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

from msgspec.structs import replace

from chalicelib.domain import profile as profiles
from chalicelib.domain.customer import OrderTotals, Profile
from chalicelib.domain.events import (
    Attributes,
    Cart,
    Checkout,
    Endpoint,
    Event,
    Feedback,
    Identity,
    Line,
    Order,
    Page,
    Product,
)
from tests.domain.stories import at

NOON = at("03-02 12:00")


def after(*events: Event, profile: Profile | None = None) -> Profile:
    """The profile after events as the fold applies them."""
    profile = profile or Profile()
    for event in events:
        changed = profiles.apply(profile, event, NOON)
        profile = profiles.seen(changed, event, "shopify") if changed is not None else profile
    return profile


def order(fact: str, order_id: str = "o1", minute: int = 0, **fields: object) -> Event:
    known: dict[str, object] = {"total": Decimal(1000)} | fields
    return Event(f"order.{fact}", NOON + timedelta(minutes=minute), order=Order(order_id, **known))  # type: ignore[arg-type]


def cart(minute: int, cart_id: str = "c1", pieces: int = 1) -> Event:
    lines = (Line("p", quantity=pieces),)
    return Event("cart.updated", NOON + timedelta(minutes=minute), cart=Cart(cart_id, lines=lines))


def checkout(what: str, minute: int) -> Event:
    return Event(f"checkout.{what}", NOON + timedelta(minutes=minute), checkout=Checkout("k1"))


def test_a_checkout_is_open_until_it_is_ordered_completed_or_deleted() -> None:
    """Told in any order: what is older than the order does not open it again."""
    opened = after(checkout("started", 0), checkout("updated", 5), checkout("started", 0))
    assert opened.checkout_at == NOON + timedelta(minutes=5)

    for ended in (checkout("completed", 9), checkout("deleted", 9), order("placed", minute=9)):
        assert after(ended, profile=opened).checkout_at is None
    ordered = after(order("placed", minute=9), profile=opened)
    assert after(checkout("updated", 7), profile=ordered).checkout_at is None
    assert after(checkout("started", 20), profile=ordered).checkout_at == NOON + timedelta(minutes=20)
    assert after(order("placed", "o0", minute=1), profile=opened).checkout_at == NOON + timedelta(minutes=5)


def test_a_fact_told_twice_happens_once() -> None:
    """Storefronts tell the same thing in several webhooks."""
    told = (order("placed"), order("paid"), order("placed"), order("placed", minute=5), order("paid"))

    assert after(*told).orders == OrderTotals(1, Decimal(1000), "RUB", NOON, NOON)
    assert profiles.apply(after(order("placed")), order("placed", minute=9), NOON) is None


def test_facts_told_in_any_order_add_up_to_the_same() -> None:
    """Refunds before their order, the second order before the first."""
    told = [
        order("placed"),
        order("placed", "o2", 10, in_store=True, total=Decimal(500)),
        order("returned", refund_id="r1", refunded=Decimal(300)),
        order("returned", refund_id="r2", refunded=Decimal(200)),
        order("cancelled", "o2", 20, refunded=Decimal(500)),
    ]

    outcomes = {after(*each, *each[:2]).orders for each in permutations(told)}
    assert outcomes == {OrderTotals(
        count=2, spent=Decimal(500), currency="RUB", first_at=NOON, last_at=NOON + timedelta(minutes=10), in_store=1,
        cancelled=1, returned=2,
    )}


def test_a_return_without_a_refund_of_its_own_is_one_fact() -> None:
    """WooCommerce says of an order that it is refunded with each of its webhooks."""
    told = (order("placed"), *[order("returned", refunded=Decimal(1000))] * 3)

    assert after(*told).orders.spent == 0
    assert after(*told).orders.returned == 1
    assert len(after(*told).progress[0].facts) == 2


def test_money_of_another_currency_is_not_added() -> None:
    """A sum of roubles and dollars would be neither."""
    dollars = order("placed", "o2", currency="USD")
    refund = order("returned", "o2", refund_id="r", currency="USD", refunded=Decimal(900))

    told = (order("placed"), dollars, refund)
    assert (after(*told).orders.count, after(*told).orders.spent) == (2, Decimal(1000))


def test_the_cart_is_the_newest_of_what_was_told() -> None:
    """Out of order, the newer stays; an order of that cart, or one that names none, takes it."""
    newest = after(cart(5, pieces=3), cart(1, pieces=1)).cart
    assert newest is not None
    assert newest.items == 3
    assert after(cart(5), order("placed", minute=6)).cart is None
    assert after(cart(5), order("placed", minute=6, cart_id="c1")).cart is None
    assert after(cart(5), order("placed", minute=6, cart_id="c9")).cart is not None


def test_emptying_another_cart_leaves_this_one() -> None:
    """A customer may have two devices."""
    empty = Event("cart.emptied", NOON, cart=Cart("c9"))

    assert after(cart(0), empty).cart is not None
    assert after(cart(0), Event("cart.emptied", NOON, cart=Cart("c1"))).cart is None


def test_attributes_that_say_nothing_erase_nothing() -> None:
    """And tags are added and taken away by name."""
    def attributes(name: str, **fields: object) -> Event:
        return Event(name, NOON, customer=Attributes(**fields))  # type: ignore[arg-type]

    profile = after(
        attributes("customer.created", first_name="Anna", city="Tver", tags=("vip", "coats")),
        attributes("customer.updated", last_name="K.", tags=("sale",)),
        attributes("customer.untagged", tags=("coats", "unknown")),
    )
    assert (profile.first_name, profile.last_name, profile.city) == ("Anna", "K.", "Tver")
    assert profile.tags == ("vip", "sale")


def test_browsers_that_subscribe_anew_do_not_push_out_the_mail_address() -> None:
    """Addresses are bounded for each channel."""
    known = (Identity("email", "a@example.org"), Identity("phone", "+79161234567"))
    profile = profiles.with_identities(Profile(), known)
    for number in range(30):
        point = Endpoint("web-push", f"https://push.example/{number}", p256dh="p", auth="a")
        profile = after(Event("endpoint.registered", NOON, endpoint=point), profile=profile)

    assert (profile.email, profile.phone) == ("a@example.org", "+79161234567")
    assert [address.value[-2:] for address in profile.addresses_of("web-push")] == ["24", "25", "26", "27", "28", "29"]


def test_a_suppressed_address_is_not_forgotten_for_newer_ones() -> None:
    """It would be written to again."""
    profile = profiles.with_identities(Profile(), (Identity("email", "first@example.org"),))
    profile = after(Event("message.complained", NOON, message=Feedback(channel="email")), profile=profile)
    for number in range(30):
        profile = profiles.with_identities(profile, (Identity("email", f"{number}@example.org"),))

    assert [address.value for address in profile.addresses if address.suppressed] == ["first@example.org"]
    assert profile.email == "29@example.org"


def test_an_endpoint_that_is_gone_is_removed() -> None:
    """Its registration anew is a new one."""
    registered = Event("endpoint.registered", NOON, endpoint=Endpoint("push", "arn:1"))
    gone = Event("endpoint.gone", NOON, message=Feedback(channel="push", address="arn:1"))

    assert after(registered, gone).addresses == ()
    assert len(after(registered, gone, registered).addresses) == 1


def test_opens_and_clicks_count_by_channel_without_those_of_machines() -> None:
    """And told out of order, the newest is the newest."""
    def engaged(kind: str, minute: int, automated: bool = False) -> Event:
        told = Feedback("m1", "email", automated=automated)
        return Event(f"message.{kind}", NOON + timedelta(minutes=minute), message=told)

    by_machine = engaged("opened", 9, automated=True)
    profile = after(engaged("opened", 5), engaged("opened", 2), by_machine, engaged("clicked", 6))
    known = profile.engagement[0]
    assert (known.opens, known.clicks) == (2, 1)
    assert (known.opened_at, known.clicked_at) == (NOON + timedelta(minutes=5), NOON + timedelta(minutes=6))


def test_the_first_thing_a_person_did_is_the_earliest_told() -> None:
    """Also when it is told last; the source of the first is that one's."""
    later, earlier = order("placed", minute=60), Event("page.viewed", NOON, page=Page())

    profile = after(later, earlier)
    assert (profile.first_seen_at, profile.last_seen_at) == (NOON, NOON + timedelta(minutes=60))


def test_what_is_remembered_of_products_is_bounded_and_newest_last() -> None:
    """The state is small."""
    viewed = [Event("product.viewed", NOON, product=Product(f"p{number}", category="coats")) for number in range(40)]
    profile = after(*viewed, viewed[-3])

    assert len(profile.viewed) == 12
    assert profile.viewed[-1] == "p37"
    assert profile.categories == ("coats",)


def test_orders_remembered_are_bounded() -> None:
    """Twelve orders ago is long ago."""
    profile = after(*(order("placed", f"o{number}", number) for number in range(40)))

    assert profile.orders.count == 40
    assert len(profile.progress) == 12
    assert replace(profile.progress[-1], facts=()).order_id == "o39"
