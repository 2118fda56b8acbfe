"""What the tests of the API need beside the fixtures of all."""

from __future__ import annotations

import pytest
from schemathesis.pytest.plugin import SchemathesisFunction


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each operation's test an id of its own: pytest-xdist runs but one of those that share an id."""
    if isinstance(item, SchemathesisFunction):
        item._id = item.parent.id.child(item.name)
