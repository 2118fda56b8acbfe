"""The tick: timers that are due become entries of the log, however late it comes and however often it reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.flows.tick import MOST_MINUTES, tick
from chalicelib.storage import shop, timers
from tests.domain.stories import at
from tests.flows.engine_on_aws import DiedError, Engine, dying_at_write, history, requests_seen

ARMED = at("03-02 09:00")
DUE = at("03-02 10:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def process(moto: str) -> Iterator[Engine]:
    """A process that has not ticked yet, where others have; `forget` makes it a new one."""
    engine = Engine(moto)
    shop.put("cursor", "tick", ARMED.isoformat().encode())
    yield engine
    engine.forget()


def fired(who: str = "anna") -> list[str]:
    """The timers that have become entries, by the time of their entry."""
    return [f"{entry.recorded_at:%H:%M:%S}" for entry in history(who)]


def test_a_timer_fires_when_it_is_due_and_not_before(process: Engine) -> None:
    """The entry is recorded at the clock's time."""
    timers.arm("anna", DUE, ARMED)

    tick(DUE - timedelta(seconds=1))
    assert fired() == []
    tick(DUE + timedelta(seconds=2))
    assert fired() == ["07:00:02"]


def test_reading_again_writes_nothing_twice(process: Engine) -> None:
    """The same process remembers what it has fired; a new one is refused by the log."""
    timers.arm("anna", DUE, ARMED)
    tick(DUE)

    with requests_seen() as requests:
        assert tick(DUE + MINUTE).fired == 0
    assert not [name for name, params in requests if params["TableName"].endswith("-events")]
    process.forget()
    tick(DUE + MINUTE)
    assert fired() == ["07:00:00"]


def test_a_timer_armed_while_its_minute_was_read_is_not_lost(process: Engine) -> None:
    """Armed for a moment that has passed, it is filed under a minute that will be read again."""
    tick(DUE + timedelta(seconds=1))
    timers.arm("anna", DUE, DUE + timedelta(seconds=1))
    timers.arm("vera", DUE - timedelta(hours=3), DUE + timedelta(seconds=58))

    tick(DUE + MINUTE)
    tick(DUE + 2 * MINUTE)
    assert len(fired("anna")) == len(fired("vera")) == 1


@pytest.mark.parametrize("same_process", [True, False])
@pytest.mark.parametrize("away", [timedelta(minutes=7), timedelta(hours=5), timedelta(hours=23)])
def test_ticks_that_were_missed_are_made_up_for(process: Engine, same_process: bool, away: timedelta) -> None:
    """A process that knows how far it came, and one that reads it from the cursor."""
    tick(ARMED)
    for number, later in enumerate((MINUTE, away / 2, away)):
        timers.arm(f"customer-{number}", ARMED + later, ARMED)
    if not same_process:
        process.forget()

    tick(ARMED + away)
    assert [len(fired(f"customer-{number}")) for number in range(3)] == [1, 1, 1]


def test_the_cursor_is_not_written_each_minute(process: Engine) -> None:
    """That would be half of what an idle shop pays; a new process reads a few minutes more."""
    with requests_seen() as requests:
        for minute in range(60):
            tick(ARMED + minute * MINUTE)

    assert sum(1 for name, _ in requests if name == "PutItem") == 15
    assert sum(1 for name, _ in requests if name == "GetItem") == 1


def test_a_new_process_each_minute_loses_nothing(process: Engine) -> None:
    """The cursor is a few minutes old, never ahead."""
    for minute in range(30):
        timers.arm(f"customer-{minute}", ARMED + minute * MINUTE, ARMED)
    for minute in range(31):
        process.forget()
        tick(ARMED + minute * MINUTE + timedelta(seconds=3))

    assert [len(fired(f"customer-{minute}")) for minute in range(30)] == [1] * 30


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
def test_a_tick_that_dies_is_made_up_for_by_the_next(process: Engine, write: int, answered: bool) -> None:
    """Whatever it had written: the next reads the same minutes."""
    for who in ("anna", "boris", "vera"):
        timers.arm(who, DUE, ARMED)
    with pytest.raises(DiedError), dying_at_write(write, answered=answered):
        tick(DUE)

    process.forget()
    tick(DUE + MINUTE)
    assert [len(fired(who)) for who in ("anna", "boris", "vera")] == [1, 1, 1]


def test_ticks_that_never_came_to_their_end_lose_nothing(moto: str) -> None:
    """A stage whose ticks fail from the start: no cursor was ever kept, and the first good one looks a day back."""
    engine = Engine(moto)
    timers.arm("anna", DUE, ARMED)
    for minute in range(3):
        with pytest.raises(DiedError), dying_at_write(1, answered=False):
            tick(DUE + minute * MINUTE)
        engine.forget()

    tick(DUE + timedelta(hours=5))
    assert len(fired()) == 1
    engine.forget()


def test_a_tick_whose_time_runs_out_while_it_makes_up_for_many_goes_on_from_there(process: Engine) -> None:
    """It keeps how far it came, so that each try comes further."""
    timers.arm("anna", ARMED + timedelta(hours=6), ARMED)
    with pytest.raises(DiedError), dying_at_write(6, answered=False):
        tick(ARMED + timedelta(hours=23))
    process.forget()

    assert tick(ARMED + timedelta(hours=23)).minutes < 19 * 60
    assert len(fired()) == 1


def test_an_outage_of_days_is_made_up_for_over_several_ticks(process: Engine) -> None:
    """Each reads so much as its time allows, the oldest first, and the next goes on from there in whichever process."""
    back = ARMED + timedelta(days=3)
    for hours in (1, 25, 60):
        timers.arm(f"customer-{hours}", ARMED + timedelta(hours=hours), ARMED)

    assert tick(back).minutes == MOST_MINUTES
    assert [len(fired(f"customer-{hours}")) for hours in (1, 25, 60)] == [1, 1, 0]
    process.forget()
    assert tick(back + MINUTE).minutes < MOST_MINUTES
    assert [len(fired(f"customer-{hours}")) for hours in (1, 25, 60)] == [1, 1, 1]
    assert tick(back + 2 * MINUTE).minutes <= 4


def test_the_process_that_was_behind_goes_on_where_it_stopped_and_fires_nothing_twice(process: Engine) -> None:
    """The last minutes are read again as ever, and what they held is remembered."""
    back = ARMED + timedelta(minutes=MOST_MINUTES + 100)
    timers.arm("anna", ARMED + timedelta(minutes=MOST_MINUTES - 4), ARMED)
    timers.arm("vera", ARMED + timedelta(minutes=MOST_MINUTES + 50), ARMED)

    assert tick(back).fired == 1
    assert tick(back + MINUTE).fired == 1
    assert len(fired("anna")) == len(fired("vera")) == 1


def test_a_tick_looks_two_weeks_back_and_no_further(process: Engine) -> None:
    """As long as timers are kept: what is older has expired."""
    back = ARMED + timedelta(days=30)
    timers.arm("anna", back - timedelta(days=14), ARMED)
    timers.arm("vera", back - timedelta(days=14, minutes=1), ARMED)

    tick(back)
    assert (len(fired("anna")), len(fired("vera"))) == (1, 0)


def test_the_first_tick_ever_leaves_its_place_before_it_begins(moto: str) -> None:
    """Ticks that fail from the start for longer than the day that a first one looks back: nothing is lost either."""
    engine = Engine(moto)
    timers.arm("anna", DUE, ARMED)
    with pytest.raises(DiedError), dying_at_write(2, answered=False):
        tick(DUE)
    engine.forget()

    tick(DUE + timedelta(days=2))
    assert len(fired()) == 1
    engine.forget()


def test_a_late_tick_records_when_the_timer_fired_and_when_it_was_due(process: Engine) -> None:
    """The fold needs both: the run's wake is the due time, now is the recorded time."""
    tick(ARMED)
    timers.arm("anna", DUE, ARMED)
    tick(DUE + timedelta(hours=2))

    (entry,) = history("anna")
    assert entry.recorded_at == DUE + timedelta(hours=2)
    assert [event.occurred_at for event in entry.events] == [DUE]
