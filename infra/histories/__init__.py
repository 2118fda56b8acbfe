"""Published histories of real shops, turned into files of events to rehearse on (docs/rehearsal.md).

Each is an example of how to turn a shop's own export into what `POST /v1/events` takes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import msgspec


def write_lines(events: Iterable[dict[str, Any]]) -> int:
    """Write events to standard output, one a line; the exit code of a command that did."""
    for event in events:
        sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    return 0
