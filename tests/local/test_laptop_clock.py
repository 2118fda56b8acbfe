"""Time on a laptop runs as fast as was asked for, jumps only forward, and goes on where a run ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import clock
from infra.local.laptop_clock import LaptopClock


@pytest.fixture(autouse=True)
def _the_environment_as_it_was() -> Iterator[None]:
    before = os.environ.get("SELVEDGE_CLOCK")
    yield
    os.environ.pop("SELVEDGE_CLOCK", None)
    if before is not None:
        os.environ["SELVEDGE_CLOCK"] = before


def test_it_starts_at_the_real_time() -> None:
    LaptopClock(600)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=10)


def test_it_runs_as_fast_as_asked_for() -> None:
    LaptopClock(86_400)
    first, real = clock.now(), datetime.now(UTC)
    while clock.now() - first < timedelta(hours=1):
        pass
    assert datetime.now(UTC) - real < timedelta(seconds=2)


def test_it_can_be_moved_forward_and_never_back() -> None:
    laptop = LaptopClock(1)
    before = clock.now()
    laptop.forward(timedelta(days=4))
    assert timedelta(days=4) <= clock.now() - before < timedelta(days=4, minutes=1)
    with pytest.raises(ValueError, match="forward"):
        laptop.forward(timedelta(0))


def test_a_new_run_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    laptop = LaptopClock(86_400, tmp_path / "clock.json")
    while clock.now() - datetime.now(UTC) < timedelta(hours=2):
        pass
    stopped = clock.now()
    laptop.stop()
    LaptopClock(1, tmp_path / "clock.json")
    assert timedelta(0) <= clock.now() - stopped < timedelta(minutes=10)


def test_not_even_a_run_that_was_killed_makes_time_go_back(tmp_path: Path) -> None:
    laptop = LaptopClock(600, tmp_path / "clock.json")
    laptop.remember()
    shown = clock.now()
    LaptopClock(600, tmp_path / "clock.json")
    assert clock.now() >= shown
