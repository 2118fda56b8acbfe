"""A DuckDB of our own: in memory, within bounds, and reaching nothing but the files that it is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_MB: Final = 1024
"""What DuckDB may take of the function's memory; beyond that it goes on in a folder."""


def connect(folder: Path) -> DuckDBPyConnection:
    """A database in memory; work that does not fit there is kept in `folder`."""
    import duckdb  # 20 MB that only this function carries

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{MEMORY_MB}MB",
        "temp_directory": str(folder),
        "threads": 2,
        # What it does not have it would fetch from the internet.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    return duckdb.connect(config=settings)
