"""Editions as they are kept: written by publishing before it puts them in force, read once by each process."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final

import msgspec

from chalicelib.content.template_files import PinnedFiles, TemplateFile, decoded
from chalicelib.domain.editions import Edition
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import FileMissingError, TemplateError, UnknownEditionError
from chalicelib.storage import bucket, shop

_KIND: Final = "edition"
FILES_KEPT: Final = 2000
"""Template files kept in memory, those of a shop in a few versions: 2 KB each, seldom 20."""
EDITIONS_KEPT: Final = 500
"""Editions kept in memory: of each message those in force lately."""


def keep(edition: Edition) -> None:
    """Keep an edition for good; one that is there already is the same. A read unit, and a write unit per KB."""
    if shop.get(_KIND, edition.id, consistent=True) is None:
        shop.put(_KIND, edition.id, msgspec.json.encode(edition))


def edition_of(edition_id: str) -> Edition:
    """An edition by its id. Raises UnknownEditionError. A read unit per 4 KB, once by each process."""
    return _edition(os.environ["SELVEDGE_STACK"], edition_id)


def files_of(edition: Edition) -> PinnedFiles:
    """The template files of an edition, each read once by each process: 0.40 $ per million."""
    return PinnedFiles(edition.files, _file_in)


def files_in_force(message: MessageDefinition) -> PinnedFiles:
    """The template files that a message in force is rendered from. Raises UnknownEditionError."""
    return files_of(edition_of(message.edition))


@lru_cache(EDITIONS_KEPT)
def _edition(stack: str, edition_id: str) -> Edition:  # noqa: ARG001  (each stack has its own)
    body = shop.get(_KIND, edition_id, consistent=True) if edition_id else None
    if body is None:
        raise UnknownEditionError(edition_id)
    return msgspec.json.decode(body, type=Edition)


def _file_in(name: str, version: str) -> TemplateFile:
    return _file(os.environ["SELVEDGE_BUCKET"], name, version)


@lru_cache(FILES_KEPT)
def _file(_bucket: str, name: str, version: str) -> TemplateFile:
    try:
        body = bucket.read_version(f"templates/{name}", version)
    except FileMissingError as error:
        reason = f"its version {version} is not in the bucket any more; upload the file again"
        raise TemplateError(f"templates/{name}: {reason}") from error
    return decoded(name, body, version)


def forget() -> None:
    """Read editions and files anew when next asked for."""
    _edition.cache_clear()
    _file.cache_clear()
