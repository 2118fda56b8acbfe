"""Where template files come from: the shop's bucket, looked at again at most once a minute, or a folder.

A file's name is its path below `templates/`: `cart-reminder/email.ru.mjml`, `blocks/footer.mjml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from chalicelib.errors import FileMissingError, StorageUnavailableError, TemplateError

LOOK_AGAIN_AFTER: Final = timedelta(seconds=60)
"""How old a cached file may be before the bucket is asked whether it changed."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")


class TemplateFile(Struct, frozen=True):
    """One template file as read; `version` is the bucket's version id, or a hash of the text where there is none."""

    name: str
    text: str
    version: str


class TemplateFiles(Protocol):
    """A place that holds template files."""

    def read(self, name: str, now: datetime) -> TemplateFile | None:
        """The file of this name as it is now, or was a minute ago, or None. Raises TemplateError for a bad name."""


class BucketFile(Protocol):
    """A file of the bucket: its bytes, its ETag and its version id (empty where the bucket keeps no versions)."""

    @property
    def body(self) -> bytes:
        """The whole file."""
        ...

    @property
    def etag(self) -> str:
        """What S3 knows this content by."""
        ...

    @property
    def version_id(self) -> str:
        """Which of its versions it is."""
        ...


Read = Callable[[str, str], BucketFile | None]
"""Reads a key of the bucket: None where its ETag still is the one given; raises FileMissingError for an unknown key."""


class _Held(Struct, frozen=True):
    file: TemplateFile | None
    etag: str
    looked_at: datetime


class BucketFiles:
    """The files in the shop's bucket under `templates/`, kept in memory between invocations.

    A file is asked for again, by its ETag, when it was last looked at more than `LOOK_AGAIN_AFTER` ago: a conditional
    GET, $0.40 a million.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._held: dict[str, _Held] = {}

    def read(self, name: str, now: datetime) -> TemplateFile | None:
        """The file of this name, at most a minute old.

        While the bucket is away a file seen before is used as it was; one never seen raises StorageUnavailableError.
        """
        check_name(name)
        held = self._held.get(name)
        if held and abs(now - held.looked_at) < LOOK_AGAIN_AFTER:
            return held.file
        try:
            found = self._read(f"templates/{name}", held.etag if held else "")
        except FileMissingError:
            held = _Held(None, "", now)
        except StorageUnavailableError:
            if held is None:
                raise
            held = _Held(held.file, held.etag, now)
        else:
            if found is not None:
                held = _Held(_decoded(name, found), found.etag, now)
            else:
                assert held is not None  # only a file held has an ETag to be the same as
                held = _Held(held.file, held.etag, now)
        self._held[name] = held
        return held.file


def _decoded(name: str, found: BucketFile) -> TemplateFile:
    try:
        text = found.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateError(f"templates/{name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return TemplateFile(name, text, found.version_id or text_version(text))


class FolderFiles:
    """The files in a folder, read anew each time: for examples, previews and tests. An edit is seen at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, now: datetime) -> TemplateFile | None:  # noqa: ARG002  (a folder is always as of now)
        """The file of this name, or None."""
        check_name(name)
        path = self._folder / name
        if not path.is_file():
            return None
        text = path.read_text("utf-8")
        return TemplateFile(name, text, text_version(text))


class GivenFiles:
    """Files given as texts by name, over those of another place: an upload that is checked before it goes live."""

    def __init__(self, texts: dict[str, str], below: TemplateFiles | None = None) -> None:
        self._texts, self._below = texts, below

    def read(self, name: str, now: datetime) -> TemplateFile | None:
        """The file of this name, or None."""
        check_name(name)
        if name in self._texts:
            return TemplateFile(name, self._texts[name], text_version(self._texts[name]))
        return self._below.read(name, now) if self._below else None


def check_name(name: str) -> None:
    """Raise TemplateError unless the name is `<folder>/<file>` in plain characters: nothing else can be reached."""
    if not _NAME.fullmatch(name):
        raise TemplateError(f"{name!r} is not the name of a template: write `<folder>/<file>`, as `blocks/footer.mjml`")


def text_version(text: str) -> str:
    """A version for a text that has no version id: a hash of 12 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=6).hexdigest()
