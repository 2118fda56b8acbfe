"""Where template files come from: the shop's bucket, each in the version that was checked, or a folder.

A file's name is its path below `templates/`: `cart-reminder/email.ru.mjml`, `blocks/footer.mjml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from chalicelib.errors import TemplateError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")


class TemplateFile(Struct, frozen=True):
    """One template file as read; `version` is the bucket's version id, or in a folder a hash of the text."""

    name: str
    text: str
    version: str


class TemplateFiles(Protocol):
    """A place that holds template files."""

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name, or None. Raises TemplateError for a bad name."""


class PinnedFiles:
    """Files of the shop's bucket in the very versions that were checked together (see domain/editions.py).

    `versions` leads from names to version ids; `read` answers a file in one of its versions, which never changes.
    """

    def __init__(self, versions: Mapping[str, str], read: Callable[[str, str], TemplateFile]) -> None:
        self._versions, self._read = versions, read

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name in its version, or None when there was none."""
        version = self._versions.get(name)
        if version is None:
            check_name(name)
            return None
        return self._read(name, version)


def decoded(name: str, body: bytes, version: str) -> TemplateFile:
    """A template file of the bytes that lie in the bucket. Raises TemplateError for what is not UTF-8."""
    try:
        return TemplateFile(name, body.decode("utf-8-sig"), version)
    except UnicodeDecodeError as error:
        before = body[: error.start]
        reason = f"is not UTF-8 (byte {error.start}); save it as UTF-8"
        column = len(before.rpartition(b"\n")[2].decode("utf-8-sig")) + 1
        raise TemplateError(reason, file=name, line=before.count(b"\n") + 1, column=column) from error


class FolderFiles:
    """The files in a folder, read anew each time: for examples, previews and tests. An edit is seen at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name, or None."""
        check_name(name)
        path = self._folder / name
        if not path.is_file():
            return None
        body = path.read_bytes()
        return decoded(name, body, blake2b(body, digest_size=6).hexdigest())


class GivenFiles:
    """Files given as texts by name, over those of another place: an upload that is checked before it goes live."""

    def __init__(self, texts: dict[str, str], below: TemplateFiles | None = None) -> None:
        self._texts, self._below = texts, below

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name, or None."""
        check_name(name)
        if name in self._texts:
            return TemplateFile(name, self._texts[name], text_version(self._texts[name]))
        return self._below.read(name) if self._below else None


def check_name(name: str) -> None:
    """Raise TemplateError unless the name is `<folder>/<file>` in plain characters: nothing else can be reached."""
    if not _NAME.fullmatch(name):
        raise TemplateError(f"{name!r} is not the name of a template: write `<folder>/<file>`, as `blocks/footer.mjml`")


def text_version(text: str) -> str:
    """A version for a text that has no version id: a hash of 12 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=6).hexdigest()
