"""One run for all tests that only look, and a browser for those that look with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.running import Run, running, without_holdout

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run at SPEED=60, begun in the morning, for all tests of the session."""
    folder = tmp_path_factory.mktemp("run")
    with running(folder, SPEED="60", DATA=str(folder / "data")) as run:
        without_holdout(run)
        yield run


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()
