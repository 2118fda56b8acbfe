"""The shop's files as they stand just now, in force or not: what a preview is made of.

From the bucket what was uploaded last; from a folder (a copy of the bucket, or the repository) what was saved last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

from chalicelib.content.template_files import TemplateFile, check_name, decoded
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.message_files import message_definition, variants
from chalicelib.definitions.price_list import read_prices
from chalicelib.definitions.segments_file import read_segments
from chalicelib.domain.conditions import Condition
from chalicelib.domain.journeys import Journey, Send
from chalicelib.domain.prices import Prices
from chalicelib.domain.problems import Problem
from chalicelib.domain.segments import compile_segments
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError, FileMissingError, UnknownMessageError
from chalicelib.flows.check import BLOCKS, BRAND, PROBLEMS, Files, check_files
from chalicelib.flows.definitions_in_force import InForce, current
from chalicelib.flows.means import NO_PRICES, prices_in_force
from chalicelib.storage import bucket

TEMPLATES: Final = "templates/"
_OF_SHOP: Final = ("shop.yaml", BRAND, "prices.yaml")
_KEPT: Final = 2000
"""Files of the bucket kept in memory, by key and ETag: those of a shop in a few versions."""
_bodies: dict[tuple[str, str], bytes] = {}


class DraftFiles:
    """Template files by their keys and versions, each read when it is wanted."""

    def __init__(self, versions: Mapping[str, str], read: Callable[[str], bytes]) -> None:
        self._versions, self._read = versions, read

    def read(self, name: str) -> TemplateFile | None:
        """The file of this name, or None. Raises TemplateError for a bad name and for what is no text."""
        check_name(name)
        key = TEMPLATES + name
        if key not in self._versions:
            return None
        try:
            return decoded(name, self._read(key), self._versions[key].strip('"'))
        except FileMissingError:
            return None  # deleted since it was listed


@dataclass(frozen=True)
class Drafts:
    """The template files of a shop as they stand, by key with their versions, and what belongs to them.

    `journeys` tell which messages are sent when; `prices` are `NO_PRICES` where there is no list; `wrong` is what keeps
    the settings from being the shop's own; `made_of` are all files that were looked at.
    """

    versions: Mapping[str, str]
    read: Callable[[str], bytes]
    settings: ShopSettings
    journeys: tuple[Journey, ...] = ()
    prices: Prices = NO_PRICES
    wrong: tuple[Problem, ...] = ()
    made_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> DraftFiles:
        """The template files, as rendering reads them."""
        return DraftFiles(self.versions, self.read)

    @property
    def stamp(self) -> str:
        """Changes when any template file does."""
        listed = "\n".join(f"{key} {version}" for key, version in sorted(self.versions.items()))
        return blake2b(listed.encode(), digest_size=6).hexdigest()

    def names(self) -> list[str]:
        """The messages there are, by the folders that hold a `message.yaml`."""
        ending = "/message.yaml"
        keys = (key for key in self.versions if key.startswith(TEMPLATES) and key.endswith(ending))
        return sorted(key.removeprefix(TEMPLATES).removesuffix(ending) for key in keys)

    def definition(self, name: str) -> MessageDefinition:
        """A message as its file says now. Raises UnknownMessageError, DefinitionError."""
        key = f"{TEMPLATES}{name}/message.yaml"
        if "/" in name or key not in self.versions:
            raise UnknownMessageError(name, self.names())
        try:
            text = self.read(key).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DefinitionError("is not UTF-8 text", file=key) from error
        return message_definition(text, key, [other.rpartition("/")[2] for other in self.keys_of(name)])

    def keys_of(self, name: str) -> list[str]:
        """The files in a message's folder, without those that tell of problems."""
        folder = f"{TEMPLATES}{name}/"
        return sorted(key for key in self.versions if key.startswith(folder) and not key.endswith(PROBLEMS))

    def variants(self, name: str) -> tuple[str, ...]:
        """The variants that a message's files make, as `email.ru`."""
        return variants(key.rpartition("/")[2] for key in self.keys_of(name))

    def problems(self, name: str, now: datetime) -> list[Problem]:
        """What an upload of this message's files would be told, by the very check that an upload goes through."""
        keys = [*self.keys_of(name), *(key for key in self.versions if key.startswith(BLOCKS))]
        versions = {key: self.versions[key] for key in keys if not key.endswith(PROBLEMS)}
        checked = check_files(Files(versions, self.read, self.files), InForce(settings=self.settings), now)
        return sorted(checked.problems, key=lambda problem: (problem.severity, problem.file, problem.line))

    def journeys_with(self, name: str) -> list[Journey]:
        """The journeys that send a message."""
        return [journey for journey in self.journeys if name in sent_by(journey)]

    def by_journey(self) -> list[tuple[str, list[str]]]:
        """The messages there are by the journey that sends them, in the order of its steps; each once, those that no
        journey sends under an empty name."""
        left = dict.fromkeys(self.names())
        groups: list[tuple[str, list[str]]] = []
        for journey in self.journeys:
            names = [name for name in sent_by(journey) if name in left]
            if names:
                groups.append((journey.name, names))
            for name in names:
                del left[name]
        return [*groups, *([("", list(left))] if left else [])]


def sent_by(journey: Journey) -> list[str]:
    """The messages that a journey may send, in the order of its steps, each once."""
    steps = sorted(journey.steps.items(), key=lambda item: _place(item[0]))
    return list(dict.fromkeys(step.message for _, step in steps if isinstance(step, Send)))


def step_of(journey: Journey, message: str) -> str:
    """The first step that sends a message, by its path."""
    paths = (path for path, step in journey.steps.items() if isinstance(step, Send) and step.message == message)
    return min(paths, key=_place)


def uploaded(now: datetime) -> Drafts:
    """The files of the bucket as they were uploaded last; settings and journeys are those in force.

    One listing (5 $ per million); a file is fetched when it is shown, once by each process.
    """
    definitions = current(now)
    versions = {file.key: file.etag for file in bucket.list_files(TEMPLATES)}
    journeys = tuple(program.journey for program in definitions.journeys.values())
    prices = prices_in_force(definitions.settings, now)
    return Drafts(versions, lambda key: _fetched(key, versions[key]), definitions.settings, journeys, prices)


def problems_of_uploads() -> dict[str, int]:
    """By message, how many of its files have problems, by what stands beside them. One listing."""
    beside = (file.key for file in bucket.list_files(TEMPLATES) if file.key.endswith(PROBLEMS))
    return dict(Counter(key.removeprefix(TEMPLATES).partition("/")[0] for key in beside))


def in_folder(folder: Path, now: datetime, known: Drafts | None = None) -> Drafts:
    """The files of a folder: a copy of the bucket, or the repository's `templates/` and `schedules/`. When nothing has
    changed since `known` were read, it is those.

    Settings that cannot be read are the default ones, and `wrong` tells why; a journey that cannot be read groups
    nothing (`./selvedge check` says what is wrong with it).
    """
    paths: dict[str, Path] = {}
    for root in (folder, folder / "schedules"):
        found = [*root.glob("*.yaml"), *root.glob("journeys/*.yaml"), *root.glob("templates/**/*")]
        paths |= {path.relative_to(root).as_posix(): path for path in found if path.is_file()}
    versions = {key: _version(paths[key]) for key in sorted(paths)}
    if known is not None and known.made_of == versions:
        return known
    of_templates = {key: version for key, version in versions.items() if key.startswith(TEMPLATES)}

    def read(key: str) -> bytes:
        try:
            return paths[key].read_bytes()
        except (KeyError, OSError) as error:  # not there, deleted, or swapped by an editor that is just saving it
            raise FileMissingError(key) from error

    of_shop = {key: versions[key] for key in _OF_SHOP if key in versions}
    checked = check_files(Files(of_shop, read, DraftFiles(of_templates, read)), InForce(), now)
    drafts = Drafts(
        of_templates, read, checked.in_force.settings, prices=_prices(paths.get("prices.yaml")),
        wrong=tuple(checked.problems), made_of=versions,
    )
    return replace(drafts, journeys=tuple(_journeys(versions, read, drafts)))


def _journeys(versions: Mapping[str, str], read: Callable[[str], bytes], drafts: Drafts) -> Iterator[Journey]:
    messages = {}
    for name in drafts.names():
        with suppress(DefinitionError):
            messages[name] = drafts.definition(name)
    rules: Mapping[str, Condition] = {}
    with suppress(DefinitionError, FileMissingError, UnicodeDecodeError):
        rules = compile_segments(read_segments(read("segments.yaml").decode("utf-8-sig"), "segments.yaml"))
    for key in versions:
        if key.startswith("journeys/"):
            with suppress(DefinitionError, FileMissingError, UnicodeDecodeError):
                yield read_journey(read(key).decode("utf-8-sig"), key, messages, rules)


def _prices(path: Path | None) -> Prices:
    with suppress(DefinitionError, UnicodeDecodeError, OSError):
        return read_prices(path.read_text("utf-8-sig")) if path else NO_PRICES
    return NO_PRICES


def _version(path: Path) -> str:
    """A file's version as long as nobody reads it: its time and its size."""
    found = path.stat()
    return f"{found.st_mtime_ns:x}-{found.st_size:x}"


def _fetched(key: str, etag: str) -> bytes:
    if (key, etag) not in _bodies:
        file = bucket.read(key)
        assert file is not None  # no ETag was given for it to be the same as
        if len(_bodies) >= _KEPT:
            _bodies.clear()
        _bodies[key, etag] = file.body
    return _bodies[key, etag]


def _place(path: str) -> tuple[tuple[int, int, str], ...]:
    """The order of a step's path: `3.otherwise.2` comes after `3`, and `10` after `9`."""
    parts = path.split(".")
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
