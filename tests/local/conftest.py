"""One run for all tests that only look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.running import Run, running, without_holdout


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run at SPEED=60, begun in the morning, for all tests of the session."""
    folder = tmp_path_factory.mktemp("run")
    with running(folder, SPEED="60", DATA=str(folder / "data")) as run:
        without_holdout(run)
        yield run
