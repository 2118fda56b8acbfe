"""All tables go over one connection, and are those of the stack that the environment names now."""

from __future__ import annotations

import pytest

from chalicelib.domain.events import Identity
from chalicelib.storage import identities, tables

pytestmark = pytest.mark.usefixtures("aws")


def test_all_tables_share_one_client() -> None:
    assert len({id(table.connection().connection.client) for table in tables.ALL}) == 1


def test_tables_are_named_by_the_stack(stack: str) -> None:
    assert [table.connection().table_name for table in tables.ALL] == [
        f"{stack}-{name}"
        for name in (
            "events", "customers", "identities", "timers", "messages", "catalogue", "codes", "links", "shop",
        )
    ]


def test_stacks_stand_side_by_side(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    email = Identity("email", "anna@example.org")
    identities.claim(email, "anna")

    monkeypatch.setenv("SELVEDGE_STACK", f"{stack}-staging")
    tables.create_all()
    assert identities.find([email]) == {}
    identities.claim(email, "staged")

    monkeypatch.setenv("SELVEDGE_STACK", stack)
    assert identities.find([email]) == {email: "anna"}
