"""What the bucket holds at one moment: each file that a shop edits read once, its bytes and version id together."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Final

from msgspec import Struct

from chalicelib.errors import FileMissingError
from chalicelib.flows.check import PROBLEMS
from chalicelib.storage import bucket

PREFIXES: Final = ("journeys/", "prices.yaml", "segments.yaml", "shop.yaml", "templates/")
"""Where definitions stand; the quarantine beside them is not listed."""
ENDINGS: Final = (".yaml", ".mjml", ".txt")
"""What definitions and templates are called; nothing else is read."""
READ_SIDE_BY_SIDE: Final = 8
"""Files fetched at a time: one after another, S3 takes 10 seconds for the 300 of a shop."""

_Seen = tuple[str, str, str, datetime]
_known: dict[_Seen, bucket.File] = {}
"""The files last read, by bucket, key, ETag and time of change: the same content uploaded again is a new version."""


class Listing(Struct, frozen=True):
    """What there is, by S3's word: the same as long as nobody writes or deletes anything."""

    bucket_name: str
    files: tuple[bucket.Listed, ...]


class Snapshot(Struct, frozen=True):
    """The files by their keys, as they were read. `beside` are the etags of what tells of problems, by key; `unread`
    the keys of all else."""

    files: dict[str, bucket.File]
    beside: dict[str, str]
    unread: frozenset[str] = frozenset()

    @property
    def versions(self) -> dict[str, str]:
        """The version of each file: S3's id, or its ETag where S3 keeps no versions."""
        unpinned = self.unpinned
        return {key: file.etag if key in unpinned else file.version_id for key, file in self.files.items()}

    @property
    def unpinned(self) -> frozenset[str]:
        """The files that S3 keeps no version of: nobody can hold on to what they say now.

        `null` is the id of what was written while the bucket kept no versions; it may be written over (S3 User Guide,
        "Managing objects in a versioning-suspended bucket").
        """
        return frozenset(key for key, file in self.files.items() if file.version_id in ("", "null"))


def look() -> Listing:
    """What there is now: a listing for each of the prefixes, 5 $ per million."""
    listed = (file for prefix in PREFIXES for file in bucket.list_files(prefix))
    return Listing(os.environ["SELVEDGE_BUCKET"], tuple(listed))


def take(listing: Listing) -> Snapshot:
    """Read what was listed, but for what has not changed since this process read it; of a file that is replaced or
    deleted meanwhile, what is found.
    """
    beside = {file.key: file.etag for file in listing.files if file.key.endswith(PROBLEMS)}
    wanted = [file for file in listing.files if file.key.endswith(ENDINGS) and file.key not in beside]
    with ThreadPoolExecutor(READ_SIDE_BY_SIDE) as pool:
        found = list(pool.map(_read, wanted))
    current = {_seen(file) for file in wanted}
    for gone in [seen for seen in _known if seen not in current]:
        del _known[gone]
    unread = {file.key for file in listing.files} - {file.key for file in wanted} - beside.keys()
    return Snapshot({file.key: file for file in found if file is not None}, beside, frozenset(unread))


def _seen(file: bucket.Listed) -> _Seen:
    return os.environ["SELVEDGE_BUCKET"], file.key, file.etag, file.changed_at


def _read(listed: bucket.Listed) -> bucket.File | None:
    known = _known.get(_seen(listed))
    if known is None:
        with suppress(FileMissingError):  # deleted since it was listed
            known = bucket.read(listed.key)
    if known is not None and known.etag == listed.etag:
        _known[_seen(listed)] = known
    return known
