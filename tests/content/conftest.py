"""`pytest tests/content --golden` writes the golden files anew; look at the difference before committing it."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write tests/content/golden anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written instead of held against."""
    try:
        return bool(request.config.getoption("--golden"))
    except ValueError:  # the flag is known only when pytest is pointed at this folder
        return False
