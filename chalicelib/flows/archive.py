"""The second reader of the log's stream: every entry goes into the archive, with its place in the stream.

Batches are as large as Lambda hands them over, since each is a file, which costs as much as eight writes of an item. A
batch that comes again writes the same files again; one that was cut otherwise adds lines that are there already, which
whoever reads the archive passes on once.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.flows.streams import position_of
from chalicelib.observability import logger
from chalicelib.storage import archive, log
from chalicelib.storage.archive import Archived


def archive_records(records: Iterable[Mapping[str, Any]]) -> int:
    """Archive the new log entries of a batch; how many they are.

    A record that is no entry is kept as it is beside the log: it must not hold back its shard until the stream has lost
    it.

    Raises:
        StorageUnavailableError: S3 is away. Lambda brings the batch again, and counts a failure of the function: that
            is how a recovery knows that the archive may not be whole.
    """
    found = _entries(records)
    archive.write(found)
    return len(found)


def _entries(records: Iterable[Mapping[str, Any]]) -> list[Archived]:
    found = []
    for record in records:
        image = record["dynamodb"].get("NewImage")
        if image is None:
            continue
        try:
            entry = log.entry_of(image)
        except Exception:  # whatever is wrong with it: the others are archived, and this one is kept
            logger.exception("record is no entry", extra={"sequence": record["dynamodb"]["SequenceNumber"]})
            archive.keep_unreadable(position_of(record), json.dumps(image, default=_as_text).encode())
        else:
            found.append(Archived(entry, position_of(record)))
    return found


def _as_text(content: bytes) -> str:
    """Binary values as Lambda writes them: in base64."""
    return b64encode(content).decode()
