"""Putting the bucket's files in force: read, check, play the examples, render samples; what is wrong stays as it was.

What is wrong with a file stands beside it as `<file>.problems.txt`, until it is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.content.checking import check_message
from chalicelib.content.template_files import BucketFiles
from chalicelib.definitions.examples import check_examples
from chalicelib.definitions.journey_files import read_journey
from chalicelib.definitions.message_files import message_definition
from chalicelib.definitions.shop_file import read_shop
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.journeys import Journey
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError, TemplateError
from chalicelib.flows.definitions_in_force import InForce, forget, put_in_force, read_in_force
from chalicelib.storage import bucket

PREFIXES = ("journeys/", "shop.yaml", "templates/")
"""Where definitions stand; the quarantine beside them is not listed."""
PROBLEMS = ".problems.txt"
"""What is added to a file's name. Under templates/ an upload with this ending starts one more publishing, which finds
nothing new to tell and ends there."""

_rendered: dict[str, tuple[MessageDefinition, ShopSettings, dict[str, str]]] = {}
"""What each message was last rendered with and came out well, by its file: a deployment uploads a hundred files, each
of which starts a publishing."""


@dataclass(slots=True)
class Published:
    """What came of a publishing: how many journeys and messages are in force, and each file's problem."""

    journeys: int = 0
    messages: int = 0
    problems: dict[str, str] = field(default_factory=dict)


def publish(now: datetime) -> Published:
    """Read every definition of the bucket and put in force what is right.

    A wrong file is refused with file, line and reason, and the version last in force stays. A message of which a
    template cannot be rendered stays as it was too; the problem is that of the file which the error names.
    Several publishings may run at once, one for each file uploaded: one that was overtaken reads everything anew.
    """
    while True:
        kept = read_in_force()
        files = {listed.key: listed.etag for prefix in PREFIXES for listed in bucket.list_files(prefix)}
        in_force, published = _checked(kept.in_force, files, now)
        if in_force == kept.in_force or put_in_force(in_force, kept):
            break
    forget()
    _tell(list(files), published)
    return published


def _checked(before: InForce, files: dict[str, str], now: datetime) -> tuple[InForce, Published]:
    """What is to be in force by these files (etags by key), and what is wrong with them."""
    keys, published = list(files), Published()
    settings = _settings(before.settings, keys, published)
    messages = _messages(before.messages, files, settings, published, now)
    journeys = _journeys(before.journeys, keys, Definitions.of(settings, messages, ()), published)
    published.journeys, published.messages = len(journeys), len(messages)
    return InForce(settings, messages, journeys), published


def _settings(before: ShopSettings, keys: Iterable[str], published: Published) -> ShopSettings:
    if "shop.yaml" not in keys:
        return before
    try:
        return read_shop(_text("shop.yaml"), "shop.yaml")
    except DefinitionError as error:
        published.problems["shop.yaml"] = str(error)
        return before


def _messages(
    before: tuple[MessageDefinition, ...],
    files: dict[str, str],
    settings: ShopSettings,
    published: Published,
    now: datetime,
) -> tuple[MessageDefinition, ...]:
    known = {message.name: message for message in before}
    templates = BucketFiles(bucket.read)
    versions = {key: tag for key, tag in files.items() if key.startswith("templates/") and not key.endswith(PROBLEMS)}
    messages = []
    for key in versions:
        folder, _, name = key.rpartition("/")
        if name != "message.yaml":
            continue
        beside = [other.rpartition("/")[2] for other in versions if other.rpartition("/")[0] == folder]
        try:
            message = message_definition(_text(key), key, beside)
            tried = (message, settings, versions)
            if _rendered.get(key) != tried:
                check_message(message, templates, settings, now)
                _rendered[key] = tried
            messages.append(message)
        except (DefinitionError, TemplateError) as error:
            wrong = str(error).partition(":")[0]
            published.problems[wrong if wrong in files else key] = str(error)
            last_good = known.get(folder.rpartition("/")[2])
            if last_good is not None:
                messages.append(last_good)
    return tuple(messages)


def _journeys(
    before: tuple[Journey, ...], keys: list[str], definitions: Definitions, published: Published
) -> tuple[Journey, ...]:
    known = {f"journeys/{journey.name}.yaml": journey for journey in before}
    journeys = []
    for key in keys:
        if not (key.startswith("journeys/") and key.endswith(".yaml")):
            continue
        try:
            journeys.append(_journey(key, definitions))
        except DefinitionError as error:
            published.problems[key] = str(error)
            if key in known:
                journeys.append(known[key])
    return tuple(journeys)


def _journey(key: str, definitions: Definitions) -> Journey:
    text = _text(key)
    journey = read_journey(text, key, definitions.messages)
    if f"journeys/{journey.name}.yaml" != key:
        raise DefinitionError(f"a journey stands in the file of its name: journeys/{journey.name}.yaml", file=key)
    mismatches = list(check_examples(text, key, journey, definitions))
    if mismatches:
        raise DefinitionError("\n".join(str(mismatch) for mismatch in mismatches), file=key)
    return journey


def _text(key: str) -> str:
    file = bucket.read(key)
    assert file is not None
    try:
        return file.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DefinitionError("is not UTF-8 text", file=key) from error


def _tell(keys: list[str], published: Published) -> None:
    for key, problem in published.problems.items():
        beside, told = f"{key}{PROBLEMS}", f"{problem}\n".encode()
        there = bucket.read(beside) if beside in keys else None
        if there is None or there.body != told:
            bucket.put(beside, told)
    for key in keys:
        if key.endswith(PROBLEMS) and key.removesuffix(PROBLEMS) not in published.problems:
            bucket.delete(key)
