"""docs/archive.md names the columns that a table has."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from chalicelib.analytics import log_table
from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry
from chalicelib.storage import archive
from chalicelib.storage.archive import Archived
from tests.emulators import ROOT
from tests.storage.examples import NOON

GUIDE = (ROOT / "docs" / "archive.md").read_text()


def test_every_column_of_a_table_is_told_with_its_type(tmp_path: Path) -> None:
    one = Archived(Entry("c", "e", NOON, "test", ()), Position("a stream", 1))
    (tmp_path / "log.ndjson").write_bytes(archive.to_line(one))
    log_table.write(tmp_path / "log.ndjson", tmp_path / "log.parquet")
    with duckdb.connect() as database:
        table = database.read_parquet(str(tmp_path / "log.parquet"))
        columns = [(name, str(kind)) for name, kind in zip(table.columns, table.types, strict=True)]
    told = re.findall(r"^\| `([a-z_]+)` \| ([A-Z][A-Z0-9(), ]*) \|", GUIDE, re.MULTILINE)
    assert told == columns


def test_the_folders_told_are_those_that_are_written() -> None:
    folders = (archive.LOG, archive.DAYS, archive.PARQUET, archive.PRODUCTS, archive.COMPACTED, archive.UNREADABLE)
    for folder in folders:
        assert f"| `{folder}" in GUIDE
