"""Recovery from the archive: exactly what each state has not seen, by its place in the stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry
from chalicelib.flows.archive import archive_records
from chalicelib.flows.recover import AT_A_TIME, Recovered, recover
from chalicelib.storage import archive, customers, log, tables
from chalicelib.storage.archive import Archived
from tests.domain.stories import SHOP, at, cart, marketing, ordered
from tests.flows.engine_on_aws import DiedError, Engine, customer, dying_at_write, history, sent_to

JOURNEY = """
journey: carts
enter: {on: cart.updated, key: event.cart.id, again: always}
steps: [wait: 1 hour, send: first]
"""
LONG_AGO, LAST_WEEK, BEFORE, NOW = at("02-01 10:00"), at("02-23 10:00"), at("03-02 10:00"), at("03-04 12:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    """An engine with a journey in force, and an archive that began long ago."""
    engine = Engine(moto)
    engine.put_in_force(JOURNEY, messages=[marketing("first")], settings=SHOP)
    earliest = replace(cart("02-01 10:00"), customer_id="somebody")
    archive.write([Archived(earliest, Position("2024-01-01T00:00:00.000", 1))])
    yield engine
    engine.forget()


def logged(*entries: Entry, who: str = "anna") -> None:
    for entry in entries:
        assert log.append(replace(entry, customer_id=who))


def from_archive(engine: Engine) -> Recovered:
    """Recover once the archive has all that the stream has."""
    archive_records(engine.records())
    return recover(LAST_WEEK, NOW, archive_is_whole=True)


def visits(who: str = "anna") -> int:
    """How many entries of carts a state has counted: folding one twice would show."""
    return sum(visit.count for visit in customer(who).visits)


def burst(first: int, last: int) -> list[Entry]:
    """Carts recorded within a second."""
    start = at("03-02 10:00")
    return [
        replace(cart("03-02 10:00", f"c{number}"), recorded_at=start + number * timedelta(milliseconds=1))
        for number in range(first, last)
    ]


def test_what_the_stream_has_lost_is_folded_and_nothing_twice(engine: Engine) -> None:
    logged(cart("03-02 10:00", "c1"), cart("03-02 10:00", "c2"))
    engine.advance(BEFORE)
    logged(cart("03-02 12:00", "c3"), ordered("03-03 11:00"))

    assert from_archive(engine) == Recovered(looked_at=1, customers=1, entries=2, source="archive")
    assert visits() == 3
    assert customer("anna").profile.orders.count == 1
    assert from_archive(engine) == Recovered(looked_at=1, customers=0, entries=0, source="archive")


def test_the_table_need_not_have_what_the_archive_has(engine: Engine) -> None:
    """Nothing of the log's table is read: it may be hours to scan."""
    logged(cart("03-02 12:00", "c1"))
    archive_records(engine.records())
    (entry,) = history("anna")
    tables.Events(entry.customer_id, entry.entry_id).delete()
    assert recover(LAST_WEEK, NOW, archive_is_whole=True).entries == 1
    assert visits() == 1


def test_a_place_in_the_stream_tells_more_entries_apart_than_a_state_has_marks_of(engine: Engine) -> None:
    """Of two hundred in a second the state knows 128 marks."""
    logged(*burst(0, 200))
    engine.advance(BEFORE)
    logged(*burst(200, 210))
    assert from_archive(engine).entries == 10
    assert visits() == 210


def test_what_was_recorded_long_before_but_came_later_in_the_stream_is_not_missed(engine: Engine) -> None:
    """Skipped by place, never by time."""
    logged(cart("03-02 10:00", "c1"))
    engine.advance(BEFORE)
    logged(cart("03-02 09:00", "late"))
    assert from_archive(engine).entries == 1
    assert visits() == 2


def test_a_recovery_comes_to_what_the_engine_would_have_come_to(engine: Engine) -> None:
    """In the order of the stream, which is not always that of the recorded times."""
    before, first, second = cart("03-02 10:00", "c1"), ordered("03-02 12:00", "o1"), ordered("03-02 12:00", "o2")
    for who in ("anna", "boris"):
        logged(before, who=who)
    engine.advance(BEFORE)
    for who in ("anna", "boris"):
        logged(first, replace(second, recorded_at=second.recorded_at - SECOND), who=who)
    annas, boris = ([one for one in engine.records()[2:] if whose(one) == who] for who in ("anna", "boris"))
    engine.advance(NOW, boris)
    archive_records(annas)
    assert recover(LAST_WEEK, NOW, archive_is_whole=True).entries == 2

    recovered, advanced = customer("anna"), customer("boris")
    assert (recovered.recent, recovered.profile, recovered.runs) == (advanced.recent, advanced.profile, advanced.runs)


def whose(record: dict[str, Any]) -> str:
    """The customer of a stream record."""
    return str(record["dynamodb"]["NewImage"]["c"]["S"])


def test_what_a_recovery_has_folded_is_known_by_its_time_once_its_mark_is_forgotten(engine: Engine) -> None:
    """A state keeps the marks of eight entries, and its place is still that of the last the engine folded."""
    logged(cart("03-02 10:00", "c1"))
    engine.advance(BEFORE)
    logged(*(cart(f"03-02 {10 + number // 6}:{number % 6}5", f"late-{number}") for number in range(24)))
    assert from_archive(engine).entries == 24
    assert from_archive(engine).entries == 0
    assert visits() == 25


def test_the_stream_may_bring_the_younger_ones_again(engine: Engine) -> None:
    """Those of the last day are still in it when the engine is switched on."""
    logged(cart("03-02 10:00", "c1"))
    engine.advance(BEFORE)
    logged(cart("03-02 12:00", "c2"), cart("03-03 13:00", "c3"), cart("03-04 11:00", "c4"))
    from_archive(engine)
    recovered = customer("anna")

    assert engine.advance(NOW, engine.records()[2:]) == []
    assert customer("anna") == recovered
    logged(cart("03-04 12:30", "c5"))
    engine.advance(NOW + timedelta(hours=1), engine.records()[2:])
    assert visits() == 5


def test_what_the_archive_has_not_yet_comes_by_the_stream(engine: Engine) -> None:
    """It is some minutes behind; a recovery does not move the state's place past what it has not seen."""
    logged(cart("03-03 13:00", "c1"), cart("03-03 13:01", "c2"), cart("03-03 13:02", "c3"))
    first, second, third = engine.records()
    archive_records([first, third])
    assert recover(LAST_WEEK, NOW, archive_is_whole=True).entries == 2
    assert engine.advance(NOW, [first, second, third]) == []
    assert visits() == 3


def test_after_a_restore_the_places_are_of_another_stream_and_marks_tell(engine: Engine) -> None:
    logged(cart("03-02 10:00", "c1"), cart("03-02 10:00", "c2"))
    engine.advance(BEFORE)
    stored = customers.load("anna", consistent=True)
    assert stored
    customers.commit(stored, stored.customer, Position("2025-01-01T00:00:00.000", 10**39))
    logged(cart("03-02 12:00", "c3"))
    assert from_archive(engine).entries == 1
    assert visits() == 3


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", range(1, 9))
def test_a_recovery_that_dies_at_any_write_goes_on_where_it_stopped(engine: Engine, write: int, answered: bool) -> None:
    for who in ("anna", "boris"):
        logged(cart("03-02 10:00", "c1"), who=who)
    engine.advance(BEFORE)
    for who in ("anna", "boris"):
        logged(cart("03-02 12:00", "c2"), cart("03-02 15:00", "c3"), ordered("03-03 11:00"), who=who)
    archive_records(engine.records())
    # For each of the two customers: three messages and the state.
    with dying_at_write(write, answered=answered), pytest.raises(DiedError):
        recover(LAST_WEEK, NOW, archive_is_whole=True)
    recover(LAST_WEEK, NOW, archive_is_whole=True)

    for who in ("anna", "boris"):
        assert visits(who) == 3
        assert customer(who).profile.orders.count == 1
        assert len({message.message_id for message in sent_to(who)}) == len(sent_to(who)) == 3


def test_a_long_outage_is_folded_piece_by_piece(engine: Engine) -> None:
    """More entries than are held in memory at a time; each piece goes on from what the last one left."""
    start, count = at("03-01 10:00"), AT_A_TIME * 2 + 300
    archive.write([
        Archived(
            replace(
                ordered("03-01 10:00", f"o{number}"), entry_id=f"entry-{number}", customer_id=f"customer-{number % 2}",
                recorded_at=start + number * SECOND,
            ),
            Position("2026-01-01T00:00:00.000", 10**30 + number),
        )
        for number in range(count)
    ])
    assert recover(LAST_WEEK, NOW, archive_is_whole=True) == Recovered(2, 2, count, "archive")
    assert [customer(f"customer-{number}").profile.orders.count for number in range(2)] == [count // 2, count // 2]
    assert recover(LAST_WEEK, NOW, archive_is_whole=True).entries == 0


def test_an_archive_that_began_later_or_may_have_gaps_is_not_trusted(engine: Engine) -> None:
    logged(cart("03-02 12:00", "c1"))
    archive_records(engine.records())
    assert recover(LONG_AGO - SECOND, NOW, archive_is_whole=True).source == "table"
    logged(cart("03-02 13:00", "c2"))
    assert recover(LAST_WEEK, NOW) == Recovered(looked_at=1, customers=1, entries=1)
    assert visits() == 2
