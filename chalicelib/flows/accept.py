"""Accepting what a request said: find out whose it is, and write it to the log.

Crashes and redeliveries come to the same end: every write has a key that follows from the delivery, and is done in
this order: identities that lead to nobody are claimed, profiles found to be one are told so in their logs, identities
are led to the survivor, and last the arrival itself is logged.

Of customers found to be one the older survives, which has the smaller id: whoever merges whom, and in whichever order,
all end at the same customer and never in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Final, TypeVar

from msgspec.structs import replace

from chalicelib.domain.customer import Customer
from chalicelib.domain.events import (
    STRONG_IDENTITIES,
    WEAK_IDENTITIES,
    Arrival,
    Entry,
    Event,
    Identity,
    Merge,
    Product,
)
from chalicelib.domain.vocabulary import SHOP_LOG
from chalicelib.storage import catalogue, customers, identities, log

WRITERS: Final = 8
"""Threads that write a batch side by side. They wait for the network nearly all of the time."""

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_SUREST_FIRST: Final = {kind: place for place, kind in enumerate((*STRONG_IDENTITIES, *WEAK_IDENTITIES))}

_Task = TypeVar("_Task")
_Outcome = TypeVar("_Outcome")

Holders = dict[Identity, str]


def receive(arrivals: Sequence[Arrival], source_name: str, now: datetime) -> tuple[bool, ...]:
    """Log arrivals with the customers they are about; for each, whether it was new (False: delivered before).

    An arrival without identities is about the shop: products go to the catalogue, all else into the log `shop`. All
    identities are looked up in one read; arrivals of different people are written side by side.

    Raises:
        StorageUnavailableError: the database is throttled or away. What was written already is found again when the
            same arrivals are received once more.
    """
    wanted = {identity for arrival in arrivals for identity in arrival.identities}
    holders = identities.find(wanted) if wanted else {}
    new = [False] * len(arrivals)

    def write(places: list[int]) -> None:
        for place in places:
            new[place] = _record(arrivals[place], source_name, holders, now)

    _side_by_side(write, _by_person(arrivals, holders))
    return tuple(new)


def new_customer_id(now: datetime) -> str:
    """A customer id: 48 bits of milliseconds, then 32 random ones, in Crockford's base 32; the older id is smaller."""
    number = int(now.astimezone(UTC).timestamp() * 1000) << 32 | int.from_bytes(token_bytes(4))
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def _record(arrival: Arrival, source_name: str, holders: Holders, now: datetime) -> bool:
    if not arrival.identities and all(event.product is not None for event in arrival.events):
        return any(_side_by_side(_keep_product, arrival.events))
    entry_id = log.entry_id(arrival.occurred_at, source_name, arrival.delivery_id)
    customer_id = _customer_of(arrival, entry_id, source_name, holders, now) if arrival.identities else SHOP_LOG
    return log.append(Entry(
        customer_id=customer_id,
        entry_id=entry_id,
        recorded_at=now,
        source=source_name,
        events=tuple(_not_in_the_future(event, now) for event in arrival.events),
        identities=arrival.identities,
    ))


def _customer_of(arrival: Arrival, entry_id: str, source_name: str, holders: Holders, now: datetime) -> str:
    """The customer an arrival is about; claims, moves and merges what its identities lead to.

    A strong identity names a person. A weak one follows whoever was last seen with it, unless the customer it led to is
    anonymous: then that was the same person before they said who they are.
    """
    mentioned = sorted(arrival.identities, key=lambda identity: _SUREST_FIRST.get(identity.kind, len(_SUREST_FIRST)))
    named = any(identity.kind in STRONG_IDENTITIES for identity in mentioned)
    person: set[str] = set()

    def belongs(identity: Identity, holder: str) -> bool:
        if identity.kind in STRONG_IDENTITIES or holder in person or not (person or named):
            return True
        return _is_anonymous(holder)

    for identity in mentioned:
        holder = holders.get(identity)
        if holder is not None and belongs(identity, holder):
            person.add(holder)
    for identity in mentioned:
        if identity in holders:
            continue
        own = min(person) if person else new_customer_id(now)
        holders[identity] = identities.claim(identity, own)
        if holders[identity] == own or belongs(identity, holders[identity]):
            person.add(holders[identity])
    if not person:
        # All identities are weak ones of other, known people, and were claimed by them a moment ago.
        person.add(holders[mentioned[0]])

    if len(person) == 1 and all(holders[identity] in person for identity in mentioned):
        return person.pop()
    person = _forwarded(person)
    survivor = min(person)
    for absorbed in sorted(person - {survivor}):
        # Named by the absorbed one: the survivor's log receives each one's state under the id of what it was told.
        _tell_merge(absorbed, survivor, f"{entry_id}:{absorbed}", source_name, now)
    for identity in mentioned:
        if holders[identity] != survivor:
            identities.repoint(identity.key, holders[identity], survivor)
            holders[identity] = survivor
    return survivor


def _tell_merge(absorbed: str, survivor: str, entry_id: str, source_name: str, now: datetime) -> None:
    event = Event("customer.merged", now, merge=Merge(survivor))
    log.append(Entry(absorbed, entry_id, recorded_at=now, source=source_name, events=(event,)))


def _is_anonymous(customer_id: str) -> bool:
    """Whether nothing that names a person is known of a customer: neither in the state nor in the log not yet folded.

    Read only when a weak identity leads to somebody else than the strong ones beside it, which is rare: a sign-in, or a
    shared device.
    """
    stored = customers.load(customer_id)
    if stored is not None and (stored.customer.forwarded_to or _is_named(stored.customer)):
        return False
    return not any(
        identity.kind in STRONG_IDENTITIES for entry in log.history(customer_id) for identity in entry.identities
    )


def _is_named(customer: Customer) -> bool:
    return bool(customer.profile.addresses) or any(
        key.partition(":")[0] in STRONG_IDENTITIES for key in customer.identities
    )


def _forwarded(person: set[str]) -> set[str]:
    """The customers that those absorbed earlier have become."""
    stored = customers.load_many(person)
    return {stored[each].customer.forwarded_to or each if each in stored else each for each in person}


def _keep_product(event: Event) -> bool:
    product = event.product
    assert product is not None
    if event.name == "product.deleted":
        known = catalogue.find([(product.id, product.variant_id)])
        product = replace(known.get((product.id, product.variant_id), Product(id=product.id)), stock=0)
    return catalogue.put(product, event.occurred_at)


def _not_in_the_future(event: Event, now: datetime) -> Event:
    """The event, no later than its receipt: a storefront's clock may be ahead of ours."""
    return event if event.occurred_at <= now else replace(event, occurred_at=now)


def _by_person(arrivals: Sequence[Arrival], holders: Holders) -> list[list[int]]:
    """The places of the arrivals, those together that share an identity or a customer, in their order."""
    above: dict[object, object] = {}

    def top(node: object) -> object:
        while (higher := above.setdefault(node, node)) != node:
            above[node] = node = above[higher]
        return node

    for place, arrival in enumerate(arrivals):
        for identity in arrival.identities:
            above[top(identity)] = top(place)
            above[top(holders.get(identity, identity))] = top(place)
    groups: dict[object, list[int]] = {}
    for place in range(len(arrivals)):
        groups.setdefault(top(place), []).append(place)
    return list(groups.values())


def _side_by_side(do: Callable[[_Task], _Outcome], tasks: Iterable[_Task]) -> list[_Outcome]:
    tasks = list(tasks)
    if len(tasks) < 2:
        return [do(task) for task in tasks]
    from concurrent.futures import ThreadPoolExecutor  # only batches need it

    with ThreadPoolExecutor(min(WRITERS, len(tasks))) as pool:
        return list(pool.map(do, tasks))
