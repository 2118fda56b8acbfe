"""Checking all files of a shop together: what of them is right, and what is wrong or doubtful in the others.

The same for what is uploaded (`publish`) and for a folder on somebody's laptop (`check`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from chalicelib.content.checking import Trial, check_message
from chalicelib.content.references import reached
from chalicelib.content.template_files import FolderFiles, TemplateFiles
from chalicelib.definitions.brand_file import read_brand
from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_checks import check_journey, check_overlaps
from chalicelib.definitions.journey_files import JourneyFile, read_journey_file
from chalicelib.definitions.message_files import message_definition
from chalicelib.definitions.price_list import read_prices
from chalicelib.definitions.segments_file import read_segments
from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.editions import Edition
from chalicelib.domain.experiments import ShrunkenControlError, reallocate
from chalicelib.domain.journeys import Journey, Send, Split
from chalicelib.domain.problems import Problem, Severity, in_order
from chalicelib.domain.segments import Segment
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError
from chalicelib.flows.definitions_in_force import InForce

PROBLEMS: Final = ".problems.txt"
"""What is added to a file's name. Under templates/ an upload with this ending starts one more publishing, which finds
nothing new to tell and ends there."""

TEMPLATES: Final = "templates/"
BRAND: Final[str] = "templates/brand.yaml"
BLOCKS: Final = "templates/blocks/"
"""What the templates of all messages share."""
Made = TypeVar("Made")
Shares = frozenset[tuple[str, int, bool]]
"""How an experiment is divided: its arms' names and shares, and which are control."""

_done: dict[tuple[str, str], tuple[Any, Any]] = {}
"""What was last made of each file, and of what: a deployment uploads a hundred files, each of which starts a
publishing that would do it all anew."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where files are read from: their versions by key, their bytes, and the templates as rendering reads them.

    `unpinned` are files that the bucket keeps no versions of; `unread` are others, that no part of the system reads.
    """

    versions: dict[str, str]
    read: Callable[[str], bytes]
    templates: TemplateFiles
    unpinned: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    def text(self, key: str) -> str:
        """A file's text, or a DefinitionError."""
        try:
            return self.read(key).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DefinitionError("is not UTF-8 text", file=key) from error


@dataclass(slots=True)
class Checked:
    """What is to be in force by these files (of a wrong one, what was), and all that is wrong or doubtful.

    `editions` are those of the messages that are right.
    """

    in_force: InForce
    problems: list[Problem] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)

    def refuse(self, key: str, error: DefinitionError) -> None:
        """Note what is wrong with a file."""
        self.problems.append(_problem_of(error, key))


def check(folder: Path, now: datetime) -> list[Problem]:
    """Check the files of a folder: a copy of the bucket, or the repository's `templates/` and `schedules/`.

    Files of other kinds are left alone. The answer is in the order of the files; an error keeps a file from going live.
    """
    texts: dict[str, Path] = {}
    for root in (folder, folder / "schedules"):
        patterns = ("*.yaml", "journeys/*.yaml", "templates/brand.yaml", "templates/*/*")
        found = [path for pattern in patterns for path in root.glob(pattern)]
        texts |= {path.relative_to(root).as_posix(): path for path in found if path.is_file()}
    versions = {key: blake2b(texts[key].read_bytes()).hexdigest() for key in sorted(texts)}
    files = Files(versions, lambda key: texts[key].read_bytes(), FolderFiles(folder / "templates"))
    checked = check_files(files, InForce(), now)
    return checked.problems


def check_files(files: Files, before: InForce, now: datetime) -> Checked:
    """What is to be in force by these files after what was `before`, and what is wrong or doubtful in them.

    Pauses are those of before: they are not a matter of a file alone.
    """
    checked = Checked(before)
    _prices(files, checked)
    settings = _settings(files, checked)
    segments = _segments(files, checked)
    messages = _messages(files, checked, settings, now)
    checked.in_force = replace(
        before, settings=settings, messages=messages, journeys=(), segments=segments,
        retired=_retired(before, segments),
    )
    read = _journeys(files, before, checked)
    named = {message.name: message for message in messages}
    checked.problems = in_order((*checked.problems, *check_overlaps(read, named, settings)))
    return checked


def _settings(files: Files, checked: Checked) -> ShopSettings:
    """The settings by `shop.yaml` with the brand by `templates/brand.yaml`; of a wrong or missing one, what was."""
    settings = before = checked.in_force.settings
    brand = before.brand
    if "shop.yaml" in files.versions:
        try:
            settings = read_shop(files.text("shop.yaml"), "shop.yaml")
        except DefinitionError as error:
            checked.refuse("shop.yaml", error)
    if BRAND in files.versions:
        try:
            brand = read_brand(files.text(BRAND), BRAND)
        except DefinitionError as error:
            checked.refuse(BRAND, error)
    return replace(settings, brand=brand)


def _prices(files: Files, checked: Checked) -> None:
    if "prices.yaml" in files.versions:
        try:
            read_prices(files.text("prices.yaml"))
        except DefinitionError as error:
            checked.refuse("prices.yaml", error)


def _segments(files: Files, checked: Checked) -> tuple[Segment, ...]:
    if "segments.yaml" not in files.versions:
        return ()
    try:
        return read_segments(files.text("segments.yaml"), "segments.yaml")
    except DefinitionError as error:
        checked.refuse("segments.yaml", error)
        return checked.in_force.segments


def _retired(before: InForce, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    named = {segment.name for segment in segments}
    return tuple(segment for segment in (*before.retired, *before.segments) if segment.name not in named)


def _messages(files: Files, checked: Checked, settings: ShopSettings, now: datetime) -> tuple[MessageDefinition, ...]:
    known = {message.name: message for message in checked.in_force.messages}
    versions = {
        key: tag for key, tag in files.versions.items() if key.startswith("templates/") and not key.endswith(PROBLEMS)
    }
    trial = Trial()
    messages = []
    for key in versions:
        folder, _, name = key.rpartition("/")
        if name != "message.yaml":
            continue
        beside = [other.rpartition("/")[2] for other in versions if other.rpartition("/")[0] == folder]
        is_right = False
        try:
            text = files.text(key)
            message = _once("read", key, (text, beside), partial(message_definition, text, key, beside))
            edition = _edition(message, folder, files, settings)
            names = [*beside, *(other.rpartition("/")[2] for other in files.unread if other.startswith(f"{folder}/"))]
            attempt = partial(check_message, message, files.templates, settings, now, trial=trial, names=names)
            tried = _once("try", key, (edition.id, sorted(names)), attempt)
            checked.problems += tried.problems
            is_right = tried.is_right
        except DefinitionError as error:
            checked.refuse(key, error)
        if is_right:
            checked.editions.append(edition)
            messages.append(replace(message, edition=edition.id))
        elif (last_good := known.get(folder.rpartition("/")[2])) is not None:
            messages.append(last_good)
    return tuple(messages)


def _edition(message: MessageDefinition, folder: str, files: Files, settings: ShopSettings) -> Edition:
    """What a message is rendered from by these files. Raises DefinitionError for one that cannot be held on to."""
    versions = {
        key.removeprefix(TEMPLATES): version for key, version in files.versions.items()
        if key.startswith(TEMPLATES) and key.endswith((".mjml", ".txt")) and not key.endswith(PROBLEMS)
    }
    own = [name for name in versions if f"{TEMPLATES}{name}".startswith(f"{folder}/")]
    pinned = {name: versions[name] for name in sorted(reached(own, versions, files.templates))}
    for name in pinned:
        if f"{TEMPLATES}{name}" in files.unpinned:
            reason = "has no version of its own in S3; switch on versioning for the bucket, then upload the file again"
            raise DefinitionError(reason, file=f"{TEMPLATES}{name}")
    return Edition.of(message, pinned, settings)


def _problem_of(error: DefinitionError, key: str) -> Problem:
    """The problem of the file that an error names, else of the one that was read."""
    text = f"{error.field}: {error.reason}" if error.field else error.reason
    return Problem(error.file or key, error.line, text)


def _once(what: str, key: str, by: Any, make: Callable[[], Made]) -> Made:
    """What is made of a file, made anew only when what it is made `by` has changed; a failure is not kept."""
    known = _done.get((what, key))
    if known is None or known[0] != by:
        known = _done[what, key] = (by, make())
    made: Made = known[1]
    return made


def _journeys(files: Files, before: InForce, checked: Checked) -> list[JourneyFile]:
    """Take the journeys that are right into `checked`, and the last good ones of those that are not."""
    known = {f"journeys/{journey.name}.yaml": journey for journey in before.journeys}
    definitions = replace(checked.in_force, journeys=(), pauses=(), retired=()).compiled()
    read: list[JourneyFile] = []
    in_force: list[Journey] = []
    accepted: dict[str, str] = {}
    divided: dict[str, tuple[str, Shares]] = {}
    for key in files.versions:
        if not (key.startswith("journeys/") and key.endswith(".yaml")):
            continue
        problems: list[Problem] = []
        try:
            text = files.text(key)
            make = partial(read_journey_file, text, key, definitions.messages, definitions.segments)
            journey = _once("read", key, (text, set(definitions.messages), _rules(definitions)), make)
            name, hashed = journey.journey.name, blake2b(text.encode(), digest_size=12).hexdigest()
            problems = _problems_of(text, journey, definitions, is_new=before.accepted.get(name) != hashed)
            if all(problem.severity == "warning" for problem in problems):
                problems += _divide(journey, checked, divided)
        except DefinitionError as error:
            problems.append(_problem_of(error, key))
        checked.problems += problems
        if all(problem.severity == "warning" for problem in problems):
            read.append(journey)
            in_force.append(journey.journey)
            accepted[name] = hashed
        elif key in known:
            in_force.append(known[key])
            accepted |= {last: kept for last, kept in before.accepted.items() if last == known[key].name}
    checked.in_force = replace(checked.in_force, journeys=tuple(in_force), accepted=accepted)
    return read


def _problems_of(text: str, read: JourneyFile, definitions: Definitions, *, is_new: bool) -> list[Problem]:
    """What is wrong or doubtful in a journey, its examples included. Raises DefinitionError for a wrong example.

    Examples of a file that is not new held when it was: the shop's own settings (its caps, its quiet hours) have
    overtaken them. That is told, and nothing to refuse.
    """
    right = f"journeys/{read.journey.name}.yaml"
    if right != read.file:
        return [Problem(read.file, 0, f"a journey stands in the file of its name: {right}")]
    problems = check_journey(read, definitions.messages, definitions.segments)
    if any(problem.severity == "error" for problem in problems):
        return problems
    mismatches: list[Problem] = []

    def play() -> None:
        for mismatch in check_examples(text, read.file, read.journey, definitions):
            severity: Severity = "error" if is_new else "warning"
            mismatches.append(Problem(read.file, mismatch.line, mismatch.told, severity))
        if mismatches:
            raise _UnmetExamplesError

    sent = {step.message for step in read.journey.steps.values() if isinstance(step, Send)}
    messages = {
        name: replace(message, edition="") for name, message in definitions.messages.items() if name in sent
    }
    by = (text, definitions.settings, messages, _rules(definitions))
    try:
        _once("try", read.file, by, play)
    except _UnmetExamplesError:
        problems += mismatches
    return problems


class _UnmetExamplesError(Exception):
    """Some examples do not hold."""


def _rules(definitions: Definitions) -> dict[str, str]:
    return {name: rule.source for name, rule in definitions.segments.items()}


def _divide(read: JourneyFile, checked: Checked, divided: dict[str, tuple[str, Shares]]) -> list[Problem]:
    """Allocate the experiments of a journey, with as few people moving as must; `divided` are those of all files."""
    allocations = dict(checked.in_force.experiments)
    for path, step in read.journey.steps.items():
        if not isinstance(step, Split):
            continue
        shares = frozenset((arm.name, arm.share, arm.control) for arm in step.arms)
        file, known = divided.setdefault(step.experiment, (read.file, shares))
        try:
            allocations[step.experiment] = reallocate(allocations.get(step.experiment), step.arms)
            wrong = f"{file} divides it otherwise, and one name is one division" if shares != known else ""
        except ShrunkenControlError as error:
            wrong = str(error)
        if wrong:
            text = f"experiment {step.experiment!r}: {wrong}; give this one a name of its own by `experiment:`"
            return [Problem(read.file, read.lines[path], text)]
    checked.in_force = replace(checked.in_force, experiments=allocations)
    return []
